//! The options of TLS, and those of the server as a proxy.

use std::env;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::help::heading;
use crate::emulator::app::Others;
use crate::http::connection::tls::{Names, Tls, read_name};
use crate::http::connection::tunnel::Upstream;
use crate::providers::directory;

/// Encryption, and what goes through the server as a proxy.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = heading::TLS)]
pub struct TlsOptions {
    /// Keep the authority of the server's certificate in this directory: `ca.pem` is what clients trust, `authority.pem` has the key, too [default: a new authority at each start, with its key in memory].
    #[arg(long, env = "ASSETMOCK_TLS_DIR", value_name = "DIR")]
    pub tls_dir: Option<PathBuf>,
    /// A host name or address by which clients call the server; the certificate is for it, and `/_emulator` is there under it. Repeatable, or separated by commas [default: those of the vendors and of this machine].
    #[arg(long, env = "ASSETMOCK_TLS_NAME", value_name = "NAME", value_delimiter = ',', value_parser = read_name)]
    pub tls_name: Vec<String>,
    /// What happens to a CONNECT to a host that is no vendor's: it is refused, or its bytes are passed on unread if it comes from this machine.
    #[arg(long, env = "ASSETMOCK_OTHERS", value_name = "HOW", default_value = "refuse")]
    pub others: OtherHosts,
}

/// What happens to a CONNECT to a host that is not a vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OtherHosts {
    /// It is refused.
    Refuse,
    /// Its bytes are passed on unread.
    Tunnel,
}

impl From<OtherHosts> for Others {
    fn from(others: OtherHosts) -> Others {
        match others {
            OtherHosts::Refuse => Others::Refuse,
            OtherHosts::Tunnel => Others::Tunnel,
        }
    }
}

impl TlsOptions {
    /// The names and certificates for TLS, and warnings about a stored certificate authority (CA).
    pub fn open(&self) -> Result<(Tls, Vec<String>), String> {
        let names = Names::new(directory::hosts().iter().chain(&self.tls_name));
        match &self.tls_dir {
            Some(directory) => Tls::kept_in(directory.clone(), names),
            None => Ok((Tls::new(names), Vec::new())),
        }
    }

    /// The proxy for tunnels to other hosts, if they are allowed and the environment names one.
    pub fn upstream(&self) -> Result<Option<Upstream>, String> {
        if self.others == OtherHosts::Refuse {
            return Ok(None);
        }
        let (exempt, proxies) = (exempt_hosts(), ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]);
        let Some((name, proxy)) = proxies.iter().find_map(|name| Some((name, variable(name)?))) else {
            return Ok(None);
        };
        if exempt.split(',').any(|name| name.trim() == "*") {
            return Ok(None);
        }
        let wrong = |why| format!("the proxy that `{name}` names cannot be used: {why}");
        Upstream::read(&proxy, &exempt).map(Some).map_err(wrong)
    }
}

/// The value of `NO_PROXY`: the hosts that are reached without the proxy. Empty if it is not set.
pub fn exempt_hosts() -> String {
    variable("no_proxy").or_else(|| variable("NO_PROXY")).unwrap_or_default()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
