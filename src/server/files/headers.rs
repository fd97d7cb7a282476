//! The headers that say what a file is and what a browser does with it.

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::library::url_name::base_name;

/// The parameter that asks for a download, with the name of the file.
const DOWNLOAD: &str = "download";

/// The name of a file that has none.
const UNNAMED: &str = "file";

/// What is not written as it is in `filename*` (RFC 8187).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The headers of a file of this type. A request with `?download=NAME` gets it as a download of that name, and one with
/// `?download` as one of the file's own name.
pub fn of_content(mime_type: &str, query: Option<&str>, name: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let fallback = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(mime_type).unwrap_or(fallback));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_page(mime_type) {
        // Scripts in a file must not act as pages of this origin, which the emulator's own API trusts.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    }
    let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let asked = parameters.into_iter().find(|(parameter, _)| parameter == DOWNLOAD).map(|(_, asked)| asked);
    if let Some(asked) = asked {
        let name = if asked.is_empty() { name.unwrap_or(UNNAMED) } else { &asked };
        headers.extend(disposition(name).map(|value| (header::CONTENT_DISPOSITION, value)));
    }
    headers
}

/// Whether a browser runs scripts in a file of this type.
fn is_page(mime_type: &str) -> bool {
    let mime_type = mime_type.to_ascii_lowercase();
    mime_type.contains("html") || mime_type.contains("xml")
}

/// RFC 6266: the name in ASCII for old clients, and the name itself. Without folders, which a client must not make.
fn disposition(name: &str) -> Option<HeaderValue> {
    let name = base_name(name).unwrap_or(UNNAMED);
    let is_plain = |c: char| c.is_ascii_graphic() && !['"', '\\', '%'].contains(&c) || c == ' ';
    let ascii: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let exact = if ascii == name {
        String::new()
    } else {
        format!("; filename*=UTF-8''{}", utf8_percent_encode(name, ENCODED))
    };
    HeaderValue::try_from(format!("attachment; filename=\"{ascii}\"{exact}")).ok()
}
