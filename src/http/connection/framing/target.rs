//! Percent-encodes bytes of request targets that the HTTP layer would refuse.

use percent_encoding::{AsciiSet, percent_encode};

/// Bytes that servers accept in a target but `http::Uri` does not. All bytes that are not ASCII are encoded as well.
/// Spaces and control characters stay as they are, and the HTTP layer refuses them.
const ENCODED: &AsciiSet = &AsciiSet::EMPTY.add(b'"').add(b'<').add(b'>').add(b'`');

/// The encoded form of a part of a target; `None` if no byte needs encoding.
pub fn percent_encoded(target: &[u8]) -> Option<Vec<u8>> {
    let is_encoded = |byte: &u8| matches!(byte, b'"' | b'<' | b'>' | b'`' | 0x80..);
    // The loop does not stop at the first match: without an early exit, compilers can vectorize it.
    let any = target.iter().fold(false, |any, byte| any | is_encoded(byte));
    any.then(|| percent_encode(target, ENCODED).flat_map(str::bytes).collect())
}
