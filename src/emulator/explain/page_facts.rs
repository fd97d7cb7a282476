//! The input of the warnings about a successful request.

use std::borrow::Cow;

use axum::http::HeaderMap;

use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::query::Args;
use crate::emulator::redaction::Secrets;
use crate::emulator::redaction::{SHORT, clip};
use crate::library::key::Key;
use crate::library::selection::AssetQuery;

/// A request that is answered with a page, and that page.
#[derive(Debug, Clone, Copy)]
pub struct PageFacts<'a> {
    /// The provider.
    pub card: &'static Card,
    /// The key.
    pub key: &'a Key,
    /// The raw query string; empty if there is none.
    pub query: &'a str,
    /// The parsed parameters.
    pub args: &'a Args,
    /// The query to the library.
    pub plan: &'a AssetQuery,
    /// The page.
    pub page: &'a Page,
}

/// The decoded name and value of a parameter in the query string.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A client's text for use in a message: cut, in one line and without the key.
pub(super) fn printable(key: &Key, text: &str) -> String {
    clip(text, SHORT, &Secrets::of(Some(&key.key), &HeaderMap::new())).into_owned()
}
