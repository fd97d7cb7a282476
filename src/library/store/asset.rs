//! Turns rows into assets.

use serde::Deserialize;
use sqlx::Error;

/// Folds text for comparison without regard to case. It folds letter by letter, so that a part of a text folds as it
/// does within the whole. The two small sigmas, whose use depends on their place in a word, become one.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// The SQL for one text that holds the assets of these rows, with this public id, as a list of
/// [`StoredAsset`](crate::library::asset::StoredAsset). One text, because sqlx copies each column of each row. It is
/// put together from the stored texts: SQLite's own JSON functions would rewrite JSON that must stay the same to the
/// byte.
pub(super) fn as_json(id: &str) -> String {
    format!(
        "'[' || COALESCE(group_concat('[' || json_quote({id}) || ',' || seq || ',' || json || ',' || COALESCE(blob, 'null') || ']'),\n\
         '') || ']'"
    )
}

/// Parses JSON from a column. The error is the one that sqlx has for a column that cannot be decoded.
pub(super) fn from_json<'j, T: Deserialize<'j>>(json: &'j str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Decode(Box::new(error)))
}
