//! Why the file at a URL could not be read.

use std::fmt;

use crate::http::public_address::UrlProblem;

/// Why the file at a URL could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The URL, one that it redirects to, or an address of its host may not be fetched.
    Refused(UrlProblem),
    /// A redirect leads nowhere.
    BadRedirect,
    /// There are more redirects than are followed.
    TooManyRedirects,
    /// The name of the host has no address.
    UnknownHost,
    /// No connection could be made.
    Unreachable,
    /// There was no TLS with this host, for example since its certificate is not trusted.
    Tls(String),
    /// It took too long.
    Timeout,
    /// The response is not HTTP, or broke off.
    BrokeOff,
    /// The status of the response is not 200.
    Status(u16),
    /// The file is larger than is taken.
    TooLarge {
        /// The most bytes.
        max: u64,
    },
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Refused(UrlProblem::Malformed) => write!(f, "the URL is malformed"),
            FetchError::Refused(UrlProblem::Scheme) => write!(f, "the scheme of the URL is not allowed"),
            FetchError::Refused(UrlProblem::Address) => write!(f, "the address is not public"),
            FetchError::BadRedirect => write!(f, "the redirect leads nowhere"),
            FetchError::TooManyRedirects => write!(f, "there are too many redirects"),
            FetchError::UnknownHost => write!(f, "the host is unknown"),
            FetchError::Unreachable => write!(f, "no connection can be made"),
            FetchError::Tls(cause) => write!(f, "there is no TLS with the host: {cause}"),
            FetchError::Timeout => write!(f, "it took too long"),
            FetchError::BrokeOff => write!(f, "the response broke off"),
            FetchError::Status(status) => write!(f, "the status of the response is {status}"),
            FetchError::TooLarge { max } => write!(f, "the file has more than {max} bytes"),
        }
    }
}
