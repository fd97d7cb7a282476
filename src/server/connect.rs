//! CONNECT: a client that takes this server for its proxy asks for a tunnel to a host. One to a vendor's host ends here, and
//! that vendor answers what comes through it, with TLS or without. One to any other host is refused, or passed on unread if
//! the user wants it so.

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

/// Where a tunnel leads.
pub enum Way {
    /// To this server, as this host.
    Here(Authority),
    /// To another host, by this connection.
    Through(TcpStream),
    /// Nowhere, with this status, for this reason.
    Nowhere(StatusCode, String),
}

/// Where the tunnel leads that a request asks for, which came on a connection with these ends, inside of a tunnel or not.
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

/// Whether a request announces a body, of which nobody could tell where it ends and the tunnel begins.
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

/// Whether a tunnel ends here: the certificate is for its host. Names of the machine lead to other servers, too, by the port.
fn leads_here(app: &App, own_port: u16, host: &str, port: u16) -> bool {
    let is_machine = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    app.tls.names().contains(host) && (!is_machine || port == own_port)
}

/// Whether a tunnel to another host, which sentences show like this, is passed on, or why not.
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

/// Lets a request that came through a tunnel ask for the tunnel's host, whatever it names itself.
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
