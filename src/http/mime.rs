//! The MIME types that follow from file names.

/// File extensions and their MIME types.
const ENDINGS: &[(&str, &str)] = &[
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("m4a", "audio/mp4"),
];

/// The MIME type for a file with this name, if it agrees with the kind (`image`, `video`, `audio`).
pub fn of_name(name: &str, kind: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let (_, mime_type) = ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending))?;
    mime_type.strip_prefix(kind)?.starts_with('/').then_some(mime_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_a_type_of_its_kind() {
        assert_eq!(of_name("a.b.JPG", "image"), Some("image/jpeg"));
        for (name, kind) in [("a.jpg", "video"), ("a.webm", "audio"), ("jpg", "image"), ("a.", "image"), ("a.jpg", "")]
        {
            assert_eq!(of_name(name, kind), None, "{name} {kind}");
        }
    }
}
