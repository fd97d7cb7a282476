//! What vendors' routes read from the library, besides lists of assets, in no vendor's words: one query in each file.

mod query;
mod read_asset;
mod read_workspace;
mod sum_sizes;

pub use query::Query;
pub use read_asset::ReadAsset;
pub use read_workspace::ReadWorkspace;
pub use sum_sizes::SumSizes;
