//! Every option: its flag, its environment variable, its default and a sentence.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::Switches;
use crate::clock::{self, Clock, Micros};
use crate::journal::Bounds;
use crate::store::Place;
use crate::world;

/// Stands in for five vendors' asset APIs on one port.
#[derive(Debug, Parser)]
#[command(name = "assetmock", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` if left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `serve`, for use without its name.
    #[command(flatten)]
    pub serve: Serve,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the five APIs (the default).
    Serve(Box<Serve>),
    /// List every key of the loaded worlds with provider, workspace and state.
    Keys {
        /// The worlds to read.
        #[command(flatten)]
        world: World,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the providers, or one with its parameters, limits and evidence.
    Providers {
        /// The provider to show.
        name: Option<String>,
        /// Write JSON.
        #[arg(long)]
        json: bool,
        /// Write what `FIDELITY.md` says.
        #[arg(long, conflicts_with = "json")]
        fidelity: bool,
    },
    /// Check a fixture file, or print the format's JSON Schema.
    Fixture {
        /// What to do.
        #[command(subcommand)]
        action: FixtureAction,
    },
    /// Generate a library of any size, as a fixture or straight into a database.
    Generate(Generate),
    /// Write a workspace as a fixture that loads to the same bytes on every wire.
    Export {
        /// The worlds to read.
        #[command(flatten)]
        world: World,
        /// The workspace; the first one if left out.
        #[arg(long, value_name = "ID")]
        workspace: Option<String>,
        /// Where to write; standard output if left out.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Ask a running server whether it is ready; exit code 0 if it is.
    Healthcheck(Address),
}

/// What can be done with fixtures.
#[derive(Debug, Subcommand)]
pub enum FixtureAction {
    /// Read a fixture and say what it holds, or where it is wrong.
    Check {
        /// A file, or `demo`, `docs` or `empty`.
        fixture: String,
    },
    /// Print the JSON Schema of fixtures.
    Schema,
}

/// The options of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Where to listen.
    #[command(flatten)]
    pub address: Address,
    /// The worlds to serve.
    #[command(flatten)]
    pub world: World,
    /// Freeze the clock at this time, such as `2026-03-21T12:00:00Z` [default: the machine's clock].
    #[arg(long, env = "ASSETMOCK_CLOCK", value_name = "TIME", value_parser = time)]
    pub clock: Option<Micros>,
    /// Make request ids the same in every run [default: different ones].
    #[arg(long, env = "ASSETMOCK_SEED", value_name = "N")]
    pub seed: Option<u64>,
    /// Enforce no rate limits; the counts shown stay true.
    #[arg(long, env = "ASSETMOCK_NO_LIMITS", value_parser = FalseyValueParser::new())]
    pub no_limits: bool,
    /// Which keys are good: those of the worlds, or any that has the vendor's form; one that nobody has seen gets a workspace of its own, copied from the first world.
    #[arg(long, env = "ASSETMOCK_AUTH", value_name = "WHICH", default_value = "known")]
    pub auth: Auth,
    /// What requests to `/_emulator` must carry as `Authorization: Bearer TOKEN`; health needs none [default: nothing].
    #[arg(long, env = "ASSETMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// Do not let requests ask for faults of their own with `X-Emulator-Fault`.
    #[arg(long, env = "ASSETMOCK_NO_FAULT_HEADER", value_parser = FalseyValueParser::new())]
    pub no_fault_header: bool,
    /// How many workspaces there can be at once; a request for one more is refused.
    #[arg(long, env = "ASSETMOCK_MAX_WORKSPACES", value_name = "N", default_value_t = Switches::MAX_WORKSPACES)]
    pub max_workspaces: u64,
    /// How many requests the journal holds for each workspace; 0: it holds none. All together take at most 32 MiB besides their bodies; beyond that the oldest go.
    #[arg(long, env = "ASSETMOCK_JOURNAL_ENTRIES", value_name = "N", default_value_t = Bounds::default().entries)]
    pub journal_entries: usize,
    /// How many bytes of bodies the journal holds for all workspaces together; the oldest go first, and their entries stay without them.
    #[arg(long, env = "ASSETMOCK_JOURNAL_BYTES", value_name = "N", default_value_t = Bounds::default().bytes)]
    pub journal_bytes: usize,
    /// End with exit code 1 if a strict workspace got a warning.
    #[arg(long, env = "ASSETMOCK_FAIL_ON_WARNINGS", value_parser = FalseyValueParser::new())]
    pub fail_on_warnings: bool,
    /// The form of the log, which goes to standard error. `json` also replaces the banner by a line of log.
    #[arg(long, env = "ASSETMOCK_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// How much is logged: failures, also warnings, also refused requests, or every request.
    #[arg(long, env = "ASSETMOCK_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// Where the server listens, or is to be found.
#[derive(Debug, Clone, Args)]
pub struct Address {
    /// Address and port; port 0 takes a free one.
    #[arg(long, env = "ASSETMOCK_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4750")]
    pub listen: String,
    /// The file of the real port: `serve` writes it once it is ready and removes it at its end, `healthcheck` reads it.
    #[arg(long, env = "ASSETMOCK_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
}

/// The name by which SQLite knows a database without a file.
pub const MEMORY: &str = ":memory:";

/// Which worlds.
#[derive(Debug, Clone, Args)]
pub struct World {
    /// The SQLite file that holds everything; `:memory:` is the same as none [default: a private database without a file].
    #[arg(long, env = "ASSETMOCK_DATABASE", value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// The fixture a new database begins with: a file, `demo`, `docs`, `empty`, or the JSON itself. Repeatable, or separated by commas [default: demo and docs].
    #[arg(long, env = "ASSETMOCK_FIXTURE", value_name = "FIXTURE")]
    pub fixture: Vec<String>,
}

/// The options of `generate`.
#[derive(Debug, Clone, Args)]
pub struct Generate {
    /// How many assets.
    #[arg(long, value_name = "N")]
    pub count: u64,
    /// The same seed gives the same assets.
    #[arg(long, env = "ASSETMOCK_SEED", value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The workspace they belong to; it has the demo keys.
    #[arg(long, value_name = "ID", default_value = "ws_demo")]
    pub workspace: String,
    /// The time of the newest asset, or a little after it.
    #[arg(long, value_name = "TIME", default_value = "2026-06-01T00:00:00Z", value_parser = time)]
    pub until: Micros,
    /// Write a database for `serve --database`.
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub database: Option<PathBuf>,
    /// Write a fixture; standard output if left out.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Which keys are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Those of the worlds and those made since.
    Known,
    /// Any that has the vendor's form.
    Any,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A readable line an event.
    Text,
    /// A JSON object an event.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Failures of the emulator itself.
    Error,
    /// Also requests with warnings: what is probably not meant.
    Warn,
    /// Also refused requests, start and end.
    Info,
    /// Every request.
    Debug,
}

impl From<LogLevel> for tracing::Level {
    fn from(level: LogLevel) -> tracing::Level {
        match level {
            LogLevel::Error => tracing::Level::ERROR,
            LogLevel::Warn => tracing::Level::WARN,
            LogLevel::Info => tracing::Level::INFO,
            LogLevel::Debug => tracing::Level::DEBUG,
        }
    }
}

impl World {
    /// Where the database is.
    pub fn place(&self) -> Place {
        match &self.database {
            Some(file) if file.as_os_str() != MEMORY => Place::File(file.clone()),
            _ => Place::Private,
        }
    }

    /// The fixtures named, or the default ones.
    pub fn fixtures(&self) -> Vec<String> {
        if self.fixture.is_empty() { world::DEFAULT.map(str::to_owned).to_vec() } else { self.fixture.clone() }
    }
}

impl Serve {
    /// The clock asked for.
    pub fn clock(&self) -> Clock {
        self.clock.map_or_else(Clock::system, Clock::frozen)
    }

    /// How much the journal may hold.
    pub fn bounds(&self) -> Bounds {
        Bounds { entries: self.journal_entries, bytes: self.journal_bytes, ..Bounds::default() }
    }

    /// What was chosen for the whole run.
    pub fn switches(&self) -> Switches {
        Switches {
            any_key: self.auth == Auth::Any,
            admin_token: self.admin_token.clone(),
            no_fault_header: self.no_fault_header,
            max_workspaces: self.max_workspaces,
        }
    }
}

fn time(text: &str) -> Result<Micros, String> {
    clock::read_rfc3339(text).ok_or_else(|| "not a time such as 2026-03-21T12:00:00Z".to_owned())
}
