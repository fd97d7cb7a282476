//! Rows and responses that are kept for one key.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ENTRY, LONGEST};
use crate::explain::Warning;
use crate::glimpsed::Glimpsed;
use crate::provider::Row;
use crate::reply::Rendered;

/// How much is kept of responses for one key, in bytes: some of the longest there are.
const RESPONSES: usize = 128 << 10;

/// Assets as the provider writes them, by number.
#[derive(Debug, Default)]
pub(super) struct RowCache {
    rows: HashMap<i64, Arc<Row>>,
    pub bytes: usize,
}

impl RowCache {
    pub fn get(&self, number: i64) -> Option<Arc<Row>> {
        self.rows.get(&number).cloned()
    }

    pub fn insert(&mut self, number: i64, row: Arc<Row>) {
        self.bytes += row.bytes() + ENTRY;
        if let Some(before) = self.rows.insert(number, row) {
            self.bytes -= before.bytes() + ENTRY;
        }
    }
}

/// A page as it was answered, but for what every answer has of its own.
#[derive(Debug)]
pub struct CachedResponse {
    /// What the provider made of the page.
    pub rendered: Rendered,
    /// What was probably not meant.
    pub warnings: Box<[Warning]>,
}

/// Pages by query string.
#[derive(Debug, Default)]
pub(super) struct ResponseCache {
    responses: HashMap<Box<str>, Arc<CachedResponse>>,
    pub bytes: usize,
    seen: Glimpsed,
}

impl ResponseCache {
    pub fn get(&self, query: &str) -> Option<Arc<CachedResponse>> {
        self.responses.get(query).cloned()
    }

    /// Keeps a response for the next request with this query string, if this is not the first. What is kept before goes if
    /// there is no room for more.
    pub fn insert(&mut self, query: &str, response: Arc<CachedResponse>) {
        if !self.seen.again(query) {
            return;
        }
        let bytes = response.rendered.body.len() + query.len() + size_of::<CachedResponse>() + ENTRY;
        if self.bytes + bytes > RESPONSES {
            *self = ResponseCache::default();
        }
        if bytes <= RESPONSES && query.len() <= LONGEST && self.responses.insert(query.into(), response).is_none() {
            self.bytes += bytes;
        }
    }
}
