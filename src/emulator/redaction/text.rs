//! Texts of clients' as sentences may repeat them: in one line, cut, without secrets; and the known word that a misspelt one
//! was probably meant to be.

use std::borrow::Cow;

use super::secrets::{SHORTEST, Secrets};

/// The longest text of a client's that a sentence repeats.
pub const SHORT: usize = 60;

/// A client's text as a sentence may repeat it: without secrets, in one line, cut to `length` characters.
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

/// A sentence as a header can carry it: whatever is not visible ASCII is escaped as `\u{e9}`, since clients read other
/// bytes in headers in different ways, or refuse them.
pub fn in_ascii(sentence: &str) -> String {
    let mut line = String::with_capacity(sentence.len());
    for c in sentence.chars() {
        match c {
            ' '..='~' => line.push(c),
            // A mask, or what was cut off.
            '…' => line.push_str("..."),
            c => line.extend(c.escape_unicode()),
        }
    }
    line
}

/// A text that sentences may repeat as it is: in one line, and too short for a secret.
pub fn plain(text: &str) -> Option<&str> {
    (text.len() < SHORTEST && !text.contains(breaks_lines)).then_some(text)
}

fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A client's text in backticks.
pub fn quoted(text: &str, secrets: &Secrets) -> String {
    format!("`{}`", clip(text, SHORT, secrets))
}

/// The first few of a list, and how many more there are.
pub fn first_few<T>(items: &[T], say: impl FnMut(&T) -> String) -> String {
    const FEW: usize = 8;
    let more = (items.len() > FEW).then(|| format!("and {} more", items.len() - FEW));
    let said = items.iter().take(FEW).map(say).chain(more);
    said.reduce(|said, next| said + "; " + &next).unwrap_or_default()
}
