//! What a summary comes to at the end of a run.

use serde::Serialize;

use super::distinct::Said;
use crate::emulator::faults::UnfiredFault;

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
