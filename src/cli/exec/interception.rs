//! The variables of `exec --intercept`: clients use the emulator as their proxy and trust its certificate authority
//! (CA), so that the emulator answers requests to a vendor's own address.

use super::trust::TrustFiles;
use crate::cli::client_env::{Variable, is_base_url};
use crate::providers::directory;

/// Hosts that clients always reach directly, since the test may have servers of its own there.
const OWN_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The variables that name the proxy. `curl` reads `http_proxy` in lower case only.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The variables that name the hosts which are reached without the proxy.
const EXEMPT: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Variables that could name another proxy, and are removed.
const OTHER_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// The variables that name a file of CAs to use instead of the system's.
const ALL_AUTHORITIES: [&str; 4] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"];

/// Turns the variables that the command has without `--intercept` into those with it. The base URLs are removed, so
/// that clients call the vendors' own addresses.
pub fn intercepting(variables: Vec<Variable>, origin: &str, exempt: &str, trust: &TrustFiles) -> Vec<Variable> {
    let set = |name, value: &str| Variable { name, value: Some(value.to_owned()) };
    let kept = variables.into_iter().map(|one| if is_base_url(&one) { Variable { value: None, ..one } } else { one });
    let mut all: Vec<_> = kept.collect();
    all.extend(PROXY.map(|name| set(name, origin)));
    all.extend(EXEMPT.map(|name| set(name, exempt)));
    all.extend(OTHER_PROXY.map(|name| Variable { name, value: None }));
    all.extend(ALL_AUTHORITIES.map(|name| set(name, &trust.all)));
    all.push(set("NODE_EXTRA_CA_CERTS", &trust.further));
    all.push(set("NODE_USE_ENV_PROXY", "1"));
    all
}

/// The value of `NO_PROXY`: this machine, the address of the emulator, and the entries of the parent's `NO_PROXY`.
/// Entries that cover a vendor are left out, since clients would call the real service.
pub fn exempt(address: &str, parents: &str) -> String {
    let vendors = directory::hosts();
    let parents = parents.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    let parents = parents.filter(|name| !vendors.iter().any(|host| covers(name, host)));
    let mut all: Vec<_> = OWN_MACHINE.to_vec();
    for name in [address].into_iter().chain(parents) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all.join(",")
}

/// Whether a client may apply this entry to the host. Some only compare the end of the name, even within a label.
fn covers(exempt: &str, host: &str) -> bool {
    let name = exempt.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(exempt, |(name, _)| name);
    host.ends_with(&name.trim_matches(['*', '.']).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parent_exempts_stays_exempt_unless_it_is_a_vendor() {
        assert_eq!(exempt("127.0.0.1", ""), "localhost,127.0.0.1,::1");
        assert_eq!(
            exempt("192.0.2.1", "a.test, .b.test:80 localhost"),
            "localhost,127.0.0.1,::1,192.0.2.1,a.test,.b.test:80"
        );
        for host in directory::hosts() {
            let (_, parent) = host.split_once('.').unwrap();
            for covering in ["*", &host, &host.to_uppercase(), parent, &format!("*.{parent}"), &format!(".{host}:443")]
            {
                assert_eq!(
                    exempt("::1", &format!("{covering},a.test")),
                    "localhost,127.0.0.1,::1,a.test",
                    "{covering}"
                );
            }
        }
    }
}
