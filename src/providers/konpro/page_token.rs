//! KonPro's token: the position of the last asset or folder on the page, as base64url without padding. Inferred: the
//! vendor calls the token opaque, and a sibling list shows base64url of JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::clock::Micros;
use crate::contract::query::{Problem, Value};

#[derive(Serialize)]
struct Position<'a> {
    created_us: i64,
    id: &'a str,
}

/// The token of the page after the asset or folder with this id, which was created then.
pub fn write(created_us: Micros, id: &str) -> String {
    let position = Position { created_us, id };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&position).expect("a number and a text are always JSON"))
}

/// Reads a token. The asset at its position need not exist any more.
pub fn read(text: &str) -> Result<Value, Problem> {
    let fields: Option<Map<String, Json>> =
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fields = fields.ok_or_else(Problem::malformed)?;
    match (fields.get("created_us").and_then(Json::as_i64), fields.get("id").and_then(Json::as_str)) {
        (Some(created_at), Some(id)) => Ok(Value::Position { created_at, id: id.to_owned() }),
        _ => Err(Problem::malformed()),
    }
}
