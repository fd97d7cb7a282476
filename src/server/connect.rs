//! CONNECT: a client that uses this server as its HTTP proxy asks for a tunnel to a host. A tunnel to a vendor's host
//! ends in this server, which answers the requests inside it as that vendor, with TLS or without. A tunnel to any other
//! host is refused, or with `--others tunnel` its bytes are forwarded unread.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use tokio::net::TcpStream;

use crate::emulator::app::{App, Others};
use crate::emulator::redaction::{SHORT, Secrets, clip};
use crate::http::connection::tunnel;
use crate::http::origin::ConnectionAddresses;
use crate::providers::directory;

/// What happens to a tunnel that a client asks for.
pub enum Way {
    /// It ends in this server, which answers as this host.
    Here(Authority),
    /// It is forwarded to another host over this connection.
    Through(TcpStream),
    /// It is refused with this status and reason.
    Nowhere(StatusCode, String),
}

/// Decides what happens to the tunnel that `request` asks for, and connects to the other host if it is to be forwarded.
/// `ends` are the addresses of the connection that the request came on; `is_inside` says whether that connection is
/// itself a tunnel.
pub async fn way(app: &App, ends: ConnectionAddresses, is_inside: bool, request: &Parts) -> Way {
    if request.version == Version::HTTP_2 {
        let why = "CONNECT is answered over HTTP/1.1 only; let the client speak that with its proxy";
        return Way::Nowhere(StatusCode::NOT_IMPLEMENTED, why.to_owned());
    }
    if is_inside {
        return Way::Nowhere(StatusCode::FORBIDDEN, "there is no CONNECT inside of a tunnel".to_owned());
    }
    if has_body(&request.headers) {
        let why = "CONNECT has no body; send neither `Transfer-Encoding` nor `Content-Length`";
        return Way::Nowhere(StatusCode::BAD_REQUEST, why.to_owned());
    }
    let Some((authority, host, port)) = target(request) else {
        let why = "CONNECT names a host and a port from 1 to 65535, such as `CONNECT localhost:443`";
        return Way::Nowhere(StatusCode::BAD_REQUEST, why.to_owned());
    };
    if leads_here(app, ends.local.port(), &host, port) {
        return Way::Here(authority.clone());
    }
    let shown = clip(&host, SHORT, &Secrets::of(None, &request.headers)).into_owned();
    if let Err(why) = may_pass(app.settings.others, ends.peer.ip(), &host, &shown) {
        return Way::Nowhere(StatusCode::FORBIDDEN, why);
    }
    if app.tunnels.came_through(&request.headers) {
        let why = format!(
            "the tunnel to `{shown}` leads in a circle: a proxy that this server asks (`HTTPS_PROXY`) asks this server in turn"
        );
        return Way::Nowhere(StatusCode::LOOP_DETECTED, why);
    }
    match tunnel::connect(&host, port, app.settings.upstream.as_ref(), &app.tunnels.via(&request.headers)).await {
        Ok(stream) => Way::Through(stream),
        Err(cause) => Way::Nowhere(StatusCode::BAD_GATEWAY, format!("no tunnel to `{shown}:{port}`: {cause}")),
    }
}

/// Whether a request announces a body. The end of the body and the start of the tunnel could not be told apart.
fn has_body(headers: &HeaderMap) -> bool {
    let has_length = |length: &HeaderValue| length.as_bytes().trim_ascii() != b"0";
    headers.contains_key(header::TRANSFER_ENCODING) || headers.get_all(header::CONTENT_LENGTH).iter().any(has_length)
}

/// The host that a tunnel is asked for, as it was sent and in its plain form, and its port.
fn target(request: &Parts) -> Option<(&Authority, String, u16)> {
    let authority = request.uri.authority().filter(|_| request.uri.scheme().is_none())?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let port = authority.port_u16().filter(|port| *port > 0)?;
    (!host.is_empty()).then(|| (authority, host.to_ascii_lowercase(), port))
}

/// Leaves out a user and a password in front of the host, which some clients send there by mistake: nobody needs them.
pub fn remove_user(request: &mut Parts) {
    let without = |text: &str| text.rsplit_once('@').map(|(_, host)| host.to_owned());
    if let Some(host) = request.uri.authority().and_then(|authority| without(authority.as_str()))
        && let Ok(uri) = host.parse()
    {
        request.uri = uri;
    }
    let header = request.headers.get(header::HOST).and_then(|host| without(host.to_str().ok()?));
    if let Some(host) = header.and_then(|host| HeaderValue::try_from(host).ok()) {
        request.headers.insert(header::HOST, host);
    }
}

/// Whether a tunnel ends in this server: its certificate covers the host. For `localhost` and loopback addresses the
/// port must be this server's too, since other servers run on the same machine.
fn leads_here(app: &App, own_port: u16, host: &str, port: u16) -> bool {
    let is_machine = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    app.tls.names().contains(host) && (!is_machine || port == own_port)
}

/// Allows a tunnel to another host to be forwarded, or returns the reason why not. Messages show the host as `shown`.
fn may_pass(others: Others, peer: IpAddr, host: &str, shown: &str) -> Result<(), String> {
    let vendors = directory::hosts();
    let above = || vendors.iter().find(|name| host.strip_suffix(&***name).is_some_and(|rest| rest.ends_with('.')));
    match others {
        Others::Refuse => Err(format!(
            "`{shown}` is no host of a vendor; with `--others tunnel`, connections to other hosts are passed on unread"
        )),
        Others::Tunnel if !peer.to_canonical().is_loopback() => Err(format!(
            "`{shown}` is no host of a vendor, and `--others tunnel` passes on only what comes from the same machine"
        )),
        Others::Tunnel => match above() {
            Some(name) => Err(format!(
                "`{shown}` is below `{name}`, a host of a vendor, and would be the real one: it is not passed on"
            )),
            None => Ok(()),
        },
    }
}

/// Sets the `Host` of a request inside a tunnel to the tunnel's host, unless it names that host already.
pub fn set_host(request: &mut Parts, tunnel: &Authority) {
    let header = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = request.uri.authority().map(Authority::as_str).or(header).unwrap_or_default();
    let has_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = named.rsplit_once(':').filter(|(_, port)| has_port(port)).map_or(named, |(host, _)| host);
    if host.eq_ignore_ascii_case(tunnel.host()) {
        return;
    }
    if let (Ok(host), Some(path)) = (HeaderValue::from_str(tunnel.host()), request.uri.path_and_query()) {
        request.headers.insert(header::HOST, host);
        request.uri = path.clone().into();
    }
}
