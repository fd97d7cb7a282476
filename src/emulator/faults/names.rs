//! The names of faults in the journal, and the kind of effect that each belongs to. The name is that of the failure or
//! paging fault if it is one, otherwise that of the effect.

use super::{failures, paging};
use crate::contract::provider::Card;

/// The kind of the vendors' failures, which have names of their own.
const FAILURE: &str = "failure";

/// The kind of the paging faults, which have names of their own.
const PAGING: &str = "paging";

/// The effects whose name is also their kind.
const PLAIN: [&str; 8] = ["raw", "empty", "malformed_json", "content_type", "latency", "truncate", "trickle", "reset"];

/// Whether `wanted` is the name `applied` of a fault in the journal, or its kind.
pub fn is_named(applied: &str, wanted: &str) -> bool {
    applied == wanted || kind(applied) == wanted
}

/// The kind of the fault with this name in the journal.
fn kind(name: &str) -> &str {
    match name {
        name if PLAIN.contains(&name) => name,
        name if paging::ALL.iter().any(|fault| fault.word() == name) => PAGING,
        _ => FAILURE,
    }
}

/// All names and kinds of faults that a filter for these providers can use.
pub fn all_names(cards: &[&Card]) -> Vec<String> {
    let kinds = [FAILURE, PAGING].into_iter().chain(PLAIN);
    let pagings = paging::ALL.iter().map(|fault| fault.word());
    let failures = cards.iter().flat_map(|card| failures::names(card));
    let mut names: Vec<String> = Vec::new();
    for name in kinds.chain(pagings).map(str::to_owned).chain(failures) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::faults::Effect;
    use crate::providers;

    #[test]
    fn the_kind_is_the_word_in_the_rule() {
        for (effect, name) in [
            (r#"{"failure":"rate_limited"}"#, "rate_limited"),
            (r#"{"raw":{"status":418}}"#, "raw"),
            (r#""empty""#, "empty"),
            (r#""malformed_json""#, "malformed_json"),
            (r#"{"content_type":"text/html"}"#, "content_type"),
            (r#"{"latency":{"fixed_ms":1}}"#, "latency"),
            (r#"{"truncate":{"bytes":1}}"#, "truncate"),
            (r#"{"trickle":{"chunk_bytes":1,"pause_ms":1}}"#, "trickle"),
            (r#"{"reset":"before"}"#, "reset"),
            (r#"{"paging":"empty_page"}"#, "empty_page"),
        ] {
            let read: Effect = serde_json::from_str(effect).unwrap();
            assert_eq!(read.name(), name);
            let word = effect.trim_start_matches('{').split('"').nth(1).unwrap();
            assert!(is_named(name, word) && is_named(name, name) && kind(name) == word, "{effect}");
        }
    }

    #[test]
    fn no_failure_is_called_like_an_effect() {
        for card in providers::cards() {
            assert!(failures::names(card).iter().all(|name| kind(name) == FAILURE), "{}", card.name);
        }
        assert!(!is_named("insert", "failure") && !is_named("rate_limited", "paging"));
    }
}
