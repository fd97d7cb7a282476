//! KonPro's route on the key itself: validate.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::http::reply::Reply;
use crate::library::key::Key;
use crate::library::store::Store;
use crate::random::{DIGITS, Rng, random_id};

/// Documented: the fields, their order, and that the key to be validated is the one in the header.
#[derive(Serialize)]
struct Valid {
    valid: bool,
    key_id: String,
    scopes: Vec<String>,
    /// Inferred: empty. The library has no metadata of keys.
    metadata: Map<String, Value>,
    expires_at: Option<String>,
}

/// The scopes of a key that may do everything, those of the sample (inferred).
const ALL_SCOPES: [&str; 2] = ["read", "write"];

/// Validates the key of the request. Inferred: a key that is not active is refused as on every route, so here it is
/// valid.
#[derive(Debug)]
pub struct ValidateKey;

/// Validates the key of the request.
pub static VALIDATE: ValidateKey = ValidateKey;

impl Handler for ValidateKey {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move { validate_reply(&call.context) })
    }
}

fn validate_reply(cx: &Context) -> Result<Reply, Failure> {
    let key = cx.key.ok_or(Failure::NoKey)?;
    let scopes = key.scopes.clone().unwrap_or_else(|| ALL_SCOPES.map(str::to_owned).to_vec());
    let expires_at = key.expires_at.map(view::time);
    Ok(Reply::json(StatusCode::OK, &Valid { valid: true, key_id: id(key), scopes, metadata: Map::new(), expires_at }))
}

/// Inferred from the sample `key-001`: `key-` and six digits. They are the same in every run.
fn id(key: &Key) -> String {
    random_id("key-", Rng::named(&key.key).next_u128(), 6, DIGITS)
}
