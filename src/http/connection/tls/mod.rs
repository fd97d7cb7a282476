//! TLS with an authority of our own: who it can vouch for, and the certificate that connections are shown. The library is
//! `rustls` with `ring`. The keys come from the operating system, never from `--seed`.

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

/// What a server needs to speak TLS. The certificates are made when the first client needs them, which takes less than a
/// millisecond, unless they are kept in a directory.
#[derive(Debug)]
pub struct Tls {
    names: Names,
    identity: OnceLock<Result<Identity, String>>,
}

/// The certificates of a server.
#[derive(Debug)]
pub struct Identity {
    authority: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// The certificate of the authority, which clients have to trust, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// How connections are encrypted.
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    fn of(authority: &Authority, names: &Names) -> Result<Identity, String> {
        let leaf = Leaf::issued_by(authority, names)?;
        Ok(Identity { authority: authority.certificate().to_owned(), config: Arc::new(leaf.into_config(names)?) })
    }
}

impl Tls {
    /// For these names, by an authority whose key never leaves memory.
    pub fn new(names: Names) -> Tls {
        Tls { names, identity: OnceLock::new() }
    }

    /// For these names, by the authority that is kept in this directory, or else by a new one that is kept there from now on.
    /// Also gives what its user has to know: that one which was there was replaced, or that others can read its key.
    pub fn kept_in(directory: PathBuf, names: Names) -> Result<(Tls, Vec<String>), String> {
        let (authority, warnings) = kept::read_or_make(&directory, &names)?;
        let identity = Identity::of(&authority, &names)?;
        Ok((Tls { names, identity: OnceLock::from(Ok(identity)) }, warnings))
    }

    /// The names that the certificate is for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The certificates, which are made if they are not there yet.
    pub fn identity(&self) -> Result<&Identity, &str> {
        let made = || Identity::of(&Authority::make(&self.names)?, &self.names);
        self.identity.get_or_init(made).as_ref().map_err(String::as_str)
    }
}
