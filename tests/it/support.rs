//! A server in this process on a free port, and a client that sends exactly the bytes it is given.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use assetmock::clock::{Clock, Micros, read_rfc3339};
use assetmock::contract::choices;
use assetmock::contract::page::Page;
use assetmock::contract::provider::Provider;
use assetmock::emulator::app::{App, AssetUrls, Settings};
use assetmock::emulator::cache::Cache;
use assetmock::emulator::journal::PackedHeaders;
use assetmock::emulator::load_fixtures;
use assetmock::library::key::Key;
use assetmock::library::selection::AssetQuery;
use assetmock::library::store::{DatabaseLocation, ListError, Store};
use assetmock::pipeline;
use assetmock::providers;
use assetmock::server;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Where the servers run. Some tests have more connections than a process may have open files by default.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let _ = rlimit::increase_nofile_limit(65_536);
    Runtime::new().unwrap()
});

/// Runs a future to its end from a test that is not asynchronous.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// Sets a flag when it goes, also if the test fails: threads that run until it is set would keep the test waiting.
pub struct SetAtEnd<'f>(pub &'f AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// An instant written as RFC 3339.
pub fn at(text: &str) -> Micros {
    read_rfc3339(text).unwrap_or_else(|| panic!("{text} is not a time"))
}

/// Heads, in this order.
pub fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap()));
    lines.collect()
}

/// A target, and headers of a request and of its answer, as the journal has them.
pub fn heads(target: &str, request: &[(&str, &str)], response: &[(&str, &str)]) -> PackedHeaders {
    PackedHeaders::of(&target.parse().unwrap(), &headers(request), Some(&headers(response)))
}

/// The instant at which tests' clocks stand unless they say otherwise.
pub const NOON: &str = "2026-03-21T12:00:00Z";

/// The state of an emulator that holds a fixture, with its clock frozen, its chance seeded with 7 and its limits
/// enforced.
pub async fn app(fixture: &str, clock: &str) -> App {
    let clock = Clock::frozen(at(clock));
    let store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
    let fixtures = load_fixtures::read(&[fixture.to_owned()]).unwrap_or_else(|error| panic!("{error}"));
    load_fixtures::load(&store, fixtures, clock.now()).await.unwrap();
    store.index().await.unwrap();
    App::new(store, clock, Some(7))
}

/// The page of a plan that the holder of this key gets, without the pipeline around it.
pub fn page(app: &App, provider: &dyn Provider, key: &str, plan: &AssetQuery) -> Page {
    let card = provider.card();
    block_on(async {
        let entry = app.cache.entry(&app.store, card, key).await.unwrap().unwrap();
        let plan = |_: &Key| Ok::<_, ListError>(plan.clone());
        app.cache.page(&app.store, card.asset_list(), &entry, None, plan).await.unwrap().page
    })
}

/// Asks the pipeline itself, without a socket: for tests with thousands of requests.
pub async fn ask(app: &Arc<App>, target: &str, header: &str) -> Answer {
    let (name, value) = header.split_once(": ").unwrap();
    let request = Request::get(target).header(name, value).body(Body::empty()).unwrap();
    let response = pipeline::answer(app.clone(), None, request).await;
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    Answer {
        status: response.status().as_u16(),
        status_line: String::new(),
        headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec(),
    }
}

/// How long a client waits for the next byte before it fails: a bound against hangs. A debug build on busy cores takes
/// half of it for changes of many thousand assets.
const PATIENCE: Duration = Duration::from_secs(60);

/// An emulator that serves fixtures, with its clock frozen.
pub struct Server {
    pub address: SocketAddr,
    pub app: Arc<App>,
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Serves a built-in fixture, or one given as JSON, at noon.
    pub fn start(fixture: &str) -> Server {
        Server::start_at(fixture, NOON)
    }

    pub fn start_at(fixture: &str, clock: &str) -> Server {
        block_on(async { Server::serve(app(fixture, clock).await).await })
    }

    /// Serves a fixture where vendors behave as these variants say, such as `flora.content_type=mime`, and assets have
    /// URLs of this kind.
    pub fn start_with(fixture: &str, clock: &str, variants: &[String], asset_urls: AssetUrls) -> Server {
        let choices = choices::read(&providers::cards(), variants).unwrap();
        let settings = Settings { asset_urls, ..Settings::default() };
        block_on(async {
            Server::serve(App { cache: Cache::new(choices), settings, ..app(fixture, clock).await }).await
        })
    }

    pub async fn serve(app: App) -> Server {
        let app = Arc::new(app);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server::run(listener, app.clone(), async {
            let _ = stopped.await;
        });
        tokio::spawn(serving);
        Server { address, app, _stop: stop }
    }

    /// Sends these bytes and reads one answer.
    pub fn send(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request).unwrap();
        Answer::read(&mut stream, request.starts_with(b"HEAD "))
    }

    /// `GET target` with these header lines.
    pub fn get(&self, target: &str, headers: &[&str]) -> Answer {
        self.request("GET", target, headers)
    }

    /// `method target` with these header lines, and the server's own address for a host unless they name one.
    pub fn request(&self, method: &str, target: &str, headers: &[&str]) -> Answer {
        let host = format!("Host: {}", self.address);
        let own_host = (!headers.iter().any(|line| line.starts_with("Host:"))).then_some(&*host);
        let lines: String = own_host.into_iter().chain(headers.iter().copied()).map(|l| format!("{l}\r\n")).collect();
        self.send(format!("{method} {target} HTTP/1.1\r\n{lines}\r\n").as_bytes())
    }

    /// `method target` with a JSON body, or without one if it is null.
    pub fn call(&self, method: &str, target: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.post(method, target, &[], &body)
    }

    /// `method target` with these header lines and this body, whatever it is.
    pub fn post(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        let own = [format!("Host: {}", self.address), "Content-Type: application/json".to_owned(), length];
        let own = own.iter().map(|line| &**line).filter(|line| !headers.iter().any(|given| name(given) == name(line)));
        let lines: String = own.chain(headers.iter().copied()).map(|line| format!("{line}\r\n")).collect();
        self.send(format!("{method} {target} HTTP/1.1\r\n{lines}\r\n{body}").as_bytes())
    }

    /// A provider's list as the holder of this key gets it.
    pub fn list(&self, provider: &str, key: &str, query: &str) -> Answer {
        let card = providers::named(provider).unwrap().card();
        self.get(&format!("/{provider}{}?{query}", card.list()), &[&card.auth.carrier.line(key)])
    }

    /// Sends a body of so many bytes in parts, as `part` writes them, while it waits for the answer: that may come
    /// first.
    pub fn send_in_parts(&self, head: &[u8], length: usize, part: impl Fn(usize) -> Vec<u8> + Send) -> Answer {
        const PART: usize = 1024 * 1024;
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head).unwrap();
        let mut sending = stream.try_clone().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                let parts = (0..length.div_ceil(PART)).map(|index| PART.min(length - index * PART));
                // Whoever has answered need not listen any more.
                let _ = parts.into_iter().try_for_each(|size| sending.write_all(&part(size)));
            });
            Answer::read(&mut stream, false)
        })
    }

    /// Sends these bytes and says that nothing follows; the answer, if there is one before the connection ends.
    pub fn send_and_hang_up(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The server may have hung up itself by now.
        let _ = stream.write_all(request).and_then(|()| stream.shutdown(Shutdown::Write));
        let answered = stream.peek(&mut [0]).is_ok_and(|count| count > 0);
        answered.then(|| Answer::read(&mut stream, false))
    }

    /// Sends these bytes and does not wait for an answer.
    pub fn send_and_forget(&self, request: &[u8]) {
        TcpStream::connect(self.address).unwrap().write_all(request).unwrap();
    }
}

fn name(line: &str) -> &str {
    line.split(':').next().unwrap()
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub status_line: String,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    fn read(stream: &mut impl Read, headless: bool) -> Answer {
        Answer::try_read(stream, headless).unwrap()
    }

    /// Reads one answer, or says how the connection ended before it was complete.
    pub fn try_read(stream: &mut impl Read, headless: bool) -> io::Result<Answer> {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            read_more(stream, &mut bytes)?;
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap().to_owned();
        let headers: Vec<_> = lines
            .map(|line| {
                line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).unwrap()
            })
            .collect();
        let mut answer = Answer {
            status: status_line.split(' ').nth(1).unwrap().parse().unwrap(),
            status_line,
            headers,
            body: bytes.split_off(head_end + 4),
        };
        if answer.header("transfer-encoding") == Some("chunked") && !headless {
            answer.body = read_chunks(stream, std::mem::take(&mut answer.body))?;
            return Ok(answer);
        }
        let length =
            if headless { 0 } else { answer.header("content-length").map_or(0, |length| length.parse().unwrap()) };
        while answer.body.len() < length {
            read_more(stream, &mut answer.body)?;
        }
        assert_eq!(answer.body.len(), length, "the body is longer than its length says");
        Ok(answer)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// The body whose chunks begin with `bytes`.
fn read_chunks(stream: &mut impl Read, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = loop {
            if let Some(line) = bytes[at..].windows(2).position(|two| two == b"\r\n") {
                break line;
            }
            read_more(stream, &mut bytes)?;
        };
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line]).unwrap(), 16).unwrap();
        let begin = at + line + 2;
        while bytes.len() < begin + length + 2 {
            read_more(stream, &mut bytes)?;
        }
        body.extend_from_slice(&bytes[begin..begin + length]);
        at = begin + length + 2;
        if length == 0 {
            assert_eq!(at, bytes.len(), "more comes than one answer");
            return Ok(body);
        }
    }
}

fn read_more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; 65536];
    match stream.read(&mut chunk)? {
        0 => {
            let said = format!("the connection ended after {:?}", String::from_utf8_lossy(bytes));
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, said))
        }
        count => {
            bytes.extend_from_slice(&chunk[..count]);
            Ok(())
        }
    }
}
