//! The chunks of TwelveLabs' uploads: each is stored at a signed URL, and then reported.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::create_asset::PROCESSING_SECONDS;
use super::fields::Fields;
use super::headers::{rated, versioned};
use super::upload_session::{NUMBER, upload_id};
use super::{CARD, upload_session};
use crate::contract::asset_url;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Handler, HandlerCall, Input};
use crate::contract::object_storage::put_reply;
use crate::contract::query::Problem;
use crate::http::reply::Reply;
use crate::library::store::{ReportOutcome, ReportParts, ReportedPart, Store, StorePart};
use crate::library::upload_session::UploadStatus;

/// How many chunks one report can name. Documented.
const MOST_REPORTED: usize = 50;

/// The largest chunk that is taken, in bytes. Inferred: object storage would take a larger one, and the report of it would
/// be refused.
pub const LARGEST: u64 = upload_session::CHUNK_SIZE;

/// The field with the chunks.
const FIELD: &str = "completed_chunks";

/// Stores a chunk. Client: the answer has the `ETag` that the report gives as proof.
pub static STORE: CommandHandler<StorePart> =
    CommandHandler { command: store, reply: |part, cx| put_reply(&part.md5, cx) };

/// Reports chunks.
#[derive(Debug)]
pub struct Report;

// By hand, because a report of the last chunk is more than one change.
impl Handler for Report {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let report = report(call.input, &call.context)?;
            let outcome = store.report_parts(report, &call.caller(), call.providers.to_vec()).await?;
            Ok(reported(&outcome, &call.context))
        })
    }
}

#[derive(Serialize)]
struct Reported<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    asset_id: &'a str,
    processed_chunks: u64,
    duplicate_chunks: u64,
    total_completed: u64,
}

fn store(input: &Input, _: &Context) -> Result<StorePart, Failure> {
    let upload = input.path("upload_id").to_owned();
    // What was signed is a number of ours, and every body is a file here.
    let number = input.signed(NUMBER).and_then(|number| number.parse().ok());
    let (Some(number), Some(file)) = (number, input.body.file.clone()) else {
        return Err(Failure::NoSuchUpload { id: upload });
    };
    Ok(StorePart { upload, number, file })
}

fn report(input: &Input, cx: &Context) -> Result<ReportParts, Failure> {
    let upload = upload_id(input)?;
    let mut fields = Fields::of_json(input, cx, &[FIELD])?;
    let parts = fields.required(FIELD, chunks);
    let (parts, processing_seconds) = (fields.finish(parts)?, PROCESSING_SECONDS);
    Ok(ReportParts { upload, parts, entropy: cx.entropy, processing_seconds })
}

/// Documented: from 1 to 50 chunks, each with four fields. Inferred: other fields of a chunk are ignored.
fn chunks(value: &Value) -> Result<Vec<ReportedPart>, Problem> {
    let chunks = value.as_array().ok_or(Problem::NotA("an array of chunks"))?;
    if chunks.is_empty() || chunks.len() > MOST_REPORTED {
        return Err(Problem::malformed());
    }
    chunks.iter().map(|chunk| chunk_of(chunk).ok_or(Problem::malformed())).collect()
}

/// Inferred: the quotation marks of an `ETag` are no part of the proof, but do not hurt.
fn chunk_of(chunk: &Value) -> Option<ReportedPart> {
    let number = |name: &str| chunk.get(name)?.as_u64();
    let text = |name: &str| chunk.get(name)?.as_str();
    let md5 = text("proof").filter(|_| text("proof_type") == Some("etag"))?.trim_matches('"').to_owned();
    Some(ReportedPart { number: number("chunk_index")?, md5, size: number("chunk_size")? })
}

/// Inferred: the URL is that of the asset's bytes at this server.
fn reported(outcome: &ReportOutcome, cx: &Context) -> Reply {
    let session = &outcome.session;
    let names = [cx.workspace(), CARD.name, &session.asset_id];
    let url = || asset_url::url(&cx.url_signer().origin, names, session.asset.name.as_deref());
    let body = Reported {
        url: (session.status(cx.now) == UploadStatus::Completed).then(url),
        asset_id: &session.asset_id,
        processed_chunks: outcome.new,
        duplicate_chunks: outcome.repeated,
        total_completed: outcome.reported,
    };
    versioned(rated(Reply::json(StatusCode::OK, &body), cx))
}
