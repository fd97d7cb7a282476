//! Everything that is tested from outside: the cards, the wire, the worlds, the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests wait for real processes")]

mod cards;
mod cli;
mod conformance;
mod dialects;
mod explain;
mod har;
mod hostile;
mod journal;
mod libraries;
mod model;
mod negatives;
mod properties;
mod routing;
mod secrets;
mod support;
mod transcripts;
mod verify;
mod worlds;
