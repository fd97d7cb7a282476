//! A page of a vendor's list, between the library and the vendor's view: its assets as the vendor writes them, and what the
//! page announces. The cache keeps the assets; views write the page around them.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::clock::Micros;

/// An asset as one provider shows it, in one workspace.
#[derive(Debug)]
pub struct Row {
    /// Its public id.
    pub id: Box<str>,
    /// When it was created.
    pub created_at: Micros,
    /// What the provider writes: the words it was imported in, or those that the view makes of it.
    pub json: Box<RawValue>,
}

impl Row {
    /// The memory it takes.
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
    /// The assets, in order: what cursors and totals are made from. Views show [`Page::shown`].
    pub rows: Vec<Arc<Row>>,
    /// Whether the assets are left out of the view, while all that the page announces stands.
    pub hidden: bool,
    /// Whether more follow.
    pub more: bool,
    /// How many there are on all pages; 0 where that was not asked.
    pub total: u64,
}

impl Page {
    /// The assets that a view lists.
    pub fn shown(&self) -> Rows<'_> {
        Rows(if self.hidden { &[] } else { &self.rows })
    }
}

/// The rows of a page: a list in a view's struct.
#[derive(Debug)]
pub struct Rows<'a>(&'a [Arc<Row>]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| &**row))
    }
}
