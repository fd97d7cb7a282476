//! Imports TwelveLabs' list response, whose field is `data`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::contract::import::{Envelope, Row, Unimportable};
use crate::library::asset;
use crate::library::metadata::{Metadata, MetadataValue};
use crate::library::model::Status;

static ENVELOPE: Envelope = Envelope { rows: "data", id: "_id" };

/// An asset as TwelveLabs sends it, without its id. Every field may be null or missing except for the time of
/// creation.
#[derive(Deserialize)]
struct Asset {
    method: Option<String>,
    status: Option<String>,
    filename: Option<String>,
    file_type: Option<String>,
    created_at: Option<String>,
    user_metadata: Option<BTreeMap<String, Value>>,
    error: Option<Value>,
}

/// Inferred: the kind of an asset whose type tells none. It must be a kind that is listed, and the vendor is mainly
/// for videos.
const DEFAULT_KIND: &str = "video";

/// Client: the MIME types that count as documents.
const DOCUMENTS: &[&str] = &["application/pdf", "text/plain", "text/markdown"];

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    ENVELOPE.read(provider, body, asset)
}

fn asset(row: &Row, sent: Asset) -> Result<asset::Asset, Unimportable> {
    let created_at = row.rfc3339("created_at", sent.created_at)?;
    let unknown = row.asset(created_at);
    Ok(asset::Asset {
        name: sent.filename,
        kind: Some(kind(sent.file_type.as_deref().unwrap_or_default())),
        mime_type: sent.file_type,
        status: status(sent.status.as_deref()),
        uploaded_via: sent.method.unwrap_or(unknown.uploaded_via),
        user_metadata: user_metadata(sent.user_metadata.unwrap_or_default()),
        failure_message: sent.error.and_then(|error| Some(error.get("message")?.as_str()?.to_owned())),
        ..unknown
    })
}

/// Values of kinds that are not documented are left out, and shown only until the asset changes.
fn user_metadata(sent: BTreeMap<String, Value>) -> Metadata {
    sent.into_iter().filter_map(|(name, value)| Some((name, MetadataValue::try_from(value).ok()?))).collect()
}

fn kind(file_type: &str) -> String {
    let file_type = file_type.to_ascii_lowercase();
    let kind = match file_type.split('/').next() {
        Some(kind @ ("image" | "video" | "audio")) => kind,
        _ if DOCUMENTS.contains(&&*file_type) => "document",
        _ => DEFAULT_KIND,
    };
    kind.to_owned()
}

/// A status other than the three documented words counts as ready.
fn status(word: Option<&str>) -> Status {
    match word {
        Some("processing") => Status::Processing,
        Some("failed") => Status::Failed,
        _ => Status::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
        super::import("twelvelabs", body)
    }

    fn one(fields: &str) -> Result<asset::Asset, Unimportable> {
        let body = format!(
            r#"{{"data":[{{"_id":"6298d673f1090f1100476d4c","created_at":"2022-06-02T10:30:00Z",{fields}}}]}}"#
        );
        Ok(import(&body)?.remove(0))
    }

    #[test]
    fn fields_go_where_the_view_takes_them_from() {
        let asset = one(r#""method":"url","status":"processing","filename":"a.mp3","file_type":"audio/mpeg""#).unwrap();
        assert_eq!((asset.name.as_deref(), asset.mime_type.as_deref()), (Some("a.mp3"), Some("audio/mpeg")));
        assert_eq!((asset.kind(), asset.status, &*asset.uploaded_via), ("audio", Status::Processing, "url"));
        assert_eq!(
            (asset.created_at.0, &*asset.ids["twelvelabs"]),
            (1_654_165_800_000_000, "6298d673f1090f1100476d4c")
        );
    }

    #[test]
    fn the_message_of_an_error_is_why_it_failed() {
        let message = |fields: &str| one(fields).unwrap().failure_message;
        assert_eq!(message(r#""error":{"message":"no frames"}"#).as_deref(), Some("no frames"));
        for none in [r#""error":null"#, r#""error":{}"#, r#""error":{"message":1}"#, r#""error":"x""#] {
            assert_eq!(message(none), None, "{none}");
        }
    }

    #[test]
    fn metadata_of_a_kind_that_is_not_documented_is_left_out() {
        let asset = one(r#""user_metadata":{"b":[],"a":9.3,"c":{"d":1},"e":null}"#).unwrap();
        assert_eq!(serde_json::to_string(&asset.user_metadata).unwrap(), r#"{"a":9.3,"b":[]}"#);
        assert!(one(r#""user_metadata":null"#).unwrap().user_metadata.is_empty());
    }

    #[test]
    fn a_type_that_says_little_is_listed_as_a_video() {
        for file_type in ["null", "\"\"", "\"application/octet-stream\"", "\"application/vnd.apple.mpegurl\""] {
            assert_eq!(one(&format!("\"file_type\":{file_type}")).unwrap().kind(), "video", "{file_type}");
        }
        assert_eq!(one(r#""file_type":"IMAGE/JPEG""#).unwrap().kind(), "image");
    }

    #[test]
    fn a_document_is_listed_as_one() {
        for file_type in ["application/pdf", "text/plain", "Text/Markdown"] {
            assert_eq!(one(&format!("\"file_type\":\"{file_type}\"")).unwrap().kind(), "document", "{file_type}");
        }
    }
}
