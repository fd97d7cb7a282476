//! Explanations for the author of a request: why it was refused ([`why()`]), and what of an answered request was probably
//! not meant ([`warnings`]). They are in the emulator's own words, since vendors often keep the reason to themselves. Nothing
//! here changes an answer. No sentence has a whole key in it or is longer than a few lines, whatever a client sends.

mod cross_origin;
mod offered_positions;
mod page_facts;
mod refusal_facts;
mod unmatched;
mod warning;
mod warnings;
mod why;

pub use cross_origin::cross_origin;
pub use offered_positions::{Cursors, JudgedPosition, OfferedPosition};
pub use page_facts::PageFacts;
pub use refusal_facts::RefusalFacts;
pub use warning::Warning;
pub use warnings::{judged_position, unused_parameters, warnings};
pub use why::why;
