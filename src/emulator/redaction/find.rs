//! Finds secrets in a text, however they are encoded. The text is searched as it is, percent-decoded, with JSON escapes
//! resolved, and with two of these decodings one after the other. Each of these readings is searched for all secrets at
//! once and for words that look like a vendor's key, so the time is linear in the length of the text, however many
//! secrets there are.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;

use crate::contract::{post_policy, signed_url};
use crate::providers;

/// The length from which a word that looks like a key is treated as one. Shorter ones are often file names.
const MIN_KEY_LIKE: usize = 16;

/// How many decodings are applied one after the other.
const DEPTH: usize = 2;

/// An occurrence of a secret, as a range of bytes in the original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretMatch {
    pub(super) at: Range<usize>,
    /// The secret, to be shown as a mask. `None` if several secrets overlap here or the secret is in base64; then
    /// nothing of it is shown.
    pub(super) secret: Option<Vec<u8>>,
}

/// Finds the secrets of a request in texts.
#[derive(Debug)]
pub(super) struct SecretFinder {
    automaton: Option<AhoCorasick>,
    /// The secret of each pattern, see [`SecretMatch`].
    shown: Vec<Option<Vec<u8>>>,
    /// Whether a secret contains a space, which a form encodes as `+`.
    has_spaces: bool,
}

impl SecretFinder {
    /// A finder for these secrets, plain and in base64, and for words that look like a key.
    pub(super) fn new(secrets: &[Vec<u8>]) -> SecretFinder {
        let plain = secrets.iter().map(|secret| (secret.clone(), Some(secret.clone())));
        let coded = secrets.iter().flat_map(|secret| in_base64(secret)).map(|pattern| (pattern, None));
        let (patterns, shown): (Vec<_>, Vec<_>) = plain.chain(coded).unzip();
        // An automaton is built for each entry that is shown, so this is the kind that is fastest to build. Building
        // fails only for gigabytes of patterns.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let built = || AhoCorasick::builder().kind(kind).prefilter(false).build(&patterns).ok();
        let automaton = if patterns.is_empty() { None } else { built() };
        SecretFinder { automaton, shown, has_spaces: secrets.iter().any(|secret| secret.contains(&b' ')) }
    }

    /// The occurrences of secrets, in order and without overlaps.
    pub(super) fn places(&self, text: &[u8]) -> Vec<SecretMatch> {
        let mut places = Vec::new();
        let mut readings = vec![DecodedText::of(text)];
        for depth in 0..=DEPTH {
            readings.iter().for_each(|reading| self.search(reading, &mut places));
            if depth < DEPTH {
                readings = readings.iter().flat_map(|reading| reading.decoded(self.has_spaces)).collect();
            }
        }
        merge_overlaps(places)
    }

    fn search(&self, reading: &DecodedText, places: &mut Vec<SecretMatch>) {
        let matches = self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&reading.bytes));
        // Matches come in the order of their ends. Those that lie within another match are left out, since masking the
        // outer one is enough.
        let mut longest: Vec<(Range<usize>, usize)> = Vec::new();
        for found in matches {
            while longest.last().is_some_and(|(last, _)| found.start() <= last.start) {
                longest.pop();
            }
            if longest.last().is_none_or(|(last, _)| found.end() > last.end) {
                longest.push((found.range(), found.pattern().as_usize()));
            }
        }
        places.extend(
            longest.into_iter().map(|(range, pattern)| SecretMatch {
                at: reading.original(range),
                secret: self.shown[pattern].clone(),
            }),
        );
        let recognised = shaped_words(&reading.bytes).into_iter().chain(signatures(&reading.bytes));
        places.extend(recognised.map(|word| SecretMatch {
            secret: Some(reading.bytes[word.clone()].to_vec()),
            at: reading.original(word),
        }));
    }
}

/// Merges overlapping matches. The secret stays known if one match covers the whole merged range.
fn merge_overlaps(mut places: Vec<SecretMatch>) -> Vec<SecretMatch> {
    places.sort_by(|a, b| a.at.start.cmp(&b.at.start).then(b.at.end.cmp(&a.at.end)));
    let mut merged: Vec<SecretMatch> = Vec::new();
    for place in places {
        match merged.last_mut() {
            Some(last) if place.at.start < last.at.end => {
                if place.at.end > last.at.end {
                    last.at.end = place.at.end;
                    last.secret = None;
                }
            }
            _ => merged.push(place),
        }
    }
    merged
}

/// A text after some decodings.
struct DecodedText {
    bytes: Vec<u8>,
    /// For each byte, the index in the original text at which its encoding begins, and at the end the original's
    /// length. `None`: nothing was decoded.
    begins: Option<Vec<usize>>,
}

/// Decodes the beginning of a text: the decoded bytes (up to 4), how many they are, and how many bytes were read.
type Decode = fn(&[u8]) -> ([u8; 4], usize, usize);

impl DecodedText {
    fn of(text: &[u8]) -> DecodedText {
        DecodedText { bytes: text.to_vec(), begins: None }
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.begins {
            Some(begins) => begins[range.start]..begins[range.end],
            None => range,
        }
    }

    /// The results of each decoding that would change the text.
    fn decoded(&self, has_spaces: bool) -> Vec<DecodedText> {
        let has = |byte: u8| memchr::memchr(byte, &self.bytes).is_some();
        let form = has_spaces && has(b'+');
        let ways: [(bool, Decode); 3] = [(has(b'%'), percent), (form, form_encoded), (has(b'\\'), json)];
        ways.into_iter().filter(|(applies, _)| *applies).map(|(_, next)| self.decode_with(next)).collect()
    }

    fn decode_with(&self, decode: Decode) -> DecodedText {
        let (mut bytes, mut begins) = (Vec::with_capacity(self.bytes.len()), Vec::with_capacity(self.bytes.len() + 1));
        let mut at = 0;
        while at < self.bytes.len() {
            let (spelled, count, length) = decode(&self.bytes[at..]);
            bytes.extend_from_slice(&spelled[..count]);
            begins.extend(std::iter::repeat_n(self.begin(at), count));
            at += length;
        }
        begins.push(self.begin(at));
        DecodedText { bytes, begins: Some(begins) }
    }

    fn begin(&self, at: usize) -> usize {
        self.begins.as_ref().map_or(at, |begins| begins[at])
    }
}

fn one(byte: u8, length: usize) -> ([u8; 4], usize, usize) {
    ([byte, 0, 0, 0], 1, length)
}

fn percent(bytes: &[u8]) -> ([u8; 4], usize, usize) {
    match bytes {
        [b'%', high, low, ..] => hex(&[*high, *low]).map_or(one(b'%', 1), |byte| one(byte as u8, 3)),
        _ => one(bytes[0], 1),
    }
}

fn form_encoded(bytes: &[u8]) -> ([u8; 4], usize, usize) {
    if bytes[0] == b'+' { one(b' ', 1) } else { percent(bytes) }
}

fn json(bytes: &[u8]) -> ([u8; 4], usize, usize) {
    match bytes {
        [b'\\', b'u', digits @ ..] if digits.len() >= 4 => {
            let Some(c) = hex(&digits[..4]).and_then(char::from_u32) else { return one(b'\\', 1) };
            let mut spelled = [0; 4];
            let count = c.encode_utf8(&mut spelled).len();
            (spelled, count, 6)
        }
        // Which control character it is does not matter, since keys have none.
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => one(b'\n', 2),
        [b'\\', escaped, ..] => one(*escaped, 2),
        _ => one(bytes[0], 1),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

/// The words that look like a vendor's key and are long enough. `-` is read as `_`, so that a key in which a client has
/// replaced the `_` is found too.
fn shaped_words(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let plain = |byte: &u8| if *byte == b'-' { '_' } else { char::from(*byte & 0x7f) };
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
        if length >= MIN_KEY_LIKE {
            let text: String = bytes[at..at + length].iter().map(plain).collect();
            let begins =
                (0..=length - MIN_KEY_LIKE).filter(|from| *from == 0 || !bytes[at + from - 1].is_ascii_alphanumeric());
            words.extend(begins.into_iter().find(|from| is_shaped(&text[*from..])).map(|from| at + from..at + length));
        }
        at += length + 1;
    }
    words
}

/// The signatures of the URLs and forms that this server signs, each of which follows its name: in a query string, a JSON
/// answer or the part of a form. With one, anyone can upload a file.
fn signatures(bytes: &[u8]) -> Vec<Range<usize>> {
    /// The length of a signature.
    const LENGTH: usize = 64;
    /// The most bytes between a name and its signature: the rest of a part's head.
    const BETWEEN: usize = 64;
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let behind_name = |end: usize| {
        let near = &bytes[end..bytes.len().min(end + BETWEEN + LENGTH)];
        let start = near.windows(LENGTH).position(|window| window.iter().all(is_digit))?;
        Some(end + start..end + start + LENGTH)
    };
    let names = [signed_url::SIGNATURE, post_policy::SIGNATURE].map(str::as_bytes);
    let ends = names.into_iter().flat_map(|name| memmem::find_iter(bytes, name).map(|at| at + name.len()));
    ends.filter_map(behind_name).collect()
}

/// Whether a text begins like a vendor's key.
pub(super) fn is_shaped(text: &str) -> bool {
    providers::ALL.iter().any(|provider| (provider.card().auth.looks_like)(text))
}

/// The base64 texts by which a secret can be found within a longer encoded text, such as the `user:key` of HTTP Basic.
/// Three bytes become four characters, so there are three encodings, depending on how many bytes come before.
/// Characters that also encode bits of a neighbouring byte are left out.
fn in_base64(secret: &[u8]) -> Vec<Vec<u8>> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    /// Longer secrets are not searched for, since no key is that long.
    const LONGEST: usize = 512;
    /// Shorter patterns would match by chance.
    const SHORTEST: usize = 8;
    if secret.len() > LONGEST {
        return Vec::new();
    }
    let shifted = |shift: usize, engine: &base64::engine::GeneralPurpose| {
        let text = engine.encode([&vec![0; shift][..], secret].concat()).into_bytes();
        // Character `i` encodes the bits from `6 * i`. `first` is the first one without bits of the bytes before the
        // secret, `last` the first one with bits of the bytes after it.
        let (first, last) = ((shift * 8).div_ceil(6), (shift + secret.len()) * 8 / 6);
        text.get(first..last).unwrap_or_default().to_vec()
    };
    let mut patterns: Vec<_> =
        (0..3).flat_map(|shift| [shifted(shift, &STANDARD_NO_PAD), shifted(shift, &URL_SAFE_NO_PAD)]).collect();
    patterns.retain(|pattern| pattern.len() >= SHORTEST);
    patterns.sort();
    patterns.dedup();
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secrets: &[&str], text: &str) -> Vec<(usize, usize)> {
        let secrets: Vec<_> = secrets.iter().map(|secret| secret.as_bytes().to_vec()).collect();
        SecretFinder::new(&secrets)
            .places(text.as_bytes())
            .into_iter()
            .map(|place| (place.at.start, place.at.end))
            .collect()
    }

    #[test]
    fn a_secret_is_found_within_base64_at_every_shift() {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        // Some of its characters are encoded as `+` and `/`, or as `-` and `_`.
        let key = "my?own>key~~~";
        for (before, engine) in
            ["", "u:", "us:", "user:"].into_iter().flat_map(|one| [(one, STANDARD), (one, URL_SAFE)])
        {
            let coded = engine.encode(format!("{before}{key}:"));
            assert_eq!(found(&[key], &coded).len(), 1, "{coded}");
        }
    }

    #[test]
    fn a_word_that_looks_like_a_key_is_found_unless_it_is_short() {
        assert_eq!(found(&[], "a/sk_live_0123456789/b"), [(2, 20)]);
        assert_eq!(found(&[], r"a\nsk_live_0123456789"), [(3, 21)]);
        assert_eq!(found(&[], "%2573k_live_0123456789"), [(0, 22)]);
        assert_eq!(found(&[], "old.sk_live_0123456789"), [(4, 22)]);
        assert_eq!(found(&[], "sk-live-0123456789"), [(0, 18)]);
        assert_eq!(found(&[], "sk_logo.png task_live_0123456789"), []);
    }

    #[test]
    fn a_signature_is_found_behind_its_name_and_other_digits_are_not() {
        let signature = "0123456789abcdef".repeat(4);
        for (before, after) in [
            ("PUT /a?X-Amz-Signature=", "&b=c"),
            (r#"{"upload_url":"http://a/b?c=d&X-Amz-Signature="#, r#""}"#),
            (r#"{"x-goog-signature": ""#, r#"","#),
            ("name=\"x-goog-signature\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", "\r\n--"),
        ] {
            let text = format!("{before}{signature}{after}");
            assert_eq!(found(&[], &text), [(before.len(), before.len() + 64)], "{text}");
        }
        assert_eq!(found(&[], &format!("x-amz-content-sha256: {signature}")), []);
    }

    /// Each secret is contained in the next one, and the text consists of them. A search for one at a time would take
    /// billions of steps.
    #[test]
    fn many_secrets_that_overlap_are_found_in_one_pass() {
        let secrets: Vec<_> = (0..64).map(|more| vec![b'0'; 1000 + more]).collect();
        let places = SecretFinder::new(&secrets).places(&vec![b'0'; 64 << 10]);
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].at, 0..64 << 10);
    }
}
