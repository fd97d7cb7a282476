//! What each vendor implements: a card of data, a few pure functions, and the types that they use.

pub mod asset_list;
pub mod asset_url;
pub mod choices;
pub mod client_env;
pub mod content_md5;
pub mod context;
pub mod evidence;
pub mod failure;
pub mod handler;
pub mod idempotency;
pub mod import;
pub mod object_storage;
pub mod operation;
pub mod operation_table;
pub mod page;
pub mod path_template;
pub mod post_policy;
pub mod provider;
pub mod put_target;
pub mod query;
pub mod quota;
pub mod signed_url;
pub mod signer;
pub mod url_upload;
pub mod variant;
