//! The origin under which a client reaches us, for base URLs, URLs of assets and redirects. Its scheme is that of the
//! connection and its host the one that the request names, unless a proxy says in `X-Forwarded-Proto` and
//! `X-Forwarded-Host` what the client speaks to it and what it calls it. These headers are trusted only from peers on
//! this machine or in a private network, since any other client could send them too.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Version, header};

use crate::http::local_names;

/// The two ends of the connection of a request, and whether it is encrypted.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionAddresses {
    /// Our end.
    pub local: SocketAddr,
    /// The client's end, or that of a proxy before us.
    pub peer: SocketAddr,
    /// Whether the connection uses TLS.
    pub is_encrypted: bool,
}

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Attaches the connection's addresses to a request whose origin depends on them. Most requests need none, and so save
/// the allocation.
pub fn tell(request: &mut Parts, ends: ConnectionAddresses) {
    let is_forwarded = [FORWARDED_PROTO, FORWARDED_HOST].iter().any(|name| request.headers.contains_key(name));
    if ends.is_encrypted || is_forwarded || requested_host(request).is_none() {
        request.extensions.insert(ends);
    }
}

/// The origin of a request. The scheme is the forwarded one, or else the connection's; the host is the forwarded one,
/// or else the one that the request names, or else our address.
pub fn origin(request: &Parts) -> String {
    let ends = request.extensions.get::<ConnectionAddresses>();
    let trusted = ends.filter(|ends| is_trusted(ends.peer.ip()));
    let spoken = || if ends.is_some_and(|ends| ends.is_encrypted) { "https" } else { "http" };
    let scheme = trusted.and_then(|_| forwarded_scheme(&request.headers)).unwrap_or_else(spoken);
    let host = trusted.and_then(|_| forwarded_host(&request.headers));
    match (host.or_else(|| requested_host(request)), ends) {
        (Some(host), _) => format!("{scheme}://{host}"),
        (None, Some(ends)) => format!("{scheme}://{}", ends.local),
        (None, None) => format!("{scheme}://127.0.0.1:4750"),
    }
}

/// The host that a request names, with its port. In an absolute-form target it is that of the target. The address of
/// all interfaces does not count: it leads a client on another machine to itself.
fn requested_host(request: &Parts) -> Option<&str> {
    let header = || request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = request.uri.authority().map(|host| host.as_str()).or_else(header);
    named.filter(|host| can_be_host(host) && !is_unspecified(host))
}

/// Whether a text has only characters of host names and addresses. Others would end up in our URLs.
fn can_be_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// Whether a host with or without a port is the address of all interfaces. Few names begin like one.
fn is_unspecified(host: &str) -> bool {
    (host.starts_with('0') || host.starts_with('['))
        && local_names::name_of(host).parse::<IpAddr>().is_ok_and(|address| address.is_unspecified())
}

/// The host that the client names, with its port, as proxies report it; the first of several. `None` if it cannot be
/// one.
fn forwarded_host(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(FORWARDED_HOST)?.to_str().ok()?;
    let first = value.split(',').next().unwrap_or_default().trim();
    let is_host = first.parse::<Authority>().is_ok_and(|host| !host.host().is_empty()) && can_be_host(first);
    (is_host && !is_unspecified(first)).then_some(first)
}

/// The scheme that the client speaks, as proxies report it. Of several proxies, the first is the one that the client
/// speaks to.
fn forwarded_scheme(headers: &HeaderMap) -> Option<&'static str> {
    let value = headers.get(FORWARDED_PROTO)?.to_str().ok()?;
    let first = value.split(',').next().unwrap_or_default().trim();
    ["https", "http"].into_iter().find(|scheme| first.eq_ignore_ascii_case(scheme))
}

/// Whether a peer is on this machine or in a private network.
fn is_trusted(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The error message for a `Host` header that is missing or contradicts itself. Guessing a host could give the answer
/// of another vendor.
pub fn misnamed_host(request: &Parts) -> Option<&'static str> {
    let mut hosts = request.headers.get_all(header::HOST).iter();
    match hosts.next() {
        None if request.version == Version::HTTP_11 => {
            Some("a request of HTTP/1.1 names its host; send a `Host` header")
        }
        Some(first) if hosts.any(|other| other != first) => Some("two different `Host` headers were sent; send one"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn origin_for(peer: &str, headers: &[(&str, &str)]) -> String {
        origin_over(false, peer, headers)
    }

    fn origin_over(is_encrypted: bool, peer: &str, headers: &[(&str, &str)]) -> String {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        let mut parts = request.body(()).unwrap().into_parts().0;
        let ends = ConnectionAddresses {
            local: "192.0.2.1:4751".parse().unwrap(),
            peer: SocketAddr::new(peer.parse().unwrap(), 1),
            is_encrypted,
        };
        tell(&mut parts, ends);
        origin(&parts)
    }

    #[test]
    fn a_forwarded_scheme_counts_from_loopback_and_private_peers_only() {
        let headers = [("host", "a.test"), ("x-forwarded-proto", "https")];
        for peer in
            ["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.31.0.1", "192.168.0.9", "::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert_eq!(origin_for(peer, &headers), "https://a.test", "{peer}");
        }
        for peer in ["8.8.8.8", "172.32.0.1", "192.0.2.7", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert_eq!(origin_for(peer, &headers), "http://a.test", "{peer}");
        }
    }

    #[test]
    fn a_host_that_cannot_be_one_is_in_no_url() {
        for host in ["evil\"x", "a b", "<script>", "evil.test/a?b=", "user:pw@h.test", "a.test#", "0.0.0.0:1", "[::]"] {
            assert_eq!(origin_for("127.0.0.1", &[("host", host)]), "http://192.0.2.1:4751", "{host}");
            let forwarded = [("host", "a.test"), ("x-forwarded-host", host)];
            assert_eq!(origin_for("127.0.0.1", &forwarded), "http://a.test", "{host}");
        }
        for host in ["a.test", "A-b_c.test:80", "[::1]:4750", "127.0.0.1:1"] {
            assert_eq!(origin_for("127.0.0.1", &[("host", host)]), format!("http://{host}"));
        }
    }

    #[test]
    fn the_first_of_several_proxies_tells_the_scheme() {
        for (value, scheme) in [
            ("https", "https"),
            ("HTTPS", "https"),
            ("https, http", "https"),
            ("http,https", "http"),
            ("", "http"),
            ("ftp", "http"),
        ] {
            let origin = origin_for("127.0.0.1", &[("host", "a.test"), ("x-forwarded-proto", value)]);
            assert_eq!(origin, format!("{scheme}://a.test"), "{value}");
        }
    }

    #[test]
    fn a_forwarded_host_counts_from_loopback_and_private_peers_only() {
        for (value, origin) in [
            ("b.test:8080", "http://b.test:8080"),
            ("b.test, c.test", "http://b.test"),
            ("", "http://a.test"),
            ("b.test/x", "http://a.test"),
            ("user@b.test", "http://a.test"),
            ("0.0.0.0:80", "http://a.test"),
        ] {
            let headers = [("host", "a.test"), ("x-forwarded-host", value)];
            assert_eq!(origin_for("10.0.0.1", &headers), origin, "{value}");
            assert_eq!(origin_for("8.8.8.8", &headers), "http://a.test", "{value}");
        }
    }

    #[test]
    fn the_address_of_all_interfaces_is_no_host() {
        for host in ["0.0.0.0", "0.0.0.0:4750", "[::]:4750"] {
            assert_eq!(origin_for("127.0.0.1", &[("host", host)]), "http://192.0.2.1:4751", "{host}");
        }
        assert_eq!(origin_for("127.0.0.1", &[("host", "[::1]:80")]), "http://[::1]:80");
    }

    #[test]
    fn over_tls_the_scheme_is_https_unless_a_proxy_says_otherwise() {
        assert_eq!(origin_over(true, "8.8.8.8", &[("host", "a.test")]), "https://a.test");
        let forwarded = [("host", "a.test"), ("x-forwarded-proto", "http")];
        assert_eq!(origin_over(true, "127.0.0.1", &forwarded), "http://a.test");
        assert_eq!(origin_over(true, "8.8.8.8", &forwarded), "https://a.test");
    }

    #[test]
    fn without_a_host_the_origin_is_the_address_that_the_request_came_to() {
        assert_eq!(origin_for("127.0.0.1", &[]), "http://192.0.2.1:4751");
        assert_eq!(origin_for("127.0.0.1", &[("host", "")]), "http://192.0.2.1:4751");
    }
}
