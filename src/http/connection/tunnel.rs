//! Tunnels to other hosts: connects to the host, directly or through another proxy, and forwards bytes unread.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::VIA;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use super::no_proxy::NoProxy;
use crate::random::Rng;

/// Counts the tunnels to other hosts and detects loops. The requests inside tunnels are not in the journal.
#[derive(Debug)]
pub struct Tunnels {
    counted: AtomicU64,
    /// The random name by which this server recognizes itself in a `Via` header.
    name: String,
}

impl Default for Tunnels {
    fn default() -> Tunnels {
        Tunnels { counted: AtomicU64::new(0), name: format!("assetmock-{:016x}", Rng::from_system().next_u64()) }
    }
}

impl Tunnels {
    /// Counts one tunnel.
    pub fn count(&self) {
        self.counted.fetch_add(1, Relaxed);
    }

    /// The number of tunnels so far.
    pub fn counted(&self) -> u64 {
        self.counted.load(Relaxed)
    }

    /// Whether a request has already passed through this server, by its `Via` header: the proxies form a loop.
    pub fn came_through(&self, headers: &HeaderMap) -> bool {
        headers.get_all(VIA).iter().any(|via| via.to_str().is_ok_and(|via| via.contains(&self.name)))
    }

    /// The `Via` header of the request that this server sends on: that of `headers`, with this server added.
    pub fn via(&self, headers: &HeaderMap) -> String {
        let before = headers.get_all(VIA).iter().filter_map(|via| via.to_str().ok());
        before.chain([&*format!("1.1 {}", self.name)]).collect::<Vec<_>>().join(", ")
    }
}

/// How long connecting to another host may take, through a proxy or not.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest response head to CONNECT that is read from a proxy, in bytes.
const LONGEST_HEAD: usize = 16 << 10;

/// The size of the buffer for each direction of a tunnel, in bytes.
const PART: usize = 16 << 10;

/// The proxy through which other hosts are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    address: String,
    authorization: Option<String>,
    exempt: NoProxy,
}

impl Upstream {
    /// Reads the URL of the proxy and the hosts that are reached without it, in the formats of `HTTPS_PROXY` and
    /// `NO_PROXY`. The error says what is wrong with the URL.
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
        Ok(Upstream {
            address: if has_port { address.to_owned() } else { format!("{address}:80") },
            authorization,
            exempt: NoProxy::read(exempt),
        })
    }

    /// Whether the proxy's address is that of this server, which listens on `own`.
    pub async fn is_at(&self, own: SocketAddr) -> bool {
        let has_own_port = self.address.rsplit_once(':').is_some_and(|(_, port)| port.parse() == Ok(own.port()));
        if !has_own_port {
            return false;
        }
        // A name that does not resolve is not this server's.
        let Ok(addresses) = lookup_host(&self.address).await else { return false };
        let own = own.ip().to_canonical();
        let is_own = |address: IpAddr| address == own || own.is_unspecified() && is_of_this_machine(address);
        addresses.map(|address| address.ip().to_canonical()).any(is_own)
    }

    /// Opens a tunnel to a host through this proxy.
    async fn connect(&self, host: &str, port: u16, via: &str) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let login = self.authorization.as_ref().map(|login| format!("Proxy-Authorization: Basic {login}\r\n"));
        let (target, login) = (target(host, port), login.unwrap_or_default());
        let head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nVia: {via}\r\n{login}\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut head = Vec::new();
        // Reads byte by byte: the bytes after the head are for the client and must stay in the socket.
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

/// The target of a CONNECT request: host and port, with an IPv6 address in brackets.
fn target(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Whether an address is one of this machine's. A socket can be bound only to those.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// Connects to a host, through `upstream` unless the host is exempt from it. `host` is in lower case; `via` is the
/// `Via` header for the proxy.
pub async fn connect(host: &str, port: u16, upstream: Option<&Upstream>, via: &str) -> io::Result<TcpStream> {
    let connecting = async {
        match upstream.filter(|upstream| !upstream.exempt.has(host, port)) {
            Some(upstream) => upstream.connect(host, port, via).await,
            None => TcpStream::connect((host, port)).await,
        }
    };
    timeout(CONNECT, connecting).await?
}

/// Forwards bytes in both directions until both have ended. After the first has ended, the tunnel also ends when the
/// other forwards nothing for an interval of `limit`.
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
            // After an error on either side the rest cannot be delivered.
            None => {}
        }
    };
    tokio::select! {
        () = rest => {}
        () = stands_still(&passed, limit) => {}
    }
}

/// Resolves when `passed` does not change during an interval of `limit`.
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

    #[tokio::test]
    async fn a_proxy_that_is_the_server_itself_is_recognized_by_any_of_its_addresses() {
        let upstream = |url| Upstream::read(url, "").unwrap();
        for (url, own, good) in [
            ("http://127.0.0.1:4750", "127.0.0.1:4750", true),
            ("http://localhost:4750", "127.0.0.1:4750", true),
            ("http://127.0.0.1:4750", "0.0.0.0:4750", true),
            ("http://[::ffff:127.0.0.1]:4750", "127.0.0.1:4750", true),
            ("http://127.0.0.1:4751", "127.0.0.1:4750", false),
            ("http://192.0.2.1:4750", "127.0.0.1:4750", false),
            ("http://192.0.2.1:4750", "0.0.0.0:4750", false),
        ] {
            assert_eq!(upstream(url).is_at(own.parse().unwrap()).await, good, "{url} {own}");
        }
    }
}
