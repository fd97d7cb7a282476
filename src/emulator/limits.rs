//! Rate limits: how much of its quotas each key has used. Requests are counted even where no limit is enforced. The
//! counters are in memory and start at zero when the process starts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Micros;
use crate::contract::quota::{Count, Counts, Quota, Shape, in_force, micros, start_of_window};
use crate::library::limits::KeyLimits;

/// The counters of all keys, by key id and name of the quota.
#[derive(Debug, Default)]
pub struct Limits {
    off: bool,
    counters: Mutex<HashMap<(i64, &'static str), Counter>>,
}

/// The counter of one quota of one key. Its fields depend on the shape of the quota:
///
/// - a window: `since` is its start, `used` the number of requests in it;
/// - a bucket: `since` is when it was last refilled, `used` how long it would take until it is full, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    since: Micros,
    used: u64,
}

impl Limits {
    /// New counters. If `off`, requests are counted and no limit is enforced.
    pub fn new(off: bool) -> Limits {
        Limits { off, counters: Mutex::default() }
    }

    /// Resets the counters of the keys with these ids.
    pub fn forget(&self, keys: &[i64]) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|(key, _), _| !keys.contains(key));
    }

    /// Resets all counters.
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
        // Time stands for tokens: `full` is how long an empty bucket takes to fill, `token` how long one token takes.
        // So a refill is a subtraction, exact and without fractions.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SECOND;
    use crate::contract::evidence::Evidence;
    use crate::library::limits::RateWindow;

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
    fn requests_are_counted_where_no_limit_is_enforced() {
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
        let own = KeyLimits::Own(RateWindow { requests: 3, seconds: 10 });
        let counts = Limits::new(false).count(1, own, &[MINUTE, BURST], 0);
        assert_eq!((counts.main().unwrap().remaining, counts.main().unwrap().reset_at), (2, 10 * SECOND));
        assert!(counts.named("burst").is_some() && counts.named("minute").is_none());
    }
}
