//! The Huffman code of HTTP/2's header blocks (RFC 7541, appendix B).

/// For each code length in bits, the bytes with such codes, in the order of their codes. The code is canonical: the
/// first code of a length is the last shorter code plus one, with zeros appended. (30 ones mark the end of a string,
/// which no string may contain.)
const CODES: [(u32, &[u8]); 21] = [
    (5, b"012aceiost"),
    (6, b" %-./3456789=A_bdfghlmnpru"),
    (7, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, b"&*,;XZ"),
    (10, b"!\"()?"),
    (11, b"'+|"),
    (12, b"#>"),
    (13, b"\x00$@[]~"),
    (14, b"^}"),
    (15, b"<`{"),
    (19, b"\\\xc3\xd0"),
    (20, b"\x80\x82\x83\xa2\xb8\xc2\xe0\xe2"),
    (21, b"\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6"),
    (22, b"\x81\x84\x85\x86\x88\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9"),
    (23, b"\x01\x87\x89\x8a\x8b\x8c\x8d\x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5\xe7\xef"),
    (24, b"\x09\x8e\x90\x91\x94\x9f\xab\xce\xd7\xe1\xec\xed"),
    (25, b"\xc7\xcf\xea\xeb"),
    (26, b"\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff"),
    (27, b"\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe"),
    (28, b"\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\xdc\xf9"),
    (30, b"\x0a\x0d\x16"),
];

/// Decodes these bytes; `None` if they are not a valid encoding.
pub fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(encoded.len() * 8 / 5);
    let (mut code, mut length) = (0, 0);
    let bits = encoded.iter().flat_map(|byte| (0..8).rev().map(move |bit| u32::from(byte >> bit & 1)));
    for bit in bits {
        (code, length) = (code << 1 | bit, length + 1);
        if let Some(byte) = find(code, length) {
            text.push(byte);
            (code, length) = (0, 0);
        } else if length == 30 {
            return None;
        }
    }
    // The last byte is padded with ones.
    (length < 8 && code == (1 << length) - 1).then_some(text)
}

/// The byte with this code; `None` if there is none of this length.
fn find(code: u32, length: u32) -> Option<u8> {
    // `first` is the first code with `bits` bits. Longer codes follow the last shorter one, with zeros appended.
    let (mut first, mut bits) = (0, 0);
    for (these, bytes) in CODES.iter().take_while(|(bits, _)| *bits <= length) {
        first <<= these - bits;
        if *these == length {
            return bytes.get(code.checked_sub(first)? as usize).copied();
        }
        (first, bits) = (first + bytes.len() as u32, *these);
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What an HTTP/2 client sends for this text.
    pub fn encode(text: &[u8]) -> Vec<u8> {
        let code = |byte: u8| {
            let mut next = (0, 0);
            for (length, bytes) in CODES {
                let first = next.0 << (length - next.1);
                if let Some(at) = bytes.iter().position(|other| *other == byte) {
                    return (first + at as u32, length);
                }
                next = (first + bytes.len() as u32, length);
            }
            panic!("{byte} has no code")
        };
        let mut bits: Vec<u8> = Vec::new();
        for (code, length) in text.iter().map(|byte| code(*byte)) {
            bits.extend((0..length).rev().map(|bit| (code >> bit & 1) as u8));
        }
        bits.resize(bits.len().next_multiple_of(8), 1);
        bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let domain = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decode(&domain).unwrap(), b"www.example.com");
        // The codes of `"`, `<`, `>`, `` ` ``, of byte 22 and of byte 255, as the appendix lists them.
        assert_eq!(decode(&[0xfe, 0x7f]).unwrap(), b"\"");
        assert_eq!(decode(&[0xff, 0xf9]).unwrap(), b"<");
        assert_eq!(decode(&[0xff, 0xbf]).unwrap(), b">");
        assert_eq!(decode(&[0xff, 0xfb]).unwrap(), b"`");
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xfb]).unwrap(), b"\x16");
        assert_eq!(decode(&[0xff, 0xff, 0xfb, 0xbf]).unwrap(), b"\xff");
    }

    #[test]
    fn every_byte_has_a_code_of_its_own() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)).unwrap(), all);
    }

    #[test]
    fn wrong_filling_and_the_end_in_the_middle_are_no_text() {
        for wrong in [&[0x00, 0x00][..], &[0xff], &[0xff; 4], &[0x1f, 0xff], &[0xfe, 0x3e]] {
            assert_eq!(decode(wrong), None, "{wrong:x?}");
        }
    }
}
