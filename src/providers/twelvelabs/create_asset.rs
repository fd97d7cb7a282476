//! TwelveLabs' upload in one request: a form with a file, or with the URL of one.

use axum::http::StatusCode;
use serde_json::Value;
use url::Url;

use super::array::TYPES;
use super::asset::shown;
use super::fields::{Fields, file_name, flag_text, metadata_text, word};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::Input;
use crate::contract::query::Problem;
use crate::contract::url_upload::{FetchResult, FileAtUrl, UrlUploadHandler};
use crate::http::fetch::FetchRules;
use crate::library::asset::Asset;
use crate::library::metadata::Metadata;
use crate::library::mime_words::of_file;
use crate::library::model::Status;
use crate::library::store::{CreateAsset, StagedFile};
use crate::library::url_name::{base_name, url_name};

/// The part of the form that is the file.
pub const FILE: &str = "file";

/// The largest file, in bytes. Inferred: the documented limits changed several times and are not enforced here, so only
/// that of all stored bytes applies.
pub const LARGEST: u64 = u64::MAX;

/// The other fields of the form.
const FIELDS: &[&str] = &["method", "url", "filename", "enable_hls", "enable_thumbnail", "user_metadata"];

/// How a file can be uploaded in one request. Documented.
const METHODS: &[&str] = &["direct", "url"];

/// The kind of a file that is none of the kinds which this vendor holds. Inferred: otherwise the asset could not be read
/// again.
const UNKNOWN_KIND: &str = "video";

/// How long an upload is processed, in seconds. Documented: seconds to minutes, of every upload. Inferred: the number.
pub const PROCESSING_SECONDS: u32 = 3;

/// The largest file at a URL, in bytes. Documented: 4 GB; inferred: that these are 2^30 bytes each.
const LARGEST_AT_URL: u64 = 4 << 30;

/// Inferred: how the message of an asset begins whose file could not be read at its URL, and that it fails once it was
/// processed.
const NOT_READ: &str = "The file could not be downloaded";

/// Uploads a file. Documented: 201 with the asset.
pub static CREATE: UrlUploadHandler = UrlUploadHandler {
    file: |input, cx| Ok(read(input, cx)?.url.map(|url| FileAtUrl { url, project: None })),
    rules: FetchRules { schemes: &["https", "http"], max: LARGEST_AT_URL },
    command,
    reply: |stored, cx| shown(StatusCode::CREATED, stored, cx),
};

/// What a form says. All is valid.
struct Form {
    method: &'static str,
    file: Option<StagedFile>,
    url: Option<Url>,
    name: Option<String>,
    user_metadata: Metadata,
}

fn read(input: &Input, cx: &Context) -> Result<Form, Failure> {
    let mut fields = Fields::of_form(input, cx, FIELDS);
    let method = fields.required("method", word(METHODS));
    let file = input.body.file.clone().filter(|_| method == Some("direct"));
    if method == Some("direct") && file.is_none() {
        fields.refuse(FILE, Problem::Missing);
    }
    let url = if method == Some("url") { fields.required("url", file_url) } else { None };
    let name = fields.optional("filename", file_name);
    // Inferred: the two flags are checked, and make no difference.
    fields.optional("enable_hls", flag_text);
    fields.optional("enable_thumbnail", flag_text);
    let user_metadata = fields.optional("user_metadata", metadata_text).unwrap_or_default();
    Ok(Form { method: fields.finish(method)?, file, url, name, user_metadata })
}

fn command(input: &Input, cx: &Context, fetched: Option<&FetchResult>) -> Result<CreateAsset, Failure> {
    let Form { method, file, url, name, user_metadata } = read(input, cx)?;
    let given = file.as_ref().and_then(|file| file.file_name.as_deref()).and_then(base_name).map(str::to_owned);
    let said = url.as_ref().map(url_name);
    let name = name.or(given).or_else(|| said.as_ref()?.name.clone());
    // Inferred: the ending of the name that the client chose counts, where it has one, and otherwise that of the URL.
    let named = of_file(name.as_deref(), None).or_else(|| said?.mime_type).map(str::to_owned);
    let uploaded_via = method.to_owned();
    let mut asset = Asset { name, mime_type: named, uploaded_via, user_metadata, ..Asset::new(cx.now) };
    // Client: what a form says of the type tells nothing, since clients send `application/octet-stream` for everything.
    let file = file.or_else(|| fetched?.clone().ok()).map(|file| file.named(asset.name.clone()));
    if let Some(file) = &file {
        file.describe(&mut asset, false);
    }
    if let Some(Err(cause)) = fetched {
        asset.status = Status::Failed;
        asset.failure_message = Some(format!("{NOT_READ}: {cause}."));
    }
    let processing_seconds = Some(PROCESSING_SECONDS);
    Ok(CreateAsset { asset: with_kind(asset), id: None, entropy: cx.entropy, file, processing_seconds })
}

/// The address of a file that anyone can read. Inferred: its form is checked, and not who can reach it.
fn file_url(value: &Value) -> Result<Url, Problem> {
    let url = value.as_str().and_then(|text| Url::parse(text).ok());
    let url = url.filter(|url| ["https", "http"].contains(&url.scheme()) && url.has_host());
    url.ok_or(Problem::malformed())
}

/// The asset with a kind that this vendor holds.
pub fn with_kind(asset: Asset) -> Asset {
    let kind = (!TYPES.contains(&asset.kind())).then(|| UNKNOWN_KIND.to_owned());
    Asset { kind: kind.or(asset.kind), ..asset }
}
