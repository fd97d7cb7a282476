//! The addresses at which this server serves the bytes of assets:
//! `/_assets/<workspace>/<provider>/<public id>/<name>`. The name is only for people and for file endings.

use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::library::asset::{Asset, StoredAsset};
use crate::library::model::Status;

/// What all of these paths begin with.
pub const PREFIX: &str = "/_assets/";

/// The last two segments of a thumbnail's path.
pub const THUMBNAIL: &str = "thumbnail/256.png";

/// Whether a path names a thumbnail that may not exist.
pub fn is_thumbnail(path: &str) -> bool {
    path.starts_with(PREFIX) && path.split('/').nth(5) == Some("thumbnail")
}

/// What is not written as it is in a segment of a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which bytes a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetPath {
    /// The workspace.
    pub workspace: String,
    /// The provider whose public id follows.
    pub provider: String,
    /// The public id.
    pub id: String,
    /// Whether it names the asset's thumbnail.
    pub is_thumbnail: bool,
}

/// The URL of an asset's bytes at this origin.
pub fn url(origin: &str, [workspace, provider, id]: [&str; 3], name: Option<&str>) -> String {
    // Clients resolve `.` and `..`, and they leave out an empty name.
    let name = name.filter(|name| !["", ".", ".."].contains(name)).unwrap_or("file");
    format!("{}/{}", folder(origin, [workspace, provider, id]), utf8_percent_encode(name, ENCODED))
}

/// The URL of an asset's thumbnail at this origin.
pub fn thumbnail_url(origin: &str, names: [&str; 3]) -> String {
    format!("{}/{THUMBNAIL}", folder(origin, names))
}

fn folder(origin: &str, names: [&str; 3]) -> String {
    let [workspace, provider, id] = names.map(|name| utf8_percent_encode(name, ENCODED));
    format!("{origin}{PREFIX}{workspace}/{provider}/{id}")
}

/// The asset with our URLs at this origin wherever it has none of its own and has bytes. One with a URL of its own
/// keeps that, and gets no thumbnails.
pub fn with_urls(stored: &StoredAsset, origin: &str, provider: &str, workspace: &str) -> StoredAsset {
    let StoredAsset { id, seq, asset, blob } = stored.clone();
    let names = [workspace, provider, &id];
    let (is_ready, is_image) = (asset.status == Status::Ready, asset.kind() == "image");
    let address = url(origin, names, asset.name.as_deref());
    let thumbnail = (is_ready && is_image && asset.url.is_none()).then(|| thumbnail_url(origin, names));
    let asset = Asset {
        public_url: asset.public_url.or_else(|| asset.is_public.then(|| address.clone())),
        thumbnail_big: asset.thumbnail_big.or_else(|| thumbnail.clone()),
        thumbnail_small: asset.thumbnail_small.or(thumbnail),
        url: asset.url.or_else(|| is_ready.then_some(address)),
        ..asset
    };
    StoredAsset { id, seq, asset, blob }
}

impl AssetPath {
    /// Reads a path. `None` if it cannot be that of an asset.
    pub fn read(path: &PathAndQuery) -> Option<AssetPath> {
        let mut segments = path.path().strip_prefix(PREFIX)?.splitn(4, '/');
        let mut decoded = || Some(percent_decode_str(segments.next()?).decode_utf8_lossy().into_owned());
        let (workspace, provider, id) = (decoded()?, decoded()?, decoded()?);
        let name = segments.next()?;
        let is_thumbnail = name == THUMBNAIL;
        (is_thumbnail || !name.contains('/')).then_some(AssetPath { workspace, provider, id, is_thumbnail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: &str = "acme";

    #[test]
    fn a_url_is_read_as_it_was_written_whatever_the_names() {
        for name in [None, Some("a.png"), Some(".."), Some("50%/a b?#é.png"), Some("thumbnail"), Some("256.png")] {
            let names = ["ws a/b", PROVIDER, "id%2F?#1"];
            let [file, thumbnail] = [url("http://a:1", names, name), thumbnail_url("http://a:1", names)];
            for (url, is_thumbnail) in [(file, false), (thumbnail, true)] {
                let path = url.strip_prefix("http://a:1").unwrap().parse().unwrap();
                let [workspace, provider, id] = names.map(str::to_owned);
                assert_eq!(AssetPath::read(&path), Some(AssetPath { workspace, provider, id, is_thumbnail }), "{url}");
            }
        }
        for path in ["/_assets/", "/_assets/a/b/c", "/_assets/a/b/c/d/e"] {
            assert_eq!(AssetPath::read(&path.parse().unwrap()), None, "{path}");
        }
    }
}
