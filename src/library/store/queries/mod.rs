//! What vendors' routes read from the library, besides lists of assets, in no vendor's words: one query in each file.

mod find_refreshed_key;
mod find_user;
mod query;
mod read_asset;

pub use find_refreshed_key::FindRefreshedKey;
pub use find_user::FindUser;
pub use query::Query;
pub use read_asset::ReadAsset;
