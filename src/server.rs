//! Accepts connections on one port, with and without TLS, until the server is asked to shut down.

mod connect;
mod files;
mod service;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tracing::debug;

use self::service::{Arrival, serve};
use crate::emulator::app::App;
use crate::http::connection::Stream;

/// How long requests in progress may take to finish after a shutdown was requested.
const DRAIN: Duration = Duration::from_millis(500);

/// Serves until `shutdown` resolves. Then stops accepting, and returns when all requests are done or after half a
/// second.
pub async fn run(
    mut listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let answered = Arc::new(Notify::new());
    let (end, ending) = watch::channel(false);
    let accepting = async {
        loop {
            let (socket, peer) = Listener::accept(&mut listener).await;
            // Responses are small and complete, so waiting to fill a packet would only delay them.
            if let Err(cause) = socket.set_nodelay(true) {
                debug!(%cause, "cannot set TCP_NODELAY");
            }
            let arrival = Arrival {
                app: app.clone(),
                answered: answered.clone(),
                // This fails only if the connection has already ended, and then the first read reports that.
                local: socket.local_addr().unwrap_or(peer),
                peer,
                tunnel: None,
                ending: ending.clone(),
            };
            tokio::spawn(serve(Stream::of_socket(socket, app.tls.clone()), arrival));
        }
    };
    // The indexes take milliseconds. They are made after the first response, which does not need them.
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
    drop((listener, ending));
    end.send_replace(true);
    // Every connection and tunnel holds a receiver until it has ended. Requests that take longer are cut off.
    let _ = tokio::time::timeout(DRAIN, end.closed()).await;
    app.store.close().await;
    outcome
}

/// Resolves when the process gets SIGINT (Ctrl-C) or SIGTERM. The handlers are installed by the call, before the future
/// is polled, because a script may stop the server as soon as it reports that it is ready.
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

/// Resolves on Ctrl-C, when the console is closed, and when Windows shuts down. The handlers are installed by the call,
/// before the future is polled, because a script may stop the server as soon as it reports that it is ready.
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
