//! `NO_PROXY`: the hosts that are reached without the proxy. The syntax is that of curl, Go and Python.

use std::net::IpAddr;

/// The hosts that are reached without the proxy. The machine itself always is one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Exempt>);

/// One entry of the variable.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exempt {
    /// `*`.
    All,
    /// A host name with its subdomains, or an address; `None`: on every port.
    Host(String, Option<u16>),
    /// A network in CIDR notation: an address and the number of its leading bits.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads the entries, which are separated by commas. Entries that cannot be read are skipped.
    pub fn read(text: &str) -> NoProxy {
        NoProxy(text.split(',').map(str::trim).filter_map(Exempt::read).collect())
    }

    /// Whether a host is reached without the proxy. `host` is in lower case and without brackets.
    pub fn has(&self, host: &str, port: u16) -> bool {
        let address = host.parse().ok().map(|address: IpAddr| address.to_canonical());
        let is_machine = is_at_or_below(host, "localhost") || address.is_some_and(|address| address.is_loopback());
        is_machine || self.0.iter().any(|exempt| exempt.has(host, address, port))
    }
}

impl Exempt {
    fn read(text: &str) -> Option<Exempt> {
        if text == "*" {
            return Some(Exempt::All);
        }
        if let Some((network, bits)) = text.split_once('/') {
            return Some(Exempt::Network(network.parse().ok()?, bits.parse().ok()?));
        }
        let (host, port) = match text.rsplit_once(':') {
            // In an IPv6 address without brackets, the last colon does not separate a port.
            Some((host, port)) if text.parse::<IpAddr>().is_err() => (host, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let host = host.trim_start_matches(['*', '.', '[']).trim_end_matches(['.', ']']).to_ascii_lowercase();
        (!host.is_empty()).then_some(Exempt::Host(host, port))
    }

    fn has(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match (self, address) {
            (Exempt::All, _) => true,
            (Exempt::Host(_, Some(only)), _) if *only != port => false,
            (Exempt::Host(name, _), Some(address)) => name.parse() == Ok(address),
            (Exempt::Host(name, _), None) => name.parse::<IpAddr>().is_err() && is_at_or_below(host, name),
            (Exempt::Network(network, bits), Some(address)) => is_within(address, *network, *bits),
            (Exempt::Network(..), None) => false,
        }
    }
}

fn is_at_or_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether two addresses are both IPv4 or both IPv6 and their first `bits` bits are equal.
fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let other = address.to_bits() ^ network.to_bits();
            bits <= 32 && other.leading_zeros() >= bits
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let other = address.to_bits() ^ network.to_bits();
            bits <= 128 && other.leading_zeros() >= bits
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_exempt_and_those_below_are_reached_directly() {
        let no_proxy = NoProxy::read("exact.org, .example.com,*.test, with-port.org:8443,");
        for host in ["exact.org", "example.com", "a.example.com", "a.test"] {
            assert!(no_proxy.has(host, 443), "{host}");
        }
        assert!(!no_proxy.has("anexample.com", 443) && !no_proxy.has("example.com.org", 443));
        assert!(no_proxy.has("with-port.org", 8443) && !no_proxy.has("with-port.org", 443));
    }

    #[test]
    fn addresses_networks_and_a_star_are_exempt_and_so_is_the_machine_always() {
        let no_proxy = NoProxy::read("192.0.2.9,10.0.0.0/8,[2001:db8::1]:443,2001:db8:1::/48,2001:db8::7, 0.0.0.0/33");
        for host in ["192.0.2.9", "10.255.0.1", "2001:db8::1", "2001:db8:1:2::3", "2001:db8::7", "::ffff:10.0.0.1"] {
            assert!(no_proxy.has(host, 443), "{host}");
        }
        for host in ["192.0.2.90", "1.192.0.2.9", "11.0.0.1", "2001:db8:2::3", "10.example.com"] {
            assert!(!no_proxy.has(host, 443), "{host}");
        }
        assert!(!no_proxy.has("2001:db8::1", 80));
        for host in ["localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            assert!(NoProxy::default().has(host, 443), "{host}");
        }
        assert!(NoProxy::read("a, *").has("example.com", 443) && !NoProxy::default().has("example.com", 443));
    }
}
