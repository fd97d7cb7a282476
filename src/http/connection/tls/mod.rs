//! TLS with a certificate authority (CA) of our own: its names, and the certificate that the server presents. The
//! library is `rustls` with `ring`. Keys come from the operating system's random numbers, never from `--seed`.

mod authority;
mod failure;
mod kept;
mod names;
mod trust;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::ServerConfig;

use self::authority::{Authority, Leaf};
pub use self::failure::HandshakeFailure;
pub use self::names::{Names, read_name};

/// The names and certificates of a server. Without a directory to store the CA, the certificates are made for the first
/// client that needs them, which takes less than a millisecond.
#[derive(Debug)]
pub struct Tls {
    names: Names,
    identity: OnceLock<Result<Identity, String>>,
}

/// The certificates of a server: that of its CA, and its own in the TLS configuration.
#[derive(Debug)]
pub struct Identity {
    authority: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// The certificate of the CA, which clients have to trust, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The TLS configuration for connections.
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    fn of(authority: &Authority, names: &Names) -> Result<Identity, String> {
        let leaf = Leaf::issued_by(authority, names)?;
        Ok(Identity { authority: authority.certificate().to_owned(), config: Arc::new(leaf.into_config(names)?) })
    }
}

impl Tls {
    /// TLS for these names, with a CA whose key is only in memory.
    pub fn new(names: Names) -> Tls {
        Tls { names, identity: OnceLock::new() }
    }

    /// TLS for these names, with the CA that is stored in this directory; if there is none, a new one is stored there.
    /// Also returns warnings for the user: the stored CA had to be replaced, or others can read its key.
    pub fn kept_in(directory: PathBuf, names: Names) -> Result<(Tls, Vec<String>), String> {
        let (authority, warnings) = kept::read_or_make(&directory, &names)?;
        let identity = Identity::of(&authority, &names)?;
        Ok((Tls { names, identity: OnceLock::from(Ok(identity)) }, warnings))
    }

    /// The names that the certificate is for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The certificates, made at the first call. The error says why they cannot be made, and later calls repeat it.
    pub fn identity(&self) -> Result<&Identity, &str> {
        let made = || Identity::of(&Authority::make(&self.names)?, &self.names);
        self.identity.get_or_init(made).as_ref().map_err(String::as_str)
    }
}
