//! URLs that a service fetches for its clients: only those of public addresses, since a client could reach the service's
//! own network otherwise. Nothing is resolved here; what a name resolves to is checked with [`is_public`] as well.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::http::local_names::is_local;

/// What is wrong with a URL that is to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlProblem {
    /// It is not a URL.
    Malformed,
    /// Its scheme is neither `https` nor `http`.
    Scheme,
    /// Its host is this machine, in a private network or of the metadata of a cloud.
    Address,
}

/// Reads a URL as browsers do: a host can be an address in any notation, such as `0x7f.1`.
pub fn public_url(text: &str) -> Result<Url, UrlProblem> {
    let url = Url::parse(text).map_err(|_| UrlProblem::Malformed)?;
    if !["https", "http"].contains(&url.scheme()) {
        return Err(UrlProblem::Scheme);
    }
    let is_allowed = match url.host().ok_or(UrlProblem::Malformed)? {
        Host::Ipv4(address) => is_public(address.into()),
        Host::Ipv6(address) => is_public(address.into()),
        Host::Domain(name) => !is_local(name),
    };
    if is_allowed { Ok(url) } else { Err(UrlProblem::Address) }
}

/// Whether an address is on the internet: no loopback, no private network, no link, no metadata of a cloud. Addresses
/// for documentation are let through, since examples have them and nobody answers there.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The metadata of Azure's machines, which is at an address like any other.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

fn is_public_v4(address: Ipv4Addr) -> bool {
    let not_public = match address.octets() {
        // "This network", the private networks of providers, protocol assignments, benchmarks, and what is reserved.
        [0, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18..=19, ..] | [240..=255, ..] => true,
        _ => address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast(),
    };
    !not_public && address != AZURE
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match [a, b, c, d, e, f] {
        // Addresses of IPv4: mapped, compatible (which unspecified and loopback are too), translated, and 6to4.
        [0, 0, 0, 0, 0, 0xffff | 0] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, high, low, ..] => v4(high, low),
        // Translation within a network, discarded packets, and Teredo, which hides an address of IPv4.
        [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0, ..] => false,
        // What is assigned to the internet. All else is local, multicast or reserved.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_public_address_is_read() {
        for text in [
            "https://cdn.example.com/a.png",
            "http://example.com:8080/",
            "https://203.0.113.7/a.png",
            "https://[2001:db8::1]/a.png",
            "https://b\u{fc}cher.example/a.png",
            "https://user:pw@example.com/",
            "https://172.32.0.1/",
            "https://metadata.example/",
        ] {
            assert!(public_url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_not_public_is_refused_however_it_is_written() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
            "127\u{3002}0\u{3002}0\u{3002}1",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.100.100.200",
            "169.254.169.254",
            "0xa9fea9fe",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "255.255.255.255",
            "metadata.google.internal",
            "metadata",
            "printer.local",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[::ffff:0:10.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[2002:7f00:1::]",
            "[2001:0:53aa:64c::]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[4000::1]",
        ] {
            assert_eq!(public_url(&format!("https://{host}/a.png")), Err(UrlProblem::Address), "{host}");
            assert_eq!(public_url(&format!("https://u@{host}:8443/a.png")), Err(UrlProblem::Address), "{host}");
        }
    }

    #[test]
    fn what_is_no_url_of_the_web_is_refused() {
        for text in
            ["", "a.png", "/etc/passwd", "https://", "https://a b/", "https://1.2.3.4.5/", "https://[::1", "//a/b"]
        {
            assert_eq!(public_url(text), Err(UrlProblem::Malformed), "{text}");
        }
        for text in
            ["file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://example.com/a", "javascript:1", "gs://b/a"]
        {
            assert_eq!(public_url(text), Err(UrlProblem::Scheme), "{text}");
        }
    }
}
