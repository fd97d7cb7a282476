//! KonPro's upload: the bytes of a file as the body of a request, on a host of its own.

use axum::http::StatusCode;
use serde::Serialize;

use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Inferred;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input};
use crate::contract::query::{Empty, Param, Violation};
use crate::http::reply::Reply;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::CreateAsset;
use crate::random::{ALPHANUMERIC, Rng, random_id};

/// The types that are accepted. Documented. Each with its `format`, of which only that of JPEG is documented.
const TYPES: &[(&str, &str)] = &[
    ("image/jpeg", "JPEG"),
    ("image/png", "PNG"),
    ("video/mp4", "MP4"),
    ("video/webm", "WEBM"),
    ("audio/mpeg", "MPEG"),
];

/// The parameters of the query string. Inferred, both: no document says how a file gets its name and folder, and callers
/// of a relative of this API send `name`. That keeps its folders, since the presumed framework gives parameters as they
/// were sent.
pub const PARAMS: &[Param] = &[
    Param::text("name").empty(Empty::Absent).known(Inferred, "The asset's name; its id if left out."),
    Param::text("folder_id").empty(Empty::Absent).known(Inferred, "The folder it goes to; the root if left out."),
];

/// The largest file, in bytes. Inferred: no limit is documented, so only that of all stored bytes applies.
pub const LARGEST: u64 = u64::MAX;

/// Uploads a file.
pub static UPLOAD: CommandHandler<CreateAsset> = CommandHandler { command, reply };

#[derive(Serialize)]
struct Uploaded<'a> {
    id: &'a str,
    name: &'a str,
    file_type: &'a str,
    folder_id: &'a str,
    meta: Meta,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_key: Option<String>,
}

/// Inferred: of videos and audio, there is no width and height.
#[derive(Serialize)]
struct Meta {
    size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    format: &'static str,
}

fn command(input: &Input, cx: &Context) -> Result<CreateAsset, Failure> {
    let file = input.body.file.clone().filter(|file| file.size > 0);
    let file = file.ok_or_else(|| refusal("body", "", "Asset data must be provided"))?;
    let mut asset = Asset::new(cx.now);
    file.describe(&mut asset, false);
    if format(&asset).is_none() {
        let given = asset.mime_type.as_deref().unwrap_or_default();
        return Err(refusal("content_type", given, "Content type is not supported"));
    }
    asset.name = input.query.text("name").map(str::to_owned);
    asset.folder = input.query.text("folder_id").map(str::to_owned);
    Ok(CreateAsset { asset, id: None, entropy: cx.entropy, file: Some(file), processing_seconds: Some(0) })
}

/// Inferred: the status and code are those of a wrong parameter, and the sentences are ours.
fn refusal(what: &'static str, given: &str, message: &str) -> Failure {
    Failure::Invalid(vec![Violation::in_file(what, given, message)])
}

fn format(asset: &Asset) -> Option<&'static str> {
    let mime_type = asset.mime_type.as_deref()?;
    TYPES.iter().find(|(known, _)| *known == mime_type).map(|(_, format)| *format)
}

fn reply(StoredAsset { id, asset, .. }: &StoredAsset, _: &Context) -> Reply {
    let is_image = asset.kind() == "image";
    let size_of = |side: Option<i64>| side.filter(|_| is_image);
    let uploaded = Uploaded {
        id,
        name: asset.name.as_deref().unwrap_or(id),
        file_type: asset.kind(),
        folder_id: asset.folder.as_deref().unwrap_or(""),
        meta: Meta {
            size: asset.size_bytes.unwrap_or_default(),
            width: size_of(asset.width),
            height: size_of(asset.height),
            format: format(asset).unwrap_or_default(),
        },
        image_key: is_image.then(|| image_key(id)),
    };
    Reply::json(StatusCode::OK, &uploaded)
}

/// Inferred: twelve letters and digits, which follow from the id. No route takes it.
fn image_key(id: &str) -> String {
    random_id("img_key_", Rng::named(id).next_u128(), 12, ALPHANUMERIC)
}
