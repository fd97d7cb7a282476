//! The names that certificates are for: host names and addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// The longest host name that DNS allows, in bytes.
const LONGEST_NAME: usize = 253;

/// The names that certificates are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// These names and those of this machine: `localhost`, `127.0.0.1` and `::1`.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Names {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        Names(own.into_iter().chain(names.into_iter().map(|name| normal(name.as_ref()))).collect())
    }

    /// This name only.
    pub fn one(name: &str) -> Names {
        Names(BTreeSet::from([normal(name)]))
    }

    /// The names of both.
    pub fn and(&self, those: &Names) -> Names {
        Names(self.0.union(&those.0).cloned().collect())
    }

    /// Whether this host name or address is among them. Case, a final dot and the spelling of an address do not matter.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&normal(name))
    }

    /// All names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A host name in lower case and without a final dot; an address in its canonical spelling.
fn normal(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.parse::<IpAddr>().map_or(name, |address| address.to_string())
}

/// Top-level domains that a user may give instead of a host. Others, such as `app`, are left out because containers
/// have such names.
const TOP_LEVEL: &[&str] = &["biz", "com", "edu", "gov", "info", "int", "mil", "net", "org"];

/// Whether a name is a top-level domain: one of the list, or two letters, which only countries have.
fn is_top_level(name: &str) -> bool {
    TOP_LEVEL.contains(&name) || name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Reads a host name or an address from an option. The error says what is wrong with it.
pub fn read_name(text: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = normal(text);
    if is_top_level(&name) {
        return Err("this is a top-level domain: the authority could vouch for every host below it; give the whole name of a host".to_owned());
    }
    match name.parse::<IpAddr>().is_ok() || name.len() <= LONGEST_NAME && name.split('.').all(is_label) {
        true => Ok(name),
        false => Err("not a host name such as `assetmock.test`, nor an address such as `192.168.0.9`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_lower_case_and_what_no_host_can_be_called_is_refused() {
        assert_eq!(read_name("Assetmock.TEST."), Ok("assetmock.test".to_owned()));
        assert_eq!(read_name("0:0::1"), Ok("::1".to_owned()));
        assert_eq!(read_name("assetmock"), Ok("assetmock".to_owned()));
        for all in ["com", "ORG.", "co", "de"] {
            assert!(read_name(all).is_err_and(|why| why.contains("top-level domain")), "{all}");
        }
        for wrong in ["", ".", "a..b", "*.test", "a b", "http://a", "a:443", &"a".repeat(64), "é.test"] {
            assert!(read_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_compared_as_hosts_are() {
        let names = Names::new(["api.example.com", "192.0.2.9"]);
        for known in ["API.example.com.", "localhost", "127.0.0.1", "::1", "0:0:0::1", "192.0.2.9"] {
            assert!(names.contains(known), "{known}");
        }
        assert!(!names.contains("example.com") && !names.contains("a.api.example.com"));
    }
}
