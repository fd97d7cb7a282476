//! The library of assets in neutral words: fixtures, and the store with the only SQL there is.

pub mod asset;
pub mod commands;
pub mod fixture;
pub mod key;
pub mod limits;
pub mod model;
pub mod plain_words;
pub mod seen_before;
pub mod selection;
pub mod size;
pub mod store;
pub mod strict_object;
