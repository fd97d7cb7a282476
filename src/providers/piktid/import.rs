//! Imports PiktID's list response, whose field is `assets`. Who asks decides which of the assets are listed here: the
//! private assets of a response belong to one user, and a key that acts as that user sees all of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::grammar;
use crate::clock::Micros;
use crate::contract::import::{Envelope, Number, Row, Unimportable, compacted};
use crate::contract::query::Value;
use crate::library::asset;
use crate::library::model::Visibility;

static ENVELOPE: Envelope = Envelope { rows: "assets", id: "id" };

/// An asset as PiktID sends it, without its id. Every field may be null or missing except for the time of creation.
#[derive(Deserialize)]
struct Asset {
    filename: Option<String>,
    url: Option<String>,
    created_at: Option<String>,
    created_by: Option<String>,
    tags: Option<Vec<String>>,
    visibility: Option<Visibility>,
    thumbnail_big: Option<String>,
    thumbnail_small: Option<String>,
    styling_note: Option<String>,
    detected: Option<Box<RawValue>>,
    dimensions: Option<[Number; 2]>,
}

/// Inferred: the visibility of an asset that is sent without one. The client whose response this is could see it.
const DEFAULT_VISIBILITY: Visibility = Visibility::Shared;

/// The list has only images, so every asset is one.
const KIND: &str = "image";

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    let mut request = ListRequest::default();
    ENVELOPE.read(provider, body, |row, sent| request.also_shows(row, asset(row, sent)?))
}

/// The list request that the response may come from, as far as its assets tell. If no single request here could list
/// all of them again, the import is refused, since some would be lost.
#[derive(Default)]
struct ListRequest {
    /// The user whose private assets are in the response.
    private: Option<Option<String>>,
    /// The first user whose assets with the visibility `default` are in the response.
    platform: Option<Option<String>>,
    /// Whether several users have such assets. Then only `ownership=default` lists them all.
    only_platform: bool,
    /// Whether the response has private or shared assets.
    others: bool,
}

impl ListRequest {
    fn also_shows(&mut self, row: &Row, asset: asset::Asset) -> Result<asset::Asset, Unimportable> {
        let user = &asset.uploader;
        match asset.visibility {
            Visibility::Default => {
                let first = self.platform.get_or_insert_with(|| user.clone());
                self.only_platform |= first != user;
            }
            Visibility::Private if self.private.get_or_insert_with(|| user.clone()) != user => {
                let who = user.as_deref().unwrap_or("nobody");
                let why = "has a private asset here, as has another user; no one sees both, so import them apart";
                return Err(row.refusal("created_by", format!("`{who}` {why}")));
            }
            Visibility::Private | Visibility::Shared => self.others = true,
        }
        let strangers = self.private.is_some() && self.platform.is_some() && self.private != self.platform;
        if (self.only_platform && self.others) || strangers {
            let why = "`default` is listed here with `ownership=default`, which lists nothing else, and to its own user; \
                       import the others apart";
            return Err(row.refusal("visibility", why));
        }
        Ok(asset)
    }
}

fn asset(row: &Row, sent: Asset) -> Result<asset::Asset, Unimportable> {
    let created_at = row.time("created_at", sent.created_at, |at| time(at), "`2026-03-21T12:00:00.000001+00:00`")?;
    let [width, height] = sent.dimensions.map_or([None; 2], |sides| sides.map(Number::size));
    Ok(asset::Asset {
        name: sent.filename,
        kind: Some(KIND.to_owned()),
        url: sent.url,
        tags: sent.tags.unwrap_or_default(),
        width,
        height,
        uploader: sent.created_by.filter(|user| !user.is_empty()),
        visibility: sent.visibility.unwrap_or(DEFAULT_VISIBILITY),
        thumbnail_big: sent.thumbnail_big,
        thumbnail_small: sent.thumbnail_small,
        styling_note: sent.styling_note,
        detected: sent.detected.map(|detected| compacted(&detected)),
        ..row.asset(created_at)
    })
}

/// Python's `isoformat()`, with an offset, or in UTC without one. The parameters read the same grammar.
fn time(text: &str) -> Option<Micros> {
    match grammar::instant(text) {
        Ok(Value::Instant(at)) => Some(at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
        super::import("piktid", body)
    }

    fn said(rows: &[&str]) -> String {
        let rows = (0..).zip(rows);
        let rows: Vec<_> =
            rows.map(|(id, row)| format!(r#"{{"id":"{id}","created_at":"2026-03-21T12:00:00",{row}}}"#)).collect();
        import(&format!(r#"{{"assets":[{}]}}"#, rows.join(","))).unwrap_err().to_string()
    }

    #[test]
    fn fields_go_where_the_view_takes_them_from() {
        let asset = &import(
            r#"{"assets":[{"id":"i","filename":"a.png","url":"https://u","created_at":"2026-03-21T12:00:00.000001",
            "created_by":"ada","tags":["model","x"],"visibility":"private","thumbnail_big":"b","thumbnail_small":"s",
            "styling_note":"n","detected":{ "a" : 1.50 },"dimensions":[3,4.0]}]}"#,
        )
        .unwrap()[0];
        assert_eq!(
            (asset.name.as_deref(), asset.kind(), asset.url.as_deref()),
            (Some("a.png"), "image", Some("https://u"))
        );
        assert_eq!(
            (asset.uploader.as_deref(), asset.visibility, asset.tags.len()),
            (Some("ada"), Visibility::Private, 2)
        );
        assert_eq!((asset.thumbnail_big.as_deref(), asset.thumbnail_small.as_deref()), (Some("b"), Some("s")));
        assert_eq!((asset.styling_note.as_deref(), asset.width, asset.height), (Some("n"), Some(3), Some(4)));
        assert_eq!(asset.detected.as_ref().unwrap().get(), r#"{"a":1.50}"#);
        assert_eq!((asset.created_at.0, &*asset.ids["piktid"]), (1_774_094_400_000_001, "i"));
    }

    #[test]
    fn what_no_one_list_shows_is_refused() {
        let platform =
            "`default` is listed here with `ownership=default`, which lists nothing else, and to its own user";
        let [ada, grace] = ["ada", "grace"].map(|user| format!(r#""visibility":"default","created_by":"{user}""#));
        for rows in [
            [r#""visibility":"private","created_by":"ada""#, &*grace, &ada],
            [&*ada, &grace, r#""visibility":"shared""#],
        ] {
            assert!(said(&rows).ends_with(&format!("visibility: {platform}; import the others apart")), "{rows:?}");
        }
        let ada = r#""visibility":"private","created_by":"ada""#;
        assert_eq!(
            said(&[
                ada,
                r#""visibility":"shared","created_by":"grace""#,
                r#""visibility":"private","created_by":"grace""#
            ]),
            "assets[2].created_by: `grace` has a private asset here, as has another user; no one sees both, so import them apart"
        );
        assert_eq!(
            said(&[r#""visibility":"team""#]),
            "assets[0].visibility: `team` is not known here; send one of `private`, `shared`, `default`"
        );
    }
}
