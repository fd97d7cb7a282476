//! Explanations for the author of a client: why a request was refused ([`why()`]), and what in a successful request was
//! probably a mistake ([`warnings`]). They are in the emulator's own words, since vendors often do not tell the reason,
//! and they never change a response. Whatever a client sends, a message contains no whole key and is at most a few
//! lines long.

mod cross_origin;
mod offered_positions;
mod page_facts;
mod refusal_facts;
mod unmatched;
mod warnings;
mod why;

pub use cross_origin::cross_origin;
pub use offered_positions::{Cursors, JudgedPosition, OfferedPosition};
pub use page_facts::PageFacts;
pub use refusal_facts::RefusalFacts;
pub use warnings::{judged_position, unused_parameters, warnings};
pub use why::why;
