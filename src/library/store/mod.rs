//! The store, the only place with SQL. One SQLite database, private or in a file, holds workspaces with their users,
//! keys, projects, folders and assets, in vendor-neutral fields. The store knows that each provider has a column of
//! public ids; it does not know who the providers are.

mod asset;
mod blob_hold;
mod blob_rows;
mod blobs;
mod claim;
mod claim_turns;
mod collection_hold;
mod collections;
mod commands;
mod counts;
mod due_assets;
mod due_uploads;
mod earliest_due;
mod edit;
mod error;
mod export;
mod file;
mod find_url;
mod folder;
mod handle;
mod held_ids;
mod join_parts;
mod key;
mod kind_counts;
mod listing;
mod load;
mod load_files;
mod lock;
mod open;
mod project;
mod public_ids;
mod queries;
mod read;
mod read_only;
mod remove_blobs;
mod restore;
mod rows;
mod schema;
mod selected_asset;
mod signing_key;
mod snapshot;
mod stage_error;
mod template;
mod upload_session;
pub mod uploads;
mod versions;
mod write;

pub use asset::fold;
pub use blob_hold::BlobHold;
pub use blob_rows::{BlobSummary, CHUNK};
pub use blobs::{BlobWriter, StagedFile};
pub use claim::Claim;
pub use collection_hold::SLICE;
pub use commands::{
    AttachAsset, Caller, ChangeFolder, ChangeUserMetadata, Command, CommandError, CompleteUpload, CreateAsset,
    CreateFolder, CreateGroup, CreateKey, CreateProject, CreateUpload, Decision, DeleteAsset, DeleteAssets,
    DeletedAssets, PublishAsset, PutAsset, ReportOutcome, ReportParts, ReportedPart, RetryUpload, StoreBytes,
    StorePart,
};
pub use counts::Counts;
pub use error::{Missing, StoreError};
pub use export::{Export, Summary};
pub use file::ReplacedFile;
pub use find_url::WorkspaceAsset;
pub use handle::Store;
pub use listing::{ListError, View};
pub use load::{NewAsset, NewWorkspace};
pub use load_files::{LoadError, NewFile};
pub use lock::DatabaseLock;
pub use open::{DatabaseLocation, OpenError};
pub use queries::{
    CanvasPage, CheckRoom, DrawAssetId, FindRefreshedKey, FindUser, FolderPage, ListCanvas, ListFolders, ListProjects,
    ListUploads, ProjectPage, Query, ReadAsset, ReadProject, ReadUpload, ReadWorkspace, SumSizes, UploadSessionPage,
};
pub use read::Read;
pub use schema::ProviderIds;
pub use snapshot::Snapshot;
pub use stage_error::StageError;
pub use template::Template;
pub use versions::VersionGuard;
pub use write::Write;
