//! A file whose bytes are stored and which belongs to nobody yet.

use std::sync::Arc;

use bytes::Bytes;

use crate::library::asset::Asset;
use crate::library::mime_words::{self, essence};
use crate::library::probe::probe;
use crate::library::store::blob_hold::BlobHold;

/// A file that a client sent or a fixture named. Its bytes go when the last clone is dropped, unless something refers to
/// them by then.
#[derive(Debug, Clone)]
pub struct StagedFile {
    pub(super) hold: Arc<BlobHold>,
    /// The length in bytes.
    pub size: u64,
    /// The MD5 of the bytes, in lower-case hexadecimal digits: the entity tag that object storage gives them.
    pub md5: String,
    /// The first bytes, at most [`CHUNK`](super::blob_writer::CHUNK), which tell what the file is.
    pub head: Bytes,
    /// The name of the file, if the client gave one.
    pub file_name: Option<String>,
    /// The type that the client gave for it.
    pub content_type: Option<String>,
}

impl StagedFile {
    /// Sets what the bytes say of an asset: the size, the width and height and, unless it keeps the type that was announced
    /// for it, the type. Where the bytes do not tell the type, that of the asset stays, or else it gets the client's.
    pub fn describe(&self, asset: &mut Asset, keeps_type: bool) {
        let probed = probe(&self.head, asset.name.as_deref().or(self.file_name.as_deref()));
        asset.size_bytes = i64::try_from(self.size).ok();
        (asset.width, asset.height) = (probed.width, probed.height);
        if keeps_type {
            return;
        }
        let of_client = self.content_type.as_deref().map(essence).filter(|mime_type| mime_type != mime_words::UNKNOWN);
        let announced = asset.mime_type.take().or(of_client);
        asset.mime_type = probed.mime_type.or(announced);
        if asset.mime_type.is_some() {
            asset.kind = None; // The kind follows from the type.
            asset.kind = Some(asset.kind().to_owned());
        }
    }

    /// What keeps its bytes while nothing refers to them.
    pub fn hold(&self) -> &Arc<BlobHold> {
        &self.hold
    }

    /// The row id of its blob.
    pub fn blob(&self) -> i64 {
        self.hold.blob
    }
}
