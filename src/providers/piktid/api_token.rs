//! PiktID's API tokens: keys that a client makes for itself. They cannot be refreshed.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::view::{Pagination, pagination};
use super::{CARD, body, grammar, list, new_token, view};
use crate::clock::{Micros, SECOND};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input, execute};
use crate::contract::query::{Param, Problem, Violation};
use crate::http::reply::Reply;
use crate::library::key::{Key, KeyState};
use crate::library::store::{CreateKey, Store};
use crate::random::Rng;

/// Documented: the shortest and the longest life of a token. Inferred: that a year has 365 days, as in a duration.
const LIFETIME: (Micros, Micros) = (3600 * SECOND, 4 * 365 * 24 * 3600 * SECOND);

/// Documented: how many active ones a user can have. Inferred: all of the user's keys count that cannot be refreshed.
const MOST_ACTIVE: usize = 20;

/// The parameters of the list. Inferred: the order is that of the dates, then that in which the tokens were made.
pub const PARAMS: &[Param] = &[
    list::PAGE,
    list::PER_PAGE,
    list::ORDER,
    Param::parsed("include_expired", grammar::boolean)
        .or("false")
        .repeated(list::FIRST)
        .known(Documented, "Whether expired tokens are listed too."),
];

#[derive(Serialize)]
struct Created {
    token: String,
    expiration_date: String,
}

#[derive(Serialize)]
struct Page {
    pagination: Pagination,
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Token {
    token_id: String,
    /// Inferred: null for a key that never expires, which the vendor does not have.
    expiration_date: Option<String>,
}

/// Makes a token.
#[derive(Debug)]
pub struct CreateToken;

impl Handler for CreateToken {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let command = command(call.input, &call.context)?;
            let expiration_date = view::time(command.expires_at);
            let token = execute(command, call, store).await?.key;
            Ok(Reply::json(StatusCode::OK, &Created { token, expiration_date }))
        })
    }
}

fn command(input: &Input, cx: &Context) -> Result<CreateKey, Failure> {
    let value = body::required(body::object(input)?, "expiration")?;
    let invalid = |problem| Failure::Invalid(vec![Violation::in_body("expiration", Some(value), problem)]);
    let lifetime = grammar::duration(value).map_err(invalid)?;
    let (least, most) = LIFETIME;
    let bound = |text: &str| invalid(Problem::Malformed(format!("Input should be {text}")));
    if lifetime < i128::from(least) {
        return Err(bound("greater than or equal to 1 hour"));
    }
    let lifetime = Micros::try_from(lifetime).ok().filter(|lifetime| *lifetime <= most);
    Ok(CreateKey {
        user: cx.user().to_owned(),
        expires_at: cx.now.saturating_add(lifetime.ok_or_else(|| bound("less than or equal to 1460 days"))?),
        refreshed_until: None,
        most: Some(MOST_ACTIVE),
        new_text: new_token,
        entropy: cx.entropy,
    })
}

/// Lists the user's tokens.
#[derive(Debug)]
pub struct ListTokens;

impl Handler for ListTokens {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let keys = store.keys_of(call.context.workspace()).await?;
            Ok(Reply::json(StatusCode::OK, &page(keys, call.input, &call.context)))
        })
    }
}

fn page(mut keys: Vec<Key>, input: &Input, cx: &Context) -> Page {
    let args = &input.query;
    let include_expired = args.text("include_expired") == Some("true");
    keys.retain(|key| key.provider == CARD.name && key.user == cx.user() && key.refresh.is_none());
    keys.retain(|key| match key.state(cx.now) {
        KeyState::Active => true,
        KeyState::Expired => include_expired,
        KeyState::Revoked => false, // inferred
    });
    keys.sort_by_key(|key| (key.expires_at.unwrap_or(Micros::MAX), key.id));
    if args.text("order") == Some("desc") {
        keys.reverse();
    }
    let start = (grammar::page_number(args) - 1).saturating_mul(args.integer("per_page").unsigned_abs());
    let here = keys.iter().skip(usize::try_from(start).unwrap_or(usize::MAX));
    let here = here.take(usize::try_from(args.integer("per_page")).unwrap_or(usize::MAX));
    let tokens =
        here.map(|key| Token { token_id: token_id(&key.key), expiration_date: key.expires_at.map(view::time) });
    Page { pagination: pagination(args, keys.len() as u64), tokens: tokens.collect() }
}

/// Documented: a hash of the token. Inferred: 64 hexadecimal digits. Which hash it is, no client can tell.
fn token_id(token: &str) -> String {
    let hash = Rng::named(token);
    format!("{:032x}{:032x}", hash.next_u128(), hash.next_u128())
}
