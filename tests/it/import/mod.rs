//! What a vendor says of its assets, imported: the same vendor says the same again, to the byte and in the same order,
//! and nothing is lost without a word.

mod places;
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assetmock::contract::import::Unimportable;
use assetmock::contract::query::Reads;
use assetmock::emulator::app::App;
use assetmock::library::asset::Asset;
use assetmock::library::fixture::Fixture;
use assetmock::library::limits::KeyLimits;
use assetmock::library::model::Visibility;
use assetmock::library::workspace::{Folder, Key, Project, User, Workspace};
use assetmock::providers;
use proptest::prelude::*;
use serde_json::value::RawValue;

use crate::dialects::{self, Dialect, pairs};
use crate::libraries::{fixture, full_asset};
use crate::properties::always;
use crate::support::{Answer, NOON, app, ask, block_on};
use crate::told;

fn read(name: &str, body: &str) -> Result<Vec<Asset>, Unimportable> {
    let card = providers::named(name).unwrap().card();
    (card.asset_list().import)(card.name, body)
}

fn import(name: &str, body: &str) -> Vec<Asset> {
    read(name, body).unwrap_or_else(|why| panic!("{name}: {why}\n{body}"))
}

fn refusal(name: &str, body: &str) -> String {
    read(name, body).unwrap_err().to_string()
}

/// A fixture of these assets and what they name, with a key at every provider, which acts as the user who has private
/// ones, or is named by what the platform provides.
fn world(assets: Vec<Asset>) -> String {
    let whose = |visibility| assets.iter().find(|asset| asset.visibility == visibility);
    let own = whose(Visibility::Private).or_else(|| whose(Visibility::Default));
    let user = own.and_then(|asset| asset.uploader.clone()).unwrap_or_else(|| "owner".to_owned());
    let all = |field: fn(&Asset) -> &Option<String>| assets.iter().filter_map(field_of(field)).collect::<BTreeSet<_>>();
    let others = all(|asset| &asset.uploader).into_iter().filter(|name| *name != user);
    let users = [user.clone()].into_iter().chain(others).map(User::new).collect();
    let folders = all(|asset| &asset.folder).into_iter();
    let folders = folders.map(|id| Folder::new(&id, &id)).collect();
    let projects = all(|asset| &asset.project).into_iter().map(|id| Project::new(&id, &id)).collect();
    let keys = dialects::ALL.iter().map(|dialect| Key {
        provider: dialect.name.to_owned(),
        key: dialect.key.to_owned(),
        user: None,
        scopes: None,
        revoked: false,
        expires_at: None,
        limits: KeyLimits::Default,
        refresh: None,
    });
    let keys = keys.collect();
    let workspace = Workspace { users, keys, projects, folders, assets, ..Workspace::empty("ws_tests") };
    serde_json::to_string(&Fixture { schema: None, workspaces: vec![workspace], files: Vec::new() }).unwrap()
}

fn field_of(field: fn(&Asset) -> &Option<String>) -> impl Fn(&Asset) -> Option<String> {
    move |asset| field(asset).clone()
}

fn start(fixture: &str) -> Arc<App> {
    Arc::new(block_on(app(fixture, NOON)))
}

fn get(app: &Arc<App>, dialect: &Dialect, query: &str) -> Answer {
    block_on(ask(app, &dialect.target(query), &dialect.auth("")))
}

fn largest_page(dialect: &Dialect) -> usize {
    let params = providers::named(dialect.name).unwrap().card().params();
    match params.iter().find(|param| param.name == dialect.size).unwrap().reads {
        Reads::Integer { max, .. } => usize::try_from(max).unwrap(),
        _ => panic!("{} is no number", dialect.size),
    }
}

/// The objects of a page, as they are written there.
pub fn written(dialect: &Dialect, answer: &Answer) -> Vec<String> {
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(answer.text()).unwrap();
    let rows: Vec<&RawValue> = serde_json::from_str(fields[&dialect.rows[1..]].get()).unwrap();
    rows.into_iter().map(|row| row.get().to_owned()).collect()
}

/// Everything that the provider lists, page by page, as it is written there.
fn listed(app: &Arc<App>, name: &str, filter: &str) -> Vec<String> {
    let dialect = dialects::of(name);
    let objects = std::cell::RefCell::new(Vec::new());
    let keep = |query: &str| {
        let answer = get(app, dialect, query);
        objects.borrow_mut().extend(written(dialect, &answer));
        answer
    };
    dialect.walk(keep, largest_page(dialect), filter);
    objects.into_inner()
}

/// What the provider lists once a response of its own was imported.
fn given_back(name: &str, body: &str, filter: &str) -> Vec<String> {
    listed(&start(&world(import(name, body))), name, filter)
}

pub fn rows(name: &str) -> &'static str {
    &dialects::of(name).rows[1..]
}

/// The response of these objects and nothing else.
fn response(name: &str, objects: &[String]) -> String {
    format!(r#"{{"{}":[{}]}}"#, rows(name), objects.join(","))
}
