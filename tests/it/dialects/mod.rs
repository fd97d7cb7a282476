//! What a test must know of each vendor to ask it the same questions: one file a provider.

mod flora;
mod konpro;
mod piktid;
mod twelvelabs;
mod xqr;

use std::collections::HashMap;
use std::sync::LazyLock;

use assetmock::contract::failure::Failure;
use assetmock::contract::provider::Provider;
use assetmock::contract::variant::Variants;
use assetmock::library::key::{CollectionVersion, Key};
use assetmock::library::limits::KeyLimits;
use assetmock::library::model::Choices;
use assetmock::library::selection::AssetQuery;
use assetmock::providers;
use regex::Regex;
use serde_json::Value;

use crate::support::Answer;

/// One vendor's words for what all of them do.
pub struct Dialect {
    pub name: &'static str,
    /// A live key of [`crate::worlds::world`], in the vendor's shape; the other keys there begin with it.
    pub key: &'static str,
    /// Where a page holds its rows, as a JSON pointer.
    pub rows: &'static str,
    /// The field of a row that holds its id.
    pub id: &'static str,
    /// The parameter for the page size.
    pub size: &'static str,
    /// The parameter for the page that follows `body`, after `seen` rows in pages of `size`; `None`: it was the last.
    pub next: fn(body: &Value, seen: usize, size: usize) -> Option<String>,
    /// A page far beyond the end.
    pub deep: &'static str,
    /// Whether the answer names the request by a random id.
    pub names_requests: bool,
    /// A page, key by key; `_` stands for any text in quotes, `#` for digits.
    pub page: &'static str,
    /// A refusal, likewise.
    pub refusal: &'static str,
    /// An id as the provider mints it.
    pub minted: &'static str,
    /// Two different well-formed values of each parameter. All the first ones together are a request with an answer.
    pub samples: &'static [(&'static str, [&'static str; 2])],
}

pub static ALL: &[Dialect] = &[xqr::DIALECT, flora::DIALECT, twelvelabs::DIALECT, piktid::DIALECT, konpro::DIALECT];

struct Shapes {
    page: Regex,
    refusal: Regex,
    minted: Regex,
}

static SHAPES: LazyLock<HashMap<&str, Shapes>> = LazyLock::new(|| {
    let whole = |shape: &str| {
        let shape = shape.replace("\":_", r#"":"(?:[^"\\]|\\.)*""#).replace("|_)", r#"|"[A-Za-z0-9_-]+")"#);
        Regex::new(&format!("^(?s:{})$", shape.replace('#', "[0-9]+"))).unwrap()
    };
    let shapes = |d: &Dialect| Shapes { page: whole(d.page), refusal: whole(d.refusal), minted: whole(d.minted) };
    ALL.iter().map(|dialect| (dialect.name, shapes(dialect))).collect()
});

/// Every provider with its dialect, in the order of [`providers::ALL`].
pub fn pairs() -> impl Iterator<Item = (&'static dyn Provider, &'static Dialect)> {
    providers::ALL.iter().copied().map(|provider| (provider, of(provider.card().name)))
}

/// The dialect of the provider of this name.
pub fn of(name: &str) -> &'static Dialect {
    ALL.iter().find(|dialect| dialect.name == name).unwrap_or_else(|| panic!("write a dialect for {name}"))
}

/// What the provider makes of a query string that breaks no rule, asked with the key of the workspace `ws_tests`.
pub fn planned(provider: &dyn Provider, raw: &str) -> Result<AssetQuery, Failure> {
    let card = provider.card();
    let key = Key {
        id: 1,
        provider: card.name.to_owned(),
        key: of(card.name).key.into(),
        workspace: "ws_tests".into(),
        user: "ada".to_owned(),
        scopes: None,
        revoked: false,
        expires_at: None,
        limits: KeyLimits::Default,
        refresh: None,
        due_at: None,
        waits_for_read: false,
        choices: Choices::new(),
        collection_version: CollectionVersion { collection: 1, version: 0, tallied: false },
    };
    let args = card
        .list_operation()
        .read(raw, Variants::default())
        .unwrap_or_else(|why| panic!("{}?{raw}: {why:?}", card.name));
    (card.asset_list().plan)(&args, &key)
}

fn rows_at<'v>(body: &'v Value, pointer: &str) -> &'v [Value] {
    body.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no rows at {pointer}: {body}"))
}

impl Dialect {
    /// Whether `text` is one of this vendor's pages, key by key.
    pub fn is_page(&self, text: &str) -> bool {
        SHAPES[self.name].page.is_match(text)
    }

    /// Whether `text` is one of this vendor's refusals, key by key.
    pub fn is_refusal(&self, text: &str) -> bool {
        SHAPES[self.name].refusal.is_match(text)
    }

    /// Whether `text` is an id as this vendor makes them.
    pub fn is_minted(&self, text: &str) -> bool {
        SHAPES[self.name].minted.is_match(text)
    }

    /// The list route below the provider's prefix.
    pub fn target(&self, query: &str) -> String {
        format!("/{}{}?{query}", self.name, providers::named(self.name).unwrap().card().list())
    }

    /// The header line that shows the key of [`crate::worlds::world`] with this ending.
    pub fn auth(&self, ending: &str) -> String {
        providers::named(self.name).unwrap().card().auth.carrier.line(&format!("{}{ending}", self.key))
    }

    /// The rows of a page.
    pub fn rows(&self, answer: &Answer) -> Vec<Value> {
        assert_eq!(answer.status, 200, "{}: {}", self.name, answer.text());
        rows_at(&answer.json(), self.rows).to_vec()
    }

    /// The ids on a page.
    pub fn ids(&self, answer: &Answer) -> Vec<String> {
        self.rows(answer).iter().map(|row| row[self.id].as_str().unwrap().to_owned()).collect()
    }

    /// The ids that a client meets who asks for `size` at a time, narrowed by `filter`, until the last page.
    pub fn walk(&self, ask: impl Fn(&str) -> Answer, size: usize, filter: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let mut next = String::new();
        for _ in 0..300 {
            let answer = ask(&format!("{}={size}&{filter}&{next}", self.size));
            let ids = self.ids(&answer);
            assert!(ids.len() <= size, "{}: {} rows on a page of {size}", self.name, ids.len());
            seen.extend(ids);
            match (self.next)(&answer.json(), seen.len(), size) {
                Some(query) => next = query,
                None => return seen,
            }
        }
        panic!("{}: the walk does not end", self.name);
    }
}
