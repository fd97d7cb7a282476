//! Begins the upload of a file in parts.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, uploads_with_room};
use crate::clock::Micros;
use crate::library::asset::Asset;
use crate::library::store::public_ids::draw_unused;
use crate::library::store::write::Write;
use crate::library::upload_session::UploadSession;
use crate::random::Rng;

/// Makes one session. The asset appears when the session is complete, with the public id that the session reserves.
#[derive(Debug)]
pub struct CreateUpload {
    /// The asset that the file becomes.
    pub asset: Asset,
    /// The length of the file in bytes.
    pub size: u64,
    /// The length of every part except the last, in bytes.
    pub part_size: u64,
    /// When it ends if it is not complete by then.
    pub expires_at: Micros,
    /// Makes an id in the vendor's form, for the session or the asset.
    pub new_id: fn(&Rng, Micros) -> String,
    /// Where the ids' randomness comes from.
    pub entropy: u128,
}

impl Command for CreateUpload {
    type Outcome = UploadSession;

    type Change = UploadSession;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<UploadSession, UploadSession>, CommandError> {
        uploads_with_room(read, collection, caller, self.size, None).await?;
        let rng = Rng::named(&format!("{:032x} upload", self.entropy));
        let draw = || (self.new_id)(&rng, caller.now);
        let id = draw_unused(read, collection, caller.provider, draw).await?;
        let asset_id = draw_unused(read, collection, caller.provider, draw).await?;
        let uploader = Some(self.asset.uploader.clone().unwrap_or_else(|| caller.user().to_owned()));
        Ok(Decision::Change(UploadSession {
            id,
            asset_id,
            asset: Asset { uploader, ..self.asset.clone() },
            size: self.size,
            part_size: self.part_size,
            created_at: caller.now,
            updated_at: caller.now,
            expires_at: self.expires_at,
            completed_at: None,
        }))
    }

    async fn apply(
        session: UploadSession,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<UploadSession, CommandError> {
        write.add_upload(caller.workspace, caller.provider, &session).await?;
        Ok(session)
    }
}
