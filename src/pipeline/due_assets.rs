//! When the assets of a workspace get their next status: before a request reads them, and after one that waited for it
//! was shown.

use std::sync::Arc;

use axum::http::Method;
use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Ready, ready};

use crate::contract::failure::Failure;
use crate::contract::provider::Card;
use crate::emulator::app::App;
use crate::emulator::cache::KeyCache;
use crate::emulator::due_assets;
use crate::http::reply::Reply;
use crate::library::key::Key;

/// A value that is mostly there at once. What it else waits for is boxed, so that the future of a request, of which few
/// wait, does not reserve space for it.
pub type Eventually<'a, T> = Either<Ready<T>, BoxFuture<'a, T>>;

/// The entry of a key, once the assets of its workspace that are due have their next status.
pub(super) async fn settle_due(app: &App, card: &'static Card, entry: Arc<KeyCache>) -> Result<Arc<KeyCache>, Failure> {
    let now = app.workspace_states.get_or_create(&entry.key.workspace).now(&app.clock);
    if entry.key.due_at.is_none_or(|at| at > now) {
        return Ok(entry);
    }
    due_assets::settle_due_by(app, &entry.key.workspace, now).await;
    // What the entry caches is outdated.
    app.cache.entry(&app.store, card, &entry.key.key).await?.ok_or(Failure::UnknownKey)
}

/// The reply, once assets that wait for a read (see [`NextStatus`](crate::library::model::NextStatus)), and that it
/// shows, have their next status. `key` is that of a request that was let in.
pub(super) fn settle_shown<'a>(
    app: &'a App,
    card: &'static Card,
    request: &Parts,
    key: Option<&'a Key>,
    reply: Reply,
) -> Eventually<'a, Reply> {
    let has_read = request.method == Method::GET && reply.status.is_success();
    match key.filter(|key| has_read && key.due_at.is_some()) {
        Some(key) => {
            let settled = async move {
                due_assets::settle_shown(app, &key.workspace, card.name, &reply.body).await;
                reply
            };
            Either::Right(settled.boxed())
        }
        None => Either::Left(ready(reply)),
    }
}
