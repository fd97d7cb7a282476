//! Faults: rules that make a vendor fail on request, and the header that does so for one request. A rule is [`Rule`] in
//! JSON; what it does is an [`Effect`]; the failures there are to choose from are in [`failures`].
//!
//! For each request, [`Faults::apply`] says which rules apply to it ([`RequestFacts`] is what they match), and a [`FaultPlan`] made
//! from them says what that means at each stage of the pipeline. How answers are damaged and connections broken is in
//! [`wire`]. Rules are kept in memory for each process. With none set, a request costs one load of an atomic.

mod active_rules;
mod applied_fault;
mod check;
mod effect;
pub mod failures;
pub mod header;
mod listed_rule;
mod names;
mod never_fired;
pub mod paging;
mod plan;
mod reach;
mod rule;
mod unfired;
pub mod wire;

pub use active_rules::Faults;
pub use applied_fault::AppliedFault;
pub use check::Problem;
pub use effect::{Effect, Latency, Normal, Raw, RawBody, Reset, Trickle, Truncate};
pub use failures::{named, names};
pub use header::read as read_header;
pub use listed_rule::{ListedRule, SinceCleared};
pub use names::{all_names, is_named};
pub use never_fired::NeverFired;
pub use paging::{PagingFault, Realism, realism};
pub use plan::{FaultPlan, Replacement};
pub use reach::{Listing, Reachable};
pub use rule::{Id, InSeconds, Match, RequestFacts, RetryAfter, Rule, Trigger};
pub use unfired::UnfiredFault;
