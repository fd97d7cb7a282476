//! FLORA's cursor: base64url without padding of `{"offset":N}`, which is what the reference page's sample decodes to.
//! It holds neither filters nor the page size.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value as Json, json};

use crate::contract::query::{Args, Problem, Value};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const CLASSIC: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);

/// The cursor of the page that begins after `offset` assets.
pub fn write(offset: u64) -> String {
    URL.encode(json!({ "offset": offset }).to_string())
}

/// Reads a cursor. Inferred: padding and the standard alphabet are accepted, and an empty cursor means the first page.
pub fn read(text: &str) -> Result<Value, Problem> {
    if text.is_empty() {
        return Ok(Value::Integer(0));
    }
    let bytes = URL.decode(text).or_else(|_| CLASSIC.decode(text)).map_err(|_| Problem::malformed())?;
    let fields: Map<String, Json> = serde_json::from_slice(&bytes).map_err(|_| Problem::malformed())?;
    let offset = fields.get("offset").and_then(Json::as_f64).filter(|offset| *offset >= 0.0 && offset.fract() == 0.0);
    // JavaScript has no integer type. An offset too large for 64 bits saturates and is beyond the end.
    offset.map(|offset| Value::Integer(offset as i64)).ok_or_else(Problem::malformed)
}

/// How many items the pages before hold.
pub fn offset(args: &Args) -> u64 {
    args.integer("cursor").unsigned_abs()
}

/// How many items a page holds.
pub fn limit(args: &Args) -> u32 {
    u32::try_from(args.integer("limit")).expect("its bounds are within 32 bits")
}

/// The cursor of the page after these items; `None` if there are no more.
pub fn next(seen: u64, total: u64) -> Option<String> {
    (seen < total).then(|| write(seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_pages_sample_is_offset_20() {
        assert_eq!(write(20), "eyJvZmZzZXQiOjIwfQ");
        assert_eq!(read("eyJvZmZzZXQiOjIwfQ"), Ok(Value::Integer(20)));
        assert_eq!(read("eyJvZmZzZXQiOjIwfQ=="), Ok(Value::Integer(20)));
    }
}
