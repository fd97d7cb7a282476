//! Stored bytes: what clients sent, and the files that fixtures name. The bytes of one file are a *blob*, in chunks of
//! [`CHUNK`](super::blob_rows::CHUNK) bytes.
//!
//! A file is stored while it arrives, each chunk in a transaction of its own, so that a slow client holds up nobody.
//! Until a command refers to it, a blob is held by the request that stores it (see
//! [`BlobHold`](super::blob_hold::BlobHold)). A blob that nothing refers to and nobody holds is removed in slices: after
//! the change that released it, when the hold is dropped, and when the file of a killed process is opened again.

mod blob_writer;
mod read_blob;
mod staged_file;

pub use blob_writer::BlobWriter;
pub(super) use read_blob::blob_of_asset;
pub use staged_file::StagedFile;
