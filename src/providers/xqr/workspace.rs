//! xQR's routes on the key's workspace: itself, its usage, its members. The fields and their order are documented.

use serde::Serialize;

use super::view;
use crate::contract::context::Context;
use crate::contract::handler::QueryHandler;
use crate::http::reply::Reply;
use crate::library::model::Status;
use crate::library::store::{ReadWorkspace, SumSizes};
use crate::library::workspace;
use crate::random::Rng;

/// Shows the key's workspace.
pub static GET: QueryHandler<ReadWorkspace> = QueryHandler { query: |_, _| Ok(ReadWorkspace), reply: workspace_reply };

/// Shows how much the workspace uses of its plan. Inferred: what has not arrived takes no storage.
pub static USAGE: QueryHandler<SumSizes> = QueryHandler {
    query: |_, _| Ok(SumSizes { statuses: vec![Status::Processing, Status::Ready] }),
    reply: usage_reply,
};

/// Lists all members of the workspace.
pub static MEMBERS: QueryHandler<ReadWorkspace> =
    QueryHandler { query: |_, _| Ok(ReadWorkspace), reply: members_reply };

/// The plan of every workspace, that of the samples (inferred).
const PLAN: &str = "pro";

/// The description of every workspace: none (inferred). The library has no descriptions of workspaces.
const DESCRIPTION: Option<&str> = None;

/// When every workspace was created, the time in the sample (inferred). The library does not know it.
const CREATED_AT: &str = "2026-01-15T09:00:00Z";

/// The limits of the plan: those of the sample (inferred). No request is refused because of them.
const LIMITS: Limits = Limits {
    links_per_month: 5000,
    dynamic_qr: 500,
    bio_pages: 25,
    storage_mb: 500,
    api_calls_per_month: 50_000,
    qr_templates: 100,
};

/// The features of the plan: those of the sample (inferred).
const FEATURES: Features = Features { routing_rules: true, csv_export: true, bulk_ops: true, ad_free: true };

/// Documented: sizes are in units of this many bytes.
const MEGABYTE: f64 = 1_048_576.0;

#[derive(Serialize)]
struct Workspace<'a> {
    id: &'a str,
    name: &'a str,
    description: Option<&'static str>,
    plan: &'static str,
    created_at: &'static str,
}

#[derive(Serialize)]
struct Usage {
    plan: &'static str,
    usage: UsageCounts,
    limits: Limits,
    features: Features,
}

/// What is not in the library is 0 (inferred): links, QR templates, pages, and calls, which are not counted by month.
#[derive(Default, Serialize)]
struct UsageCounts {
    links_created_this_month: u32,
    api_calls_this_month: u32,
    total_links: u32,
    total_qr_templates: u32,
    total_bio_pages: u32,
    storage_bytes: i64,
    storage_mb: f64,
}

#[derive(Serialize)]
struct Limits {
    links_per_month: u32,
    dynamic_qr: u32,
    bio_pages: u32,
    storage_mb: u32,
    api_calls_per_month: u32,
    qr_templates: u32,
}

#[derive(Serialize)]
struct Features {
    routing_rules: bool,
    csv_export: bool,
    bulk_ops: bool,
    ad_free: bool,
}

#[derive(Serialize)]
struct Member<'a> {
    id: String,
    email: String,
    name: &'a str,
}

fn workspace_reply(workspace: &workspace::Workspace, cx: &Context) -> Reply {
    let workspace::Workspace { id, name, .. } = workspace;
    let name = name.as_deref().unwrap_or(id);
    view::single(&Workspace { id, name, description: DESCRIPTION, plan: PLAN, created_at: CREATED_AT }, cx)
}

/// Inferred: megabytes are rounded to two decimals.
fn usage_reply(bytes: &i64, cx: &Context) -> Reply {
    let storage_mb = (*bytes as f64 / MEGABYTE * 100.0).round() / 100.0;
    let usage = UsageCounts { storage_bytes: *bytes, storage_mb, ..UsageCounts::default() };
    view::single(&Usage { plan: PLAN, usage, limits: LIMITS, features: FEATURES }, cx)
}

/// Inferred: the order is that of the library.
fn members_reply(workspace: &workspace::Workspace, cx: &Context) -> Reply {
    let member = |user| Member { id: member_id(&workspace.id, user), email: email(user), name: user };
    let members: Vec<_> = workspace.users.iter().map(|user| member(&*user.name)).collect();
    view::single(&members, cx)
}

/// Documented: `usr_` and a UUID. It is the same in every run.
fn member_id(workspace: &str, name: &str) -> String {
    let bits = Rng::named(&format!("{workspace} {name}")).next_u128();
    format!("usr_{}", uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
}

/// Inferred: the library has no addresses, so one is made from the letters and digits of the name. A name that is an
/// address stays as it is.
fn email(name: &str) -> String {
    if name.contains('@') {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{}@example.com", words.join("."))
}
