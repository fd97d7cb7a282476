//! PiktID's list response, read: `assets`. Which of them are listed here depends on who asks: the private assets of a
//! response belong to one user, and a key that acts as that user sees all of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::grammar;
use crate::clock::Micros;
use crate::contract::import::{Envelope, Number, Row, Unimportable, compacted};
use crate::contract::query::Value;
use crate::library::asset;
use crate::library::model::Visibility;

static ENVELOPE: Envelope = Envelope { rows: "assets", id: "id" };

/// An asset as PiktID tells it, but for its id; anything can be null or missing but the time of creation.
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

/// Inferred: who sees an asset of which that is not told; the response shows that whoever asked does.
const UNTOLD: Visibility = Visibility::Shared;

/// Only images are listed, so all of these are.
const KIND: &str = "image";

pub fn import(provider: &'static str, body: &str) -> Result<Vec<asset::Asset>, Unimportable> {
    let mut question = Question::default();
    ENVELOPE.read(provider, body, |row, told| question.also_shows(row, asset(row, told)?))
}

/// The question that a response answers, as far as its assets so far tell: one that is never asked here would lose
/// some.
#[derive(Default)]
struct Question {
    /// Whose private assets are among the answers.
    private: Option<Option<String>>,
    /// Whose assets that the platform provides are among them.
    platform: Option<Option<String>>,
    /// Whether those have several users: then only `ownership=default` shows them all.
    only_platform: bool,
    /// Whether others are among the answers.
    others: bool,
}

impl Question {
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

fn asset(row: &Row, told: Asset) -> Result<asset::Asset, Unimportable> {
    let created_at = row.time("created_at", told.created_at, |at| time(at), "`2026-03-21T12:00:00.000001+00:00`")?;
    let [width, height] = told.dimensions.map_or([None; 2], |sides| sides.map(Number::size));
    Ok(asset::Asset {
        name: told.filename,
        kind: Some(KIND.to_owned()),
        url: told.url,
        tags: told.tags.unwrap_or_default(),
        width,
        height,
        uploader: told.created_by.filter(|user| !user.is_empty()),
        visibility: told.visibility.unwrap_or(UNTOLD),
        thumbnail_big: told.thumbnail_big,
        thumbnail_small: told.thumbnail_small,
        styling_note: told.styling_note,
        detected: told.detected.map(|detected| compacted(&detected)),
        ..row.asset(created_at)
    })
}

/// Python's `isoformat()`, with an offset or without, which is UTC: what the parameters take is read here too.
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
