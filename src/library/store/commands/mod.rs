//! What vendors' routes change in the library, in no vendor's words: one command in each file. A command runs in one
//! transaction; one that fails changes nothing. Where vendors differ in what is allowed, the command has a field for
//! it.

mod attach_asset;
mod change_folder;
mod change_user_metadata;
mod check_upload;
mod command;
mod complete_parts;
mod complete_upload;
mod create_asset;
mod create_folder;
mod create_group;
mod create_key;
mod create_project;
mod create_upload;
mod delete_asset;
mod delete_assets;
mod publish_asset;
mod put_asset;
mod report_parts;
mod retry_upload;
mod store_bytes;
mod store_part;

pub use attach_asset::AttachAsset;
pub use change_folder::ChangeFolder;
pub use change_user_metadata::ChangeUserMetadata;
pub use command::{Caller, Command, CommandError, Decision};
pub use complete_upload::CompleteUpload;
pub use create_asset::CreateAsset;
pub use create_folder::CreateFolder;
pub use create_group::CreateGroup;
pub use create_key::CreateKey;
pub use create_project::CreateProject;
pub use create_upload::CreateUpload;
pub use delete_asset::DeleteAsset;
pub use delete_assets::{DeleteAssets, DeletedAssets};
pub use publish_asset::PublishAsset;
pub use put_asset::PutAsset;
pub use report_parts::{ReportOutcome, ReportParts, ReportedPart};
pub use retry_upload::RetryUpload;
pub use store_bytes::StoreBytes;
pub use store_part::StorePart;
