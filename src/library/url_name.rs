//! What a URL says of the file at its end, for assets that are made from a URL and whose bytes nobody reads.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::library::mime_words;

/// What a URL says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlName {
    /// The name: the last segment of the path, decoded; `None` if that is empty.
    pub name: Option<String>,
    /// The MIME type that the ending of the name stands for.
    pub mime_type: Option<&'static str>,
}

/// The name and the type of the file at the end of a URL.
pub fn url_name(url: &Url) -> UrlName {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let name = base_name(&percent_decode_str(last).decode_utf8_lossy()).map(str::to_owned);
    let mime_type = mime_words::of_file(name.as_deref(), None);
    UrlName { name, mime_type }
}

/// The name of a file without the folders that some clients put in front of it; `None` if nothing is left.
pub fn base_name(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    (!["", ".", ".."].contains(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_of_a_url_is_the_name() {
        for (url, name, mime_type) in [
            ("https://a.example/b/hero.png", Some("hero.png"), Some("image/png")),
            ("https://a.example/Caf%C3%A9%20%231.MP4?sig=1#top", Some("Caf\u{e9} #1.MP4"), Some("video/mp4")),
            ("https://a.example/a%2F..%2Fb.webp", Some("b.webp"), Some("image/webp")),
            ("https://a.example/%FF.pdf", Some("\u{fffd}.pdf"), Some("application/pdf")),
            ("https://a.example/download", Some("download"), None),
            ("https://a.example/video", Some("video"), None),
            ("https://a.example/b/", None, None),
            ("https://a.example", None, None),
            ("https://a.example/%2E%2E", None, None),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(url_name(&url), UrlName { name: name.map(str::to_owned), mime_type }, "{url}");
        }
    }

    #[test]
    fn folders_are_no_part_of_a_name() {
        for (path, name) in [
            ("a.png", Some("a.png")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\fakepath\\a.png", Some("a.png")),
            ("a/", None),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(base_name(path), name, "{path}");
        }
    }
}
