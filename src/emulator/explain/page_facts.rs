//! What warnings about an answered request are made from.

use std::borrow::Cow;

use axum::http::HeaderMap;

use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::query::Args;
use crate::emulator::redaction::Secrets;
use crate::emulator::redaction::{SHORT, clip};
use crate::library::key::Key;
use crate::library::selection::AssetQuery;

/// What is known of a request that was answered with a page.
#[derive(Debug, Clone, Copy)]
pub struct PageFacts<'a> {
    /// The provider.
    pub card: &'static Card,
    /// The key.
    pub key: &'a Key,
    /// The raw query string; empty if there is none.
    pub query: &'a str,
    /// The parameters as read.
    pub args: &'a Args,
    /// What was asked of the library.
    pub plan: &'a AssetQuery,
    /// The page shown.
    pub page: &'a Page,
}

/// A parameter of the query string: its name and its text.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A client's text, as far as it can be shown.
pub(super) fn printable(key: &Key, text: &str) -> String {
    clip(text, SHORT, &Secrets::of(Some(&key.key), &HeaderMap::new())).into_owned()
}
