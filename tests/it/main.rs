//! Everything that is tested from outside: the cards, the wire, the worlds, the command line.

mod support;
mod transcripts;
