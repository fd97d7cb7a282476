//! When the assets of a workspace get their next status: before a request reads them, and after one that waited for it
//! was shown.

use std::sync::Arc;

use axum::http::Method;
use axum::http::request::Parts;
use futures_util::future::{BoxFuture, Either};

use super::checks::known_key;
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::operation::Access;
use crate::contract::provider::{Card, Provider};
use crate::emulator::app::App;
use crate::emulator::cache::KeyCache;
use crate::emulator::due_assets;
use crate::http::reply::Reply;
use crate::library::key::Key;

/// The key that the request sends, if it is cached and no assets of its workspace are due.
pub(super) fn cached_key(app: &App, provider: &dyn Provider, request: &Parts, access: Access) -> Option<Arc<KeyCache>> {
    let card = provider.card();
    let text = card.auth.carrier.read(&request.headers).ok().filter(|_| access == Access::Key)?;
    app.cache.current(card.name, text).filter(|known| due_by(app, &known.key).is_none())
}

/// Looks up the key that the request sends. If assets of its workspace are due, they get their next status first.
pub(super) async fn key_with_settled_assets(
    app: &App,
    provider: &dyn Provider,
    request: &Parts,
    access: Access,
) -> Result<Arc<KeyCache>, Failure> {
    let known = known_key(app, provider, request, access).await?;
    let Some(now) = due_by(app, &known.key) else { return Ok(known) };
    due_assets::settle_due_by(app, &known.key.workspace, now).await;
    // What the entry caches is outdated now.
    known_key(app, provider, request, access).await
}

/// The instant by the clock of the key's workspace, if assets there are due.
fn due_by(app: &App, key: &Key) -> Option<Micros> {
    let due_at = key.due_at?;
    let now = app.workspace_states.get_or_create(&key.workspace).now(&app.clock);
    (due_at <= now).then_some(now)
}

/// After a GET that shows assets which change once they were read (see
/// [`NextStatus`](crate::library::model::NextStatus)), makes that change. `key` is that of a request that was let in.
/// Returns the reply itself if there is nothing to do; the future is boxed so that other requests stay small.
pub(super) fn settle_shown<'r>(
    app: &'r App,
    card: &'static Card,
    request: &Parts,
    key: Option<&Key>,
    reply: Reply,
) -> Either<Reply, BoxFuture<'r, Reply>> {
    let has_read = request.method == Method::GET && reply.status.is_success();
    let Some(key) = key.filter(|key| has_read && key.waits_for_read) else { return Either::Left(reply) };
    let workspace = key.workspace.clone();
    Either::Right(Box::pin(async move {
        due_assets::settle_shown(app, &workspace, card.name, &reply.body).await;
        reply
    }))
}
