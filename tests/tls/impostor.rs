//! A server whose certificate the authority of an emulator has signed, for whatever names it is told: what somebody could do
//! who has the key. `impostor DIR NAME…` takes the authority that `--tls-dir DIR` keeps, prints its port, and answers every
//! request with `ok`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("the first argument is the directory of an authority")?;
    let config = Arc::new(config(Path::new(&directory), arguments.collect())?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        // Clients that refuse it are what it is for.
        if let Err(cause) = answer(stream?, config.clone()) {
            eprintln!("{cause}");
        }
    }
    Ok(())
}

fn config(directory: &Path, names: Vec<String>) -> Outcome<ServerConfig> {
    let kept = std::fs::read_to_string(directory.join("authority.pem"))?;
    let begin = kept.find("-----BEGIN PRIVATE KEY-----").ok_or("there is no key")?;
    let authority_key = KeyPair::from_pem(&kept[begin..])?;
    let mut authority = CertificateParams::default();
    // The name of an authority ends with the beginning of its key's identifier.
    let id: String =
        authority.key_identifier(&authority_key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    authority.distinguished_name = called(&format!("assetmock authority {id}"));
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = called("impostor");
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate: CertificateDer<'static> =
        params.signed_by(&key, &Issuer::from_params(&authority, &authority_key))?.der().clone();
    std::fs::write(directory.join("impostor.der"), &certificate)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    Ok(builder.with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?)
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Outcome {
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, stream);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")?;
    stream.conn.send_close_notify();
    Ok(stream.flush()?)
}
