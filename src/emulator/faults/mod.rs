//! Faults: rules that make a vendor fail, and a request header that does so for one request. [`Rule`] is a rule in
//! JSON, [`Effect`] is what it does, and [`failures`] has the failures that it can inject.
//!
//! For each request, [`Faults::choose`] chooses the rules that apply, by its [`RequestFacts`]. A [`FaultPlan`] combines
//! their effects for the stages of the pipeline. [`wire`] damages responses and breaks connections. Rules are only in
//! memory. While there are none, their cost for a request is one atomic load.

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
