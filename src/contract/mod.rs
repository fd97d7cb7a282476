//! What a vendor signs: a card of data and a few pure functions, and the types that these are made of.

pub mod asset_list;
pub mod choices;
pub mod client_env;
pub mod context;
pub mod evidence;
pub mod failure;
pub mod handler;
pub mod import;
pub mod operation;
pub mod page;
pub mod provider;
pub mod query;
pub mod quota;
pub mod variant;
