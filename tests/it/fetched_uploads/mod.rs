//! Uploads whose file is at a URL, by servers that may read it. Which addresses and responses are refused is tested beside
//! the fetcher; here it may connect to loopback.

mod flora;
mod process;
mod twelvelabs;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use assetmock::emulator::app::App;
use assetmock::http::connection::tls::{Names, Tls};
use assetmock::http::fetch::{Fetcher, Resolver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::process::Folder;
use crate::support::{NOON, Server, app, block_on};
use crate::worlds::world;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The name that the fetcher finds on loopback.
const HOST: &str = "cdn.example.com";

/// A GIF with this width and height in its header, and further bytes.
fn gif(width: u16, height: u16) -> Vec<u8> {
    [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), &[0; 600_000]].concat()
}

/// What happens to a request that gets no response.
#[derive(Debug, PartialEq)]
enum Event {
    Asked,
    ClientLeft,
}

/// A server of files, with TLS, and an emulator that may read them.
struct Pair {
    emulator: Server,
    port: u16,
    /// What happens to requests that get no response.
    events: mpsc::UnboundedReceiver<Event>,
}

impl Pair {
    fn start(answer: fn(&str) -> Option<Vec<u8>>) -> Pair {
        Pair::start_with(answer, |_| {})
    }

    /// Starts both. `answer` has the response for each path; for `None`, there never is one.
    fn start_with(answer: fn(&str) -> Option<Vec<u8>>, change: impl FnOnce(&mut App)) -> Pair {
        let tls = Tls::new(Names::new([HOST]));
        let identity = tls.identity().unwrap();
        let folder = Folder::new();
        let authorities = folder.write("ca.pem", identity.authority());
        let table = [(HOST, LOOPBACK), ("inside.example.com", Ipv4Addr::new(10, 0, 0, 7).into())];
        let table = HashMap::from(table.map(|(name, address)| (name.to_owned(), vec![address])));
        let mut fetcher = Fetcher::new(Some(authorities.as_ref())).unwrap();
        (fetcher.resolver, fetcher.is_allowed) = (Resolver::Table(table), |address| address == LOOPBACK);
        let acceptor = TlsAcceptor::from(identity.config().clone());
        block_on(async {
            let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let (tell, events) = mpsc::unbounded_channel();
            tokio::spawn(serve(listener, acceptor, answer, tell));
            let mut app = App { fetcher: Some(fetcher), ..app(&world(), NOON).await };
            change(&mut app);
            Pair { emulator: Server::serve(app).await, port, events }
        })
    }

    fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.port)
    }

    /// What is stored: how many files. What nobody refers to is removed by a task of its own.
    fn wait_for_blobs(&self, count: i64) {
        let began = Instant::now();
        loop {
            let rows = block_on(self.emulator.app.store.rows()).unwrap();
            let stored = rows.iter().find(|(table, _)| *table == "blob").unwrap().1;
            if stored == count {
                return;
            }
            assert!(began.elapsed().as_secs() < 20, "{stored} files are stored");
            std::thread::yield_now();
        }
    }

    /// What the URL of an asset leads to: type and bytes.
    fn bytes(&self, url: &str) -> (String, Vec<u8>) {
        let origin = format!("http://{}", self.emulator.address);
        let path = url.strip_prefix(&origin).unwrap_or_else(|| panic!("{url}"));
        let answer = self.emulator.get(path, &[]);
        assert_eq!(answer.status, 200, "{url}");
        (answer.header("content-type").unwrap().to_owned(), answer.body)
    }
}

/// A response with a body.
fn ok(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    Some([head.as_bytes(), body].concat())
}

async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    answer: fn(&str) -> Option<Vec<u8>>,
    tell: mpsc::UnboundedSender<Event>,
) {
    let acceptor = Arc::new(acceptor);
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await.ok()?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.ok()?);
            }
            let head = String::from_utf8(head).ok()?;
            match answer(head.split(' ').nth(1)?) {
                Some(bytes) => stream.write_all(&bytes).await.ok()?,
                None => {
                    tell.send(Event::Asked).ok()?;
                    // A client says nothing more before it leaves.
                    let _ = stream.read_u8().await;
                    tell.send(Event::ClientLeft).ok()?;
                }
            }
            stream.shutdown().await.ok()
        });
    }
}
