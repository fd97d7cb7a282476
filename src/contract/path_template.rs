//! The paths of operations: texts in which `{name}` in place of a segment stands for any text.
//!
//! The paths that they are compared with are decoded, except for what would change their segments: a slash in a segment
//! stays `%2F`, and a percent sign `%25`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Decodes the path of a request but for those two.
pub fn decode(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return path.into();
    }
    let kept = path.replace("%25", "%2525").replace("%2F", "%252F").replace("%2f", "%252F");
    percent_decode_str(&kept).decode_utf8_lossy().into_owned().into()
}

/// The path of a template with these values in place of its names.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let encode = |value: &str| value.replace('%', "%25").replace('/', "%2F");
    let filled = template.split('/').map(|segment| {
        let value = name(segment).and_then(|name| values.iter().find(|(known, _)| *known == name));
        value.map_or_else(|| segment.to_owned(), |(_, value)| encode(value))
    });
    filled.collect::<Vec<_>>().join("/")
}

/// The text that a segment of a path stands for.
pub fn value(segment: &str) -> String {
    segment.replace("%2F", "/").replace("%25", "%")
}

/// Whether a path matches a template, segment by segment. A `{name}` matches any segment that is not empty.
pub fn matches(template: &str, path: &str) -> bool {
    if template == path {
        return true;
    }
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (is_name(wanted) && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The one segment in which a path differs from a template, as both have it. None if there are more, or none at all.
pub fn only_difference<'p>(template: &'p str, path: &'p str) -> Option<(&'p str, &'p str)> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let pairs = template.split('/').zip(path.split('/'));
    let mut different = pairs.filter(|(wanted, given)| wanted != given && (!is_name(wanted) || given.is_empty()));
    let found = different.next()?;
    different.next().is_none().then_some(found)
}

/// Whether a path that matches the template can start with this text. The last segment of the text may be incomplete.
pub fn begins(template: &str, beginning: &str) -> bool {
    let mut wanted = template.split('/');
    let (whole, part) = beginning.rsplit_once('/').map_or((None, beginning), |(whole, part)| (Some(whole), part));
    let mut whole = whole.into_iter().flat_map(|whole| whole.split('/'));
    let fits = |given: &str, wanted: &str| wanted == given || (is_name(wanted) && !given.is_empty());
    whole.all(|given| wanted.next().is_some_and(|wanted| fits(given, wanted)))
        && wanted.next().is_some_and(|wanted| is_name(wanted) || wanted.starts_with(part))
}

/// The template with the path's own segments in place of its `{name}` segments, so that only the fixed segments are
/// compared.
pub fn filled(template: &str, path: &str) -> String {
    let mut given = path.split('/');
    let segments = template.split('/').map(|wanted| match given.next() {
        Some(given) if is_name(wanted) && !given.is_empty() => given,
        _ => wanted,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_name(segment: &str) -> bool {
    name(segment).is_some()
}

/// The name in this segment of a template, if it is one.
pub fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_slash_is_one_segment() {
        for (id, encoded) in
            [("a/b", "a%2Fb"), ("a%2Fb", "a%252Fb"), ("50%", "50%25"), ("é b", "é b"), ("%25", "%2525")]
        {
            let path = fill("/v1/{thing}/{part}/seal", &[("thing", id), ("part", "1")]);
            assert_eq!(path, format!("/v1/{encoded}/1/seal"));
            assert!(matches("/v1/{thing}/{part}/seal", &path));
            assert_eq!(value(encoded), id);
        }
    }

    #[test]
    fn a_path_is_decoded_but_for_what_would_change_its_segments() {
        for (path, decoded) in [
            ("/v1/%61%20b/%C3%A9", "/v1/a b/é"),
            ("/v1/a%2fb", "/v1/a%2Fb"),
            ("/v1/a%252Fb", "/v1/a%252Fb"),
            ("/v1/50%25", "/v1/50%25"),
            ("/v1/50%", "/v1/50%"),
            ("/v1/%2561", "/v1/%2561"),
        ] {
            assert_eq!(decode(path), decoded);
        }
    }
}
