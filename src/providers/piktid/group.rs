//! PiktID's route on groups of users: create. Its documents describe no other here, so nobody else can join one.

use axum::http::StatusCode;
use serde::Serialize;

use super::body;
use crate::contract::handler::CommandHandler;
use crate::http::reply::Reply;
use crate::library::store::CreateGroup;

/// Makes a group, whose owner is the user.
pub static CREATE: CommandHandler<CreateGroup> = CommandHandler {
    command: |input, _| Ok(CreateGroup { name: body::required_name(input, "name")? }),
    reply: |name, _| create_reply(name),
};

/// Inferred: the status is that of a new project.
const STATUS: StatusCode = StatusCode::CREATED;

/// Documented: who makes a group becomes its owner. Inferred: the word.
const ROLE: &str = "owner";

/// Inferred: the owner is a member.
const MEMBERS: u32 = 1;

/// Documented: the fields and their order.
#[derive(Serialize)]
struct GroupView<'a> {
    name: &'a str,
    role: &'static str,
    member_count: u32,
}

fn create_reply(name: &str) -> Reply {
    Reply::json(STATUS, &GroupView { name, role: ROLE, member_count: MEMBERS })
}
