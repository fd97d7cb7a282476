//! Why requests are refused, and what is said of answers that were probably not meant.

mod warnings;
mod why;

use assetmock::clock::SECOND;
use assetmock::contract::asset_list::Position;
use assetmock::contract::failure::Failure;
use assetmock::contract::provider::Provider;
use assetmock::contract::query::{Problem, Violation};
use assetmock::contract::quota::Counts;
use assetmock::contract::variant::Variants;
use assetmock::emulator::explain::{Cursors, PageFacts, RefusalFacts, warnings, why};
use assetmock::emulator::limits::Limits;
use assetmock::emulator::redaction::in_ascii;
use assetmock::emulator::warning::Warning;
use assetmock::library::key::{CollectionVersion, Key};
use assetmock::library::limits::{KeyLimits, RateWindow};
use assetmock::library::model::Choices;
use assetmock::providers;
use axum::http::Method;
use serde_json::json;

use crate::dialects;
use crate::support::{NOON, Server, app, at, block_on, headers, page};
use crate::worlds::{VISIBLE, world};

fn card(name: &str) -> &'static assetmock::contract::provider::Card {
    providers::named(name).unwrap().card()
}

/// A refused request of `name`'s list route, with no headers and nothing known of its key.
fn facts(name: &str) -> RefusalFacts<'static> {
    static NO_HEADERS: std::sync::LazyLock<axum::http::HeaderMap> = std::sync::LazyLock::new(Default::default);
    static NO_COUNTS: std::sync::LazyLock<Counts> = std::sync::LazyLock::new(Counts::default);
    RefusalFacts {
        card: card(name),
        operation: Some(card(name).list_operation()),
        variants: Variants::default(),
        method: &Method::GET,
        path: "/",
        headers: &NO_HEADERS,
        sent_key: None,
        key: None,
        owner: None,
        project: None,
        counts: &NO_COUNTS,
        now: at(NOON),
    }
}

const LIVE: &str = "xqr_pk_a1b2c3d4.0123456789abcdef";

pub fn key() -> Key {
    Key {
        id: 1,
        provider: "xqr".to_owned(),
        key: LIVE.into(),
        workspace: "ws_demo".into(),
        user: "ada".to_owned(),
        scopes: Some(vec!["assets:write".to_owned(), "users:read".to_owned()]),
        revoked: false,
        expires_at: Some(at("2026-03-20T00:00:00Z")),
        limits: KeyLimits::Default,
        refresh: None,
        due_at: None,
        waits_for_read: false,
        choices: Choices::new(),
        collection_version: CollectionVersion { collection: 1, version: 0, tallied: false },
    }
}
