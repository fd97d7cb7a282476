//! One request for the file at a URL, over a connection of its own to an address that was checked.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Request;
use axum::http::response::Parts;
use axum::http::{Version, header};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::Fetcher;
use super::error::FetchError;
use crate::http::public_address::UrlProblem;

/// How much of a response is read at a time, in bytes; its head must fit.
const BUFFER: usize = 64 << 10;

/// How the names of hosts are resolved.
#[derive(Debug)]
pub enum Resolver {
    /// As the system does.
    System,
    /// By this table.
    Table(HashMap<String, Vec<IpAddr>>),
}

/// A response, and the connection that its body comes from.
pub struct Response {
    pub head: Parts,
    pub body: Body,
    pub connection: Connection,
}

/// The task that drives a connection. It ends when this is dropped.
pub type Connection = JoinSet<()>;

impl Fetcher {
    /// The response to a request for this URL.
    pub(super) async fn request(&self, url: &Url) -> Result<Response, FetchError> {
        let stream = timeout(self.timeouts.connect, self.connect(url)).await.map_err(|_| FetchError::Timeout)??;
        let answer = async {
            if url.scheme() != "https" {
                return send(TokioIo::new(stream), url).await;
            }
            let connecting = TlsConnector::from(self.tls.clone()).connect(server_name(url)?, stream);
            let stream = connecting.await.map_err(|cause| FetchError::Tls(cause.to_string()))?;
            send(TokioIo::new(stream), url).await
        };
        timeout(self.timeouts.read, answer).await.map_err(|_| FetchError::Timeout)?
    }

    /// Connects to an address of the host that was checked: the name is not resolved a second time.
    async fn connect(&self, url: &Url) -> Result<TcpStream, FetchError> {
        let host = url.host().ok_or(FetchError::Refused(UrlProblem::Malformed))?;
        let port = url.port_or_known_default().ok_or(FetchError::Refused(UrlProblem::Scheme))?;
        let addresses = match host {
            Host::Ipv4(address) => vec![IpAddr::from(address)],
            Host::Ipv6(address) => vec![IpAddr::from(address)],
            Host::Domain(name) => self.resolver.resolve(name).await.map_err(|_| FetchError::UnknownHost)?,
        };
        if !addresses.iter().all(|address| (self.is_allowed)(*address)) {
            return Err(FetchError::Refused(UrlProblem::Address));
        }
        if addresses.is_empty() {
            return Err(FetchError::UnknownHost);
        }
        let addresses: Vec<_> = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        TcpStream::connect(&*addresses).await.map_err(|_| FetchError::Unreachable)
    }
}

impl Resolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Resolver::System => Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()),
            Resolver::Table(addresses) => Ok(addresses.get(name).cloned().unwrap_or_default()),
        }
    }
}

/// Sends the request. A user and password in the URL are not sent, and compression is not asked for.
async fn send<S>(stream: S, url: &Url) -> Result<Response, FetchError>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let broken = |_| FetchError::BrokeOff;
    let (mut sender, driver) = http1::Builder::new().max_buf_size(BUFFER).handshake(stream).await.map_err(broken)?;
    let mut connection = JoinSet::new();
    connection.spawn(async {
        // What goes wrong is seen in the response or its body.
        let _ = driver.await;
    });
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let request = Request::get(target)
        .version(Version::HTTP_11)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("assetmock/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "*/*")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Body::empty());
    let request = request.map_err(|_| FetchError::Refused(UrlProblem::Malformed))?;
    let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
    Ok(Response { head, body: Body::new(body), connection })
}

/// The name that the certificate must have.
fn server_name(url: &Url) -> Result<ServerName<'static>, FetchError> {
    let malformed = FetchError::Refused(UrlProblem::Malformed);
    match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|_| malformed),
        Some(Host::Ipv4(address)) => Ok(ServerName::IpAddress(IpAddr::from(address).into())),
        Some(Host::Ipv6(address)) => Ok(ServerName::IpAddress(IpAddr::from(address).into())),
        None => Err(malformed),
    }
}

/// TLS that trusts the certificate authorities of the Web and those in a file. Certificates in the file that cannot be
/// read are skipped, as elsewhere.
pub fn tls_config(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = authorities {
        let unreadable = |cause| format!("`{}` cannot be read: {cause}", file.display());
        let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
        roots.add_parsable_certificates(certificates.flatten());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|cause| cause.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
