//! Listening: one port, an orderly end.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri, Version, header};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tracing::{debug, warn};

use crate::admin;
use crate::emulator::app::App;
use crate::emulator::log::{CLIENT, REFUSED};
use crate::http::connection::{Connection, ConnectionHandle};
use crate::http::origin::{self, ConnectionAddresses};
use crate::http::request_body::request_body;
use crate::pipeline;

/// How long answers under way may take once the end was asked for.
const DRAIN: Duration = Duration::from_millis(500);

/// What answers the requests of one connection: the emulator's own routes, and everything else through the pipeline. No
/// router is in between, since the pipeline finds its own way.
struct ConnectionService {
    app: Arc<App>,
    /// Told of every answer.
    answered: Arc<Notify>,
    line: ConnectionHandle,
    ends: ConnectionAddresses,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (app, answered) = (self.app.clone(), self.answered.clone());
        let (mut head, body) = request.into_parts();
        if head.version == Version::HTTP_2 {
            move_authority(&mut head);
        }
        let body = request_body(&head.headers, body, app.timeouts.body);
        if let Some(why) = origin::misnamed_host(&head) {
            return Box::pin(ready(Ok(refuse(&app, self.ends.peer, why))));
        }
        origin::tell(&mut head, self.ends);
        let request = Request::from_parts(head, body);
        let told = move |response| {
            answered.notify_one();
            Ok(response)
        };
        // The futures are boxed as they are: a block that awaits them would have room for each twice.
        if admin::owns(request.uri().path()) {
            Box::pin(admin::answer(app, request).map(told))
        } else {
            Box::pin(pipeline::answer(app, Some(self.line.clone()), request).map(told))
        }
    }
}

/// Makes of a request over HTTP/2 what it would be over HTTP/1.1, as RFC 9113 (section 8.3.1) asks of those who pass one on: the
/// authority is the `Host` header, and the target is the path and query.
fn move_authority(head: &mut Parts) {
    let Some(path) = head.uri.path_and_query() else { return };
    let Some(authority) = head.uri.authority() else { return };
    let Ok(host) = HeaderValue::from_str(authority.as_str()) else { return };
    head.headers.insert(header::HOST, host);
    head.uri = Uri::from(path.clone());
}

/// Serves until `shutdown` resolves, lets answers under way finish for a moment, and returns.
pub async fn run(
    mut listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let answered = Arc::new(Notify::new());
    let connections = GracefulShutdown::new();
    let accepting = async {
        loop {
            let (stream, client) = Listener::accept(&mut listener).await;
            tokio::spawn(serve(stream, client, app.clone(), answered.clone(), &connections));
        }
    };
    // The first answer would wait for the indexes: milliseconds, where it needs none of them.
    let indexing = async {
        answered.notified().await;
        if let Err(cause) = app.store.index().await {
            tracing::warn!(%cause, "the library has no indexes yet; the next change makes them");
        }
        std::future::pending().await
    };
    let outcome = tokio::select! {
        never = accepting => never,
        () = shutdown => Ok(()),
        never = indexing => never,
    };
    drop(listener);
    // What is not done by then is given up.
    let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
    app.store.close().await;
    outcome
}

/// Answers the requests of a connection until it ends.
fn serve(
    stream: TcpStream,
    client: SocketAddr,
    app: Arc<App>,
    answered: Arc<Notify>,
    connections: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // A connection whose own address cannot be told has ended, and says so when it is read.
    let local = stream.local_addr().unwrap_or(client);
    let wire = Connection::new(stream, app.timeouts);
    let service =
        ConnectionService { app, answered, line: wire.line(), ends: ConnectionAddresses { local, peer: client } };
    let http = Builder::new(TokioExecutor::new());
    let served = connections.watch(http.serve_connection(TokioIo::new(wire), service).into_owned());
    async move {
        if let Err(cause) = CLIENT.scope(client, served).await {
            tell(client, &*cause);
        }
    }
}

/// Answers a request that does not name its host. It is in no journal, since it cannot be said whom it was for.
#[cold]
fn refuse(app: &App, client: SocketAddr, why: &str) -> Response {
    warn!(%client, %why, "a request was refused");
    admin::misnamed_host(app, why)
}

/// Logs why a connection ended. A request that the HTTP layer refuses is in no journal, since it never was a request.
#[cold]
fn tell(client: SocketAddr, cause: &(dyn Error + 'static)) {
    let why = cause.source().map_or_else(|| cause.to_string(), |source| format!("{cause}: {source}"));
    if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
        warn!(%client, %why, "{REFUSED}");
    } else {
        debug!(%client, %why, "a connection ended");
    }
}

/// Resolves when the process is asked to end: Ctrl-C, or the platform's way of stopping a service. It listens from the
/// call on, not only once it is awaited: whoever sees us ready may stop us at once.
#[cfg(unix)]
pub fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves when the process is asked to end: Ctrl-C, a closed console, or a shutdown. It listens from the call on, not
/// only once it is awaited: whoever sees us ready may stop us at once.
#[cfg(windows)]
pub fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
    let (mut interrupt, mut close, mut shutdown) = (ctrl_c()?, ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}
