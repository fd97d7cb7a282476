//! What vendors' routes read from the library, besides lists of assets, in no vendor's words: one query in each file.

mod check_room;
mod draw_asset_id;
mod find_refreshed_key;
mod find_user;
mod list_canvas;
mod list_folders;
mod list_projects;
mod list_uploads;
mod query;
mod read_asset;
mod read_project;
mod read_upload;
mod read_workspace;
mod sum_sizes;

pub use check_room::CheckRoom;
pub use draw_asset_id::DrawAssetId;
pub use find_refreshed_key::FindRefreshedKey;
pub use find_user::FindUser;
pub use list_canvas::{CanvasPage, ListCanvas};
pub use list_folders::{FolderPage, ListFolders};
pub use list_projects::{ListProjects, ProjectPage};
pub use list_uploads::{ListUploads, UploadSessionPage};
pub use query::Query;
pub use read_asset::ReadAsset;
pub use read_project::ReadProject;
pub use read_upload::ReadUpload;
pub use read_workspace::ReadWorkspace;
pub use sum_sizes::SumSizes;
