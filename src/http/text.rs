//! Reads text from files and bodies as Windows writes it: with a byte order mark, or in UTF-16.

/// Reads UTF-8, with or without a byte order mark, or UTF-16 with one. The error says what is accepted.
pub fn decode(bytes: Vec<u8>) -> Result<String, &'static str> {
    const WRONG: &str = "not a text in UTF-8, nor one in UTF-16 with a byte order mark";
    let read = match bytes.get(..2) {
        Some([0xff, 0xfe]) => utf16(&bytes[2..], u16::from_le_bytes),
        Some([0xfe, 0xff]) => utf16(&bytes[2..], u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    };
    let mut text = read.ok_or(WRONG)?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    Ok(text)
}

/// The byte order mark.
pub const MARK: char = '\u{feff}';

/// Reads UTF-16. A byte order mark alone is not a text.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    if rest.is_empty() && !units.is_empty() { String::from_utf16(&units).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_left_out() {
        for bytes in [&b"{\xc3\xa9}"[..], b"\xef\xbb\xbf{\xc3\xa9}", b"\xff\xfe{\0\xe9\0}\0", b"\xfe\xff\0{\0\xe9\0}"] {
            assert_eq!(decode(bytes.to_vec()).as_deref(), Ok("{é}"), "{bytes:?}");
        }
        assert_eq!(decode(Vec::new()).as_deref(), Ok(""));
        for bytes in [&b"\xff"[..], b"\xff\xfe", b"\xff\xfea", b"\xff\xfe\0\xd8", b"a\xe9"] {
            assert!(decode(bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }
}
