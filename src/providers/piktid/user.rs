//! PiktID's user object, and the route that shows it.

use std::iter;

use axum::http::StatusCode;
use serde::Serialize;

use super::view;
use crate::clock::Micros;
use crate::contract::context::Context;
use crate::contract::handler::QueryHandler;
use crate::http::reply::Reply;
use crate::library::store::ReadWorkspace;
use crate::library::workspace::Workspace;

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
    groups: Vec<String>,
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

/// A user of a workspace. Inferred: all users of a workspace are one group, whose name is its id and comes first.
pub fn user(name: &str, workspace: &Workspace, now: Micros) -> User {
    let own = workspace.users.iter().filter(|user| user.name == name).flat_map(|user| &user.groups);
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
        groups: iter::once(&workspace.id).chain(own).cloned().collect(),
        last_active: view::time(now),
    }
}

/// Shows the user that the key acts as.
pub static GET_CURRENT: QueryHandler<ReadWorkspace> =
    QueryHandler { query: |_, _| Ok(ReadWorkspace), reply: current_user_reply };

fn current_user_reply(workspace: &Workspace, cx: &Context) -> Reply {
    let current = CurrentUser {
        user: user(cx.user(), workspace, cx.now),
        billing_destination: (),
        company_role: (),
        company_type: (),
        product_categories: (),
        target_audiences: (),
        segment: (),
        use_cases: (),
    };
    Reply::json(StatusCode::OK, &current)
}
