//! The failures that a fault can inject, by name: those that all vendors have, and those of each card.

use super::rule::RetryAfter;
use crate::clock::{Micros, SECOND};
use crate::contract::asset_list::Position;
use crate::contract::evidence::Evidence;
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::contract::query::{Location, Problem, Violation};
use crate::contract::quota::{self, Exceeded, Quota, Shape};
use crate::library::limits::KeyLimits;

/// Makes a failure for a provider, of a request to this operation.
type MakeFailure = fn(&Card, Option<&Operation>) -> Failure;

/// The failures that every provider has.
const SHARED: &[(&str, MakeFailure)] = &[
    ("missing_key", |_, _| Failure::NoKey),
    ("malformed_key", |_, _| Failure::MalformedKey),
    ("invalid_key", |_, _| Failure::UnknownKey),
    ("revoked_key", |_, _| Failure::RevokedKey),
    ("expired_key", |_, _| Failure::ExpiredKey),
    ("missing_scope", |card, operation| Failure::MissingScope(scope(card, operation))),
    ("not_found", |_, _| Failure::NoSuchRoute),
    ("wrong_method", |card, _| Failure::WrongMethod(card.allow(card.list()))),
    ("invalid_request", |card, _| misplaced(card)),
    ("server_error", |_, _| Failure::Internal),
];

/// The failure of the first quota. Each further quota has its own: `rate_limited_<quota>`.
const RATE_LIMITED: &str = "rate_limited";

/// The missing scope, for a vendor whose keys have no scopes.
const ANY_SCOPE: &str = "read";

/// Inferred: the quota of an injected rate limit, if neither the vendor nor the key has a quota.
const ANY_QUOTA: Quota = Quota {
    name: "fault",
    requests: 60,
    seconds: 60,
    shape: Shape::Window,
    enforced: true,
    evidence: Evidence::Inferred,
};

/// Inferred: after how many seconds that quota recovers.
const WAIT: u64 = 1;

/// The provider's failure with this name, at this operation if there is one, for a key with these limits at the instant
/// `now`. `retry_after` overrides when a used-up quota recovers. `None` if the provider has no such failure.
pub fn named(
    card: &Card,
    operation: Option<&Operation>,
    name: &str,
    limits: KeyLimits,
    now: Micros,
    retry_after: Option<RetryAfter>,
) -> Option<Failure> {
    let shared = SHARED.iter().find(|(known, _)| *known == name).map(|(_, make)| make(card, operation));
    let injected = || card.injected_failures.iter().find(|injected| injected.name == name).map(Failure::Injected);
    let limited = || exceeded(card, name, limits, now, retry_after).map(Failure::RateLimited);
    shared.or_else(injected).or_else(limited)
}

/// The scope that a key can lack: that of the operation, or else that of the list.
fn scope(card: &Card, operation: Option<&Operation>) -> &'static str {
    let own = operation.and_then(|operation| operation.scope);
    own.or(card.list_operation().scope).unwrap_or(ANY_SCOPE)
}

/// The names of all failures of the provider.
pub fn names(card: &Card) -> Vec<String> {
    let shared = SHARED.iter().map(|(name, _)| (*name).to_owned());
    let limited = [RATE_LIMITED.to_owned()].into_iter();
    let limited = limited.chain(card.quotas.iter().skip(1).map(|quota| format!("{RATE_LIMITED}_{}", quota.name)));
    shared.chain(limited).chain(card.injected_failures.iter().map(|injected| injected.name.to_owned())).collect()
}

/// The failure for an invalid cursor or page number.
pub fn misplaced(card: &Card) -> Failure {
    let problem = match card.paging().by {
        Position::Offset | Position::Page => Problem::NotANumber,
        Position::OffsetCursor | Position::Keyset => Problem::malformed(),
    };
    let param = card.paging().position.into();
    Failure::Invalid(vec![Violation { param, given: String::new(), problem, location: Location::Query, position: 0 }])
}

fn exceeded(
    card: &Card,
    name: &str,
    limits: KeyLimits,
    now: Micros,
    retry_after: Option<RetryAfter>,
) -> Option<Exceeded> {
    let quota = match name.strip_prefix(RATE_LIMITED)? {
        "" => quota::main_quota(card.quotas, limits),
        rest => Some(*card.quotas.iter().skip(1).find(|quota| rest.strip_prefix('_') == Some(quota.name))?),
    };
    Some(match (quota, retry_after) {
        (Some(quota), None) => quota.used_up(now),
        (quota, given) => in_seconds(quota.unwrap_or(ANY_QUOTA), now, given.map_or(WAIT, RetryAfter::seconds)),
    })
}

fn in_seconds(quota: Quota, now: Micros, seconds: u64) -> Exceeded {
    let wait = Micros::try_from(seconds).unwrap_or(Micros::MAX).saturating_mul(SECOND);
    Exceeded { quota, reset_at: now.saturating_add(wait), retry_after: seconds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::limits::RateWindow;
    use crate::providers;

    #[test]
    fn every_name_has_exactly_one_failure() {
        for card in providers::ALL.iter().map(|provider| provider.card()) {
            let mut names = names(card);
            assert!(
                names.iter().all(|name| named(card, None, name, KeyLimits::Default, 0, None).is_some()),
                "{}: {names:?}",
                card.name
            );
            assert!(names.iter().any(|name| name == "unavailable"), "{} is never unavailable", card.name);
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "{}", card.name);
        }
    }

    #[test]
    fn an_unknown_name_has_no_failure() {
        let card = providers::ALL[0].card();
        for name in ["", "nope", "rate_limited_", "rate_limited_nope", "RATE_LIMITED"] {
            assert_eq!(named(card, None, name, KeyLimits::Default, 0, None), None, "{name}");
        }
    }

    fn rate_limited(card: &Card, name: &str, limits: KeyLimits, now: Micros, given: Option<RetryAfter>) -> Exceeded {
        match named(card, None, name, limits, now, given) {
            Some(Failure::RateLimited(exceeded)) => exceeded,
            other => panic!("{}: {other:?}", card.name),
        }
    }

    #[test]
    fn a_used_up_quota_recovers_when_its_window_ends() {
        let now = 7 * SECOND + 1;
        for card in providers::ALL.iter().map(|provider| provider.card()) {
            let exceeded = rate_limited(card, RATE_LIMITED, KeyLimits::Default, now, None);
            let expected = if card.quotas.is_empty() { (WAIT, now + SECOND) } else { (53, 60 * SECOND) };
            assert_eq!((exceeded.retry_after, exceeded.reset_at), expected, "{}", card.name);
            let own = KeyLimits::Own(RateWindow { requests: 3, seconds: 10 });
            let exceeded = rate_limited(card, RATE_LIMITED, own, now, None);
            assert_eq!((exceeded.quota.requests, exceeded.retry_after, exceeded.reset_at), (3, 3, 10 * SECOND));
            for quota in card.quotas.iter().skip(1) {
                let name = format!("{RATE_LIMITED}_{}", quota.name);
                assert_eq!(rate_limited(card, &name, own, now, None), quota.used_up(now));
            }
        }
    }

    #[test]
    fn a_used_up_quota_recovers_when_the_fault_says() {
        for card in providers::ALL.iter().map(|provider| provider.card()) {
            let given = Some(RetryAfter::Seconds(3));
            let exceeded = rate_limited(card, RATE_LIMITED, KeyLimits::Default, 5, given);
            assert_eq!((exceeded.retry_after, exceeded.reset_at), (3, 5 + 3 * SECOND));
        }
    }
}
