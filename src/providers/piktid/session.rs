//! PiktID's login and what follows from it. A token is a key. Its texts begin like the vendor's keys here, so that the
//! journal and the log mask them wherever they stand.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::user::{User, user};
use super::{body, new_token, view};
use crate::clock::{Micros, SECOND};
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::http::basic;
use crate::http::reply::Reply;
use crate::library::store::{Caller, CreateKey, FindRefreshedKey, FindUser, Query, ReadWorkspace, Store};

const DAY: Micros = 24 * 3600 * SECOND;

/// Inferred: how long the token of a login is good.
const TOKEN_LIFETIME: Micros = DAY;

/// Inferred: how long its refresh token is good.
const REFRESH_LIFETIME: Micros = 30 * DAY;

#[derive(Serialize)]
struct Session {
    token: String,
    expiration_date: String,
    refresh_token: String,
    refresh_expiration: String,
}

#[derive(Serialize)]
struct LoggedIn {
    #[serde(flatten)]
    session: Session,
    user: User,
}

/// Logs in with a name and a password.
#[derive(Debug)]
pub struct LogIn;

impl Handler for LogIn {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (name, password) = basic::credentials(call.input.headers).ok_or(Failure::WrongPassword)?;
            let found = FindUser { name: name.clone(), password }.run(store, &call.caller()).await?;
            let workspace = found.ok_or(Failure::WrongPassword)?;
            let now = call.workspaces.enter(&workspace);
            let session = new_session(&call, store, (&workspace, &name), now).await?;
            let caller = Caller { workspace: &workspace, now, ..call.caller() };
            let user = user(&name, &ReadWorkspace.run(store, &caller).await?, now);
            Ok(Reply::json(StatusCode::OK, &LoggedIn { session, user }))
        })
    }
}

/// Makes another token for the same user. Inferred: the old ones stay as they are, and the refresh token can be used
/// again until it expires, unless its key was revoked.
#[derive(Debug)]
pub struct RefreshToken;

impl Handler for RefreshToken {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let token = body::required_text(call.input, "refresh_token")?;
            let found = FindRefreshedKey { token }.run(store, &call.caller()).await?;
            let key = found.filter(|key| !key.revoked).ok_or(Failure::BadRefreshToken { expired_at: None })?;
            let now = call.workspaces.enter(&key.workspace);
            let end = key.refresh.as_ref().map_or(now, |refresh| refresh.expires_at.0);
            if end <= now {
                return Err(Failure::BadRefreshToken { expired_at: Some(end) });
            }
            let session = new_session(&call, store, (&key.workspace, &key.user), now).await?;
            Ok(Reply::json(StatusCode::OK, &session))
        })
    }
}

async fn new_session(
    call: &HandlerCall<'_>,
    store: &Store,
    (workspace, user): (&str, &str),
    now: Micros,
) -> Result<Session, Failure> {
    let command = CreateKey {
        user: user.to_owned(),
        expires_at: now.saturating_add(TOKEN_LIFETIME),
        refreshed_until: Some(now.saturating_add(REFRESH_LIFETIME)),
        most: None,
        new_text: new_token,
        entropy: call.context.entropy,
    };
    let caller = Caller { workspace, now, ..call.caller() };
    let key = store.execute(command, &caller, call.providers.to_vec()).await?;
    let refresh = key.refresh.ok_or(Failure::Internal)?;
    Ok(Session {
        token: key.key,
        expiration_date: view::time(now.saturating_add(TOKEN_LIFETIME)),
        refresh_token: refresh.token,
        refresh_expiration: view::time(refresh.expires_at.0),
    })
}
