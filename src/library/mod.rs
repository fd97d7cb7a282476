//! The library of assets in neutral words: fixtures, and the store with the only SQL there is.

pub mod fixture;
pub mod glimpsed;
pub mod limits;
pub mod model;
pub mod object;
pub mod plain_words;
pub mod size;
pub mod store;
