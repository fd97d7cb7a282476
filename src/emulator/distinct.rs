//! Counts equal messages, such as the same warning about many requests.

use serde::Serialize;

/// The most different messages that are kept. For a client with more mistakes than that, the first ones are enough.
const MAX_MESSAGES: usize = 100;

/// The most characters of a message; longer ones are cut off.
const MAX_CHARACTERS: usize = 500;

/// A message about requests, and how many requests it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The provider; `None`: no provider owns the address.
    pub provider: Option<&'static str>,
    /// The status of the first of these responses; `None`: there was no response, or the message is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Method and path of the first such request; `None`: the message says it, or it does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The message, without a full stop.
    pub says: String,
    /// How often it was counted.
    pub requests: u64,
}

/// Different messages in the order in which they first came.
#[derive(Debug, Default)]
pub struct Distinct {
    said: Vec<Said>,
    /// How many messages were not counted because there were too many different ones.
    pub left_out: u64,
}

impl Distinct {
    /// Counts a message. Messages about different providers are different.
    pub fn count(&mut self, provider: Option<&'static str>, status: Option<u16>, text: &str) {
        self.count_for(None, provider, status, text);
    }

    /// Counts a message about this request.
    pub fn count_for(
        &mut self,
        request: Option<&str>,
        provider: Option<&'static str>,
        status: Option<u16>,
        text: &str,
    ) {
        let says = truncated(text);
        let has_room = self.said.len() < MAX_MESSAGES;
        match self.said.iter_mut().find(|said| said.provider == provider && said.says == says) {
            Some(said) => said.requests += 1,
            None if has_room => {
                let request = request.map(|request| truncated(request).into_owned());
                self.said.push(Said { provider, status, request, says: says.into_owned(), requests: 1 });
            }
            None => self.left_out += 1,
        }
    }

    /// All messages, the most frequent first.
    pub fn by_count(&self) -> Vec<Said> {
        let mut said = self.said.clone();
        said.sort_by_key(|said| std::cmp::Reverse(said.requests));
        said
    }
}

fn truncated(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_messages_are_counted_together_and_those_beyond_the_bound_are_left_out() {
        let mut distinct = Distinct::default();
        for number in 0..MAX_MESSAGES + 5 {
            distinct.count(Some("acme"), Some(400), &format!("{number} is wrong"));
        }
        for _ in 0..3 {
            distinct.count(Some("acme"), Some(400), "7 is wrong");
            distinct.count(None, Some(404), "7 is wrong");
        }
        let said = distinct.by_count();
        assert_eq!((said.len(), distinct.left_out), (MAX_MESSAGES, 5 + 3));
        assert_eq!((&*said[0].says, said[0].requests, said[0].status), ("7 is wrong", 4, Some(400)));
    }

    #[test]
    fn a_long_message_is_cut_off() {
        let mut distinct = Distinct::default();
        distinct.count(None, None, &"ä".repeat(MAX_CHARACTERS + 1));
        assert_eq!(distinct.by_count()[0].says, "ä".repeat(MAX_CHARACTERS) + "…");
    }
}
