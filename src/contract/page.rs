//! A page of a vendor's list, after the library and before the vendor's view. It has the assets as the vendor writes
//! them, and the numbers that the page shows. The cache holds the assets; views write the page around them.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::clock::Micros;

/// An asset as one provider shows it in one workspace.
#[derive(Debug)]
pub struct Row {
    /// Its public id.
    pub id: Box<str>,
    /// When it was created.
    pub created_at: Micros,
    /// The JSON that the provider shows: imported, or written by the view.
    pub json: Box<RawValue>,
}

impl Row {
    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Row>() + self.id.len() + self.json.get().len()
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// The assets, in order. Cursors and totals are made from them. Views show [`Page::shown`].
    pub rows: Vec<Arc<Row>>,
    /// Whether a paging fault hides the assets. Totals, cursors and flags stay as they are.
    pub hidden: bool,
    /// Whether there are more pages.
    pub more: bool,
    /// How many assets all pages have together; 0 if the vendor's pages do not show it.
    pub total: u64,
}

impl Page {
    /// The assets that a view shows.
    pub fn shown(&self) -> Rows<'_> {
        Rows(if self.hidden { &[] } else { &self.rows })
    }
}

/// The rows of a page, serialized as a list.
#[derive(Debug)]
pub struct Rows<'a>(&'a [Arc<Row>]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| &**row))
    }
}
