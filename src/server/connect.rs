//! CONNECT: a client that uses this server as its HTTP proxy asks for a tunnel to a host. A tunnel to a vendor's host
//! ends in this server, which answers the requests inside it as that vendor, with TLS or without. A tunnel to any other
//! host is refused, or with `--others tunnel` its bytes are forwarded unread.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Version, header};
use tokio::net::TcpStream;

use crate::emulator::app::{App, Others};
use crate::http::connection::tunnel;
use crate::http::origin::ConnectionAddresses;

/// The default port, for a CONNECT request without one.
const HTTPS: u16 = 443;

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
    let Some(authority) = request.uri.authority() else {
        let why = "CONNECT names a host and a port, such as `CONNECT localhost:443`";
        return Way::Nowhere(StatusCode::BAD_REQUEST, why.to_owned());
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let (host, port) = (host.to_ascii_lowercase(), authority.port_u16().unwrap_or(HTTPS));
    if leads_here(app, ends.local.port(), &host, port) {
        return Way::Here(authority.clone());
    }
    if let Err(why) = may_pass(app.settings.others, ends.peer.ip(), &host) {
        return Way::Nowhere(StatusCode::FORBIDDEN, why);
    }
    match tunnel::connect(&host, port, app.settings.upstream.as_ref()).await {
        Ok(stream) => Way::Through(stream),
        Err(cause) => Way::Nowhere(StatusCode::BAD_GATEWAY, format!("no tunnel to `{host}:{port}`: {cause}")),
    }
}

/// Whether a tunnel ends in this server: its certificate covers the host. For `localhost` and loopback addresses the
/// port must be this server's too, since other servers run on the same machine.
fn leads_here(app: &App, own_port: u16, host: &str, port: u16) -> bool {
    let is_machine = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    app.tls.names().contains(host) && (!is_machine || port == own_port)
}

/// Allows a tunnel to another host to be forwarded, or returns the reason why not.
fn may_pass(others: Others, peer: IpAddr, host: &str) -> Result<(), String> {
    match others {
        Others::Refuse => Err(format!(
            "`{host}` is no host of a vendor; with `--others tunnel`, connections to other hosts are passed on unread"
        )),
        Others::Tunnel if !peer.to_canonical().is_loopback() => Err(format!(
            "`{host}` is no host of a vendor, and `--others tunnel` passes on only what comes from the same machine"
        )),
        Others::Tunnel => Ok(()),
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
