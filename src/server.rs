//! Listening: one port, with and without TLS, an orderly end.

mod connect;
mod service;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tracing::debug;

use self::service::{Arrival, serve};
use crate::emulator::app::App;
use crate::http::connection::Stream;

/// How long answers under way may take once the end was asked for.
const DRAIN: Duration = Duration::from_millis(500);

/// Serves until `shutdown` resolves, lets answers under way finish for a moment, and returns.
pub async fn run(
    mut listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let answered = Arc::new(Notify::new());
    let connections = GracefulShutdown::new();
    let (end, ending) = watch::channel(false);
    let accepting = async {
        loop {
            let (socket, peer) = Listener::accept(&mut listener).await;
            // Answers are small and complete; waiting to fill a packet would only delay them.
            if let Err(cause) = socket.set_nodelay(true) {
                debug!(%cause, "the connection keeps its delay");
            }
            let arrival = Arrival {
                app: app.clone(),
                answered: answered.clone(),
                // A connection whose own address cannot be told has ended, and says so when it is read.
                local: socket.local_addr().unwrap_or(peer),
                peer,
                tunnel: None,
                ending: ending.clone(),
                inner: Some(connections.watcher()),
            };
            tokio::spawn(serve(Stream::of_socket(socket, app.tls.clone()), connections.watcher(), arrival));
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
    end.send_replace(true);
    // What is not done by then is given up.
    let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
    app.store.close().await;
    outcome
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
