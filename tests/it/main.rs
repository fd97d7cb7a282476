//! Everything that is tested from outside: the cards, the wire, the worlds, the command line.

mod cards;
mod conformance;
mod dialects;
mod hostile;
mod negatives;
mod properties;
mod routing;
mod support;
mod transcripts;
mod worlds;
