//! Host names that can only be a user's own, such as `localhost`, and never a registered domain.

use std::net::IpAddr;

/// Top-level domains below which no name can be registered: RFC 6761, RFC 6762 (which covers `svc.cluster.local`), and
/// ICANN's `internal`, which containers use for their host.
const UNREGISTRABLE: [&str; 4] = ["internal", "local", "localhost", "test"];

/// Whether a host cannot be a registered domain: an address, a name without dots (as containers have), a name below a
/// reserved domain, or one whose last label has an underscore, which no top-level domain has.
pub fn is_local(host: &str) -> bool {
    let name = name_of(host);
    let top = name.rsplit('.').next().unwrap_or_default();
    name.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || UNREGISTRABLE.contains(&top)
        || name.ends_with(".home.arpa")
        || top.contains('_')
}

/// A host without its port, in lower case.
pub fn name_of(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_that_nobody_can_register_are_local() {
        for host in [
            "localhost",
            "LOCALHOST:4750",
            "127.0.0.1:1",
            "[::1]:80",
            "::1",
            "assetmock:4750",
            "a.localhost",
            "",
            "host.docker.internal",
            "host.testcontainers.internal:80",
            "assetmock.test",
            "mybox.local.",
            "nas.home.arpa",
            "assetmock.default.svc.cluster.local",
            "registry.example.com__assetmock",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:80",
            "127.0.0.1.evil.example",
            "xqr.co",
            "local.evil.example",
            "a_b.example.com",
            "internal.co",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
