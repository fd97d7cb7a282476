//! Which kind of text a file is.

use super::usual_name;

/// The endings of names that say which kind of text a file is.
const ENDINGS: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("markdown", "text/markdown"),
    ("md", "text/markdown"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("xml", "text/xml"),
];

/// What `infer` can rightly find in a text. It knows many formats by two or three letters with which a text may begin.
const TEXT_FORMATS: &[&str] =
    &["application/pdf", "application/postscript", "application/rtf", "text/html", "text/x-shellscript", "text/xml"];

/// The text, if a file that begins with these bytes is UTF-8 without the control characters that no text has.
pub fn read(head: &[u8]) -> Option<&str> {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut off.
        Err(error) if error.error_len().is_none() => str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let is_binary = |byte: u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    (!text.bytes().any(is_binary)).then_some(text)
}

/// The MIME type of a file that begins with this text.
pub fn mime_type(text: &str, name: Option<&str>) -> Option<&'static str> {
    if is_svg(text) {
        return Some("image/svg+xml");
    }
    let found = infer::get(text.as_bytes()).map(|found| usual_name(found.mime_type()));
    found.filter(|found| TEXT_FORMATS.contains(found)).or_else(|| {
        let (_, ending) = name?.rsplit_once('.')?;
        ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, mime_type)| *mime_type)
    })
}

/// Whether the first element of the text is that of SVG, after what XML allows in front of it.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    for (start, end) in [("<?xml", "?>"), ("<!--", "-->"), ("<!DOCTYPE svg", ">"), ("<!--", "-->")] {
        while rest.starts_with(start) {
            let Some((_, after)) = rest.split_once(end) else { return false };
            rest = after.trim_start();
        }
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n', '>', '/']))
}
