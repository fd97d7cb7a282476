//! What is too large for one request, and what is too large to be read between others.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most assets that one request adds to a workspace: they are stored in one piece, while others wait.
pub const ADDED: usize = 5_000;

/// The most JSON objects in a fixture in a request: an asset is one, its public ids are another. A file holds any number.
pub const FIXTURE: usize = 300_000;

/// The most users, projects or folders in a workspace of a fixture in a request: each change to the workspace reads them.
pub const PLACES: usize = 20_000;

/// Texts above so many bytes are read aside: other requests get another thread meanwhile.
const LONG: usize = 256 << 10;

/// Does what takes long for a text of so many bytes.
pub fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes > LONG { tokio::task::block_in_place(work) } else { work() }
}

/// A list of at most [`ADDED`] items. A longer one is an error before all of it is in memory.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Vec<T>, D::Error> {
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
            if list.len() == ADDED {
                let message = format!(
                    "these are more than {ADDED} assets; send several requests, or make the workspace from a fixture"
                );
                return Err(serde::de::Error::custom(message));
            }
            list.push(item);
        }
        Ok(list)
    }
}

/// Whether a fixture in a request is small enough to be read.
pub fn fits(fixture: &str) -> bool {
    // Braces within texts count, too, which costs nobody anything.
    memchr::memchr_iter(b'{', fixture.as_bytes()).count() <= FIXTURE
}
