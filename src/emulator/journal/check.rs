//! Validates filters and expectations: unknown names, and expectations without content. A misspelt name matches no
//! entry, so an expectation of no such requests would be met, and the test would pass for the wrong reason.

use std::borrow::Cow;

use axum::http::HeaderMap;

use super::filter::Filter;
use super::verify::{Expectation, Expectations};
use crate::contract::operation_table;
use crate::emulator::faults;
use crate::emulator::redaction::{self, SHORT, Secrets};
use crate::providers;

/// Why a filter or an expectation is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFilter {
    /// The path of the invalid field, such as `requests[0].provider`.
    pub at: String,
    /// What is wrong, and which values are valid.
    pub message: String,
}

type CheckResult = Result<(), InvalidFilter>;

/// The methods that HTTP registers, PATCH, and `TLS`, under which the journal records a failed handshake. No vendor has
/// others.
const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "TLS"];

impl Filter {
    /// Checks that all names exist. `at` is the path of the filter in the request: empty, or ending with a dot.
    pub fn check(&self, at: &str) -> CheckResult {
        self.check_within(&Filter::default(), at)
    }

    /// Checks a filter that applies to the entries which match `scope`.
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
            &operation_table::names(cards.iter().flat_map(|card| card.operations)),
            at,
        )?;
        check_name("fault", self.fault.as_deref(), &faults::all_names(&cards), at)
    }
}

impl Expectations {
    /// Checks that all names exist, and that there is a journal that would not meet the expectations.
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

    /// The workspaces that the filters name.
    pub fn workspaces(&self) -> impl Iterator<Item = &str> {
        let filters = self.requests.iter().map(|one| &one.filter);
        [&self.scope].into_iter().chain(filters).filter_map(|filter| filter.workspace.as_deref())
    }
}

/// Checks that a name exists. The message lists the valid names, and first the one that was probably meant.
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

/// An unknown name for use in a message. It can be any text, so it is cut and redacted.
fn printable(given: &str) -> Cow<'_, str> {
    redaction::clip(given, SHORT, &Secrets::of(None, &HeaderMap::new()))
}
