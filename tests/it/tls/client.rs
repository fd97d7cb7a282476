//! Clients that speak TLS with a server and trust its authority: HTTP/1.1 byte by byte, and HTTP/2.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use assetmock::http::connection::tls::Identity;
use axum::http::{HeaderMap, Request, Uri};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, Server, block_on};

pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// The authority of a server in this process.
pub fn authority(server: &Server) -> String {
    server.app.tls.identity().map(Identity::authority).unwrap().to_owned()
}

/// A client that trusts this authority, and these only, and speaks these protocols.
pub fn trusting(authorities: &[&str], protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for pem in authorities {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Speaks TLS on a connection with a server that calls itself so.
pub fn over(stream: TcpStream, host: &str, config: Arc<ClientConfig>) -> TlsStream {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let host = ServerName::try_from(host.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(config, host).unwrap(), stream)
}

pub fn connect(address: SocketAddr, host: &str, config: Arc<ClientConfig>) -> TlsStream {
    over(TcpStream::connect(address).unwrap(), host, config)
}

/// Sends these bytes over TLS and reads one answer.
pub fn send(server: &Server, host: &str, request: &[u8], headless: bool) -> Answer {
    let mut stream = connect(server.address, host, trusting(&[&authority(server)], &["http/1.1"]));
    stream.write_all(request).unwrap();
    Answer::try_read(&mut stream, headless).unwrap()
}

/// Sends a request as HTTP/1.1 writes it over HTTP/2 and TLS. The answer is as HTTP/1.1 would write it.
pub fn send_over_http2(server: &Server, request: &str) -> Answer {
    block_on(async {
        let config = trusting(&[&authority(server)], &["h2"]);
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let host = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(config).connect(host, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let (head, sent) = request.split_once("\r\n\r\n").unwrap();
        let (answering, mut sending) = sender.send_request(translated(head), sent.is_empty()).unwrap();
        if !sent.is_empty() {
            sending.send_data(sent.to_owned().into(), true).unwrap();
        }
        let (head, mut body) = answering.await.unwrap_or_else(|error| panic!("{error}: {request}")).into_parts();
        let mut whole = Vec::new();
        while let Some(part) = body.data().await {
            whole.extend_from_slice(&part.unwrap_or_else(|error| panic!("{error}: {request}")));
        }
        connection.abort();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let mut headers: Vec<_> = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        // Of an answer that ends with its head, HTTP/2 need not say how long the rest is.
        if whole.is_empty() && !head.headers.contains_key("content-length") {
            headers.push(("content-length".to_owned(), "0".to_owned()));
        }
        let status_line = format!("HTTP/1.1 {}", head.status);
        Answer { status: head.status.as_u16(), status_line, headers, body: whole }
    })
}

/// The head of a request.
fn translated(head: &str) -> Request<()> {
    let mut lines = head.split("\r\n");
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    // What this client would not send as it is.
    let target = rest.trim_end_matches(" HTTP/1.1").replace('"', "%22").replace('<', "%3C").replace('>', "%3E");
    let headers: Vec<_> = lines.map(|line| line.split_once(':').unwrap()).collect();
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.trim());
    let uri = if target.starts_with('/') { format!("https://{}{target}", host.unwrap()) } else { target };
    let mut translated = Request::builder().method(method).uri(uri.parse::<Uri>().unwrap()).body(()).unwrap();
    let rest = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
    let lines: HeaderMap = rest
        .map(|(name, value)| (name.parse::<axum::http::HeaderName>().unwrap(), value.trim().parse().unwrap()))
        .collect();
    *translated.headers_mut() = lines;
    translated
}
