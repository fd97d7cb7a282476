//! Stores a file at a public id, whether or not there is an asset already.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision};
use super::create_asset::CreateAsset;
use super::store_bytes::StoreBytes;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::selection::AssetSelector;
use crate::library::store::blobs::StagedFile;
use crate::library::store::write::Write;

/// Adds one asset with its bytes or, if there is one with its public id, replaces that one's bytes.
#[derive(Debug)]
pub struct PutAsset {
    /// The public id at the caller's provider.
    pub id: String,
    /// The asset if it is new, without public ids.
    pub asset: Asset,
    /// Random bits for the ids at the other providers.
    pub entropy: u128,
    /// Its bytes, which also tell its type where they are recognised.
    pub file: StagedFile,
    /// How many seconds the vendor processes a new asset, unless the workspace says what becomes of uploads.
    pub processing_seconds: u32,
}

/// What is to be changed.
#[derive(Debug)]
pub enum Put {
    /// This asset is added.
    Add(Box<CreateAsset>),
    /// This asset gets the bytes of this file.
    Replace(Box<(StoredAsset, StagedFile)>),
}

impl Command for PutAsset {
    /// The asset after the change.
    type Outcome = StoredAsset;

    type Change = Put;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<StoredAsset, Put>, CommandError> {
        let asset = AssetSelector { id: self.id.clone(), filters: Vec::new() };
        let replace = StoreBytes { asset, file: self.file.clone(), keeps_type: false, only_pending: false };
        match replace.decide(read, collection, caller).await {
            Err(CommandError::NoSuchAsset { .. }) => {}
            decision => return Ok(decision?.map(|change| Put::Replace(Box::new(change)))),
        }
        let mut asset = self.asset.clone();
        self.file.describe(&mut asset, false);
        let add = CreateAsset {
            asset,
            id: Some(self.id.clone()),
            entropy: self.entropy,
            file: Some(self.file.clone()),
            processing_seconds: Some(self.processing_seconds),
        };
        Ok(add.decide(read, collection, caller).await?.map(|change| Put::Add(Box::new(change))))
    }

    async fn apply(change: Put, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        match change {
            Put::Add(change) => CreateAsset::apply(*change, write, caller).await,
            Put::Replace(change) => StoreBytes::apply(*change, write, caller).await,
        }
    }
}
