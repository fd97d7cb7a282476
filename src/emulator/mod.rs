//! The emulator around the vendors: process state, workspaces, rate limits, faults, the request journal, explanations,
//! the log and the cache.

pub mod app;
pub mod cache;
pub mod distinct;
pub mod due_assets;
pub mod explain;
pub mod faults;
pub mod journal;
pub mod lazy_signer;
pub mod limits;
pub mod listed;
pub mod listed_counts;
pub mod load_fixtures;
pub mod log;
pub mod placeholder_cache;
pub mod redaction;
pub mod summary;
pub mod warning;
pub mod workspace;
pub mod workspace_states;
