//! What makes it an emulator: the state of a process, workspaces, limits, faults, the journal, explanations and the cache.

pub mod app;
pub mod cache;
pub mod distinct;
pub mod explain;
pub mod faults;
pub mod journal;
pub mod limits;
pub mod listed;
pub mod listed_counts;
pub mod load_fixtures;
pub mod log;
pub mod redaction;
pub mod summary;
pub mod workspace;
pub mod workspace_states;
