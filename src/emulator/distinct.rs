//! Sentences, each kept once with how often it was said.

use serde::Serialize;

/// How many different sentences of a kind are kept. A client that gets more than these wrong is helped by the first ones.
const MOST: usize = 100;

/// The longest sentence, in characters; of a longer one the beginning is kept.
const LONGEST: usize = 500;

/// Something that was said of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The provider asked; none: no provider owns the address.
    pub provider: Option<&'static str>,
    /// The status of the first such answer; none: the answer did not leave, or the status is beside the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Method and path of the first such request; none: the sentence says it, or it is beside the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The sentence, without a full stop.
    pub says: String,
    /// Of how many requests it was said.
    pub requests: u64,
}

/// Sentences in the order in which they were first said.
#[derive(Debug, Default)]
pub struct Distinct {
    said: Vec<Said>,
    /// How many times something was said that is not kept.
    pub left_out: u64,
}

impl Distinct {
    /// Counts a sentence.
    pub fn count(&mut self, provider: Option<&'static str>, status: Option<u16>, text: &str) {
        self.count_for(None, provider, status, text);
    }

    /// Counts a sentence about this request.
    pub fn count_for(
        &mut self,
        request: Option<&str>,
        provider: Option<&'static str>,
        status: Option<u16>,
        text: &str,
    ) {
        let says = beginning(text);
        let has_room = self.said.len() < MOST;
        match self.said.iter_mut().find(|said| said.provider == provider && said.says == says) {
            Some(said) => said.requests += 1,
            None if has_room => {
                let request = request.map(|request| beginning(request).into_owned());
                self.said.push(Said { provider, status, request, says: says.into_owned(), requests: 1 });
            }
            None => self.left_out += 1,
        }
    }

    /// All of them, those that were said most often first.
    pub fn by_count(&self) -> Vec<Said> {
        let mut said = self.said.clone();
        said.sort_by_key(|said| std::cmp::Reverse(said.requests));
        said
    }
}

fn beginning(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_kept_once_and_what_is_beyond_the_bound_is_counted() {
        let mut distinct = Distinct::default();
        for number in 0..MOST + 5 {
            distinct.count(Some("acme"), Some(400), &format!("{number} is wrong"));
        }
        for _ in 0..3 {
            distinct.count(Some("acme"), Some(400), "7 is wrong");
            distinct.count(None, Some(404), "7 is wrong");
        }
        let said = distinct.by_count();
        assert_eq!((said.len(), distinct.left_out), (MOST, 5 + 3));
        assert_eq!((&*said[0].says, said[0].requests, said[0].status), ("7 is wrong", 4, Some(400)));
    }

    #[test]
    fn of_a_long_sentence_the_beginning_is_kept() {
        let mut distinct = Distinct::default();
        distinct.count(None, None, &"ä".repeat(LONGEST + 1));
        assert_eq!(distinct.by_count()[0].says, "ä".repeat(LONGEST) + "…");
    }
}
