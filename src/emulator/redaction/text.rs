//! Prepares a client's text for use in a message: redacted, in one line and cut. Also suggests the known word for a
//! misspelt one.

use std::borrow::Cow;

use super::secrets::{SHORTEST, Secrets};

/// The most characters of a client's text in a message.
pub const SHORT: usize = 60;

/// A client's text for use in a message: redacted, with line breaks and control characters escaped, cut to `length`
/// characters.
pub fn clip<'t>(text: &'t str, length: usize, secrets: &Secrets) -> Cow<'t, str> {
    let text = secrets.hide(text);
    if text.len() <= length && !text.contains(breaks_lines) {
        return text;
    }
    let mut line = String::new();
    for (place, c) in text.chars().enumerate() {
        match c {
            _ if place == length => {
                line.push('…');
                break;
            }
            c if breaks_lines(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    Cow::Owned(line)
}

/// A message for use in a header: characters other than visible ASCII are escaped, as in `\u{e9}`, since clients decode
/// other bytes in headers in different ways or refuse them.
pub fn in_ascii(sentence: &str) -> String {
    let mut line = String::with_capacity(sentence.len());
    for c in sentence.chars() {
        match c {
            ' '..='~' => line.push(c),
            // From a mask or a cut text.
            '…' => line.push_str("..."),
            c => line.extend(c.escape_unicode()),
        }
    }
    line
}

/// The text itself if it can be used in a message unchanged: in one line, and too short to contain a secret.
pub fn plain(text: &str) -> Option<&str> {
    (text.len() < SHORTEST && !text.contains(breaks_lines)).then_some(text)
}

/// Whether a letter ends a line, or changes the direction in which what follows is read.
fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A client's text for use in a message, in backticks.
pub fn quoted(text: &str, secrets: &Secrets) -> String {
    format!("`{}`", clip(text, SHORT, secrets))
}

/// The first few items of a list as text, and how many more there are.
pub fn first_few<T>(items: &[T], say: impl FnMut(&T) -> String) -> String {
    const FEW: usize = 8;
    let more = (items.len() > FEW).then(|| format!("and {} more", items.len() - FEW));
    let said = items.iter().take(FEW).map(say).chain(more);
    said.reduce(|said, next| said + "; " + &next).unwrap_or_default()
}
