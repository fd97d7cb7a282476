//! Tunnels to other hosts: a connection to one, directly or through another proxy, and bytes that are passed on unread.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The tunnels to other hosts. What goes through them is in no journal.
#[derive(Debug, Default)]
pub struct Tunnels(AtomicU64);

impl Tunnels {
    /// Counts one.
    pub fn count(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// How many there were.
    pub fn counted(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How long a connection to another host may take.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest answer of a proxy to a request for a tunnel.
const LONGEST_HEAD: usize = 16 << 10;

/// How much is passed on at a time.
const PART: usize = 16 << 10;

/// A proxy that leads to other hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    address: String,
    authorization: Option<String>,
    exempt: Vec<String>,
}

impl Upstream {
    /// The proxy at this URL, for all hosts but these, as the variables `HTTPS_PROXY` and `NO_PROXY` name them.
    pub fn read(url: &str, exempt: &str) -> Result<Upstream, String> {
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            None => url,
            Some((scheme, _)) => return Err(format!("a proxy is asked over `http`, not `{scheme}`")),
        };
        let rest = rest.split('/').next().unwrap_or_default();
        let (user, address) = rest.rsplit_once('@').map_or((None, rest), |(user, address)| (Some(user), address));
        let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if address.is_empty() {
            return Err("the URL names no host".to_owned());
        }
        let authorization = user.map(|user| STANDARD.encode(percent_decode_str(user).collect::<Vec<_>>()));
        let exempt = exempt.split(',').map(|name| name.trim().trim_start_matches(['*', '.']).to_ascii_lowercase());
        Ok(Upstream {
            address: if has_port { address.to_owned() } else { format!("{address}:80") },
            authorization,
            exempt: exempt.filter(|name| !name.is_empty()).collect(),
        })
    }

    /// Whether it is asked for this host, which is in lower case.
    fn leads_to(&self, host: &str) -> bool {
        let is_below =
            |name: &String| host.strip_suffix(&**name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        !self.exempt.iter().any(is_below)
    }

    /// Asks it for a tunnel.
    async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let login = self.authorization.as_ref().map(|login| format!("Proxy-Authorization: Basic {login}\r\n"));
        let (target, login) = (target(host, port), login.unwrap_or_default());
        stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n").as_bytes()).await?;
        let mut head = Vec::new();
        // Byte by byte, since what follows belongs to the client.
        while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
            head.push(stream.read_u8().await?);
        }
        let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        match status.first() {
            Some(b'2') => Ok(stream),
            _ => Err(io::Error::other(format!("the proxy answered {}", String::from_utf8_lossy(status)))),
        }
    }
}

/// A host and a port as a request for a tunnel names them.
fn target(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Connects to a host, through a proxy if there is one for it.
pub async fn connect(host: &str, port: u16, upstream: Option<&Upstream>) -> io::Result<TcpStream> {
    let connecting = async {
        match upstream.filter(|upstream| upstream.leads_to(host)) {
            Some(upstream) => upstream.connect(host, port).await,
            None => TcpStream::connect((host, port)).await,
        }
    };
    timeout(CONNECT, connecting).await?
}

/// Passes bytes on in both directions until both have ended. Once one has, each part of the other has so much time.
pub async fn pass(client: impl AsyncRead + AsyncWrite, server: TcpStream, limit: Duration) {
    let (from_client, to_client) = split(client);
    let (from_server, to_server) = server.into_split();
    let passed = AtomicU64::new(0);
    let up = pass_one_way(from_client, to_server, &passed);
    let down = pass_one_way(from_server, to_client, &passed);
    tokio::pin!(up, down);
    let is_up_done = tokio::select! {
        outcome = &mut up => outcome.is_ok().then_some(true),
        outcome = &mut down => outcome.is_ok().then_some(false),
    };
    let rest = async {
        match is_up_done {
            Some(true) => drop(down.await),
            Some(false) => drop(up.await),
            // A connection that broke needs no more.
            None => {}
        }
    };
    tokio::select! {
        () = rest => {}
        () = stands_still(&passed, limit) => {}
    }
}

/// Resolves when nothing was passed on for so long.
async fn stands_still(passed: &AtomicU64, limit: Duration) {
    loop {
        let before = passed.load(Relaxed);
        sleep(limit).await;
        if passed.load(Relaxed) == before {
            return;
        }
    }
}

async fn pass_one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    passed: &AtomicU64,
) -> io::Result<()> {
    let mut part = vec![0; PART];
    loop {
        let length = from.read(&mut part).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&part[..length]).await?;
        to.flush().await?;
        passed.fetch_add(length as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_its_variable_names_it() {
        let read = |url| Upstream::read(url, "").map(|upstream| (upstream.address, upstream.authorization));
        assert_eq!(read("http://proxy.test:3128/"), Ok(("proxy.test:3128".to_owned(), None)));
        assert_eq!(read("proxy.test"), Ok(("proxy.test:80".to_owned(), None)));
        assert_eq!(read("http://a:%40@[::1]:3128"), Ok(("[::1]:3128".to_owned(), Some("YTpA".to_owned()))));
        assert!(read("socks5://proxy.test:1080").is_err() && read("http://").is_err());
    }

    #[test]
    fn hosts_that_are_exempt_and_those_below_are_asked_directly() {
        let upstream = Upstream::read("proxy.test:1", "localhost, .example.com,*.test").unwrap();
        for host in ["localhost", "example.com", "a.example.com", "a.test"] {
            assert!(!upstream.leads_to(host), "{host}");
        }
        assert!(upstream.leads_to("anexample.com") && upstream.leads_to("example.com.org"));
    }
}
