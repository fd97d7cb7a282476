//! Imports KonPro's list response, whose field is `assets`. It lists only assets that are ready.

use serde::Deserialize;

use super::file_type::NOT_HELD;
use crate::clock::SECOND;
use crate::contract::import::{Envelope, Number, Row, Unimportable};
use crate::http::mime;
use crate::library::asset;

static ENVELOPE: Envelope = Envelope { rows: "assets", id: "id" };

/// An asset as KonPro sends it, without its id. Every field may be null or missing except for the time of creation.
#[derive(Deserialize)]
struct Asset {
    name: Option<String>,
    file_type: Option<String>,
    folder_id: Option<String>,
    created_ts: Option<Number>,
    url: Option<String>,
}

/// Inferred: the type of an asset that is sent without one. It must be a type that is listed.
const DEFAULT_KIND: &str = "unknown";

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    ENVELOPE.read(provider, body, asset)
}

fn asset(row: &Row, sent: Asset) -> Result<asset::Asset, Unimportable> {
    let such_as = "`1774094400`, in seconds";
    let created_at = row.time("created_ts", sent.created_ts, |at| at.instant(SECOND), such_as)?;
    let kind = kind(row, sent.file_type)?;
    Ok(asset::Asset {
        // Inferred: the vendor sends no MIME type, but the views of others show one.
        mime_type: sent.name.as_deref().and_then(|name| mime::of_name(name, &kind)).map(str::to_owned),
        name: sent.name,
        kind: Some(kind),
        url: sent.url,
        folder: sent.folder_id.filter(|folder| !folder.is_empty()),
        ..row.asset(created_at)
    })
}

fn kind(row: &Row, file_type: Option<String>) -> Result<String, Unimportable> {
    let kind = file_type.unwrap_or_else(|| DEFAULT_KIND.to_owned());
    if NOT_HELD.contains(&&*kind) {
        let why = format!("assets of the type `{kind}` are not listed here; leave this one out");
        return Err(row.refusal("file_type", why));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
        super::import("konpro", body)
    }

    fn one(fields: &str) -> Result<asset::Asset, Unimportable> {
        Ok(import(&format!(r#"{{"assets":[{{"id":"asset_1",{fields}}}]}}"#))?.remove(0))
    }

    #[test]
    fn fields_go_where_the_view_takes_them_from() {
        let fields =
            r#""name":"n","file_type":"image","folder_id":"folder_1","created_ts":1640995200,"url":"https://u""#;
        let asset = one(fields).unwrap();
        assert_eq!(
            (asset.name.as_deref(), asset.kind(), asset.url.as_deref()),
            (Some("n"), "image", Some("https://u"))
        );
        assert_eq!((asset.folder.as_deref(), asset.created_at.0), (Some("folder_1"), 1_640_995_200_000_000));
        assert_eq!(asset.ids["konpro"], "asset_1");
    }

    #[test]
    fn a_name_tells_the_mime_type_of_what_has_the_type_it_says() {
        let mime = |fields: &str| one(&format!(r#""created_ts":1,{fields}"#)).unwrap().mime_type;
        assert_eq!(mime(r#""name":"a.JPG","file_type":"image""#).as_deref(), Some("image/jpeg"));
        assert_eq!(mime(r#""name":"a.jpg","file_type":"video""#), None);
        assert_eq!(mime(r#""file_type":"image""#), None);
    }

    #[test]
    fn the_root_has_no_name() {
        assert_eq!(one(r#""folder_id":"","created_ts":1"#).unwrap().folder, None);
    }

    #[test]
    fn milliseconds_are_told_from_seconds() {
        let said = one(r#""created_ts":1640995200000"#).unwrap_err().to_string();
        assert_eq!(said, "assets[0].created_ts: `1640995200000` is not a time such as `1774094400`, in seconds");
    }

    #[test]
    fn types_that_are_not_listed_are_refused_by_name() {
        assert_eq!(one(r#""created_ts":1,"file_type":"gif""#).unwrap().kind(), "gif");
        let said = one(r#""created_ts":1,"file_type":"document""#).unwrap_err().to_string();
        assert_eq!(said, "assets[0].file_type: assets of the type `document` are not listed here; leave this one out");
    }
}
