//! One connection: passes its requests to the emulator's own API, to the files or to the pipeline, turns it into a
//! tunnel after a CONNECT, and logs why it failed.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::response::Response;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::conn::auto::upgrade::downcast;
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tracing::{debug, warn};

use super::connect::{self, Way};
use super::files;
use crate::admin;
use crate::clock::Stopwatch;
use crate::emulator::app::App;
use crate::emulator::log::{CLIENT, REFUSED};
use crate::http::connection::Stream;
use crate::http::connection::tls::HandshakeFailure;
use crate::http::connection::tunnel;
use crate::http::connection::{Connection, ConnectionHandle};
use crate::http::origin::{self, ConnectionAddresses};
use crate::http::request_body::request_body;
use crate::http::respond::respond;
use crate::http::response_body::ResponseBody;
use crate::pipeline;

/// A new connection and what is needed to serve it.
pub struct Arrival {
    /// The emulator's state.
    pub app: Arc<App>,
    /// Notified after every response.
    pub answered: Arc<Notify>,
    /// The server's address.
    pub local: SocketAddr,
    /// The client's address.
    pub peer: SocketAddr,
    /// The tunnel's host, if the connection is inside a tunnel.
    pub tunnel: Option<Arc<Authority>>,
    /// Becomes `true` when the server shuts down, which then waits until all receivers are dropped.
    pub ending: watch::Receiver<bool>,
}

/// Answers the requests of one connection. Requests to the emulator's own API go to [`admin`], requests for the bytes
/// of assets to [`files`], all others to the pipeline, which finds the vendor and its route itself; so there is no axum
/// router.
struct ConnectionService {
    app: Arc<App>,
    answered: Arc<Notify>,
    handle: ConnectionHandle,
    local: SocketAddr,
    peer: SocketAddr,
    tunnel: Option<Arc<Authority>>,
    ending: watch::Receiver<bool>,
}

impl ConnectionService {
    /// This connection as a new one, for the tunnel that it becomes.
    fn arrival(&self) -> Arrival {
        Arrival {
            app: self.app.clone(),
            answered: self.answered.clone(),
            local: self.local,
            peer: self.peer,
            tunnel: self.tunnel.clone(),
            ending: self.ending.clone(),
        }
    }
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if request.method() == Method::CONNECT {
            return Box::pin(answer_connect(self.arrival(), request).map(Ok));
        }
        let (app, answered) = (self.app.clone(), self.answered.clone());
        let (mut head, body) = request.into_parts();
        if head.version == Version::HTTP_2 {
            move_authority(&mut head);
        }
        if let Some(tunnel) = &self.tunnel {
            connect::set_host(&mut head, tunnel);
        }
        let body = request_body(head.version, &head.headers, body, app.timeouts.body);
        if let Some(why) = origin::misnamed_host(&head) {
            return Box::pin(ready(Ok(refuse(&app, self.peer, why))));
        }
        let is_encrypted = self.handle.is_encrypted();
        origin::tell(&mut head, ConnectionAddresses { local: self.local, peer: self.peer, is_encrypted });
        let is_head = head.method == Method::HEAD && head.version == Version::HTTP_2;
        let is_file = files::is_file_request(&app, &head);
        let request = Request::from_parts(head, body);
        let finish = move |response| {
            answered.notify_one();
            Ok(if is_head { without_body(response) } else { response })
        };
        // The futures are boxed directly. An `async` block that awaits them would reserve space for each of them twice.
        if admin::owns(request.uri().path()) {
            Box::pin(admin::answer(app, request).map(finish))
        } else if is_file {
            Box::pin(files::answer(app, request).map(finish))
        } else {
            Box::pin(pipeline::answer(app, Some(self.handle.clone()), request).map(finish))
        }
    }
}

/// Removes the body of a response to HEAD and keeps its `Content-Length`. hyper does so itself over HTTP/1.1, but not
/// over HTTP/2.
fn without_body(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    Response::from_parts(head, Body::empty())
}

/// Rewrites an HTTP/2 request in the form of HTTP/1.1: moves the authority to the `Host` header and leaves the path and
/// query as the target. RFC 9113, section 8.3.1, requires this of intermediaries that convert a request.
fn move_authority(head: &mut Parts) {
    let Some(path) = head.uri.path_and_query() else { return };
    let Some(authority) = head.uri.authority() else { return };
    let Ok(host) = HeaderValue::from_str(authority.as_str()) else { return };
    head.headers.insert(header::HOST, host);
    head.uri = Uri::from(path.clone());
}

/// How many requests a client may have open on one connection of HTTP/2.
const STREAMS: u32 = 100;

/// How many bytes of a body over HTTP/2 a client may send before they are read. The window of a connection has room for all
/// its requests: otherwise those that wait for their share of memory would hold up those that have it.
const STREAM_WINDOW: u32 = 128 << 10;

/// Answers the requests of a connection until it ends or the server shuts down.
pub async fn serve(stream: Stream, arrival: Arrival) {
    let Arrival { app, answered, local, peer, tunnel, ending } = arrival;
    let connection = Connection::new(stream, app.timeouts);
    let handle = connection.line();
    let service = ConnectionService { app: app.clone(), answered, handle, local, peer, tunnel, ending: ending.clone() };
    let mut http = Builder::new(TokioExecutor::new());
    http.http2()
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAMS * STREAM_WINDOW);
    let connection = pin!(http.serve_connection_with_upgrades(TokioIo::new(connection), service));
    if let Err(cause) = CLIENT.scope(peer, serve_until_end(connection, ending.clone())).await {
        log_failure(&app, peer, &*cause);
    }
    // Only now, so that a shutdown waits for the entry in the journal.
    drop(ending);
}

/// Serves a connection until it ends. When the server shuts down, the requests in progress are answered first.
async fn serve_until_end<C: GracefulConnection>(
    mut connection: Pin<&mut C>,
    mut ending: watch::Receiver<bool>,
) -> Result<(), C::Error> {
    tokio::select! {
        biased;
        outcome = connection.as_mut() => return outcome,
        _ = ending.wait_for(|has_ended| *has_ended) => {}
    }
    // hyper gives up a connection that it has not read a request from, and with it what has arrived meanwhile, such as
    // the alert of a client that trusts another authority. So the connection is read once more.
    tokio::select! {
        biased;
        outcome = connection.as_mut() => return outcome,
        () = tokio::task::yield_now() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Answers a request without a `Host` header, or with two different ones. It is not recorded in the journal, since it
/// cannot be told which vendor it was for.
#[cold]
fn refuse(app: &App, client: SocketAddr, why: &str) -> Response {
    warn!(%client, %why, "a request was refused");
    admin::misnamed_host(app, why)
}

/// Logs why a connection failed. Only a failed TLS handshake is also recorded in the journal, because clients report
/// little about its cause. Bytes that hyper rejects before they are a request are only logged.
#[cold]
fn log_failure(app: &Arc<App>, client: SocketAddr, cause: &(dyn Error + 'static)) {
    if let Some(failure) = HandshakeFailure::among(cause) {
        return pipeline::note_failed_handshake(app.clone(), failure);
    }
    let why = cause.source().map_or_else(|| cause.to_string(), |source| format!("{cause}: {source}"));
    if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
        warn!(%client, %why, "{REFUSED}");
    } else {
        debug!(%client, %why, "a connection ended");
    }
}

/// Answers a CONNECT request, and serves the tunnel if it is granted.
async fn answer_connect(arrival: Arrival, mut request: Request<Incoming>) -> Response {
    let watch = Stopwatch::start();
    let upgrade = hyper::upgrade::on(&mut request);
    let (mut head, _) = request.into_parts();
    connect::remove_user(&mut head);
    let app = arrival.app.clone();
    let ends = ConnectionAddresses { local: arrival.local, peer: arrival.peer, is_encrypted: false };
    match connect::way(&app, ends, arrival.tunnel.is_some(), &head).await {
        Way::Here(host) => drop(tokio::spawn(serve_inside(arrival, upgrade, host))),
        Way::Through(stream) => drop(tokio::spawn(pass_on(arrival, upgrade, stream))),
        Way::Nowhere(status, why) => return pipeline::refuse_tunnel(app, head, watch, status, &why),
    }
    respond(StatusCode::OK, HeaderMap::new(), ResponseBody::default(), app.clock.now())
}

/// Serves the requests inside a tunnel that ends in this server.
async fn serve_inside(arrival: Arrival, upgrade: OnUpgrade, host: Authority) {
    let Some(upgraded) = upgraded(upgrade).await else { return };
    let Ok(parts) = downcast::<TokioIo<Connection>>(upgraded) else { return };
    // A client may send its first bytes before it has the response to CONNECT. hyper (`read_buf`) and the connection
    // (`unread`) may have read some of them already, in this order.
    let (stream, unread) = parts.io.into_inner().into_stream();
    let stream = stream.inside([parts.read_buf, unread].concat().into());
    serve(stream, Arrival { tunnel: Some(Arc::new(host)), ..arrival }).await;
}

/// Forwards the bytes of a tunnel to another host and back, until one side closes it or the server shuts down.
async fn pass_on(arrival: Arrival, upgrade: OnUpgrade, stream: TcpStream) {
    let Arrival { app, mut ending, .. } = arrival;
    let Some(upgraded) = upgraded(upgrade).await else { return };
    app.tunnels.count();
    tokio::select! {
        () = tunnel::pass(TokioIo::new(upgraded), stream, app.timeouts.body) => {}
        _ = ending.wait_for(|has_ended| *has_ended) => {}
    }
}

async fn upgraded(upgrade: OnUpgrade) -> Option<Upgraded> {
    upgrade.await.inspect_err(|cause| debug!(%cause, "a tunnel ended before it began")).ok()
}
