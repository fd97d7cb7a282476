//! What a test must know of each vendor to ask it the same questions: one entry a provider, in plain sight.

use std::collections::HashMap;
use std::sync::LazyLock;

use assetmock::contract::failure::Failure;
use assetmock::contract::provider::Provider;
use assetmock::contract::query;
use assetmock::library::limits::KeyLimits;
use assetmock::library::model::Choices;
use assetmock::library::store::{AssetQuery, CollectionVersion, Key};
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

pub static ALL: [Dialect; 5] = [XQR, FLORA, TWELVELABS, PIKTID, KONPRO];

const XQR: Dialect = Dialect {
    name: "xqr",
    key: "xqr_pk_tests",
    rows: "/data",
    id: "id",
    size: "limit",
    next: |body, seen, size| (rows_at(body, "/data").len() == size).then(|| format!("offset={seen}")),
    deep: "offset=100000",
    names_requests: true,
    page: r#"\{"data":\[.*\],"meta":\{"request_id":"req_[0-9a-f]{16}","rate_limit":\{"limit":#,"remaining":#,"reset":#\}\}\}"#,
    refusal: r#"\{"error":\{"code":"[A-Z_]+","message":_,"status":#\},"meta":\{"request_id":"req_[0-9a-f]{16}"\}\}"#,
    minted: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    samples: &[("limit", ["3", "4"]), ("offset", ["1", "2"])],
};

const FLORA: Dialect = Dialect {
    name: "flora",
    key: "sk_tests",
    rows: "/assets",
    id: "asset_id",
    size: "limit",
    next: |body, _, _| body["meta"]["next_cursor"].as_str().map(|cursor| format!("cursor={cursor}")),
    deep: "cursor=eyJvZmZzZXQiOjEwMDAwMH0", // {"offset":100000}
    names_requests: true,
    page: r#"\{"assets":\[.*\],"meta":\{"next_cursor":(null|_),"total_estimate":#\}\}"#,
    refusal: r#"\{"error":\{"code":"[a-z_]+","message":_(,"fields":\[(\{"field":_,"message":_\},?)+\])?\}\}"#,
    minted: "asset_[0-9a-z]{32}",
    samples: &[
        ("limit", ["3", "4"]),
        ("cursor", ["eyJvZmZzZXQiOjF9", "eyJvZmZzZXQiOjJ9"]), // {"offset":1}, {"offset":2}
        ("query", ["png", "jpg"]),
        ("workspace_id", ["ws_tests", "ws_other"]),
        ("project_id", ["prj_a", "prj_b"]),
    ],
};

const TWELVELABS: Dialect = Dialect {
    name: "twelvelabs",
    key: "tlk_tests",
    rows: "/data",
    id: "_id",
    size: "page_limit",
    next: |body, _, _| {
        let page = body["page_info"]["page"].as_u64().unwrap();
        (page < body["page_info"]["total_page"].as_u64().unwrap()).then(|| format!("page={}", page + 1))
    },
    deep: "page=10000",
    names_requests: false,
    page: r#"\{"data":\[.*\],"page_info":\{"limit_per_page":#,"page":#,"total_page":#,"total_results":#\}\}"#,
    refusal: r#"\{"code":"[a-z_]+","message":_\}"#,
    minted: "[0-9a-f]{24}",
    samples: &[
        ("page", ["2", "3"]),
        ("page_limit", ["3", "4"]),
        ("asset_ids", ["65f0c8a01234567890abcdef", "65f0c8a01234567890abcdee"]),
        ("asset_types", ["image", "video"]),
        ("filename", ["png", "jpg"]),
    ],
};

const PIKTID: Dialect = Dialect {
    name: "piktid",
    key: "piktid_tests",
    rows: "/assets",
    id: "id",
    size: "per_page",
    next: |body, _, _| {
        let page = body["pagination"]["page"].as_u64().unwrap();
        body["pagination"]["has_next"].as_bool().unwrap().then(|| format!("page={}", page + 1))
    },
    deep: "page=10000",
    names_requests: false,
    page: r#"\{"pagination":\{"page":#,"per_page":#,"total":#,"pages":#,"has_next":(true|false),"has_prev":(true|false)\},"assets":\[.*\]\}"#,
    refusal: r#"\{"error":_(,"detail":\[(\{"field":_,"message":_,"position":"query"\},?)+\])?\}"#,
    minted: XQR.minted,
    samples: &[
        ("page", ["2", "3"]),
        ("per_page", ["3", "4"]),
        ("order", ["asc", "desc"]),
        ("created_by", ["ada", "grace"]),
        ("created_after", ["2026-03-01T00:00:00Z", "2026-03-02"]),
        ("created_before", ["2026-03-31T00:00:00Z", "1774000000"]),
        ("sort_by", ["filename", "created_at"]),
        ("search", ["png", "jpg"]),
        ("ownership", ["mine", "shared"]),
        ("include_tags", ["model", "product,other"]),
        ("exclude_tags", ["background", "product,other"]),
    ],
};

const KONPRO: Dialect = Dialect {
    name: "konpro",
    key: "konpro_tests",
    rows: "/assets",
    id: "id",
    size: "limit",
    next: |body, _, _| body["token"].as_str().map(|token| format!("token={token}")),
    deep: "token=eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImEifQ", // {"created_us":1,"id":"a"}
    names_requests: true,                             // in refusals only
    page: r#"\{"assets":\[.*\],"token":(null|_),"has_more":(true|false)\}"#,
    refusal: r#"\{"error":\{"code":"[A-Z_]+","message":_(,"details":\{"field":_,"reason":_\})?\},"request_id":"req-[0-9]{6}"\}"#,
    minted: "asset_[0-9a-z]{32}",
    samples: &[
        ("folder_id", ["fld_a", "fld_b"]),
        ("file_type", ["image", "video"]),
        ("limit", ["3", "4"]),
        ("token", ["eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImEifQ", "eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImIifQ"]),
    ],
};

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
        choices: Choices::new(),
        edition: CollectionVersion { collection: 1, version: 0, tallied: false },
    };
    let args =
        query::read(card.params(), card.unknown(), raw).unwrap_or_else(|why| panic!("{}?{raw}: {why:?}", card.name));
    provider.plan(&args, &key)
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
