//! Rate limits as a provider documents them, and the state of each after a request.

use crate::clock::{Micros, SECOND};
use crate::contract::evidence::Evidence;
use crate::library::limits::{KeyLimits, RateWindow};

/// A quota that a provider documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The name by which the provider's views find it.
    pub name: &'static str,
    /// The requests allowed in each window, or the size of the bucket.
    pub requests: u64,
    /// The length of the window, or the time in which an empty bucket fills, in seconds.
    pub seconds: u64,
    /// How it is counted.
    pub shape: Shape,
    /// Whether it is enforced for a key with default limits.
    pub enforced: bool,
    /// How sure we are of this quota.
    pub evidence: Evidence,
}

impl Quota {
    /// How a request at `now` is refused if nothing of this quota is left.
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
    /// A fixed window. Windows begin at multiples of their length since 1970.
    Window,
    /// A token bucket that refills continuously.
    Bucket,
}

/// The state of one quota after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The quota counted.
    pub quota: Quota,
    /// The requests counted in this window, including this one. For a bucket, the tokens missing from it.
    pub used: u64,
    /// The requests that are left; never below 0.
    pub remaining: u64,
    /// When the window ends, or when the bucket has a token again.
    pub reset_at: Micros,
    /// Whether this request exceeds the quota.
    pub over: bool,
}

/// A quota that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The quota.
    pub quota: Quota,
    /// When requests are allowed again.
    pub reset_at: Micros,
    /// The seconds until then, rounded up, at least 1.
    pub retry_after: u64,
}

impl Exceeded {
    /// The quota and the time until `reset_at`, as seen at `now`.
    pub fn until(quota: Quota, reset_at: Micros, now: Micros) -> Exceeded {
        let retry_after = reset_at.saturating_sub(now).max(0).unsigned_abs().div_ceil(SECOND.unsigned_abs()).max(1);
        Exceeded { quota, reset_at, retry_after }
    }
}

/// The state of all quotas of a key after this request was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<Count>);

impl Counts {
    /// The main quota: the key's own window, or else the first that its provider documents.
    pub fn main(&self) -> Option<&Count> {
        self.0.first()
    }

    /// The quota with this name.
    pub fn named(&self, name: &str) -> Option<&Count> {
        self.0.iter().find(|count| count.quota.name == name)
    }

    /// The first enforced quota that this request exceeds.
    pub fn exceeded(&self, now: Micros) -> Option<Exceeded> {
        let count = self.0.iter().find(|count| count.over && count.quota.enforced)?;
        Some(Exceeded::until(count.quota, count.reset_at, now))
    }

    /// Shows a quota as used up, because a fault says that it is exceeded. The actual counts do not change.
    pub fn show_used_up(&mut self, exceeded: &Exceeded) {
        for count in self.0.iter_mut().filter(|count| count.quota.name == exceeded.quota.name) {
            count.used = count.used.max(count.quota.requests);
            count.remaining = 0;
            count.reset_at = exceeded.reset_at;
        }
    }
}

/// The name of a key's own window.
pub const OWN: &str = "own";

/// The quotas that apply to a key. Its own window replaces the first one.
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

/// The main quota of a key with this setting: its own window, or else the first that its provider documents.
pub fn main_quota(documented: &[Quota], setting: KeyLimits) -> Option<Quota> {
    in_force(documented, setting, false).next()
}

/// When the window that contains `now` began.
pub fn start_of_window(now: Micros, length: Micros) -> Micros {
    now.div_euclid(length).saturating_mul(length)
}

/// Converts seconds to microseconds: at least 1 s, at most what an instant can hold.
pub fn micros(seconds: u64) -> Micros {
    Micros::try_from(seconds.max(1)).unwrap_or(Micros::MAX).saturating_mul(SECOND)
}
