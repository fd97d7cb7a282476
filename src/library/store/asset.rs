//! An asset as it is stored, and how a row becomes one.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use sqlx::Error;

use crate::clock::Micros;
use crate::library::fixture;
use crate::library::model::{Instant, Status, Visibility};

/// An asset, seen by one provider: everything but `id` is the same for all of them.
#[derive(Debug, Clone, Deserialize)]
pub struct Asset {
    /// Its public id at the provider that asked.
    pub id: String,
    /// The order of insertion in the whole library.
    pub seq: i64,
    /// The display or file name.
    pub name: Option<String>,
    /// A description.
    pub description: Option<String>,
    /// The MIME type.
    pub mime_type: Option<String>,
    /// `image`, `video`, `audio`, `document`, `other`, or what a fixture says.
    pub kind: String,
    /// The size in bytes.
    pub size_bytes: Option<i64>,
    /// Where it is in its life.
    pub status: Status,
    /// Whether it is published.
    #[serde(deserialize_with = "flag")]
    pub is_public: bool,
    /// Where it is published, if that was said.
    pub public_url: Option<String>,
    /// Where its bytes are, if that was said.
    pub url: Option<String>,
    /// Its tags.
    #[serde(deserialize_with = "list")]
    pub tags: Vec<String>,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
    /// When it came to be.
    pub created_at: Micros,
    /// When it last changed.
    pub updated_at: Micros,
    /// The name of the user who brought it.
    pub uploader: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// `direct`, `url`, `signed_url`, or what a fixture says.
    pub uploaded_via: String,
    /// The project it is on.
    pub project: Option<String>,
    /// The canvas node it is.
    pub node: Option<String>,
    /// The folder it is in; `None`: the root.
    pub folder: Option<String>,
    /// The URL of a large thumbnail.
    pub thumbnail_big: Option<String>,
    /// The URL of a small thumbnail.
    pub thumbnail_small: Option<String>,
    /// A note on its style.
    pub styling_note: Option<String>,
    /// What was detected in it: any JSON.
    #[serde(deserialize_with = "raw")]
    pub detected: Option<Box<RawValue>>,
    /// The provider it was imported from.
    pub told_by: Option<String>,
    /// What that provider said of it.
    #[serde(deserialize_with = "raw")]
    pub told: Option<Box<RawValue>>,
}

/// Text for comparison without regard to case. Letter by letter, so that a part of a text folds as the whole does: the
/// two small sigmas, which differ by their place in a word, become one.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// The columns of an asset but for its public id, in the order of the fields of [`Asset`].
const COLUMNS: &str = "seq, name, description, mime_type, kind, size_bytes, status, is_public, public_url, url, \
     tags, width, height, created_at, updated_at, uploader, visibility, uploaded_via, project_id, node_id, folder_id, \
     thumbnail_big, thumbnail_small, styling_note, detected, told_by, told";

/// An asset with this public id as one JSON array, which becomes an [`Asset`]. As thirty columns it would take several
/// times as long: sqlx makes a copy of each.
pub(super) fn as_json(id: &str) -> String {
    format!("json_array({id}, {COLUMNS})")
}

/// Reads what [`as_json`] gives, one or a list of them.
pub(super) fn from_json<'j, T: Deserialize<'j>>(json: &'j str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Decode(Box::new(error)))
}

impl Asset {
    /// The words of this provider, if the asset was imported from it.
    pub fn words(&self, provider: &str) -> Option<&RawValue> {
        self.told.as_deref().filter(|_| self.told_by.as_deref() == Some(provider))
    }
}

impl From<Asset> for fixture::Asset {
    fn from(asset: Asset) -> fixture::Asset {
        fixture::Asset {
            name: asset.name,
            description: asset.description,
            mime_type: asset.mime_type,
            kind: Some(asset.kind),
            size_bytes: asset.size_bytes,
            status: asset.status,
            is_public: asset.is_public,
            public_url: asset.public_url,
            url: asset.url,
            tags: asset.tags,
            width: asset.width,
            height: asset.height,
            created_at: Instant(asset.created_at),
            updated_at: Some(Instant(asset.updated_at)),
            uploader: Some(asset.uploader),
            visibility: asset.visibility,
            uploaded_via: asset.uploaded_via,
            project: asset.project,
            node: asset.node,
            folder: asset.folder,
            thumbnail_big: asset.thumbnail_big,
            thumbnail_small: asset.thumbnail_small,
            styling_note: asset.styling_note,
            detected: asset.detected,
            imported_from: asset.told_by.zip(asset.told).map(|(provider, json)| fixture::Imported { provider, json }),
            ids: Default::default(),
        }
    }
}

fn flag<'de, D: Deserializer<'de>>(number: D) -> Result<bool, D::Error> {
    Ok(i64::deserialize(number)? != 0)
}

fn list<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<String>, D::Error> {
    serde_json::from_str(&Cow::<str>::deserialize(text)?).map_err(D::Error::custom)
}

/// JSON kept to the byte.
fn raw<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Option::<String>::deserialize(text)?.map(RawValue::from_string).transpose().map_err(D::Error::custom)
}
