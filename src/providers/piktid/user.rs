//! PiktID's user object, and the route that shows it.

use axum::http::StatusCode;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use serde::Serialize;

use super::view;
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::http::reply::Reply;
use crate::library::store::Store;

/// Inferred: the host of the users' addresses, which nobody owns.
const EMAIL_HOST: &str = "piktid.example";

/// Inferred: the credits that everybody has, since nothing here costs any.
const CREDITS: f64 = 1000.0;

/// Inferred: the texts of which a workspace knows nothing.
const UNKNOWN: &str = "";

/// Documented: the fields and their order. Inferred: the values of all but `username`.
#[derive(Serialize)]
pub struct User {
    username: String,
    email: String,
    name: String,
    surname: &'static str,
    verified: bool,
    credits: f64,
    contract: &'static str,
    affiliation: &'static str,
    address: (),
    country: (),
    vat_num: (),
    groups: [String; 1],
    last_active: String,
}

/// Documented: what only this route adds, all of it null.
#[derive(Serialize)]
struct CurrentUser {
    #[serde(flatten)]
    user: User,
    billing_destination: (),
    company_role: (),
    company_type: (),
    product_categories: (),
    target_audiences: (),
    segment: (),
    use_cases: (),
}

/// A user of a workspace, all of whose users are one group (inferred).
pub fn user(name: &str, workspace: &str, now: Micros) -> User {
    User {
        username: name.to_owned(),
        email: format!("{name}@{EMAIL_HOST}"),
        name: name.to_owned(),
        surname: UNKNOWN,
        verified: true,
        credits: CREDITS,
        contract: UNKNOWN,
        affiliation: UNKNOWN,
        address: (),
        country: (),
        vat_num: (),
        groups: [workspace.to_owned()],
        last_active: view::time(now),
    }
}

/// Shows the user that the key acts as. A key says all that is shown, so nothing is read from the library.
#[derive(Debug)]
pub struct GetCurrentUser;

impl Handler for GetCurrentUser {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        let cx = call.context;
        let current = CurrentUser {
            user: user(cx.user(), cx.workspace(), cx.now),
            billing_destination: (),
            company_role: (),
            company_type: (),
            product_categories: (),
            target_audiences: (),
            segment: (),
            use_cases: (),
        };
        ready(Ok(Reply::json(StatusCode::OK, &current))).boxed()
    }
}
