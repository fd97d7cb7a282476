//! The names for which clients that trust a certificate authority (CA) accept its certificates.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};

use super::authority::{Authority, Leaf};
use super::names::Names;
use crate::clock::machine_now;

/// The names for which clients do not accept certificates of this CA, or the reason why they accept none. For each name
/// the CA issues a certificate, which is then verified as a client does it. So the constraints in the CA's certificate
/// decide, and a key that does not belong to that certificate is found.
pub fn not_vouched_for(authority: &Authority, names: &Names) -> Result<Vec<String>, String> {
    let unreadable = "its certificate cannot be read";
    let certificate = CertificateDer::from_pem_slice(authority.certificate().as_bytes()).map_err(|_| unreadable)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(|_| unreadable)?;
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
    let verifier = builder.build().map_err(|cause| cause.to_string())?;
    let now = UnixTime::since_unix_epoch(Duration::from_micros(machine_now().unsigned_abs()));
    let mut refused = Vec::new();
    for name in names.iter() {
        // A client cannot ask for this name, so it needs no certificate.
        let Ok(server) = ServerName::try_from(name) else { continue };
        let leaf = Leaf::issued_by(authority, &Names::one(name))?;
        match verifier.verify_server_cert(leaf.certificate(), &[], &server, &[], now) {
            Ok(_) => {}
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
                return Err("its certificate is not that of its key".to_owned());
            }
            Err(_) => refused.push(name.to_owned()),
        }
    }
    Ok(refused)
}
