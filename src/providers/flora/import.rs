//! Imports FLORA's list response, whose field is `assets`. Every asset in it can be listed here too. Its objects name
//! the workspace that they come from, and they keep that name whatever the workspace here is called.

use serde::Deserialize;
use serde_json::Value;

use crate::contract::import::{Envelope, Number, Row, Unimportable};
use crate::library::asset;
use crate::library::model::Status;

static ENVELOPE: Envelope = Envelope { rows: "assets", id: "asset_id" };

/// An asset as FLORA sends it, without its id. Every field may be null or missing except for the time of creation. The
/// vendor's schema allows null for that and for the id too, but such an asset would have no place in a listing here.
#[derive(Deserialize)]
struct Asset {
    content_type: Option<String>,
    created_at: Option<Number>,
    description: Option<String>,
    height: Option<Number>,
    name: Option<String>,
    size_bytes: Option<Number>,
    status: Option<String>,
    upload_content_type: Option<String>,
    uploaded_via: Option<String>,
    url: Option<String>,
    width: Option<Number>,
    node_id: Option<String>,
    project_id: Option<String>,
    /// In the vendor's documents only a single asset has it.
    failure_message: Option<Value>,
}

/// Inferred, as in the view: the unit of `created_at`, in microseconds.
const MILLISECOND: i64 = 1000;

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    ENVELOPE.read(provider, body, asset)
}

fn asset(row: &Row, sent: Asset) -> Result<asset::Asset, Unimportable> {
    let such_as = "`1774094400000`, in milliseconds";
    let created_at = row.time("created_at", sent.created_at, |at| at.instant(MILLISECOND), such_as)?;
    let unknown = row.asset(created_at);
    Ok(asset::Asset {
        name: sent.name,
        description: sent.description,
        kind: Some(kind(sent.content_type.as_deref().or(sent.upload_content_type.as_deref()).unwrap_or_default())),
        mime_type: sent.upload_content_type,
        size_bytes: sent.size_bytes.and_then(Number::size),
        status: status(sent.status.as_deref()),
        url: sent.url,
        width: sent.width.and_then(Number::size),
        height: sent.height.and_then(Number::size),
        uploaded_via: sent.uploaded_via.unwrap_or(unknown.uploaded_via),
        project: sent.project_id.filter(|project| !project.is_empty()),
        node: sent.node_id,
        failure_message: sent.failure_message.and_then(|message| Some(message.as_str()?.to_owned())),
        ..unknown
    })
}

/// The kind for a modality, or for a MIME type, which the name of the vendor's field suggests. Anything else counts as
/// a document, since the kind `other` is not listed here.
fn kind(content_type: &str) -> String {
    let lower = content_type.to_ascii_lowercase(); // MIME types are compared without case
    let kind = match lower.split('/').next() {
        Some(modality @ ("image" | "video" | "audio")) => modality,
        Some("" | "application" | "text" | "other") => "document",
        _ => content_type,
    };
    kind.to_owned()
}

/// A status other than the three documented words counts as ready.
fn status(word: Option<&str>) -> Status {
    match word {
        Some("pending_upload") => Status::Pending,
        Some("failed") => Status::Failed,
        _ => Status::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
        super::import("flora", body)
    }

    #[test]
    fn fields_go_where_the_view_takes_them_from() {
        let asset = &import(
            r#"{"assets":[{"asset_id":"asset_a","content_type":"video","created_at":1.7740944e12,"description":"d",
            "height":2,"name":"n","size_bytes":3,"status":"failed","upload_content_type":"video/mp4",
            "uploaded_via":"url","url":"https://u","width":1,"workspace_id":"ws_b","node_id":"nd","project_id":"prj_p"}]}"#,
        )
        .unwrap()[0];
        assert_eq!(
            (asset.kind(), asset.mime_type.as_deref(), asset.status),
            ("video", Some("video/mp4"), Status::Failed)
        );
        assert_eq!((asset.name.as_deref(), asset.description.as_deref()), (Some("n"), Some("d")));
        assert_eq!((asset.width, asset.height, asset.size_bytes), (Some(1), Some(2), Some(3)));
        assert_eq!((&*asset.uploaded_via, asset.url.as_deref()), ("url", Some("https://u")));
        assert_eq!((asset.node.as_deref(), asset.project.as_deref()), (Some("nd"), Some("prj_p")));
        assert_eq!((asset.created_at.0, &*asset.ids["flora"]), (1_774_094_400_000_000, "asset_a"));
    }

    #[test]
    fn a_kind_is_never_one_that_is_not_listed() {
        for (sent, kept) in [
            ("image", "image"),
            ("audio/ogg", "audio"),
            ("application/pdf", "document"),
            ("other", "document"),
            ("", "document"),
            ("3d", "3d"),
        ] {
            assert_eq!(kind(sent), kept, "{sent}");
        }
    }

    #[test]
    fn an_asset_without_a_time_has_no_place() {
        let said = import(r#"{"assets":[{"asset_id":"asset_a","created_at":null}]}"#).unwrap_err().to_string();
        assert_eq!(said, "assets[0].created_at: a time must be here, such as `1774094400000`, in milliseconds");
    }
}
