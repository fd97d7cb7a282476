//! Rate limits: what a provider documents, what a key is set to, and how much of it is used. The counts are true even
//! where nothing is enforced. Kept in memory for each process; a restart begins a new window, as it does at a vendor's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::{Micros, SECOND};
use crate::contract::provider::Evidence;
use crate::library::object;

/// A quota that a provider documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What the provider's views know it by.
    pub name: &'static str,
    /// Requests allowed in each window, or the bucket's size.
    pub requests: u64,
    /// The window's length, or the time in which an empty bucket fills, in seconds.
    pub seconds: u64,
    /// How it is counted.
    pub shape: Shape,
    /// Whether it is enforced when the key says nothing.
    pub enforced: bool,
    /// How sure we are of it.
    pub evidence: Evidence,
}

impl Quota {
    /// How this quota fails a request at the instant `now` when nothing of it is left.
    pub fn used_up(self, now: Micros) -> Exceeded {
        let length = micros(self.seconds);
        let reset_at = match self.shape {
            Shape::Window => start_of_window(now, length).saturating_add(length),
            Shape::Bucket => now.saturating_add_unsigned(length.unsigned_abs() / self.requests.max(1)),
        };
        Exceeded::until(self, reset_at, now)
    }
}

/// How a quota is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A fixed window, aligned to its own length since 1970.
    Window,
    /// A token bucket, refilled continuously.
    Bucket,
}

/// A key's own setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written", into = "Written")]
pub enum KeyLimits {
    /// What the provider enforces by default.
    #[default]
    Default,
    /// Nothing is enforced.
    Off,
    /// Every quota the provider documents is enforced.
    Strict,
    /// A fixed window of the key's own, in place of the provider's.
    Own(Own),
}

/// A setting as JSON: a word or a window.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "limits are `default`, `off`, `strict` or `{\"requests\": N, \"seconds\": N}`")]
enum Written {
    Word(Word),
    #[serde(deserialize_with = "object::read")]
    Own(Own),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KeyLimitsPreset")]
enum Word {
    Default,
    Off,
    Strict,
}

impl KeyLimits {
    /// The main quota of a key with this setting: its own window, or the first that its provider documents.
    pub fn main_quota(self, documented: &[Quota]) -> Option<Quota> {
        in_force(documented, self, false).next()
    }
}

impl From<Written> for KeyLimits {
    fn from(written: Written) -> KeyLimits {
        match written {
            Written::Word(Word::Default) => KeyLimits::Default,
            Written::Word(Word::Off) => KeyLimits::Off,
            Written::Word(Word::Strict) => KeyLimits::Strict,
            Written::Own(own) => KeyLimits::Own(own),
        }
    }
}

impl From<KeyLimits> for Written {
    fn from(limits: KeyLimits) -> Written {
        match limits {
            KeyLimits::Default => Written::Word(Word::Default),
            KeyLimits::Off => Written::Word(Word::Off),
            KeyLimits::Strict => Written::Word(Word::Strict),
            KeyLimits::Own(own) => Written::Own(own),
        }
    }
}

/// A fixed window of a key's own, aligned to its length since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RateWindow")]
pub struct Own {
    /// Requests allowed in each window.
    pub requests: u64,
    /// The window's length in seconds.
    #[schemars(range(min = 1))]
    pub seconds: u64,
}

/// The state of one quota after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The quota counted.
    pub quota: Quota,
    /// Requests counted in this window, this one included. Of a bucket: what is missing from it.
    pub used: u64,
    /// What is left; never below 0.
    pub remaining: u64,
    /// When the window ends or the bucket holds a token again.
    pub reset_at: Micros,
    over: bool,
}

/// A quota that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Which one.
    pub quota: Quota,
    /// When it recovers.
    pub reset_at: Micros,
    /// Seconds until then, rounded up, at least 1.
    pub retry_after: u64,
}

impl Exceeded {
    /// A quota that recovers at this instant.
    pub fn until(quota: Quota, reset_at: Micros, now: Micros) -> Exceeded {
        let retry_after = reset_at.saturating_sub(now).max(0).unsigned_abs().div_ceil(SECOND.unsigned_abs()).max(1);
        Exceeded { quota, reset_at, retry_after }
    }
}

/// What every quota of a key came to with this request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<Count>);

impl Counts {
    /// The quota that is the key's main one: its own window, or the first its provider documents.
    pub fn main(&self) -> Option<&Count> {
        self.0.first()
    }

    /// The quota of this name.
    pub fn named(&self, name: &str) -> Option<&Count> {
        self.0.iter().find(|count| count.quota.name == name)
    }

    /// The first enforced quota that this request exceeds.
    pub fn exceeded(&self, now: Micros) -> Option<Exceeded> {
        let count = self.0.iter().find(|count| count.over && count.quota.enforced)?;
        Some(Exceeded::until(count.quota, count.reset_at, now))
    }

    /// Shows the quota that a fault says is exceeded as one of which nothing is left. What is counted does not change.
    pub fn show_used_up(&mut self, exceeded: &Exceeded) {
        for count in self.0.iter_mut().filter(|count| count.quota.name == exceeded.quota.name) {
            count.used = count.used.max(count.quota.requests);
            count.remaining = 0;
            count.reset_at = exceeded.reset_at;
        }
    }
}

/// Name of a window that a key brings itself.
pub const OWN: &str = "own";

/// The quotas in force for a key: its own window is in place of the first one.
fn in_force(documented: &[Quota], setting: KeyLimits, off: bool) -> impl Iterator<Item = Quota> {
    let own = match setting {
        KeyLimits::Own(Own { requests, seconds }) => Some(Quota {
            name: OWN,
            requests,
            seconds,
            shape: Shape::Window,
            enforced: true,
            evidence: Evidence::Documented,
        }),
        KeyLimits::Default | KeyLimits::Off | KeyLimits::Strict => None,
    };
    let enforced = move |quota: Quota| match setting {
        _ if off => false,
        KeyLimits::Off => false,
        KeyLimits::Strict => true,
        KeyLimits::Default | KeyLimits::Own(_) => quota.enforced,
    };
    let others = documented.iter().skip(usize::from(own.is_some())).copied();
    own.into_iter().chain(others).map(move |quota| Quota { enforced: enforced(quota), ..quota })
}

/// The counters of this process.
#[derive(Debug, Default)]
pub struct Limits {
    off: bool,
    counters: Mutex<HashMap<(i64, &'static str), Counter>>,
}

/// A window: its start and how many requests it saw. A bucket: when it was last filled and what it lacks, in microseconds of refilling.
#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    since: Micros,
    used: u64,
}

impl Limits {
    /// Counters that enforce nothing if `off`.
    pub fn new(off: bool) -> Limits {
        Limits { off, counters: Mutex::default() }
    }

    /// Forgets what these keys used.
    pub fn forget(&self, keys: &[i64]) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|(key, _), _| !keys.contains(key));
    }

    /// Forgets what every key used.
    pub fn forget_all(&self) {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts a request of the key with this id against all its quotas.
    pub fn count(&self, key: i64, setting: KeyLimits, documented: &[Quota], now: Micros) -> Counts {
        if documented.is_empty() && !matches!(setting, KeyLimits::Own(_)) {
            return Counts::default();
        }
        let quotas = in_force(documented, setting, self.off);
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        Counts(quotas.map(|quota| counters.entry((key, quota.name)).or_default().count(quota, now)).collect())
    }
}

impl Counter {
    fn count(&mut self, quota: Quota, now: Micros) -> Count {
        match quota.shape {
            Shape::Window => self.count_in_window(quota, now),
            Shape::Bucket => self.take_from_bucket(quota, now),
        }
    }

    fn count_in_window(&mut self, quota: Quota, now: Micros) -> Count {
        let length = micros(quota.seconds);
        let start = start_of_window(now, length);
        if start != self.since {
            *self = Counter { since: start, used: 0 };
        }
        self.used += 1;
        let remaining = quota.requests.saturating_sub(self.used);
        Count {
            quota,
            used: self.used,
            remaining,
            reset_at: start.saturating_add(length),
            over: self.used > quota.requests,
        }
    }

    fn take_from_bucket(&mut self, quota: Quota, now: Micros) -> Count {
        let full = micros(quota.seconds).unsigned_abs();
        let token = full / quota.requests.max(1);
        let refilled = now.saturating_sub(self.since).max(0).unsigned_abs();
        let lacking = self.used.saturating_sub(refilled);
        let over = lacking + token > full;
        self.since = now;
        self.used = if over { lacking } else { lacking + token };
        let used = self.used.div_ceil(token.max(1));
        let wait = (self.used + token).saturating_sub(full);
        Count {
            quota,
            used,
            remaining: quota.requests.saturating_sub(used),
            reset_at: now.saturating_add_unsigned(wait),
            over,
        }
    }
}

fn start_of_window(now: Micros, length: Micros) -> Micros {
    now.div_euclid(length).saturating_mul(length)
}

fn micros(seconds: u64) -> Micros {
    Micros::try_from(seconds.max(1)).unwrap_or(Micros::MAX).saturating_mul(SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Quota = Quota {
        name: "minute",
        requests: 2,
        seconds: 60,
        shape: Shape::Window,
        enforced: true,
        evidence: Evidence::Documented,
    };
    const BURST: Quota = Quota {
        name: "burst",
        requests: 10,
        seconds: 1,
        shape: Shape::Bucket,
        enforced: true,
        evidence: Evidence::Documented,
    };

    #[test]
    fn a_window_counts_down_refuses_and_recovers_at_the_next_minute() {
        let limits = Limits::new(false);
        let at = |now| limits.count(1, KeyLimits::Default, &[MINUTE], now);
        assert_eq!(at(59 * SECOND).main().unwrap().remaining, 1);
        assert_eq!(at(59 * SECOND).exceeded(59 * SECOND), None);
        let refused = at(59 * SECOND + 1).exceeded(59 * SECOND + 1).unwrap();
        assert_eq!((refused.reset_at, refused.retry_after), (60 * SECOND, 1));
        assert_eq!(at(60 * SECOND).main().unwrap().remaining, 1);
    }

    #[test]
    fn a_bucket_refills_continuously() {
        let limits = Limits::new(false);
        let at = |now| limits.count(1, KeyLimits::Default, &[BURST], now);
        for left in (0..10).rev() {
            assert_eq!(at(SECOND).main().unwrap().remaining, left);
        }
        assert!(at(SECOND).exceeded(SECOND).is_some());
        assert!(at(SECOND + 99_999).exceeded(SECOND).is_some());
        assert!(at(SECOND + 100_000).exceeded(SECOND).is_none());
    }

    #[test]
    fn counts_stay_true_where_nothing_is_enforced() {
        for (off, setting) in [(true, KeyLimits::Strict), (false, KeyLimits::Off)] {
            let limits = Limits::new(off);
            let last = (0..5).map(|_| limits.count(1, setting, &[MINUTE], 0)).last().unwrap();
            assert_eq!((last.main().unwrap().used, last.main().unwrap().remaining, last.exceeded(0)), (5, 0, None));
        }
    }

    #[test]
    fn keys_do_not_share_a_window() {
        let limits = Limits::new(false);
        limits.count(1, KeyLimits::Default, &[MINUTE], 0);
        assert_eq!(limits.count(2, KeyLimits::Default, &[MINUTE], 0).main().unwrap().remaining, 1);
    }

    #[test]
    fn a_keys_own_window_takes_the_place_of_the_first() {
        let own = KeyLimits::Own(Own { requests: 3, seconds: 10 });
        let counts = Limits::new(false).count(1, own, &[MINUTE, BURST], 0);
        assert_eq!((counts.main().unwrap().remaining, counts.main().unwrap().reset_at), (2, 10 * SECOND));
        assert!(counts.named("burst").is_some() && counts.named("minute").is_none());
    }
}
