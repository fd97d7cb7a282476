//! The checks before a page is read: the route, the method, the key and its scope. Rate limits are checked in
//! `call.rs`.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use tracing::error;

use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::operation::{Access, Operation};
use crate::contract::operation_table::{self, Found};
use crate::contract::provider::{Card, Methods, Provider, Slash};
use crate::emulator::app::App;
use crate::emulator::cache::KeyCache;
use crate::emulator::workspace;
use crate::http::origin::origin;
use crate::http::reply::Reply;
use crate::library::fixture::too_long;
use crate::library::key::{Key, KeyState};
use crate::library::store::ListError;
use crate::providers::directory::Target;

/// The result of routing a request by its path and method.
#[derive(Clone, Copy)]
pub(super) enum Routed {
    /// An operation of the vendor.
    Operation(&'static Operation),
    /// The vendor's framework redirects to the same path without its trailing slash, or with one.
    Redirect,
    /// The vendor's framework lists the methods of the route, in answer to OPTIONS.
    Options,
    /// The route exists, but not with this method. With another one, this access is needed.
    OtherMethods(Access),
    /// No route has this path.
    Nothing,
}

impl Routed {
    /// The operation, if it is one.
    pub fn operation(self) -> Option<&'static Operation> {
        match self {
            Routed::Operation(operation) => Some(operation),
            Routed::Redirect | Routed::Options | Routed::OtherMethods(_) | Routed::Nothing => None,
        }
    }

    /// Who may use the operation. Where there is none, a key is looked for, unless the path is one of signed URLs.
    pub fn access(self) -> Access {
        match self {
            Routed::Operation(operation) => operation.access,
            Routed::OtherMethods(access) if access.storage().is_some() => access,
            Routed::OtherMethods(_) | Routed::Redirect | Routed::Options | Routed::Nothing => Access::Key,
        }
    }
}

/// Finds the operation in the vendor's table.
pub(super) fn find_operation(target: &Target, request: &Parts) -> Routed {
    let card = target.provider.card();
    let path = table_path(target);
    if path.len() < target.path.len() && card.slash == Slash::Redirected {
        return Routed::Redirect;
    }
    let found = operation_table::find(card.operations, request.method.as_str(), path);
    match found {
        Found::Nothing if card.slash == Slash::Redirected && is_listed(card, &format!("{path}/")) => Routed::Redirect,
        Found::Nothing => Routed::Nothing,
        _ if request.method == Method::OPTIONS && card.methods == Methods::WithHeadAndOptions => Routed::Options,
        Found::Operation(operation) if request.method != Method::HEAD || card.methods.has_head() => {
            Routed::Operation(operation)
        }
        Found::Operation(_) | Found::OtherMethods => {
            Routed::OtherMethods(operation_table::access(card.operations, path))
        }
    }
}

/// The path to look up in the table of operations: without a trailing slash, if the vendor accepts or redirects one and
/// the shorter path is in the table.
pub(super) fn table_path(target: &Target) -> &str {
    let card = target.provider.card();
    let bare = target.path.strip_suffix('/').filter(|_| card.slash != Slash::NotFound);
    bare.filter(|path| is_listed(card, path)).unwrap_or(&target.path)
}

/// Whether an operation of the vendor has this path.
fn is_listed(card: &Card, path: &str) -> bool {
    card.operations.iter().any(|operation| operation.has_path(path))
}

/// The answer of the vendor's framework where no operation matches, in terms that every provider words itself.
pub(super) fn framework_reply(routed: Routed, target: &Target, request: &Parts) -> Result<Reply, Failure> {
    let allow = || target.provider.card().allow(table_path(target));
    match routed {
        Routed::Redirect => Ok(redirect(request)),
        Routed::Options => Ok(target.provider.options(&allow())),
        Routed::OtherMethods(_) => Err(Failure::WrongMethod(allow())),
        Routed::Operation(_) | Routed::Nothing => Err(Failure::NoSuchRoute),
    }
}

/// A 307 redirect to the same address without the trailing slash, or with one if it has none. 307, and not 302, makes
/// clients keep the method.
fn redirect(request: &Parts) -> Reply {
    let path = request.uri.path();
    let (path, slash) = path.strip_suffix('/').map_or((path, "/"), |bare| (bare, ""));
    let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}{path}{slash}{query}", origin(request));
    Reply::empty(StatusCode::TEMPORARY_REDIRECT)
        .header("location", utf8_percent_encode(&location, CONTROLS).to_string())
}

/// Looks up the key that the request sends, if the route needs one. With `--any-key`, a well-formed unknown key first
/// gets a workspace.
pub(super) async fn known_key(
    app: &App,
    provider: &dyn Provider,
    request: &Parts,
    access: Access,
) -> Result<Arc<KeyCache>, Failure> {
    if access != Access::Key {
        return Err(Failure::NoKey);
    }
    let card = provider.card();
    let text = card.auth.carrier.read(&request.headers)?;
    let look_up = || app.cache.entry(&app.store, card, text);
    if let Some(entry) = look_up().await? {
        return Ok(entry);
    }
    if !app.settings.any_key || !(card.auth.well_formed)(text) || too_long(text).is_some() {
        return Err(Failure::UnknownKey);
    }
    Box::pin(workspace::create_for_unknown_key(app, provider, text)).await.map_err(|cause| {
        error!(%cause, "a new key got no workspace");
        Failure::Internal
    })?;
    look_up().await?.ok_or(Failure::UnknownKey)
}

/// Refuses a key that was revoked or has expired.
pub(super) fn require_live(key: &Key, now: Micros) -> Result<(), Failure> {
    match key.state(now) {
        KeyState::Active => Ok(()),
        KeyState::Revoked => Err(Failure::RevokedKey),
        KeyState::Expired => Err(Failure::ExpiredKey),
    }
}

/// Refuses a key that lacks the operation's scope.
pub(super) fn require_scope(operation: &Operation, key: &Key) -> Result<(), Failure> {
    match operation.scope.filter(|scope| !key.allows(scope)) {
        Some(scope) => Err(Failure::MissingScope(scope)),
        None => Ok(()),
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Failure {
        match error {
            ListError::NoSuchProject => Failure::NoSuchProject,
            ListError::NoSuchKey => Failure::UnknownKey,
            ListError::Database(error) => error.into(),
        }
    }
}
