//! What became of all requests of a run: counted as each of them ends, so that workspaces that are deleted, resets and a
//! full journal take nothing from it. Only a run that shows it at its end counts. Secrets are masked before anything is kept,
//! and no run keeps more than a bounded number of sentences.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::emulator::distinct::{Distinct, Said};
use crate::emulator::explain::Warning;
use crate::emulator::faults::{NeverFired, UnfiredFault};
use crate::emulator::journal::JournalEntry;

/// The counts of a run so far.
#[derive(Debug, Default)]
pub struct Summary(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests, and how many of them were refused, by provider; none: no provider owns the address.
    providers: BTreeMap<Option<&'static str>, (u64, u64)>,
    refusals: Distinct,
    ignored: Distinct,
    warnings: Distinct,
}

impl Summary {
    /// Counts a request that has ended. A connection on which there was none is not one.
    pub fn count(&self, entry: &JournalEntry) {
        if entry.diagnostics().is_unused {
            return;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, refused) = counts.providers.entry(entry.provider).or_default();
        *requests += 1;
        let Some(diagnostics) = &entry.diagnostics else { return };
        *refused += u64::from(diagnostics.why.is_some());
        if diagnostics.why.is_none() && diagnostics.warnings.is_empty() {
            return;
        }
        let secrets = entry.secrets();
        let status = entry.status.map(|status| status.as_u16());
        if let Some(why) = &diagnostics.why {
            counts.refusals.count(entry.provider, status, &secrets.hide(why));
        }
        // A route that is not imitated is refused for the very reason that the warning gives.
        let warnings = diagnostics.warnings.iter().filter(|warning| !matches!(warning, Warning::NotImitated { .. }));
        for warning in warnings {
            let is_ignored = matches!(warning, Warning::Ignored { .. } | Warning::MoreIgnored(_));
            let kind = if is_ignored { &mut counts.ignored } else { &mut counts.warnings };
            kind.count(entry.provider, None, &secrets.hide(&warning.to_string()));
        }
    }

    /// What it comes to, together with the rules of faults that never fired.
    pub fn totals(&self, unfired: NeverFired) -> Totals {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let providers = counts.providers.iter().map(|(provider, (requests, refused))| ProviderTotals {
            provider: *provider,
            requests: *requests,
            refused: *refused,
        });
        let providers: Vec<_> = providers.collect();
        let left_out = counts.refusals.left_out + counts.ignored.left_out + counts.warnings.left_out;
        Totals {
            requests: providers.iter().map(|one| one.requests).sum(),
            refused: providers.iter().map(|one| one.refused).sum(),
            providers,
            refusals: counts.refusals.by_count(),
            ignored_parameters: counts.ignored.by_count(),
            warnings: counts.warnings.by_count(),
            unfired_faults: unfired.rules,
            left_out: left_out + unfired.left_out,
        }
    }
}

/// What became of all requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// How many there were.
    pub requests: u64,
    /// How many were refused, by the vendor or by a fault, or were not answered.
    pub refused: u64,
    /// The same for each provider that was asked.
    pub providers: Vec<ProviderTotals>,
    /// Why requests were refused, the most frequent reason first.
    pub refusals: Vec<Said>,
    /// Parameters that the vendor does not look at.
    pub ignored_parameters: Vec<Said>,
    /// What else was probably not meant.
    pub warnings: Vec<Said>,
    /// The rules of faults that never fired, those that were removed since among them.
    pub unfired_faults: Vec<UnfiredFault>,
    /// How many of these things were too many to be kept.
    pub left_out: u64,
}

/// What became of the requests to one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderTotals {
    /// Its name; none: no provider owns the addresses.
    pub provider: Option<&'static str>,
    /// How many there were.
    pub requests: u64,
    /// How many were refused.
    pub refused: u64,
}
