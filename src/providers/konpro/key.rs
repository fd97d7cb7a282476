//! KonPro's routes on the key itself: validate, as the documents have it and as the SDK has it.

use axum::http::StatusCode;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{CARD, view};
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::http::reply::Reply;
use crate::library::key::Key;
use crate::library::limits::{KeyLimits, RateWindow};
use crate::library::store::Store;
use crate::random::{DIGITS, Rng, random_id};

/// Validates the key of the request. Inferred: a key that is not active is refused as on every route, so here it is
/// valid.
#[derive(Debug)]
pub struct ValidateKey {
    reply: fn(&Key) -> Reply,
}

/// Validates the key of the request, as the documents have it.
pub static VALIDATE: ValidateKey = ValidateKey { reply: documented_reply };

/// Validates the key of the request, as the SDK has it.
pub static VALIDATE_FOR_SDK: ValidateKey = ValidateKey { reply: sdk_reply };

/// Documented: the fields, their order, and that the key to be validated is the one in the header.
#[derive(Serialize)]
struct Valid {
    valid: bool,
    key_id: String,
    scopes: Vec<String>,
    metadata: Map<String, Value>,
    expires_at: Option<String>,
}

/// The SDK's envelope. Inferred: `meta` is null, which the SDK allows.
#[derive(Serialize)]
struct Envelope<'a> {
    data: Validation<'a>,
    meta: (),
}

#[derive(Serialize)]
struct Validation<'a> {
    valid: bool,
    key: KeyView<'a>,
    message: &'static str,
}

/// The SDK's fields in its order. It requires `user_id`, `name`, `id`, `key`, `prefix`, `request_count` and `created_at`.
/// Inferred: what the library does not know is null where the SDK allows it.
#[derive(Serialize)]
struct KeyView<'a> {
    user_id: &'a str,
    name: &'static str,
    scopes: Vec<String>,
    rate_limit: u64,
    rate_limit_window: u64,
    expires_at: Option<String>,
    is_active: bool,
    id: String,
    key: String,
    prefix: &'a str,
    last_used_at: (),
    last_used_ip: (),
    request_count: u32,
    key_metadata: Map<String, Value>,
    created_at: String,
    updated_at: (),
}

/// The scopes of a key that may do everything, those of the sample (inferred).
const ALL_SCOPES: [&str; 2] = ["read", "write"];

/// Inferred: the sentence about a valid key.
const VALID: &str = "API key is valid";

/// Inferred: the library has no names of keys.
const NAME: &str = "API key";

/// Inferred: requests are counted for rate limits alone.
const REQUEST_COUNT: u32 = 0;

/// Inferred: when a key was made is not known, and the SDK requires a time.
const CREATED_AT: i64 = 0;

/// Inferred: how many characters the prefix has at most, as `sk_live_` in the SDK's readme has.
const LONGEST_PREFIX: usize = 8;

/// Inferred: what stands for all but the prefix of a key.
const MASK: &str = "********";

impl Handler for ValidateKey {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        ready(call.context.key.map(self.reply).ok_or(Failure::NoKey)).boxed()
    }
}

fn documented_reply(key: &Key) -> Reply {
    let expires_at = key.expires_at.map(view::time);
    let valid = Valid { valid: true, key_id: id(key), scopes: scopes(key), metadata: metadata(), expires_at };
    Reply::json(StatusCode::OK, &valid)
}

fn sdk_reply(key: &Key) -> Reply {
    let RateWindow { requests, seconds } = rate_limit(key);
    let prefix = prefix(&key.key);
    let view = KeyView {
        user_id: &key.user,
        name: NAME,
        scopes: scopes(key),
        rate_limit: requests,
        rate_limit_window: seconds,
        expires_at: key.expires_at.map(view::time),
        is_active: true,
        id: id(key),
        key: format!("{prefix}{MASK}"),
        prefix,
        last_used_at: (),
        last_used_ip: (),
        request_count: REQUEST_COUNT,
        key_metadata: metadata(),
        created_at: view::time(CREATED_AT),
        updated_at: (),
    };
    let data = Validation { valid: true, key: view, message: VALID };
    Reply::json(StatusCode::OK, &Envelope { data, meta: () })
}

fn scopes(key: &Key) -> Vec<String> {
    key.scopes.clone().unwrap_or_else(|| ALL_SCOPES.map(str::to_owned).to_vec())
}

/// Inferred: empty. The library has no metadata of keys.
fn metadata() -> Map<String, Value> {
    Map::new()
}

/// Inferred from the sample `key-001`: `key-` and six digits. They are the same in every run.
fn id(key: &Key) -> String {
    random_id("key-", Rng::named(&key.key).next_u128(), 6, DIGITS)
}

/// The key's own window. Inferred: of any other key, the documented quota is shown, whether or not it is enforced.
fn rate_limit(key: &Key) -> RateWindow {
    match key.limits {
        KeyLimits::Own(own) => own,
        KeyLimits::Default | KeyLimits::Off | KeyLimits::Strict => {
            let quota = &CARD.quotas[0];
            RateWindow { requests: quota.requests, seconds: quota.seconds }
        }
    }
}

/// The words in front of the secret, with the `_` after them. Empty if the key has no such words, or no secret.
fn prefix(key: &str) -> &str {
    let start = &key[..key.floor_char_boundary(LONGEST_PREFIX)];
    let end = start.rfind('_').map_or(0, |at| at + 1);
    if end < key.len() { &key[..end] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_among_the_first_characters_whatever_they_are() {
        for (key, expected) in [
            ("sk_live_0123", "sk_live_"),
            ("konpro_demo", "konpro_"),
            ("a_b", "a_"),
            ("a_", ""),
            ("plain-key", ""),
            ("sk_abcd\u{e9}_secret_key", "sk_"),
        ] {
            assert_eq!(prefix(key), expected, "{key}");
        }
    }
}
