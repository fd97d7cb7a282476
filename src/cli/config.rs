//! Every option: its flag, its environment variable, its default and a sentence.

mod asset_urls;
mod generate;
mod help;
mod tls;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Arg, Args, Parser, Subcommand, ValueEnum};

use crate::clock::{Clock, Micros};
use crate::contract::choices;
use crate::emulator::app::Settings;
use crate::emulator::journal::Bounds;
use crate::emulator::load_fixtures;
use crate::emulator::log::LogFormat;
use crate::http::cors::AllowedOrigins;
use crate::library::model::Choices;
use crate::library::store::{DatabaseLocation, Store};
use crate::providers;
pub use asset_urls::UrlForm;
pub use generate::Generate;
use help::heading;
pub use tls::{OtherHosts, TlsOptions, exempt_hosts};
pub use values::{HostAndPort, ReportFile, ReportKind};
use values::{free_port, listen, port, public_url, report_file, seconds, size, time, token, whole_number};

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
    /// Run a command with a server beside it: sets base URLs and keys in its environment, and exits with its exit code.
    #[command(after_help = help::exec_examples())]
    Exec(Box<Exec>),
    /// Print the environment variables (base URLs and keys) for a running server.
    #[command(after_help = help::env_examples())]
    Env(ClientEnvOptions),
    /// List every key of the fixtures or the database, or of a running server, with provider, workspace and state.
    #[command(mut_arg("fixture", fixture_to_read))]
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
    /// Write a workspace as a fixture. Loaded again, it gives the same answers at every vendor, but for uploaded files.
    #[command(mut_arg("fixture", fixture_to_read))]
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
    #[command(mut_arg("listen", found_at), mut_arg("port_file", read_port_file))]
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
    /// Make request ids, and which requests a fault with a probability meets, the same in every run [default: random].
    #[arg(long, help_heading = heading::CLOCK, env = "ASSETMOCK_SEED", value_name = "N", value_parser = whole_number)]
    pub seed: Option<u64>,
    /// Enforce no rate limits; the counts shown stay true.
    #[arg(long, help_heading = heading::CLOCK, env = "ASSETMOCK_NO_LIMITS", value_parser = FalseyValueParser::new())]
    pub no_limits: bool,
    /// Which keys are accepted: those of the library, or any that has the vendor's form. An unknown one then gets a workspace of its own, copied from the first workspace.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_AUTH", value_name = "WHICH", default_value = "known")]
    pub auth: Auth,
    /// The token that requests to `/_emulator` must send as `Authorization: Bearer TOKEN`; health and `ca.pem` need none [default: none].
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
    /// Which URLs stand for assets without one of their own: `own`, which this server answers with the asset's bytes, or `vendor`, in the vendor's form, which it answers only to clients that use it as a proxy or name that host.
    #[arg(long, help_heading = heading::VENDORS, env = "ASSETMOCK_ASSET_URLS", value_name = "WHOSE", default_value = "own")]
    pub asset_urls: UrlForm,
    /// The address under which clients reach this server, such as `https://mock.example.com`, for the URLs of assets [default: that of each request].
    #[arg(long, help_heading = heading::VENDORS, env = "ASSETMOCK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,
    /// How many workspaces there can be at once; a request for one more is refused.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_MAX_WORKSPACES", value_name = "N", default_value_t = Settings::MAX_WORKSPACES, value_parser = whole_number)]
    pub max_workspaces: u64,
    /// How many bytes of files are stored for all workspaces together, from uploads and fixtures; an upload of more is refused. Without `--database` they are in memory, and this is at most 943718400.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_MAX_STORED_BYTES", value_name = "N", default_value_t = Store::MAX_STORED_BYTES, value_parser = whole_number)]
    pub max_stored_bytes: u64,
    /// Read the files at URLs that uploads name, from public addresses only; otherwise such assets get a placeholder for their bytes.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_ALLOW_FETCH", value_parser = FalseyValueParser::new())]
    pub allow_fetch: bool,
    /// Encryption, and what goes through the server as a proxy.
    #[command(flatten)]
    pub tls: TlsOptions,
    /// How many requests the journal holds for each workspace; 0 turns the journal off. All together take at most 32 MiB besides their bodies; beyond that the oldest go.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_JOURNAL_ENTRIES", value_name = "N", default_value_t = Bounds::default().entries, value_parser = size)]
    pub journal_entries: usize,
    /// How many bytes of bodies the journal holds for all workspaces together; the oldest go first, and their entries stay without them.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_JOURNAL_BYTES", value_name = "N", default_value_t = Bounds::default().bytes, value_parser = size)]
    pub journal_bytes: usize,
    /// End with exit code 1 if a strict workspace got a warning. `"strict": true` makes a workspace strict, when it is created or by `PATCH`.
    #[arg(long, help_heading = heading::JOURNAL, env = "ASSETMOCK_FAIL_ON_WARNINGS", value_parser = FalseyValueParser::new())]
    pub fail_on_warnings: bool,
    /// The format of the log, which goes to standard error. `json` also replaces the banner by a line of the log.
    #[arg(long, help_heading = heading::LOG, env = "ASSETMOCK_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Least severe level to log: failures, also warnings, also refused requests, or every request.
    #[arg(long, help_heading = heading::LOG, env = "ASSETMOCK_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// Where the server listens, or is to be found.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = heading::ADDRESS)]
pub struct Address {
    /// Address to listen on: HOST:PORT, HOST, or PORT (then on loopback). Port 0 picks a free port.
    #[arg(long, env = "ASSETMOCK_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4750", value_parser = listen)]
    pub listen: HostAndPort,
    /// Port; overrides the port of `--listen`. A variable that is no number is ignored with a warning: Kubernetes sets it to `tcp://…` [default: that of `--listen`].
    #[arg(long, env = "ASSETMOCK_PORT", value_name = "N", value_parser = port)]
    pub port: Option<u16>,
    /// Write the real port to this file once the server is ready; the file is removed at the end.
    #[arg(long, env = "ASSETMOCK_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
}

impl Address {
    /// Where to listen: the address of `--listen`, with the port of `--port` if there is one.
    pub fn target(&self) -> HostAndPort {
        HostAndPort { port: self.port.unwrap_or(self.listen.port), ..self.listen.clone() }
    }
}

/// `--listen` of a command that asks a running server.
fn found_at(listen: Arg) -> Arg {
    listen.help("Address the server listens on: HOST:PORT, HOST, or PORT (then on loopback)")
}

/// `--port-file` of a command that asks a running server.
fn read_port_file(file: Arg) -> Arg {
    file.help("Read the port from this file, which `serve` or `exec` wrote; it overrides `--listen` and `--port`")
}

/// `--fixture` of a command that reads a library.
fn fixture_to_read(fixture: Arg) -> Arg {
    fixture.help(help::FIXTURE_TO_READ)
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

/// The options of `exec`: those of `serve`, with a free port and a quiet log unless told otherwise, and its own.
#[derive(Debug, Clone, Args)]
#[command(
    mut_arg("listen", |listen| listen.default_value("127.0.0.1:0").value_parser(free_port)),
    mut_arg("log_level", |level| level.default_value("error")),
    mut_arg("fail_on_warnings", |flag| flag.help(help::EXEC_FAIL_ON_WARNINGS)),
)]
pub struct Exec {
    /// Answer what the command sends to the vendors' own addresses: its environment names this server as proxy and its CA as trusted, in place of base URLs.
    #[arg(long, help_heading = heading::COMMAND)]
    pub intercept: bool,
    /// Seconds between SIGTERM and SIGKILL for the command and its children.
    #[arg(long, help_heading = heading::COMMAND, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub grace: Duration,
    /// Also write the summary to a file: `.json` or `.md`; or the journal, as `.har`.
    #[arg(long, help_heading = heading::COMMAND, value_name = "FILE", value_parser = report_file)]
    pub report: Option<ReportFile>,
    /// Print no summary.
    #[arg(long, help_heading = heading::COMMAND)]
    pub quiet: bool,
    /// The command and its arguments, behind `--`. It is run as it stands, without a shell.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    /// What to serve, and where.
    #[command(flatten)]
    pub serve: Serve,
}

/// The options of `env`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("listen", found_at), mut_arg("port_file", read_port_file))]
pub struct ClientEnvOptions {
    /// Only the variables of this provider.
    pub provider: Option<String>,
    /// Output format.
    #[arg(long, value_name = "SHELL", default_value = "sh")]
    pub shell: Shell,
    /// Print commands that unset the variables; needs no server.
    #[arg(long)]
    pub unset: bool,
    /// The running server, in place of `--listen` and `--port`, such as `http://127.0.0.1:4750`.
    #[arg(long, help_heading = heading::ADDRESS, env = "ASSETMOCK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Where the server listens.
    #[command(flatten)]
    pub address: Address,
    /// The token that the running server was started with.
    #[arg(long, help_heading = heading::ACCESS, env = "ASSETMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = token)]
    pub admin_token: Option<String>,
}

/// What reads the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// POSIX shells: `eval "$(assetmock env)"`.
    Sh,
    /// `assetmock env --shell fish | source`.
    Fish,
    /// `assetmock env --shell powershell | Out-String | Invoke-Expression`.
    Powershell,
    /// A file `.env`.
    Dotenv,
    /// GitHub Actions: `assetmock env --shell github >> "$GITHUB_ENV"`.
    Github,
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
    pub fn settings(&self) -> Result<Settings, String> {
        Ok(Settings {
            any_key: self.auth == Auth::Any,
            admin_token: self.admin_token.clone(),
            no_fault_header: self.no_fault_header,
            max_workspaces: self.max_workspaces,
            cors: self.cors.clone(),
            asset_urls: self.asset_urls.into(),
            public_url: self.public_url.clone(),
            names: self.tls.tls_name.clone(),
            others: self.tls.others.into(),
            upstream: self.tls.upstream()?,
        })
    }
}
