//! What a filter or an expectation must not ask: names that nobody has, and nothing at all. A misspelled name matches no
//! entry, and an expectation that there are none would be met by it: such a test is green for the wrong reason.

use std::borrow::Cow;

use axum::http::HeaderMap;

use super::filter::Filter;
use super::verify::{Expectation, Expectations};
use crate::contract::operation;
use crate::emulator::faults;
use crate::emulator::redaction::{self, SHORT, Secrets};
use crate::providers;

/// Why a filter or an expectation is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFilter {
    /// The field, as a path.
    pub at: String,
    /// What is wrong, and what there is.
    pub message: String,
}

type CheckResult = Result<(), InvalidFilter>;

/// The methods that HTTP and PATCH register, and what the journal calls a handshake that failed. No vendor documents another one.
const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "TLS"];

impl Filter {
    /// Refuses names that no entry can have. `at` is where the filter stands: empty, or a path that ends with a dot.
    pub fn check(&self, at: &str) -> CheckResult {
        self.check_within(&Filter::default(), at)
    }

    /// Checks a filter that looks at nothing but what another one lets through.
    fn check_within(&self, scope: &Filter, at: &str) -> CheckResult {
        let provider = self.provider.as_deref();
        check_name("provider", provider, &providers::names(), at)?;
        let method = self.method.as_deref().map(str::to_uppercase);
        check_name("method", method.as_deref(), &METHODS, at)?;
        let provider = provider.or(scope.provider.as_deref());
        let is_meant = |name: &str| provider.is_none_or(|provider| provider == name);
        let cards: Vec<_> = providers::cards().into_iter().filter(|card| is_meant(card.name)).collect();
        check_name(
            "operation",
            self.operation.as_deref(),
            &operation::names(cards.iter().flat_map(|card| card.operations)),
            at,
        )?;
        check_name("fault", self.fault.as_deref(), &faults::all_names(&cards), at)
    }
}

impl Expectations {
    /// Refuses names that no entry can have, and expectations that are met whatever there is.
    pub fn check(&self) -> CheckResult {
        self.scope.check("scope.")?;
        for (place, Expectation { filter, .. }) in self.requests.iter().enumerate() {
            filter.check_within(&self.scope, &format!("requests[{place}]."))?;
        }
        if self.only || self.faults.is_some() || !self.requests.iter().all(|one| one.count.is_any()) {
            return Ok(());
        }
        let message = "this asks nothing, so it would always be met; send `requests` with a count other than any number, \
                       `\"only\": true` if there should be no other requests, or `\"faults\": \"all_fired\"`";
        Err(InvalidFilter { at: "requests".to_owned(), message: message.to_owned() })
    }

    /// The workspaces that are named.
    pub fn workspaces(&self) -> impl Iterator<Item = &str> {
        let filters = self.requests.iter().map(|one| &one.filter);
        [&self.scope].into_iter().chain(filters).filter_map(|filter| filter.workspace.as_deref())
    }
}

/// Refuses a name that is not known, and says which are: first the one that was probably meant.
fn check_name<K: AsRef<str>>(what: &str, given: Option<&str>, known: &[K], at: &str) -> CheckResult {
    let Some(given) = given else { return Ok(()) };
    let known: Vec<_> = known.iter().map(AsRef::as_ref).collect();
    if known.contains(&given) {
        return Ok(());
    }
    let meant = redaction::meant(given, known.iter().copied());
    let there_are =
        meant.map_or_else(|| "; there are".to_owned(), |near| format!("; did you mean `{near}`? There are"));
    let message = format!("there is no {what} `{}`{there_are} `{}`", printable(given), known.join("`, `"));
    Err(InvalidFilter { at: format!("{at}{what}"), message })
}

/// A name that is not known, cut and without secrets: it may be anything.
fn printable(given: &str) -> Cow<'_, str> {
    redaction::clip(given, SHORT, &Secrets::of(None, &HeaderMap::new()))
}
