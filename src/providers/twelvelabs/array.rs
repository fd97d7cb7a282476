//! TwelveLabs' arrays. A value is one item, or a JSON array of strings as in the generated samples of the reference
//! page. A repeated parameter gives several items. Commas do not separate items.

use crate::contract::query::{Problem, Value};

/// The types that are listed and can be filtered by. `document` is known from newer clients (client); the others are
/// documented.
pub const TYPES: &[&str] = &["image", "video", "audio", "document"];

/// Asset ids: 24 hexadecimal digits each, compared in lower case.
pub fn ids(text: &str) -> Result<Value, Problem> {
    let ids = items(text).ok_or_else(Problem::malformed)?;
    if ids.iter().all(|id| is_id(id)) {
        Ok(Value::List(ids.into_iter().map(|id| id.to_ascii_lowercase()).collect()))
    } else {
        Err(Problem::malformed())
    }
}

/// Whether a text has the form of an asset's id.
pub fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Asset types: words of a fixed list.
pub fn types(text: &str) -> Result<Value, Problem> {
    let types = items(text).filter(|types| types.iter().all(|word| TYPES.contains(&&**word)));
    types.map(Value::List).ok_or(Problem::NotOneOf(TYPES))
}

fn items(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') { serde_json::from_str(text).ok() } else { Some(vec![text.to_owned()]) }
}
