//! Rate limits as a provider documents them, and what a request came to under them.

use crate::clock::{Micros, SECOND};
use crate::contract::evidence::Evidence;
use crate::library::limits::{KeyLimits, RateWindow};

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
    /// Whether the request is one too many.
    pub over: bool,
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
pub struct Counts(pub Vec<Count>);

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
pub fn in_force(documented: &[Quota], setting: KeyLimits, off: bool) -> impl Iterator<Item = Quota> {
    let own = match setting {
        KeyLimits::Own(RateWindow { requests, seconds }) => Some(Quota {
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

/// The main quota of a key with this setting: its own window, or the first that its provider documents.
pub fn main_quota(documented: &[Quota], setting: KeyLimits) -> Option<Quota> {
    in_force(documented, setting, false).next()
}

/// The start of the window that holds an instant.
pub fn start_of_window(now: Micros, length: Micros) -> Micros {
    now.div_euclid(length).saturating_mul(length)
}

/// Seconds in microseconds: at least 1 s, at most what an instant can hold.
pub fn micros(seconds: u64) -> Micros {
    Micros::try_from(seconds.max(1)).unwrap_or(Micros::MAX).saturating_mul(SECOND)
}
