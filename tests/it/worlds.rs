//! The world that most tests start from: one workspace with ties, another that must stay invisible, and an empty one.

use serde_json::{Value, json};

use crate::dialects::{self, Dialect};

/// How many assets the key without an ending sees, at every provider.
pub const VISIBLE: usize = 12;

/// When the keys that end in `_expiring` do.
pub const EXPIRY: &str = "2026-03-21T12:00:30Z";

/// The fixture.
pub fn world() -> String {
    let keys = |endings: fn(&Dialect) -> Vec<Value>| dialects::ALL.iter().flat_map(endings).collect::<Vec<_>>();
    json!({"workspaces": [
        {
            "id": "ws_tests",
            "users": [{"name": "ada"}, {"name": "grace"}],
            "keys": keys(keys_of_tests),
            "projects": [{"id": "prj_a", "name": "Launch"}, {"id": "prj_b", "name": "Retro"}],
            "folders": [{"id": "fld_a", "name": "Brand"}, {"id": "fld_b", "name": "Old"}],
            "assets": (0..VISIBLE).map(picture).collect::<Vec<_>>(),
        },
        {
            "id": "ws_other",
            "keys": keys(|dialect| vec![key(dialect, "_other", json!({}))]),
            "assets": [picture(0), picture(3)],
        },
        {"id": "ws_empty", "keys": keys(|dialect| vec![key(dialect, "_empty", json!({}))])},
    ]})
    .to_string()
}

fn keys_of_tests(dialect: &Dialect) -> Vec<Value> {
    vec![
        key(dialect, "", json!({})),
        key(dialect, "_revoked", json!({"revoked": true})),
        key(dialect, "_expiring", json!({"expires_at": EXPIRY})),
        key(dialect, "_scopeless", json!({"scopes": []})),
        key(dialect, "_three", json!({"limits": {"requests": 3, "seconds": 60}})),
        key(dialect, "_off", json!({"limits": "off"})),
    ]
}

fn key(dialect: &Dialect, ending: &str, more: Value) -> Value {
    let mut key = json!({"provider": dialect.name, "key": format!("{}{ending}", dialect.key)});
    key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    key
}

/// An image that every provider lists. Of twelve, seven share their microsecond.
fn picture(number: usize) -> Value {
    let second = if number.is_multiple_of(2) || number == 7 { 30 } else { number };
    json!({"name": format!("{number}.png"), "mime_type": "image/png", "created_at": format!("2026-03-01T10:00:{second:02}.5Z")})
}
