//! Limits on the size of requests, and a way to parse long texts without delaying other requests.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most assets that one request may add to a workspace. They are stored in one transaction, for which other
/// changes wait.
pub const MAX_ADDED_ASSETS: usize = 5_000;

/// The most JSON objects in a fixture that a request sends: an asset is one, its public ids are another. A fixture
/// file may hold any number.
pub const MAX_FIXTURE_OBJECTS: usize = 300_000;

/// The most users, projects or folders in a workspace that a request sends. Each change to the workspace reads all of
/// them.
pub const MAX_PLACES: usize = 20_000;

/// A text with more bytes than this takes so long to parse that other requests must not wait for it.
const LONG_TEXT: usize = 256 << 10;

/// Parses a text with this number of bytes. For a long text, the runtime first hands the other tasks of this thread to
/// another thread.
pub fn parse_aside<T>(bytes: usize, parse: impl FnOnce() -> T) -> T {
    if bytes > LONG_TEXT { tokio::task::block_in_place(parse) } else { parse() }
}

/// Reads a list of at most [`MAX_ADDED_ASSETS`] items. A longer list is an error before all of it is in memory.
pub fn read_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Vec<T>, D::Error> {
    json.deserialize_seq(Bounded(PhantomData))
}

struct Bounded<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MAX_ADDED_ASSETS {
                let message = format!(
                    "these are more than {MAX_ADDED_ASSETS} assets; send several requests, or make the workspace from a fixture"
                );
                return Err(serde::de::Error::custom(message));
            }
            list.push(item);
        }
        Ok(list)
    }
}

/// Whether a fixture in a request is small enough to be read.
pub fn is_readable(fixture: &str) -> bool {
    // Braces inside strings count too. That makes the limit a little stricter, which does no harm.
    memchr::memchr_iter(b'{', fixture.as_bytes()).count() <= MAX_FIXTURE_OBJECTS
}
