//! How rows become assets.

use serde::Deserialize;
use sqlx::Error;

/// Text for comparison without regard to case. Letter by letter, so that a part of a text folds as the whole does: the
/// two small sigmas, which differ by their place in a word, become one.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// The assets of these rows with this public id, as one text that becomes a list of [`StoredAsset`](crate::library::asset::StoredAsset): sqlx makes a copy of each
/// column of each row. The texts are put together as they are; SQLite's own JSON functions would rewrite the JSON that is
/// kept to the byte.
pub(super) fn as_json(id: &str) -> String {
    format!("'[' || COALESCE(group_concat('[' || json_quote({id}) || ',' || seq || ',' || json || ']'), '') || ']'")
}

/// Reads JSON that the database holds.
pub(super) fn from_json<'j, T: Deserialize<'j>>(json: &'j str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Decode(Box::new(error)))
}
