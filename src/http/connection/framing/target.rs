//! Request targets: the bytes that the HTTP layer would refuse are percent-encoded.

use percent_encoding::{AsciiSet, percent_encode};

/// Bytes that servers accept in a target and `http::Uri` does not; beside them, all that are not ASCII are encoded. Spaces and
/// control characters stay as they are, and are refused.
const ENCODED: &AsciiSet = &AsciiSet::EMPTY.add(b'"').add(b'<').add(b'>').add(b'`');

/// This part of a target with the bytes encoded that have to be, if there are any.
pub fn percent_encoded(target: &[u8]) -> Option<Vec<u8>> {
    let is_encoded = |byte: &u8| matches!(byte, b'"' | b'<' | b'>' | b'`' | 0x80..);
    // Looking at all of them, without stopping at the first, is what compilers make fast.
    let any = target.iter().fold(false, |any, byte| any | is_encoded(byte));
    any.then(|| percent_encode(target, ENCODED).flat_map(str::bytes).collect())
}
