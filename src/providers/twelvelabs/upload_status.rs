//! What TwelveLabs says of uploads in chunks: one with its chunks, and a list of those that are not complete.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::asset::unknown;
use super::headers::{rated, versioned};
use super::list::{PAGE, PAGE_LIMIT};
use super::upload_session::upload_id;
use super::view::{Body, PageInfo, time};
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::contract::query::{Args, Param, Unknown};
use crate::contract::variant::Variants;
use crate::http::reply::Reply;
use crate::library::store::{ListUploads, Query, ReadUpload, Store};
use crate::library::upload_session::{UploadPart, UploadSession};

/// The parameters of both query strings.
pub const PARAMS: &[Param] =
    &[PAGE.known(Documented, "Which page, from 1."), PAGE_LIMIT.known(Documented, "How many items a page holds.")];

/// The parameters, and how others are treated, under the chosen variants.
pub fn varied(variants: Variants) -> (&'static [Param], Unknown) {
    (PARAMS, unknown(variants))
}

/// Shows one session and its chunks.
#[derive(Debug)]
pub struct GetUpload;

/// Lists the sessions that take chunks. Inferred: an expired one is not listed.
#[derive(Debug)]
pub struct ListIncomplete;

#[derive(Serialize)]
struct Status<'a> {
    upload_id: &'a str,
    status: &'static str,
    uploaded_chunks: Vec<Chunk>,
    chunks_completed: u64,
    chunks_failed: u64,
    chunks_pending: u64,
    page_info: PageInfo,
    total_size: u64,
    uploaded_size: u64,
    created_at: String,
    updated_at: String,
}

/// Documented: a chunk that was stored but not reported is pending. None fails here.
#[derive(Serialize)]
struct Chunk {
    index: u64,
    status: &'static str,
    uploaded_at: Option<String>,
    updated_at: String,
}

#[derive(Serialize)]
struct Incomplete<'a> {
    upload_id: &'a str,
    status: &'static str,
    total_size: u64,
    chunk_size: u64,
    total_chunks: u64,
    created_at: String,
    expires_at: String,
}

// By hand, both, because the answer shows the page that was asked for, which is not part of what is read.
impl Handler for GetUpload {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (args, cx) = (&call.input.query, &call.context);
            let (session, parts) = ReadUpload { id: upload_id(call.input)? }.run(store, &call.caller()).await?;
            let reported: Vec<_> = parts.iter().filter(|part| part.reported_at.is_some()).collect();
            let completed = reported.len() as u64;
            let body = Status {
                upload_id: &session.id,
                status: session.status(cx.now).word(),
                uploaded_chunks: chunks(&session, &parts, args),
                chunks_completed: completed,
                chunks_failed: 0,
                chunks_pending: session.parts() - completed,
                page_info: PageInfo::of(args, session.parts()),
                total_size: session.size,
                uploaded_size: reported.iter().map(|part| part.size).sum(),
                created_at: time(session.created_at),
                updated_at: time(session.updated_at),
            };
            Ok(versioned(rated(Reply::json(StatusCode::OK, &body), cx)))
        })
    }
}

impl Handler for ListIncomplete {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (args, cx) = (&call.input.query, &call.context);
            let limit = u32::try_from(args.integer("page_limit")).expect("its bounds are within 32 bits");
            let page = ListUploads { offset: before(args), limit }.run(store, &call.caller()).await?;
            let data = page.sessions.iter().map(|session| Incomplete {
                upload_id: &session.id,
                status: session.status(cx.now).word(),
                total_size: session.size,
                chunk_size: session.part_size,
                total_chunks: session.parts(),
                created_at: time(session.created_at),
                expires_at: time(session.expires_at),
            });
            let body = Body { data: data.collect::<Vec<_>>(), page_info: PageInfo::of(args, page.total) };
            Ok(versioned(rated(Reply::json(StatusCode::OK, &body), cx)))
        })
    }
}

/// How many items are on the pages before.
fn before(args: &Args) -> u64 {
    (args.integer("page") - 1).saturating_mul(args.integer("page_limit")).unsigned_abs()
}

/// The chunks of one page, whether they were stored or not.
fn chunks(session: &UploadSession, parts: &[UploadPart], args: &Args) -> Vec<Chunk> {
    let first = before(args).saturating_add(1);
    let last = session.parts().min(before(args).saturating_add(args.integer("page_limit").unsigned_abs()));
    let chunk = |number: u64| {
        let part = parts.iter().find(|part| part.number == number);
        let reported_at = part.and_then(|part| part.reported_at);
        let changed_at = reported_at.or(part.map(|part| part.stored_at)).unwrap_or(session.created_at);
        Chunk {
            index: number,
            status: if reported_at.is_some() { "completed" } else { "pending" },
            uploaded_at: reported_at.map(time),
            updated_at: time(changed_at),
        }
    };
    (first..=last).map(chunk).collect()
}
