//! Why a TLS handshake failed, with a message that says what to do.

use std::error::Error;
use std::fmt;
use std::io;

use tokio_rustls::rustls::{self, AlertDescription, PeerIncompatible};

/// Where clients get the certificate of the certificate authority (CA) that they have to trust.
const AUTHORITY: &str = "`GET /_emulator/ca.pem`";

/// A TLS handshake that failed, or a connection that the client closed after it without a request.
#[derive(Debug)]
pub struct HandshakeFailure {
    /// The host that the client asked for (SNI); `None`: it named none.
    pub host: Option<String>,
    /// Whether the handshake itself succeeded, and the client then ended the connection without a request.
    pub is_unused: bool,
    why: String,
}

impl HandshakeFailure {
    /// The handshake failure among the causes of an error, if there is one.
    pub fn among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e HandshakeFailure> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if let Some(failure) = inner.and_then(|inner| inner.downcast_ref()) {
                return Some(failure);
            }
            cause = error.source();
        }
        None
    }

    /// The client asked for a name that the certificate is not for.
    pub fn unknown_name(host: &str) -> HandshakeFailure {
        let why = format!(
            "the certificate is not for `{host}`; start the server with `--tls-name {host}` if that name leads here"
        );
        HandshakeFailure { host: Some(host.to_owned()), is_unused: false, why }
    }

    /// The client did not finish the handshake in time.
    pub fn overdue(host: Option<String>) -> HandshakeFailure {
        let why = "the client began a TLS handshake and did not end it in time".to_owned();
        HandshakeFailure { host, is_unused: false, why }
    }

    /// The client closed the connection after the handshake, without a request. It may not trust the certificate, since
    /// some clients verify it only then.
    pub fn unused(host: Option<String>) -> HandshakeFailure {
        let why = format!(
            "the client ended the connection after the TLS handshake, without a request; if it does not trust the certificate, give it the authority: {AUTHORITY}"
        );
        HandshakeFailure { host, is_unused: true, why }
    }

    /// The server could not make a certificate; `why` is the reason.
    pub fn no_certificate(host: Option<String>, why: &str) -> HandshakeFailure {
        HandshakeFailure { host, is_unused: false, why: why.to_owned() }
    }

    /// Whether an error is a TLS alert that the client sent.
    pub fn is_alert(cause: &io::Error) -> bool {
        let tls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        matches!(tls, Some(rustls::Error::AlertReceived(_)))
    }

    /// The failure with this error from `rustls` or from the socket.
    pub fn of(host: Option<String>, cause: &io::Error) -> HandshakeFailure {
        let tls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let why = match tls {
            Some(rustls::Error::AlertReceived(alert)) => refused(*alert),
            Some(rustls::Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered | PeerIncompatible::Tls12NotOfferedOrEnabled,
            )) => "the client speaks no version of TLS that the server does: 1.2 or 1.3".to_owned(),
            Some(rustls::Error::NoApplicationProtocol) => {
                "the client speaks neither `http/1.1` nor `h2` over TLS (ALPN)".to_owned()
            }
            Some(cause @ (rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. })) => {
                format!("what the client sent is not TLS: {cause}")
            }
            Some(cause) => format!("the TLS handshake failed: {cause}"),
            None if cause.kind() == io::ErrorKind::UnexpectedEof => {
                format!(
                    "the client ended the connection during the TLS handshake; if it does not trust the certificate, give it the authority: {AUTHORITY}"
                )
            }
            None => format!("the TLS handshake failed: {cause}"),
        };
        HandshakeFailure { host, is_unused: false, why }
    }
}

fn refused(alert: AlertDescription) -> String {
    use AlertDescription::{BadCertificate, CertificateExpired, CertificateUnknown, UnknownCA, UnsupportedCertificate};
    match alert {
        BadCertificate | CertificateExpired | CertificateUnknown | UnknownCA | UnsupportedCertificate => format!(
            "the client does not trust the certificate (alert {alert:?}); give it the authority: {AUTHORITY}, and let it call the server by a name of the certificate"
        ),
        other => format!("the client ended the TLS handshake (alert {other:?})"),
    }
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Error for HandshakeFailure {}

impl From<HandshakeFailure> for io::Error {
    fn from(failure: HandshakeFailure) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, failure)
    }
}
