//! The journal: what it keeps and drops, what is found in it and waited for, how an entry is shown.

mod filter;
mod ring;
mod view;
mod wait;

use std::sync::Arc;

use assetmock::emulator::journal::{
    BODY_CAP, Body, BodyView, Bounds, Diagnostics, EntryView, Filter, Journal, JournalEntry, Lost, PackedHeaders,
};
use assetmock::emulator::warning::Warning;
use assetmock::http::response_body::ResponseBody;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{NOON, at, block_on, heads};

pub const KEY: &str = "xqr_pk_a1b2c3d4.0123456789abcdef";

/// A request of xQR's in the workspace `ws_a`, answered with 200 and `{}`.
pub fn exchange(target: &str) -> JournalEntry {
    JournalEntry {
        seq: 0,
        at: at(NOON),
        provider: Some("xqr"),
        operation: None,
        workspace: Some("ws_a".into()),
        key: Some(KEY.into()),
        method: Method::GET,
        heads: heads(
            target,
            &[("host", "localhost:4750"), ("authorization", &format!("Bearer {KEY}"))],
            &[("content-type", "application/json")],
        ),
        version: Version::HTTP_11,
        request_body: None,
        status: Some(StatusCode::OK),
        response_body: Body::of(Bytes::from_static(b"{}")),
        duration_us: 210,
        bodies_dropped: false,
        diagnostics: None,
    }
}

pub fn remarked(diagnostics: Diagnostics) -> Option<Box<Diagnostics>> {
    Some(Box::new(diagnostics))
}

pub fn filter(json: Value) -> Filter {
    serde_json::from_value(json).unwrap()
}

fn seqs(entries: &[Arc<JournalEntry>]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq).collect()
}

fn everything(journal: &Journal) -> Vec<u64> {
    seqs(&journal.find(&Filter::default()))
}
