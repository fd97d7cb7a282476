//! A file whose bytes are stored and which belongs to nobody yet.

use std::sync::Arc;

use bytes::Bytes;

use crate::library::asset::Asset;
use crate::library::mime_words::{self, essence};
use crate::library::probe::{Probed, probe};
use crate::library::store::blob_hold::BlobHold;

/// A file that a client sent or a fixture named. Its bytes go when the last clone is dropped, unless something refers to
/// them by then.
#[derive(Debug, Clone)]
pub struct StagedFile {
    /// What keeps its bytes.
    pub hold: Arc<BlobHold>,
    /// The length in bytes.
    pub size: u64,
    /// The MD5 of the bytes, in lower-case hexadecimal digits: the entity tag that object storage gives them.
    pub md5: String,
    /// The first bytes, at most [`CHUNK`](crate::library::store::CHUNK), which tell what the file is.
    pub head: Bytes,
    /// The name of the file, if the client gave one.
    pub file_name: Option<String>,
    /// The type that the client gave for it.
    pub content_type: Option<String>,
}

impl StagedFile {
    /// What the bytes are, as far as their beginning tells.
    pub fn probe(&self) -> Probed {
        probe(&self.head, self.file_name.as_deref())
    }

    /// Sets what the bytes say of an asset: size, width and height and, unless it keeps the type that was announced for
    /// it, the type. A type that is not recognised is the one that the asset has, else the one that the client gave.
    pub fn describe(&self, asset: &mut Asset, keeps_type: bool) {
        let Probed { mime_type, width, height } = self.probe();
        (asset.size_bytes, asset.width, asset.height) = (i64::try_from(self.size).ok(), width, height);
        if !keeps_type {
            let given = || self.content_type.as_deref().map(essence).filter(|given| given != mime_words::UNKNOWN);
            asset.mime_type = mime_type.or_else(|| asset.mime_type.take()).or_else(given);
            if asset.mime_type.is_some() {
                asset.kind = None; // It follows from the type.
            }
        }
    }

    /// The same file with another name, and without a type that a client gave for it.
    pub fn named(self, file_name: Option<String>) -> StagedFile {
        StagedFile { file_name, content_type: None, ..self }
    }

    /// The row id of its blob.
    pub fn blob(&self) -> i64 {
        self.hold.blob
    }
}
