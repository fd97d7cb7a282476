//! An asset as it is stored, and how a row becomes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

use crate::clock::Micros;
pub use crate::fixture::Told;

/// An asset, seen by one provider: everything but `id` is the same for all of them.
#[derive(Debug, Clone)]
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
    pub is_public: bool,
    /// Where it is published, if that was said.
    pub public_url: Option<String>,
    /// Where its bytes are, if that was said.
    pub url: Option<String>,
    /// Its tags.
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
    pub detected: Option<Box<RawValue>>,
    /// What the provider it was imported from said of it.
    pub told: Option<Told>,
}

/// Where an asset is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Announced, its bytes not there yet.
    Pending,
    /// Being processed.
    Processing,
    /// Ready.
    #[default]
    Ready,
    /// Failed for good.
    Failed,
}

/// Who may see an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Its uploader only.
    #[default]
    Private,
    /// Everyone in the workspace.
    Shared,
    /// Everyone: provided by the platform.
    Default,
}

impl Status {
    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Processing => "processing",
            Status::Ready => "ready",
            Status::Failed => "failed",
        }
    }
}

impl Visibility {
    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Shared => "shared",
            Visibility::Default => "default",
        }
    }
}

/// Text for comparison without regard to case. Letter by letter, so that a part of a text folds as the whole does: the
/// two small sigmas, which differ by their place in a word, become one.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// The columns of an asset but for its public id, in the order in which [`Asset::from_row`] reads them.
pub(super) const COLUMNS: &str = "seq, name, description, mime_type, kind, size_bytes, status, is_public, public_url, url, \
     tags, width, height, created_at, updated_at, uploader, visibility, uploaded_via, project_id, node_id, folder_id, \
     thumbnail_big, thumbnail_small, styling_note, detected, told_by, told";

impl Asset {
    /// Reads a row that begins with a public id, followed by [`COLUMNS`].
    pub(super) fn from_row(row: &SqliteRow) -> Result<Asset, Error> {
        let mut columns = Columns { row, next: 0 };
        Ok(Asset {
            id: columns.take()?,
            seq: columns.take()?,
            name: columns.take()?,
            description: columns.take()?,
            mime_type: columns.take()?,
            kind: columns.take()?,
            size_bytes: columns.take()?,
            status: columns.word()?,
            is_public: columns.take()?,
            public_url: columns.take()?,
            url: columns.take()?,
            tags: columns.json()?,
            width: columns.take()?,
            height: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
            uploader: columns.take()?,
            visibility: columns.word()?,
            uploaded_via: columns.take()?,
            project: columns.take()?,
            node: columns.take()?,
            folder: columns.take()?,
            thumbnail_big: columns.take()?,
            thumbnail_small: columns.take()?,
            styling_note: columns.take()?,
            detected: columns.raw()?,
            told: columns.take::<Option<String>>()?.zip(columns.raw()?).map(|(by, words)| Told { by, words }),
        })
    }

    /// The words of this provider, if the asset was imported from it.
    pub fn words(&self, provider: &str) -> Option<&RawValue> {
        self.told.as_ref().filter(|told| told.by == provider).map(|told| &*told.words)
    }
}

/// A row read from left to right.
struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    fn take<T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(&mut self) -> Result<T, Error> {
        self.next += 1;
        self.row.try_get(self.next - 1)
    }

    fn json<T: Deserialize<'r>>(&mut self) -> Result<T, Error> {
        serde_json::from_str(self.take()?).map_err(decoding)
    }

    /// JSON kept to the byte.
    fn raw(&mut self) -> Result<Option<Box<RawValue>>, Error> {
        self.take::<Option<String>>()?.map(RawValue::from_string).transpose().map_err(decoding)
    }

    fn word<T: Deserialize<'r>>(&mut self) -> Result<T, Error> {
        let word: &str = self.take()?;
        T::deserialize(serde::de::value::BorrowedStrDeserializer::<serde::de::value::Error>::new(word))
            .map_err(decoding)
    }
}

fn decoding(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(Box::new(error))
}
