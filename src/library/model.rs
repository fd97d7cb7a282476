//! Small types that fixtures, the store and requests share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock::{self, Micros};

/// The processing status of an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AssetStatus")]
pub enum Status {
    /// Announced; its bytes are not uploaded yet.
    Pending,
    /// Being processed.
    Processing,
    /// Ready.
    #[default]
    Ready,
    /// Failed for good.
    Failed,
}

/// The status that an asset gets at an instant. No timer runs: the next request that reads the workspace makes the
/// change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextStatus {
    /// The status that the asset gets.
    pub status: Status,
    /// When, by the clock of the workspace.
    pub at: Instant,
    /// The `failure_message` that the asset gets; none if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether, while that clock is frozen, the change follows the first response that shows the asset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows_read: bool,
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

    /// Whether an asset in this state can be published: its bytes were uploaded and are good.
    pub fn can_be_public(self) -> bool {
        match self {
            Status::Pending | Status::Failed => false,
            Status::Processing | Status::Ready => true,
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

/// An instant, to the microsecond. In JSON it is RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub Micros);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&clock::write_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        let text = String::deserialize(deserializer)?;
        clock::read_written_rfc3339(&text)
            .map(Instant)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not a time such as `2026-03-21T12:00:00Z`")))
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339, kept to the microsecond." })
    }
}

/// The chosen option of each variant, by the variant's full name: `mime` for `acme.content_type`.
pub type Choices = BTreeMap<String, String>;
