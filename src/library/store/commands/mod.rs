//! What vendors' routes change in the library, in no vendor's words: one command in each file. A command runs in one
//! transaction; one that fails changes nothing. Where vendors differ in what is allowed, the command has a field for it.

mod command;
mod create_key;
mod delete_asset;
mod delete_assets;
mod publish_asset;

pub use command::{Caller, Command, CommandError};
pub use create_key::CreateKey;
pub use delete_asset::DeleteAsset;
pub use delete_assets::{DeleteAssets, DeletedAssets};
pub use publish_asset::PublishAsset;
