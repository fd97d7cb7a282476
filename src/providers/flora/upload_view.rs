//! How FLORA shows an asset that is uploaded: when it is made, completed, or tried again.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

use super::upload_file::FILE;
use super::{CARD, headers, view};
use crate::clock::{Micros, SECOND};
use crate::contract::asset_url;
use crate::contract::context::Context;
use crate::contract::path_template::fill;
use crate::contract::post_policy::{PostPolicy, SignedForm};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::model::{Instant, NextStatus, Status};

/// How long the form of a reservation is valid, in seconds. Inferred.
const RESERVATION_SECONDS: u32 = 3600;

/// Inferred: the message of a reservation that was not completed in time.
const EXPIRED: &str = "The upload was not completed in time.";

/// What becomes of a reservation that begins now, unless it is completed.
pub fn expiry(now: Micros) -> NextStatus {
    let at = Instant(now.saturating_add(Micros::from(RESERVATION_SECONDS) * SECOND));
    NextStatus { status: Status::Failed, at, message: Some(EXPIRED.to_owned()), follows_read: false }
}

/// The path that forms are posted to. Inferred: the vendor's is on another host.
pub const FORM_PATH: &str = "/_uploads/{workspace}/{assetId}";

/// The fields in the order of the OpenAPI document. Making an asset shows `uploaded_via`, and the other routes
/// `failure_message`.
#[derive(Serialize)]
struct Body<'a> {
    asset_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded_via: Option<&'a str>,
    url: Option<String>,
    workspace_id: &'a str,
    visibility: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<&'a str>,
    #[serde(flatten)]
    target: Option<Target>,
}

/// Where the bytes of a reservation go.
#[derive(Serialize)]
struct Target {
    upload: Form,
    upload_url: String,
    expires_at: String,
}

#[derive(Serialize)]
struct Form {
    url: String,
    method: &'static str,
    content_type: &'static str,
    file_field: &'static str,
    #[serde(serialize_with = "as_object")]
    form_fields: Vec<(&'static str, String)>,
}

fn as_object<S: Serializer>(fields: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, text)| (name, text)))
}

/// The answer to a request that made an asset. Documented: `url` is never null here. Inferred: an asset that failed at once
/// shows the URL that it will have after a successful retry.
pub fn created(stored: &StoredAsset, cx: &Context) -> Reply {
    let (uploaded_via, url) = (Some(&*stored.asset.uploaded_via), Some(future_url(stored, cx)));
    let body = Body { uploaded_via, url, failure_message: None, ..body(stored, cx) };
    headers::complete(Reply::json(StatusCode::CREATED, &body), cx)
}

/// The answer to a request that completed an upload or began it again. Documented: `url` can be null here. Inferred: it is
/// null if the upload has failed, as in the list.
pub fn changed(stored: &StoredAsset, cx: &Context) -> Reply {
    headers::complete(Reply::json(StatusCode::OK, &body(stored, cx)), cx)
}

fn body<'a>(stored: &'a StoredAsset, cx: &'a Context) -> Body<'a> {
    Body {
        asset_id: &stored.id,
        uploaded_via: None,
        url: (stored.asset.status != Status::Failed).then(|| future_url(stored, cx)),
        workspace_id: cx.workspace(),
        visibility: "workspace",
        status: view::status(stored.asset.status),
        failure_message: stored.asset.failure_message.as_deref(),
        target: (stored.asset.status == Status::Pending).then(|| target(stored, cx)),
    }
}

/// The URL that the asset has once it is ready. Documented: it is there while the bytes are not.
fn future_url(stored: &StoredAsset, cx: &Context) -> String {
    let own = || match cx.origin {
        Some(origin) => {
            let names = [cx.workspace(), CARD.name, &stored.id];
            asset_url::url(origin, names, stored.asset.name.as_deref())
        }
        None => view::url(stored),
    };
    stored.asset.url.clone().unwrap_or_else(own)
}

/// A new form for the bytes.
fn target(stored: &StoredAsset, cx: &Context) -> Target {
    let policy = PostPolicy {
        path: fill(FORM_PATH, &[("workspace", cx.workspace()), ("assetId", &stored.id)]),
        key: view::object_name(stored),
        content_type: stored.asset.mime_type.clone().unwrap_or_else(|| view::UNKNOWN_TYPE.to_owned()),
        issued_at: cx.now,
        seconds: RESERVATION_SECONDS,
    };
    let SignedForm { url, fields } = cx.url_signer().form(&policy);
    Target {
        upload_url: url.clone(),
        upload: Form {
            url,
            method: "POST",
            content_type: "multipart/form-data",
            file_field: FILE,
            form_fields: fields,
        },
        expires_at: view::date_time(expiry(cx.now).at.0),
    }
}
