//! Makes the asset of a file that was sent in parts.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_upload};
use super::create_asset::CreateAsset;
use crate::library::model::Instant;
use crate::library::store::join_parts::JoinedParts;
use crate::library::store::public_ids;
use crate::library::store::upload_session;
use crate::library::store::uploads;
use crate::library::store::write::Write;
use crate::library::upload_session::{UploadSession, UploadStatus};

/// Completes a session whose parts were put together. If a part was replaced since then, nothing changes: the part must be
/// reported again, and that report completes the session.
#[derive(Debug)]
pub struct CompleteParts {
    /// The session.
    pub upload: String,
    /// Its parts as one file; `None`: some were not there.
    pub joined: Option<JoinedParts>,
    /// Random bits for the ids of the asset.
    pub entropy: u128,
    /// How many seconds the vendor processes the upload, unless the workspace says what becomes of uploads.
    pub processing_seconds: u32,
}

impl Command for CompleteParts {
    /// The session after the change, and how many of its parts are reported then.
    type Outcome = (UploadSession, u64);

    /// The session, and its asset.
    type Change = (UploadSession, CreateAsset);

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<Self::Outcome, Self::Change>, CommandError> {
        let session = find_upload(read, collection, caller, &self.upload).await?;
        let reported = upload_session::count_reported(read, collection, &session.id).await?;
        let Some(JoinedParts { file, blobs }) = &self.joined else {
            return Ok(Decision::Unchanged((session, reported)));
        };
        let is_whole = session.status(caller.now) == UploadStatus::Active
            && reported == session.parts()
            && upload_session::blobs_of_parts(read, collection, &session.id).await? == *blobs;
        if !is_whole {
            return Ok(Decision::Unchanged((session, reported)));
        }
        let mut asset = session.asset.clone();
        file.describe(&mut asset, false);
        // If the type of the bytes tells no kind, a vendor which holds only some kinds can show the asset all the same.
        if asset.kind() == "other" {
            asset.kind = Some(session.asset.kind().to_owned());
        }
        asset.updated_at = Some(Instant(caller.now.max(asset.created_at.0)));
        // The parts are stored already, so there is no need to look whether there is room.
        let uploads = uploads::settings(read, caller.workspace).await?;
        uploads.finish(&mut asset, self.processing_seconds, caller.now);
        // An asset that was imported since the session began can have the id that it reserved. Then another one is drawn.
        let is_taken = public_ids::is_of_asset(read, collection, caller.provider, &session.asset_id).await?;
        let create = CreateAsset {
            id: (!is_taken).then(|| session.asset_id.clone()),
            asset,
            entropy: self.entropy,
            file: Some(file.clone()),
            processing_seconds: None,
        };
        Ok(Decision::Change((session, create)))
    }

    async fn apply(
        (mut session, create): (UploadSession, CreateAsset),
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<(UploadSession, u64), CommandError> {
        session.asset_id = CreateAsset::apply(create, write, caller).await?.id;
        session.completed_at = Some(caller.now);
        write.complete_upload(caller.workspace, &session, caller.now).await?;
        let reported = session.parts();
        Ok((session, reported))
    }
}
