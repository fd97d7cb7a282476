//! FLORA's uploads: the bytes at once, from a URL, or to a signed form that the answer names.

use url::Url;

use super::new_id;
use super::upload_fields::{self, NOT_PUBLIC, Source, UploadFields};
use super::upload_file::{FILE, check_type, wrong_file};
use super::upload_view;
use crate::clock::Micros;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::Input;
use crate::contract::query::{Problem, Violation};
use crate::contract::url_upload::{FetchResult, FileAtUrl, UrlUploadHandler};
use crate::http::fetch::{FetchError, FetchRules};
use crate::http::public_address::UrlProblem;
use crate::library::asset::Asset;
use crate::library::mime_words::{self, essence, of_file};
use crate::library::model::Status;
use crate::library::probe::is_long_text;
use crate::library::store::{CreateAsset, StagedFile};
use crate::library::url_name::{base_name, url_name};

/// The largest file in a form, in bytes. Documented: 4 MB; the SDK sends larger ones to a signed form.
pub const LARGEST_DIRECT: u64 = 4 << 20;

/// The largest file at a URL, in bytes. Documented: 50 MB; inferred: that these are 2^20 bytes each.
const LARGEST_AT_URL: u64 = 50 << 20;

/// Inferred: how the message of an asset begins whose file could not be read at its URL, and that it fails.
const NOT_READ: &str = "The file could not be downloaded";

/// How long the vendor processes an upload, in seconds. Documented: it is ready at once.
pub const PROCESSING_SECONDS: u32 = 0;

/// Makes an asset.
pub static UPLOAD: UrlUploadHandler = UrlUploadHandler {
    file: upload_file_at_url,
    rules: FetchRules { schemes: &["https"], max: LARGEST_AT_URL },
    command: upload_command,
    reply: upload_view::created,
};

/// Inferred: the type of a file whose URL does not tell it, where nobody reads the file.
const UNKNOWN_TYPE: &str = "image/png";

/// The field with the URL.
const SOURCE: &str = "source";

/// Inferred: the kind of a file that was announced without a type. The list shows one of every asset.
const UNKNOWN_KIND: &str = "image";

fn upload_file_at_url(input: &Input, cx: &Context) -> Result<Option<FileAtUrl>, Failure> {
    let fields = upload_fields::read(input, cx)?;
    match fields.source {
        Source::Url(url) => Ok(Some(FileAtUrl { url, project: fields.project.map(str::to_owned) })),
        Source::Form | Source::SignedForm => Ok(None),
    }
}

fn upload_command(input: &Input, cx: &Context, fetched: Option<&FetchResult>) -> Result<CreateAsset, Failure> {
    let fields = upload_fields::read(input, cx)?;
    let mut asset = match (&fields.source, &input.body.file) {
        (Source::Form, Some(file)) => asset_of_file(&fields, file, cx.now)?,
        (Source::Form, None) => return Err(refusal(Violation::in_body(FILE, None, Problem::Missing))),
        (Source::SignedForm, _) => reservation(&fields, cx.now),
        (Source::Url(url), _) => asset_of_url(&fields, url, fetched, cx.now)?,
    };
    asset.project = fields.project.map(str::to_owned);
    // Other bits than those of the request id.
    let entropy = cx.entropy.rotate_left(32);
    asset.node = fields.project.map(|_| new_id("node_", entropy));
    let processing_seconds = (asset.status != Status::Pending).then_some(PROCESSING_SECONDS);
    let file = input.body.file.clone().or_else(|| fetched?.clone().ok());
    Ok(CreateAsset { asset, id: None, entropy, file, processing_seconds })
}

fn refusal(violation: Violation) -> Failure {
    Failure::Invalid(vec![violation])
}

/// The asset that has the file of a form. What the form says of it wins over what the part says.
fn asset_of_file(fields: &UploadFields, file: &StagedFile, now: Micros) -> Result<Asset, Failure> {
    let name = fields.file_name.or(file.file_name.as_deref()).and_then(base_name);
    let of_part = file.content_type.as_deref().map(essence).filter(|mime_type| mime_type != mime_words::UNKNOWN);
    let mime_type = fields.content_type.map(essence).or(of_part);
    let mut asset = Asset {
        name: name.map(str::to_owned),
        mime_type: mime_type.or_else(|| of_file(name, None).map(str::to_owned)),
        ..Asset::new(now)
    };
    describe(&mut asset, file);
    checked(asset, FILE)
}

/// Notes what the bytes of a file are. Inferred: a text that is not recognised is plain text, whatever is said of it, and
/// that is not taken.
fn describe(asset: &mut Asset, file: &StagedFile) {
    file.describe(asset, false);
    if file.probe().mime_type.is_none() && is_long_text(&file.head) {
        asset.mime_type = Some("text/plain".to_owned());
    }
}

/// The asset that is announced.
fn reservation(fields: &UploadFields, now: Micros) -> Asset {
    let name = fields.file_name.and_then(base_name);
    let of_name = of_file(name, None).filter(|mime_type| check_type(mime_type).is_ok());
    let mime_type = fields.content_type.map(essence).or_else(|| of_name.map(str::to_owned));
    let kind = mime_type.is_none().then(|| UNKNOWN_KIND.to_owned());
    Asset {
        name: name.map(str::to_owned),
        mime_type,
        kind,
        status: Status::Pending,
        next_status: Some(upload_view::expiry(now)),
        uploaded_via: "signed_url".to_owned(),
        ..Asset::new(now)
    }
}

/// The asset whose file is at a URL. Where the file was not read, its bytes are a placeholder.
fn asset_of_url(
    fields: &UploadFields,
    url: &Url,
    fetched: Option<&FetchResult>,
    now: Micros,
) -> Result<Asset, Failure> {
    let of_url = url_name(url);
    let name = fields.file_name.and_then(base_name).map(str::to_owned).or(of_url.name);
    let of_name = of_file(name.as_deref(), None).or(of_url.mime_type).map(str::to_owned);
    let mime_type = fields.content_type.map(essence).or(of_name);
    let mut asset = Asset { name, mime_type, uploaded_via: "url".to_owned(), ..Asset::new(now) };
    if let Some(Ok(file)) = fetched {
        describe(&mut asset, file);
        return checked(asset, SOURCE);
    }
    if let Some(Err(cause)) = fetched {
        // Documented: private addresses and redirects to them are refused.
        if *cause == FetchError::Refused(UrlProblem::Address) {
            let problem = Problem::Malformed(NOT_PUBLIC.to_owned());
            return Err(refusal(Violation::in_body(SOURCE, Some(&url.as_str().into()), problem)));
        }
        asset.status = Status::Failed;
        asset.failure_message = Some(format!("{NOT_READ}: {cause}."));
    }
    asset.mime_type.get_or_insert_with(|| UNKNOWN_TYPE.to_owned());
    checked(asset, SOURCE)
}

fn checked(asset: Asset, field: &'static str) -> Result<Asset, Failure> {
    match wrong_file(&asset, field) {
        Some(violation) => Err(refusal(violation)),
        None => Ok(asset),
    }
}
