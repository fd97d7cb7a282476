//! When the assets of a workspace get their next status: before a request reads them, and after one that waited for it
//! was shown.

use std::sync::Arc;

use axum::http::Method;
use axum::http::request::Parts;

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

/// Gives the assets of the key's workspace that are due by `now` their next status. Then the key is looked up again,
/// since what its entry caches is outdated.
pub(super) async fn settle_due(
    app: &App,
    provider: &dyn Provider,
    (request, access): (&Parts, Access),
    key: Result<Arc<KeyCache>, Failure>,
    now: Micros,
) -> Result<Arc<KeyCache>, Failure> {
    let known = key?;
    if known.key.due_at.is_none_or(|at| at > now) {
        return Ok(known);
    }
    // Boxed, so that the future of every other request does not reserve space for these.
    Box::pin(due_assets::settle_due_by(app, &known.key.workspace, now)).await;
    Box::pin(known_key(app, provider, request, access)).await
}

/// After a read that showed assets which wait for one (see [`NextStatus`](crate::library::model::NextStatus)), gives
/// them their next status. `key` is that of a request that was let in.
pub(super) async fn settle_shown(app: &App, card: &Card, request: &Parts, key: Option<&Key>, reply: &Reply) {
    let has_read = request.method == Method::GET && reply.status.is_success();
    if let Some(key) = key.filter(|key| has_read && key.due_at.is_some()) {
        Box::pin(due_assets::settle_shown(app, &key.workspace, card.name, &reply.body)).await;
    }
}
