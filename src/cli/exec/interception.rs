//! The variables of `exec --intercept`: clients take the emulator for their proxy and trust its authority, so that what they send
//! to a vendor's own address is answered here.

use super::trust::TrustFiles;
use crate::cli::client_env::{Variable, is_base_url};
use crate::providers::directory;

/// What is never asked of a proxy: servers of the test's own.
const OWN_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Those that name the proxy. `curl` reads `http_proxy` in lower case only.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Those that name the hosts it is not asked for.
const EXEMPT: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Those that would lead to another proxy.
const OTHER_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// Those that name a file in place of the system's authorities.
const ALL_AUTHORITIES: [&str; 4] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"];

/// The variables of the command, made of those that it has without interception: clients go to their vendors' own addresses.
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

/// The hosts that the proxy is not asked for: this machine, the address of the emulator, and those that the parent exempts. Of
/// these, what would exempt a vendor is left out: the real service would be called.
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

/// Whether a client may take this for a name of the host: some compare the ends alone, without regard to dots.
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
