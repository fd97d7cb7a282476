//! What vendors' routes read from the library, besides lists of assets, in no vendor's words: one query in each file.

mod query;
mod read_asset;

pub use query::Query;
pub use read_asset::ReadAsset;
