//! Listening: one port, one router, an orderly end.

use std::future::{Future, IntoFuture};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::App;
use crate::connection::{Line, Listener};
use crate::{admin, pipeline};

/// How long answers under way may take once the end was asked for.
const DRAIN: Duration = Duration::from_millis(500);

/// The whole server as a service: the emulator's own routes, and everything else through the pipeline.
pub fn router(app: Arc<App>) -> Router {
    Router::new().fallback(dispatch).with_state(app)
}

async fn dispatch(State(app): State<Arc<App>>, request: Request) -> Response {
    if let Some(ConnectInfo(line)) = request.extensions().get::<ConnectInfo<Line>>() {
        line.has_head();
    }
    if admin::owns(request.uri().path()) {
        admin::answer(app, request).await
    } else {
        pipeline::answer(State(app), request).await
    }
}

/// Serves until `shutdown` resolves, lets answers under way finish for a moment, and returns.
pub async fn run(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (asked, stop) = oneshot::channel();
    let service = router(app.clone()).into_make_service_with_connect_info::<Line>();
    let serving = axum::serve(Listener::new(listener, app.patience), service).with_graceful_shutdown(async move {
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
    let outcome = tokio::select! {
        outcome = serving.into_future() => outcome,
        () = overdue => Ok(()),
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
