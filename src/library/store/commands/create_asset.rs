//! Adds an asset: one that was announced, or one whose bytes have arrived.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::command::{Caller, Command, CommandError, Decision, uploads_with_room};
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::blobs::StagedFile;
use crate::library::store::error::StoreError;
use crate::library::store::folder;
use crate::library::store::load::NewAsset;
use crate::library::store::project;
use crate::library::store::write::Write;
use crate::random::Rng;

/// How often public ids are drawn again if an asset has one of them. With a seed and a database file, a server that is
/// started again draws the ids of its last run again.
const DRAWS: u64 = 1000;

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
        if let Some(id) = &self.asset.project {
            project::find(read, collection, id).await?.ok_or(CommandError::NoSuchProject)?;
        }
        if let Some(id) = &self.asset.folder
            && !folder::exists(read, collection, id).await?
        {
            return Err(CommandError::NoSuchFolder { id: id.clone() });
        }
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
        write.add_assets(caller.workspace, vec![new.clone()]).await?;
        let collection = write.writable_collection(caller.workspace, 0).await?.collection;
        let sql = format!("SELECT seq FROM asset WHERE collection = ? AND {}_id = ?", caller.provider);
        let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(&own).fetch_one(&mut *write.tx).await?;
        let seq = row.try_get(0)?;
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

/// The asset with a public id at every provider, none of which another asset of the workspace has.
async fn draw_ids(
    write: &mut Write,
    caller: &Caller<'_>,
    asset: Asset,
    own: Option<String>,
    entropy: u128,
) -> Result<NewAsset, StoreError> {
    let new_id = write.store.ids.new_id;
    let mut draws = 0;
    loop {
        let id = |provider: &&'static str| match &own {
            Some(own) if *provider == caller.provider => own.clone(),
            _ => {
                let entropy = Rng::named(&format!("{entropy:032x} {provider} {draws}")).next_u128();
                new_id(provider, entropy, asset.created_at.0)
            }
        };
        let new = (asset.clone(), write.providers.iter().map(id).collect());
        match write.taken(caller.workspace, std::slice::from_ref(&new)).await? {
            None => return Ok(new),
            Some((provider, id)) if draws == DRAWS || (own.is_some() && provider == caller.provider) => {
                return Err(StoreError::Taken { what: "asset", id });
            }
            Some(_) => draws += 1,
        }
    }
}
