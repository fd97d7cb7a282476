//! Every option: its flag, its environment variable, its default and a sentence.

mod help;

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::clock::{self, Clock, Micros};
use crate::contract::choices;
use crate::emulator::app::Settings;
use crate::emulator::journal::Bounds;
use crate::emulator::load_fixtures;
use crate::emulator::log::LogFormat;
use crate::http::cors::AllowedOrigins;
use crate::library::fixture;
use crate::library::model::{Choices, Status};
use crate::library::store::DatabaseLocation;
use crate::providers;
use help::heading;

/// Emulates five vendors' asset APIs on one port.
#[derive(Debug, Parser)]
#[command(name = "assetmock", version, args_conflicts_with_subcommands = true, after_help = help::examples())]
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
    #[command(after_help = help::examples())]
    Serve(Box<Serve>),
    /// List every key of the fixtures or the database, or of a running server, with provider, workspace and state.
    Keys {
        /// The library to read.
        #[command(flatten)]
        library: LibraryOptions,
        /// Ask the running server at this address, such as `http://127.0.0.1:4750`, in place of reading fixtures.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// The token that the running server was started with.
        #[arg(long, env = "ASSETMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = token)]
        admin_token: Option<String>,
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
    /// Write a workspace as a fixture that gives the same bytes at every vendor when it is loaded again.
    Export {
        /// The library to read.
        #[command(flatten)]
        library: LibraryOptions,
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
    /// What to serve.
    #[command(flatten)]
    pub library: LibraryOptions,
    /// Freeze the clock at this time, such as `2026-03-21T12:00:00Z` [default: the machine's clock].
    #[arg(long, help_heading = heading::CLOCK, env = "ASSETMOCK_CLOCK", value_name = "TIME", value_parser = time)]
    pub clock: Option<Micros>,
    /// Make request ids the same in every run [default: different ones].
    #[arg(long, help_heading = heading::CLOCK, env = "ASSETMOCK_SEED", value_name = "N", value_parser = whole_number)]
    pub seed: Option<u64>,
    /// Enforce no rate limits; the counts shown stay true.
    #[arg(long, help_heading = heading::CLOCK, env = "ASSETMOCK_NO_LIMITS", value_parser = FalseyValueParser::new())]
    pub no_limits: bool,
    /// Which keys are accepted: those of the library, or any that has the vendor's form. An unknown one then gets a workspace of its own, copied from the first workspace.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_AUTH", value_name = "WHICH", default_value = "known")]
    pub auth: Auth,
    /// The token that requests to `/_emulator` must send as `Authorization: Bearer TOKEN`; health needs none [default: none].
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = token)]
    pub admin_token: Option<String>,
    /// How vendors behave where their documents disagree.
    #[arg(long, help_heading = heading::VENDORS, env = "ASSETMOCK_VARIANT", value_name = "NAME=OPTION", help = help::of_variant())]
    pub variant: Vec<String>,
    /// Ignore the header `X-Emulator-Fault`, with which a request asks for a fault of its own.
    #[arg(long, help_heading = heading::VENDORS, env = "ASSETMOCK_NO_FAULT_HEADER", value_parser = FalseyValueParser::new())]
    pub no_fault_header: bool,
    /// The origins whose pages may read the vendors' answers in a browser, such as `http://localhost:3000`, separated by commas; `*` lets all in [default: no CORS headers are sent].
    #[arg(long, help_heading = heading::VENDORS, env = "ASSETMOCK_CORS", value_name = "ORIGIN", value_parser = AllowedOrigins::read)]
    pub cors: Option<AllowedOrigins>,
    /// How many workspaces there can be at once; a request for one more is refused.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_MAX_WORKSPACES", value_name = "N", default_value_t = Settings::MAX_WORKSPACES, value_parser = whole_number)]
    pub max_workspaces: u64,
    /// How many requests the journal holds for each workspace; 0: it holds none. All together take at most 32 MiB besides their bodies; beyond that the oldest go.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_JOURNAL_ENTRIES", value_name = "N", default_value_t = Bounds::default().entries, value_parser = size)]
    pub journal_entries: usize,
    /// How many bytes of bodies the journal holds for all workspaces together; the oldest go first, and their entries stay without them.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_JOURNAL_BYTES", value_name = "N", default_value_t = Bounds::default().bytes, value_parser = size)]
    pub journal_bytes: usize,
    /// End with exit code 1 if a strict workspace got a warning.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_FAIL_ON_WARNINGS", value_parser = FalseyValueParser::new())]
    pub fail_on_warnings: bool,
    /// The format of the log, which goes to standard error. `json` also replaces the banner by a line of the log.
    #[arg(long, help_heading = heading::LOG, env = "ASSETMOCK_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// How much is logged: failures, also warnings, also refused requests, or every request.
    #[arg(long, help_heading = heading::LOG, env = "ASSETMOCK_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// Where the server listens, or is to be found.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = heading::ADDRESS)]
pub struct Address {
    /// Address and port, or one of them: a port alone (`4750` or `:4750`) is on loopback. Port 0 takes a free one.
    #[arg(long, env = "ASSETMOCK_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4750", value_parser = listen)]
    pub listen: HostAndPort,
    /// The port, in place of that of `--listen`. A variable that is no number is ignored with a warning: Kubernetes sets it to `tcp://…` [default: that of `--listen`].
    #[arg(long, env = "ASSETMOCK_PORT", value_name = "N", value_parser = port)]
    pub port: Option<u16>,
    /// The file of the real port: `serve` writes it once it is ready and removes it at its end, `healthcheck` reads it.
    #[arg(long, env = "ASSETMOCK_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
}

/// An address as it is written, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAndPort {
    /// A name or an address; one of IPv6 is in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for HostAndPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// Where to listen: the address of `--listen`, with the port of `--port` if there is one.
    pub fn target(&self) -> HostAndPort {
        HostAndPort { port: self.port.unwrap_or(self.listen.port), ..self.listen.clone() }
    }
}

/// The name by which SQLite knows a database without a file.
pub const MEMORY: &str = ":memory:";

/// Which library: a database, or fixtures.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = heading::LIBRARY)]
pub struct LibraryOptions {
    /// The SQLite file that holds the library; `:memory:` is the same as none [default: the library is in memory].
    #[arg(long, env = "ASSETMOCK_DATABASE", value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// The fixture a new library begins with: a file, `demo`, `docs`, `empty`, or the JSON itself. Repeatable, or separated by commas [default: demo and docs].
    #[arg(long, env = "ASSETMOCK_FIXTURE", value_name = "FIXTURE")]
    pub fixture: Vec<String>,
}

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

fn status(text: &str) -> Result<Status, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// Which keys are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Those of the library, and those made since.
    Known,
    /// Any that has the vendor's form.
    Any,
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

impl LibraryOptions {
    /// Where the database is.
    pub fn place(&self) -> DatabaseLocation {
        match &self.database {
            Some(file) if file.as_os_str() != MEMORY => DatabaseLocation::File(file.clone()),
            _ => DatabaseLocation::Memory,
        }
    }

    /// The fixtures named, or the default ones.
    pub fn fixtures(&self) -> Vec<String> {
        if self.fixture.is_empty() { load_fixtures::DEFAULT.map(str::to_owned).to_vec() } else { self.fixture.clone() }
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

    /// The variants asked for.
    pub fn variants(&self) -> Result<Choices, String> {
        choices::read(&providers::cards(), &self.variant)
            .map_err(|why| format!("`--variant` (or `ASSETMOCK_VARIANT`): {why}"))
    }

    /// What was chosen for the whole run.
    pub fn settings(&self) -> Settings {
        Settings {
            any_key: self.auth == Auth::Any,
            admin_token: self.admin_token.clone(),
            no_fault_header: self.no_fault_header,
            max_workspaces: self.max_workspaces,
            cors: self.cors.clone(),
        }
    }
}

fn time(text: &str) -> Result<Micros, String> {
    clock::read_rfc3339(text).ok_or_else(|| "not a time such as 2026-03-21T12:00:00Z".to_owned())
}

fn workspace_id(text: &str) -> Result<String, String> {
    if fixture::is_workspace_id(text) {
        Ok(text.to_owned())
    } else {
        Err("not `ws_` and something after it, without white space".to_owned())
    }
}

fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
}

fn size(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("not a whole number from 0 to {}", usize::MAX))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "not a port from 0 to 65535".to_owned())
}

fn token(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("a token is not empty; leave the option out for none".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Reads an address with a port, or one of them. Without an address it is loopback, without a port it is 4750.
fn listen(text: &str) -> Result<HostAndPort, String> {
    const HOST: &str = "127.0.0.1";
    const PORT: u16 = 4750;
    let wrong = || "not an address and a port such as 127.0.0.1:4750, or a port alone".to_owned();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(wrong());
    }
    if let Ok(port) = text.parse() {
        return Ok(HostAndPort { host: HOST.to_owned(), port });
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok(HostAndPort { host: format!("[{text}]"), port: PORT });
    }
    match text.rsplit_once(':').filter(|_| !text.ends_with(']')) {
        Some((host, port)) => {
            let host = if host.is_empty() { HOST } else { host };
            Ok(HostAndPort { host: host.to_owned(), port: port.parse().map_err(|_| wrong())? })
        }
        None if text.bytes().all(|b| b.is_ascii_digit()) => Err(wrong()),
        None => Ok(HostAndPort { host: text.to_owned(), port: PORT }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_or_without_its_port() {
        for (text, read) in [
            ("4750", "127.0.0.1:4750"),
            (":80", "127.0.0.1:80"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("localhost", "localhost:4750"),
            ("[::1]:80", "[::1]:80"),
            ("[::]", "[::]:4750"),
            ("::1", "[::1]:4750"),
        ] {
            assert_eq!(listen(text).map(|read| read.to_string()), Ok(read.to_owned()), "{text}");
        }
        for text in ["", "70000", "localhost:http", "127.0.0.1:70000", "127.0.0.1:4750\r", "a b:1"] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
