//! Listening: one port, an orderly end.

use std::convert::Infallible;
use std::future::{Future, IntoFuture, Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::serve::IncomingStream;
use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tower::Service;

use crate::app::App;
use crate::connection::{Line, Listener};
use crate::{admin, pipeline};

/// How long answers under way may take once the end was asked for.
const DRAIN: Duration = Duration::from_millis(500);

/// What answers the requests of every connection.
struct Served {
    app: Arc<App>,
    /// Told of every answer.
    answered: Arc<Notify>,
}

impl<'s> Service<IncomingStream<'s, Listener>> for Served {
    type Response = Connection;
    type Error = Infallible;
    type Future = Ready<Result<Connection, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'s, Listener>) -> Self::Future {
        ready(Ok(Connection { app: self.app.clone(), answered: self.answered.clone(), line: stream.io().line() }))
    }
}

/// What answers the requests of one connection: the emulator's own routes, and everything else through the pipeline. No
/// router is in between, since the pipeline finds its own way.
#[derive(Clone)]
struct Connection {
    app: Arc<App>,
    answered: Arc<Notify>,
    line: Line,
}

impl Service<Request> for Connection {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Connection { app, answered, line } = self.clone();
        line.has_head();
        let told = move |response| {
            answered.notify_one();
            Ok(response)
        };
        // The futures are boxed as they are: a block that awaits them would have room for each twice.
        if admin::owns(request.uri().path()) {
            Box::pin(admin::answer(app, request).map(told))
        } else {
            Box::pin(pipeline::answer(app, Some(line), request).map(told))
        }
    }
}

/// Serves until `shutdown` resolves, lets answers under way finish for a moment, and returns.
pub async fn run(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (asked, stop) = oneshot::channel();
    let answered = Arc::new(Notify::new());
    let served = Served { app: app.clone(), answered: answered.clone() };
    let serving = axum::serve(Listener::new(listener, app.patience), served).with_graceful_shutdown(async move {
        shutdown.await;
        // Nobody listens any more only if serving has ended by itself.
        let _ = asked.send(());
    });
    let overdue = async move {
        match stop.await {
            Ok(()) => tokio::time::sleep(DRAIN).await,
            Err(_) => std::future::pending().await,
        }
    };
    // The first answer would wait for the indexes: milliseconds, where it needs none of them.
    let indexing = async {
        answered.notified().await;
        match app.store.index().await {
            Ok(()) => std::future::pending().await,
            Err(cause) => io::Error::other(cause),
        }
    };
    let outcome = tokio::select! {
        outcome = serving.into_future() => outcome,
        () = overdue => Ok(()),
        cause = indexing => Err(cause),
    };
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
