//! Asks a running server whether it is ready, and which keys it has.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cli::client_env::UsableKey;
use crate::cli::config::{Address, HostAndPort};
use crate::cli::port_file;
use crate::cli::report::{self, KeyRow};
use crate::cli::start::reachable;
use crate::clock::Stopwatch;
use crate::library::key::KeyState;
use crate::providers;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Fails unless the server at this address is ready.
pub fn check_health(address: &Address) -> Outcome {
    let listen = listening(address)?.to_string();
    let answer = get(&listen, "/_emulator/health", None)?;
    if answer.status == "200" { Ok(()) } else { Err(format!("`{listen}` answered {}", answer.status).into()) }
}

/// Where a server that was started with these options listens. With a port file, the port is read from there.
fn listening(address: &Address) -> Result<HostAndPort, String> {
    let mut listen = address.target();
    if let Some(file) = &address.port_file {
        listen.port = port_file::read(file).map_err(|why| format!("the server is not ready: {why}"))?;
    }
    Ok(listen)
}

/// The origin of a server: its URL without path and query, or else the address on which it listens.
pub fn origin(url: Option<&str>, address: &Address) -> Outcome<String> {
    if let Some(url) = url {
        address_of(url)?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        return Ok(format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or(rest)));
    }
    let listen = listening(address)?;
    Ok(format!("http://{}", reachable(resolved(&listen.to_string())?)))
}

#[derive(Deserialize)]
struct Workspaces {
    workspaces: Vec<Workspace>,
}

#[derive(Deserialize)]
struct Workspace {
    id: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    provider: String,
    key: String,
    user: String,
    state: String,
    scopes: Option<Vec<String>>,
    expires_at: Option<String>,
}

/// Every key of the server at this URL, as a table or as JSON.
pub fn keys(url: &str, token: Option<&str>, json: bool) -> Outcome<String> {
    let address = address_of(url)?;
    let mut all: Vec<(String, Key)> = Vec::new();
    for id in workspaces(&address, token)? {
        all.extend(keys_of(&address, &id, token)?.into_iter().map(|key| (id.clone(), key)));
    }
    let rows = all.iter().map(|(workspace, key)| KeyRow {
        provider: &key.provider,
        key: &key.key,
        workspace,
        user: &key.user,
        state: &key.state,
        scopes: key.scopes.as_deref(),
        expires_at: key.expires_at.clone(),
    });
    Ok(report::key_rows(rows, json))
}

/// The workspaces of the server at this origin, and the usable keys of the first one that has any.
pub fn usable_keys(origin: &str, token: Option<&str>) -> Outcome<(Vec<String>, Vec<UsableKey>)> {
    let address = address_of(origin)?;
    let ids = workspaces(&address, token)?;
    for id in &ids {
        let keys = keys_of(&address, id, token)?.into_iter().filter(Key::is_usable);
        let keys = keys.map(|Key { provider, key, .. }| UsableKey { provider, workspace: id.clone(), key });
        let keys: Vec<_> = keys.collect();
        if !keys.is_empty() {
            return Ok((ids, keys));
        }
    }
    Ok((ids, Vec::new()))
}

impl Key {
    fn is_usable(&self) -> bool {
        let scope = providers::named(&self.provider).map(|provider| provider.card().list_operation().scope);
        let allows = |scope: &str| {
            self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|held| held == scope || held == "*"))
        };
        self.state == KeyState::Active.word() && scope.is_some_and(|scope| scope.is_none_or(allows))
    }
}

fn workspaces(address: &str, token: Option<&str>) -> Outcome<Vec<String>> {
    let Workspaces { workspaces } = read(address, "/_emulator/workspaces", token)?;
    Ok(workspaces.into_iter().map(|workspace| workspace.id).collect())
}

fn keys_of(address: &str, workspace: &str, token: Option<&str>) -> Outcome<Vec<Key>> {
    let path = format!("/_emulator/workspaces/{}/keys", utf8_percent_encode(workspace, NON_ALPHANUMERIC));
    let Keys { keys } = read(address, &path, token)?;
    Ok(keys)
}

/// The host and port of a server's URL.
fn address_of(url: &str) -> Result<String, String> {
    let wrong = || format!("`{url}` is not the URL of a server such as `http://127.0.0.1:4750`");
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if scheme.eq_ignore_ascii_case("https") {
        return Err(format!("only `http://` is supported here; the server has it on the same port: `http://{rest}`"));
    }
    let parsed: Uri = format!("{scheme}://{rest}").parse().map_err(|_| wrong())?;
    let host = parsed.host().filter(|_| parsed.scheme_str() == Some("http")).ok_or_else(wrong)?;
    Ok(format!("{host}:{}", parsed.port_u16().unwrap_or(80)))
}

fn read<T: DeserializeOwned>(address: &str, path: &str, token: Option<&str>) -> Outcome<T> {
    let answer = get(address, path, token)?;
    match &*answer.status {
        "200" => {
            Ok(serde_json::from_str(&answer.body).map_err(|_| format!("`{address}` is no server of this program"))?)
        }
        "401" => {
            Err(format!("`{address}` asks for a token; give the one it was started with as `--admin-token`").into())
        }
        status => Err(format!("`{address}` answered {status} to `GET {path}`").into()),
    }
}

struct HttpResponse {
    status: String,
    body: String,
}

fn get(address: &str, path: &str, token: Option<&str>) -> Outcome<HttpResponse> {
    let target = resolved(address)?;
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let answer = exchange(reachable(target), path, &token);
    Ok(answer.map_err(|error| format!("no answer from `{address}`: {error}"))?)
}

fn resolved(address: &str) -> Outcome<SocketAddr> {
    let mut all = address.to_socket_addrs().map_err(|error| format!("`{address}` is no address: {error}"))?;
    Ok(all.next().ok_or("no address to ask")?)
}

/// The largest response that is read, in bytes. Ten thousand workspaces take a quarter of it.
const MOST: usize = 16 << 20;

/// Reads until the server closes the connection. The whole may take five times `timeout`.
fn read_to_end(mut stream: TcpStream, timeout: Duration) -> io::Result<String> {
    let watch = Stopwatch::start();
    let (mut text, mut part) = (Vec::new(), [0; 16 << 10]);
    loop {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return String::from_utf8(text).map_err(|_| io::Error::other("it is not text"));
        }
        text.extend_from_slice(&part[..count]);
        if text.len() > MOST || watch.elapsed() > timeout * 5 {
            return Err(io::Error::other("it is too long, or takes too long"));
        }
    }
}

/// Sends a request and reads its response. The request is HTTP/1.0, so the response is never chunked and ends with the
/// connection.
fn exchange(address: SocketAddr, path: &str, headers: &str) -> io::Result<HttpResponse> {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n")?;
    let answer = read_to_end(stream, TIMEOUT)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok(HttpResponse { status: head.split(' ').nth(1).unwrap_or("nothing").to_owned(), body: body.to_owned() })
}
