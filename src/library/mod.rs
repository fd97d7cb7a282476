//! Assets in vendor-neutral fields: the model, the fixtures, and the store, which has the only SQL.

pub mod asset;
pub mod fixture;
pub mod hex;
pub mod key;
pub mod limits;
pub mod meant;
pub mod metadata;
pub mod mime_words;
pub mod model;
pub mod placeholder;
pub mod plain_words;
pub mod probe;
pub mod seen_before;
pub mod selection;
pub mod size;
pub mod store;
pub mod strict_object;
pub mod upload_session;
pub mod uploads;
pub mod url_name;
pub mod workspace;
