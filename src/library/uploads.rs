//! What becomes of uploads in a workspace: how long they are processed, and whether that succeeds. Tests decide it
//! beforehand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::{Micros, SECOND};
use crate::library::asset::{Asset, is_default};
use crate::library::model::{Instant, NextStatus, Status};

/// What becomes of uploads in a workspace. The default is what the vendor of each upload does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadSettings {
    /// How many seconds an upload is processed, by the clock of the workspace; if left out, as long as its vendor takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_seconds: Option<u32>,
    /// How it ends: `ready` (the default) or `failed`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub outcome: Outcome,
    /// Why it failed, as vendors show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The most bytes that the workspace's assets may have in the library; if left out, only the limit of the server
    /// applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stored_bytes: Option<u64>,
}

/// How processing ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "UploadOutcome")]
pub enum Outcome {
    /// The asset is ready.
    #[default]
    Ready,
    /// The asset has failed.
    Failed,
}

impl UploadSettings {
    /// The field that contradicts another one, and what is wrong with it.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_unused = self.message.is_some() && self.outcome != Outcome::Failed;
        is_unused.then_some(("message", "only uploads that fail have a message; send `outcome` as `failed`"))
    }

    /// Sets what becomes of an asset whose bytes are complete. A vendor takes `default_seconds` to process it, unless
    /// these settings say how long. One that has failed, since its bytes could not be read, fails at the end whatever the
    /// settings say. Without a delay that is set, and while the clock is frozen, the first response that
    /// shows the asset counts as the end of the processing, so that a client which polls does not wait for ever.
    pub fn finish(&self, asset: &mut Asset, default_seconds: u32, now: Micros) {
        let (status, message) = match self.outcome {
            _ if asset.status == Status::Failed => (Status::Failed, asset.failure_message.take()),
            Outcome::Ready => (Status::Ready, None),
            Outcome::Failed => (Status::Failed, self.message.clone()),
        };
        let seconds = self.processing_seconds.unwrap_or(default_seconds);
        let at = now.saturating_add(Micros::from(seconds).saturating_mul(SECOND)).max(asset.created_at.0);
        let follows_read = self.processing_seconds.is_none();
        asset.status = Status::Processing;
        asset.failure_message = None;
        asset.next_status = Some(NextStatus { status, at: Instant(at), message, follows_read });
        if seconds == 0 {
            asset.settle(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> UploadSettings {
        serde_json::from_str(json).unwrap()
    }

    fn finished(json: &str, default_seconds: u32) -> Asset {
        let mut asset = Asset { status: Status::Pending, failure_message: Some("old".to_owned()), ..Asset::new(0) };
        settings(json).finish(&mut asset, default_seconds, 10 * SECOND);
        asset
    }

    #[test]
    fn without_a_delay_an_upload_is_ready_at_once() {
        for (json, default_seconds) in [("{}", 0), (r#"{"processing_seconds":0}"#, 3)] {
            let asset = finished(json, default_seconds);
            assert_eq!((asset.status, asset.next_status, asset.failure_message), (Status::Ready, None, None));
        }
    }

    #[test]
    fn the_delay_of_the_vendor_follows_a_read_and_one_that_is_set_does_not() {
        for (json, at, follows_read) in [("{}", 13, true), (r#"{"processing_seconds":30}"#, 40, false)] {
            let asset = finished(json, 3);
            let (status, at, message) = (Status::Ready, Instant(at * SECOND), None);
            assert_eq!(asset.next_status, Some(NextStatus { status, at, message, follows_read }));
            assert_eq!((asset.status, asset.failure_message), (Status::Processing, None));
        }
    }

    #[test]
    fn an_upload_that_is_to_fail_does_so_with_its_message() {
        let now = finished(r#"{"processing_seconds":0,"outcome":"failed","message":"no moov atom"}"#, 3);
        assert_eq!((now.status, now.failure_message.as_deref()), (Status::Failed, Some("no moov atom")));
        let mut later = finished(r#"{"outcome":"failed","message":"no moov atom"}"#, 3);
        assert_eq!(later.status, Status::Processing);
        later.settle(20 * SECOND);
        assert_eq!((later.status, later.failure_message.as_deref()), (Status::Failed, Some("no moov atom")));
        assert_eq!((later.updated_at, later.next_status), (Some(Instant(13 * SECOND)), None));
    }

    #[test]
    fn an_upload_that_could_not_be_read_fails_whatever_is_set() {
        let failed = || Asset { status: Status::Failed, failure_message: Some("404".to_owned()), ..Asset::new(0) };
        let (mut now, mut later) = (failed(), failed());
        settings("{}").finish(&mut now, 0, 10 * SECOND);
        assert_eq!((now.status, now.failure_message.as_deref()), (Status::Failed, Some("404")));
        settings(r#"{"outcome":"failed","message":"no moov atom"}"#).finish(&mut later, 3, 10 * SECOND);
        assert_eq!((later.status, &later.failure_message), (Status::Processing, &None));
        later.settle(20 * SECOND);
        assert_eq!((later.status, later.failure_message.as_deref()), (Status::Failed, Some("404")));
    }

    #[test]
    fn the_longest_delay_does_not_overflow() {
        let mut asset = Asset::new(0);
        settings(r#"{"processing_seconds":4294967295}"#).finish(&mut asset, 0, Micros::MAX - 1);
        assert_eq!(asset.next_status.map(|next| next.at), Some(Instant(Micros::MAX)));
    }

    #[test]
    fn a_message_of_uploads_that_succeed_is_refused() {
        assert_eq!(settings(r#"{"message":"x"}"#).problem().map(|(field, _)| field), Some("message"));
        assert_eq!(settings(r#"{"outcome":"failed","message":"x"}"#).problem(), None);
    }
}
