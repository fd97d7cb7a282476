//! Adds an asset: one that was announced, or one whose bytes have arrived.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, uploads_with_room};
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::blobs::StagedFile;
use crate::library::store::error::StoreError;
use crate::library::store::folder;
use crate::library::store::load::NewAsset;
use crate::library::store::project;
use crate::library::store::public_ids::draw_unused;
use crate::library::store::write::Write;
use crate::random::Rng;

/// Adds one asset. It may name a project and a folder; both must exist.
#[derive(Debug, Clone)]
pub struct CreateAsset {
    /// The asset, without public ids. If it names no uploader, it is the caller.
    pub asset: Asset,
    /// Its public id at the caller's provider; drawn if left out.
    pub id: Option<String>,
    /// Random bits for the ids.
    pub entropy: u128,
    /// Its bytes, if they have arrived.
    pub file: Option<StagedFile>,
    /// For an upload that is complete: how many seconds the vendor processes it, unless the workspace says what becomes
    /// of uploads. `None`: the asset keeps its status.
    pub processing_seconds: Option<u32>,
}

impl Command for CreateAsset {
    /// The new asset.
    type Outcome = StoredAsset;

    type Change = CreateAsset;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<StoredAsset, CreateAsset>, CommandError> {
        require_places(read, collection, &self.asset).await?;
        let size = self.file.as_ref().map_or(0, |file| file.size);
        let uploads = uploads_with_room(read, collection, caller, size, None).await?;
        let mut new = self.clone();
        if let Some(seconds) = self.processing_seconds {
            uploads.finish(&mut new.asset, seconds, caller.now);
        }
        Ok(Decision::Change(new))
    }

    async fn apply(
        CreateAsset { mut asset, id, entropy, file, .. }: CreateAsset,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<StoredAsset, CommandError> {
        asset.uploader.get_or_insert_with(|| caller.user().to_owned());
        let new = draw_ids(write, caller, asset, id, entropy).await?;
        let own = write.providers.iter().position(|provider| *provider == caller.provider);
        let own = own.map(|at| new.1[at].clone()).unwrap_or_default();
        let seq = write.add_assets(caller.workspace, vec![new.clone()]).await?;
        if let (Some(project), Some(_)) = (&new.0.project, &new.0.node) {
            write.touch_project(caller.workspace, project, caller.now).await?;
        }
        if let Some(file) = &file {
            write.give_bytes(caller.workspace, seq, file).await?;
        }
        let asset = Asset { kind: Some(new.0.kind().to_owned()), ..new.0 };
        Ok(StoredAsset { id: own, seq, asset, blob: file.map(|file| file.blob()) })
    }
}

/// Fails unless the project and the folder that the asset names exist.
pub(super) async fn require_places(
    read: &mut SqliteConnection,
    collection: i64,
    asset: &Asset,
) -> Result<(), CommandError> {
    if let Some(id) = &asset.project {
        project::find(read, collection, id).await?.ok_or(CommandError::NoSuchProject)?;
    }
    match &asset.folder {
        Some(id) if !folder::exists(read, collection, id).await? => Err(CommandError::NoSuchFolder { id: id.clone() }),
        _ => Ok(()),
    }
}

/// The asset with a public id at every provider, none of which is in use in the workspace, unless the caller chose it.
async fn draw_ids(
    write: &mut Write,
    caller: &Caller<'_>,
    asset: Asset,
    own: Option<String>,
    entropy: u128,
) -> Result<NewAsset, StoreError> {
    let collection = write.writable_collection(caller.workspace, 0).await?.collection;
    let new_id = write.store.ids.new_id;
    let mut ids = Vec::new();
    for provider in write.providers.clone() {
        if let Some(own) = own.as_ref().filter(|_| provider == caller.provider) {
            ids.push(own.clone());
            continue;
        }
        let mut draws = 0;
        let draw = || {
            let entropy = Rng::named(&format!("{entropy:032x} {provider} {draws}")).next_u128();
            draws += 1;
            new_id(provider, entropy, asset.created_at.0)
        };
        ids.push(draw_unused(&mut write.tx, collection, provider, draw).await?);
    }
    Ok((asset, ids))
}
