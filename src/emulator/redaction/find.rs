//! Where secrets stand in a text, however they are spelled there. The text is read as it is, percent-decoded, with JSON's
//! escapes resolved, and as two of these in turn; each reading is searched for all secrets at once, and for words that
//! have the shape of a vendor's key. So the cost is linear in the text, however many secrets there are.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::providers;

/// A word of this many characters that has the shape of a key is taken for one; shorter ones may well be file names.
const SHAPED: usize = 16;

/// How often an encoded text may be encoded again and is still read.
const DEPTH: usize = 2;

/// A place where a secret stands, in the bytes of the text as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretMatch {
    pub(super) at: Range<usize>,
    /// What is shown there; `None`: several secrets overlap, or part of one is coded, and nothing is shown.
    pub(super) secret: Option<Vec<u8>>,
}

/// Finds the secrets of a request.
#[derive(Debug)]
pub(super) struct SecretFinder {
    automaton: Option<AhoCorasick>,
    /// What each pattern of the automaton shows.
    shown: Vec<Option<Vec<u8>>>,
    /// Whether a `+` may stand for a space in a secret.
    has_spaces: bool,
}

impl SecretFinder {
    /// A finder of these secrets, of key-shaped words, and of the secrets within base64.
    pub(super) fn new(secrets: &[Vec<u8>]) -> SecretFinder {
        let plain = secrets.iter().map(|secret| (secret.clone(), Some(secret.clone())));
        let coded = secrets.iter().flat_map(|secret| in_base64(secret)).map(|pattern| (pattern, None));
        let (patterns, shown): (Vec<_>, Vec<_>) = plain.chain(coded).unzip();
        // It is built for one entry, so the kind that is quickest to build. It fails only for gigabytes of patterns.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let built = || AhoCorasick::builder().kind(kind).prefilter(false).build(&patterns).ok();
        let automaton = if patterns.is_empty() { None } else { built() };
        SecretFinder { automaton, shown, has_spaces: secrets.iter().any(|secret| secret.contains(&b' ')) }
    }

    /// The places where secrets stand, in order and apart from each other.
    pub(super) fn places(&self, text: &[u8]) -> Vec<SecretMatch> {
        let mut places = Vec::new();
        let mut readings = vec![DecodedText::of(text)];
        for depth in 0..=DEPTH {
            readings.iter().for_each(|reading| self.search(reading, &mut places));
            if depth < DEPTH {
                readings = readings.iter().flat_map(|reading| reading.decoded(self.has_spaces)).collect();
            }
        }
        merged(places)
    }

    fn search(&self, reading: &DecodedText, places: &mut Vec<SecretMatch>) {
        let matches = self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&reading.bytes));
        // They come in the order of their ends; many may lie within another, and one is enough.
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
        places.extend(shaped_words(&reading.bytes).into_iter().map(|word| SecretMatch {
            secret: Some(reading.bytes[word.clone()].to_vec()),
            at: reading.original(word),
        }));
    }
}

/// Places that overlap become one. If one of them is all of it, that one's secret is shown.
fn merged(mut places: Vec<SecretMatch>) -> Vec<SecretMatch> {
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

/// A text as a reader may decode it.
struct DecodedText {
    bytes: Vec<u8>,
    /// Where each of its bytes begins in the original, and where that ends; `None`: it is the original.
    begins: Option<Vec<usize>>,
}

/// How the next byte, or a few, of a text is read: what it stands for, and how long its spelling is.
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

    /// What this is with its spellings resolved, in each way in which it may be spelled.
    fn decoded(&self, has_spaces: bool) -> Vec<DecodedText> {
        let has = |byte: u8| memchr::memchr(byte, &self.bytes).is_some();
        let form = has_spaces && has(b'+');
        let ways: [(bool, Decode); 3] = [(has(b'%'), percent), (form, form_encoded), (has(b'\\'), json)];
        ways.into_iter().filter(|(is_spelled_so, _)| *is_spelled_so).map(|(_, next)| self.resolved(next)).collect()
    }

    fn resolved(&self, decode: Decode) -> DecodedText {
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
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => one(b'\n', 2),
        [b'\\', escaped, ..] => one(*escaped, 2),
        _ => one(bytes[0], 1),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

/// The words that have the shape of a vendor's key, as far as they are long enough. A method cannot hold `_`, so `-` is as good.
fn shaped_words(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let plain = |byte: &u8| if *byte == b'-' { '_' } else { char::from(*byte & 0x7f) };
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
        if length >= SHAPED {
            let text: String = bytes[at..at + length].iter().map(plain).collect();
            let begins =
                (0..=length - SHAPED).filter(|from| *from == 0 || !bytes[at + from - 1].is_ascii_alphanumeric());
            words.extend(begins.into_iter().find(|from| is_shaped(&text[*from..])).map(|from| at + from..at + length));
        }
        at += length + 1;
    }
    words
}

/// Whether a text begins like a key of one of the vendors.
pub(super) fn is_shaped(text: &str) -> bool {
    providers::ALL.iter().any(|provider| (provider.card().auth.looks_like)(text))
}

/// What base64 makes of a text that has the secret in it, as far as it does not depend on what stands beside it: that is
/// how `user:key` and `key:` travel. What comes before it can end in three ways.
fn in_base64(secret: &[u8]) -> Vec<Vec<u8>> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    /// Longer secrets are not looked for: they are no keys.
    const LONGEST: usize = 512;
    /// Shorter patterns may stand anywhere by chance.
    const SHORTEST: usize = 8;
    if secret.len() > LONGEST {
        return Vec::new();
    }
    let shifted = |shift: usize, engine: &base64::engine::GeneralPurpose| {
        let text = engine.encode([&vec![0; shift][..], secret].concat()).into_bytes();
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
        for before in ["", "u:", "us:", "user:"] {
            let coded = base64::engine::general_purpose::STANDARD.encode(format!("{before}my-own-key:"));
            assert_eq!(found(&["my-own-key"], &coded).len(), 1, "{before}");
        }
    }

    #[test]
    fn a_word_in_the_shape_of_a_key_is_found_and_a_short_one_is_a_name() {
        assert_eq!(found(&[], "a/sk_live_0123456789/b"), [(2, 20)]);
        assert_eq!(found(&[], r"a\nsk_live_0123456789"), [(3, 21)]);
        assert_eq!(found(&[], "%2573k_live_0123456789"), [(0, 22)]);
        assert_eq!(found(&[], "sk_logo.png task_live_0123456789"), []);
    }

    /// Each is within the next, in a text made of nothing else; searched for one by one they would cost billions of steps.
    #[test]
    fn many_secrets_that_overlap_are_found_in_one_pass() {
        let secrets: Vec<_> = (0..64).map(|more| vec![b'0'; 1000 + more]).collect();
        let places = SecretFinder::new(&secrets).places(&vec![b'0'; 64 << 10]);
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].at, 0..64 << 10);
    }
}
