//! The options of `generate`.

use std::path::PathBuf;

use clap::Args;

use super::values::{status, time, whole_number, workspace_id};
use crate::clock::Micros;
use crate::library::model::Status;

/// The options of `generate`.
#[derive(Debug, Clone, Args)]
pub struct Generate {
    /// How many assets.
    #[arg(long, value_name = "N", value_parser = whole_number)]
    pub count: u64,
    /// The same seed gives the same assets.
    #[arg(long, env = "ASSETMOCK_SEED", value_name = "N", default_value_t = 1, value_parser = whole_number)]
    pub seed: u64,
    /// The workspace they belong to, which has the demo keys: `ws_` and something after it, without white space.
    #[arg(long, value_name = "ID", default_value = "ws_demo", value_parser = workspace_id)]
    pub workspace: String,
    /// The time of the newest asset, or a little after it.
    #[arg(long, value_name = "TIME", default_value = "2026-06-01T00:00:00Z", value_parser = time)]
    pub until: Micros,
    /// Only assets of these kinds: image, video, audio, document, other. Separated by commas [default: all].
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Only assets in these states: pending, processing, ready, failed. Separated by commas [default: all].
    #[arg(long, value_name = "STATUSES", value_delimiter = ',', value_parser = status)]
    pub statuses: Vec<Status>,
    /// Only assets that this provider lists.
    #[arg(long, value_name = "PROVIDER")]
    pub listed_by: Option<String>,
    /// Write a database for `serve --database`.
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub database: Option<PathBuf>,
    /// Write a fixture; standard output if left out.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
