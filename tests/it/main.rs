//! Everything that is tested from outside: the cards, the wire, the worlds, the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests wait for real processes")]

mod absent;
mod admin;
mod asset_bytes;
mod asset_life;
mod asset_parts;
mod bad_requests;
mod bodies;
mod bounds;
mod breakage;
mod bulk_delete;
mod cards;
mod cli;
mod conformance;
mod cors;
mod crowd;
mod cut_uploads;
mod dialects;
mod durability;
mod earlier_files;
mod effects;
mod environment;
#[cfg(unix)]
mod exec;
#[cfg(unix)]
mod exec_messages;
mod explain;
mod faults;
mod fetched_uploads;
mod file_names;
mod files;
mod fixture_files;
mod flora_uploads;
mod folders;
mod fresh;
#[cfg(target_os = "linux")]
mod full_disk;
mod groups;
mod har;
mod held_back;
mod help;
mod hostile;
mod http2;
mod idempotency;
mod idle_faults;
mod import;
#[cfg(unix)]
mod intercept;
mod journal;
mod journal_api;
mod killed_uploads;
mod large;
mod libraries;
mod liveness;
mod log;
mod log_in;
mod model;
mod negatives;
mod piktid_uploads;
mod process;
mod projects;
mod properties;
mod refused_changes;
mod restart;
mod routing;
mod secrets;
mod signed_puts;
mod single_asset;
mod stored_bytes;
mod support;
mod timeouts;
mod tls;
mod told;
mod transcripts;
mod twelvelabs_uploads;
mod upload_sessions;
mod uploads_across_resets;
mod variant_operations;
mod variants;
mod verdicts;
mod verify;
mod workspace_routes;
mod worlds;
mod xqr_uploads;
