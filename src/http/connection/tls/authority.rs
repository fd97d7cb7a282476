//! The certificate authority (CA) and the certificate that it issues. Name constraints limit the CA to its names, so a
//! client that trusts it does not accept it for any other host. Both certificates are valid for a year by the machine's
//! clock, whatever `--clock` says, and from the day before, since clocks differ.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, crypto::CryptoProvider};

use super::names::Names;
use crate::clock::{machine_now, utc};

/// How long certificates are valid, in days from today.
pub const VALID: u64 = 365;

/// How many days before today certificates become valid, at midnight.
const BACK_DATED: u64 = 1;

/// A CA: its certificate and its key.
pub struct Authority {
    certificate: String,
    key: KeyPair,
}

/// Leaves the key out.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes a CA that can issue certificates for these names.
    pub fn make(names: &Names) -> Result<Authority, String> {
        let key = new_key()?;
        let mut params = issuer(&key);
        // It cannot sign other CAs.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: permitted(names), excluded_subtrees: Vec::new() });
        let certificate = params.self_signed(&key).map_err(unmade)?.pem();
        Ok(Authority { certificate, key })
    }

    /// The CA with this certificate and this key, both as PEM. The certificate is not parsed here.
    pub fn read(certificate: &str, key: &str) -> Result<Authority, String> {
        let unreadable = |_| "its key cannot be read".to_owned();
        Ok(Authority { certificate: certificate.to_owned(), key: KeyPair::from_pem(key).map_err(unreadable)? })
    }

    /// Its certificate as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its key as PEM.
    pub fn key(&self) -> String {
        self.key.serialize_pem()
    }
}

/// The server's certificate and its key.
pub struct Leaf {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Leaf {
    /// Makes a key and a certificate for all of these names, signed by `authority`.
    pub fn issued_by(authority: &Authority, names: &Names) -> Result<Leaf, String> {
        let key = new_key()?;
        let names: Vec<_> = names.iter().map(str::to_owned).collect();
        let mut params = valid(CertificateParams::new(names).map_err(unmade)?);
        params.distinguished_name = called("assetmock");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python 3.13 and later reject certificates without it.
        params.use_authority_key_identifier_extension = true;
        let issuer_params = issuer(&authority.key);
        let issuer = Issuer::from_params(&issuer_params, &authority.key);
        let certificate = params.signed_by(&key, &issuer).map_err(unmade)?.der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Ok(Leaf { certificate, key })
    }

    /// The certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The TLS configuration of a server with this certificate: TLS 1.2 and 1.3, and by ALPN HTTP/2 and HTTP/1.1.
    pub fn into_config(self, names: &Names) -> Result<ServerConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let certified = self.certified(&provider)?;
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let resolver = OwnNames { names: names.clone(), certified: Arc::new(certified) };
        let mut config = builder.map_err(unmade)?.with_no_client_auth().with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let key = provider.key_provider.load_private_key(self.key).map_err(unmade)?;
        Ok(CertifiedKey::new(vec![self.certificate], key))
    }
}

/// Selects the certificate by the host that the client names (SNI). Clients that connect to an IP address name none and
/// get the certificate, too. A host that the certificate does not cover fails the handshake.
#[derive(Debug)]
struct OwnNames {
    names: Names,
    certified: Arc<CertifiedKey>,
}

impl ResolvesServerCert for OwnNames {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_ours = hello.server_name().is_none_or(|name| self.names.contains(name));
        is_ours.then(|| self.certified.clone())
    }
}

fn new_key() -> Result<KeyPair, String> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(unmade)
}

/// The subject of the CA with this key. It contains the start of the key's identifier, so that a client which trusts
/// another CA of this program does not take that one for the issuer.
fn issuer(key: &KeyPair) -> CertificateParams {
    let mut params = valid(CertificateParams::default());
    let id: String = params.key_identifier(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = called(&format!("assetmock authority {id}"));
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// The name constraints of the CA. In X.509 a permitted host name always includes its subdomains. The list has at least
/// one host name and one address, because a kind of name without an entry would be unrestricted.
fn permitted(names: &Names) -> Vec<GeneralSubtree> {
    let subtree = |name: &str| match name.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => None,
        Ok(address) => Some(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, width(address)))),
        Err(_) => Some(GeneralSubtree::DnsName(name.to_owned())),
    };
    let loopback = [
        CidrSubnet::from_v4_prefix(Ipv4Addr::new(127, 0, 0, 0).octets(), 8),
        CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128),
    ];
    names.iter().filter_map(subtree).chain(loopback.map(GeneralSubtree::IpAddress)).collect()
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Sets the first and the last day on which a certificate is valid.
fn valid(mut params: CertificateParams) -> CertificateParams {
    let today = utc(machine_now()).date_naive();
    let day = |day: NaiveDate| date_time_ymd(day.year(), day.month() as u8, day.day() as u8);
    params.not_before = day(today - Days::new(BACK_DATED));
    params.not_after = day(today + Days::new(VALID));
    params
}

fn unmade(cause: impl fmt::Display) -> String {
    format!("no certificate can be made: {cause}")
}
