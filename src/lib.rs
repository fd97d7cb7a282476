//! assetmock emulates five vendors' asset APIs on one port, over one library of assets.
//!
//! Each module may import from those below it, and none from those above (`tests/imports.py` checks it):
//!
//! - [`cli`]: options, commands and their text, and `FIDELITY.md`.
//! - [`server`]: one listener; a request is for the emulator's own API, for a file or for a vendor.
//! - [`admin`]: the emulator's own API, `/_emulator`. [`pipeline`]: one request to a vendor, stage by stage. Read
//!   `pipeline/call.rs` first.
//!   [`files`]: the bytes of assets, `/_assets`.
//! - [`emulator`]: the state of a process: workspaces, limits, the cache, faults, the journal and explanations.
//! - [`providers`]: one folder for each vendor, and how a request is matched to its vendor.
//! - [`contract`]: what a vendor consists of: its card, its operations, parameters, failures and quotas.
//! - [`library`]: neutral data, and the only SQL. [`http`]: connections, bodies, dates and addresses.
//! - [`clock`] and [`random`]: the only sources of time and of randomness.
//!
//! `CONTRIBUTING.md` says how to add a vendor or a route.

pub mod admin;
pub mod cli;
pub mod clock;
pub mod contract;
pub mod emulator;
pub mod http;
pub mod library;
pub mod pipeline;
pub mod providers;
pub mod random;
pub mod server;
