//! Imports xQR's list response, whose field is `data`. Every asset in it can be listed here too.

use serde::Deserialize;

use crate::contract::import::{Envelope, Number, Row, Unimportable};
use crate::library::asset;
use crate::library::model::{Instant, Status};

static ENVELOPE: Envelope = Envelope { rows: "data", id: "id" };

/// An asset as xQR sends it, without its id. Every field may be null or missing except for the time of creation.
#[derive(Deserialize)]
struct Asset {
    filename: Option<String>,
    mime_type: Option<String>,
    file_size: Option<Number>,
    status: Option<String>,
    is_public: Option<bool>,
    public_url: Option<String>,
    tags: Option<Vec<String>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    ENVELOPE.read(provider, body, asset)
}

fn asset(row: &Row, sent: Asset) -> Result<asset::Asset, Unimportable> {
    let created_at = row.rfc3339("created_at", sent.created_at)?;
    let updated_at = sent.updated_at.map(|at| row.rfc3339("updated_at", Some(at))).transpose()?;
    Ok(asset::Asset {
        name: sent.filename,
        mime_type: sent.mime_type,
        size_bytes: sent.file_size.and_then(Number::size),
        // Documented: `pending` and `confirmed`. Any other status counts as confirmed.
        status: if sent.status.as_deref() == Some("pending") { Status::Pending } else { Status::Ready },
        is_public: sent.is_public.unwrap_or_default(),
        public_url: sent.public_url,
        tags: sent.tags.unwrap_or_default(),
        updated_at: updated_at.map(Instant),
        ..row.asset(created_at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
        super::import("xqr", body)
    }

    #[test]
    fn fields_go_where_the_view_takes_them_from() {
        let asset = &import(
            r#"{"data":[{"id":"a1","filename":"a.png","mime_type":"image/png","file_size":1.0e2,"status":"pending",
            "is_public":true,"public_url":"https://p","tags":["t"],"created_at":"2026-03-18T11:15:00.5+01:00",
            "updated_at":"2026-03-19T08:30:00Z"}]}"#,
        )
        .unwrap()[0];
        assert_eq!((asset.name.as_deref(), asset.kind(), asset.size_bytes), (Some("a.png"), "image", Some(100)));
        assert_eq!((asset.status, asset.is_public, &*asset.tags), (Status::Pending, true, &["t".to_owned()][..]));
        assert_eq!(asset.public_url.as_deref(), Some("https://p"));
        assert_eq!((asset.created_at.0, asset.updated_at.unwrap().0), (1_773_828_900_500_000, 1_773_909_000_000_000));
        assert_eq!(asset.ids["xqr"], "a1");
    }

    #[test]
    fn a_time_that_is_none_is_shown() {
        let body = r#"{"data":[{"id":"a1","created_at":"2026-03-18T10:15:00Z","updated_at":"later"}]}"#;
        let said = import(body).unwrap_err().to_string();
        assert_eq!(said, "data[0].updated_at: `later` is not a time such as `2026-03-21T12:00:00Z`");
    }
}
