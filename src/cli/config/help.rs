//! The parts of the help that are not about a single option. Texts that name a vendor are made from the cards.

use crate::contract::choices;
use crate::contract::client_env::ClientEnv;
use crate::providers;

/// The headings for groups of options in the help of `serve`.
pub mod heading {
    /// Where the server listens.
    pub const ADDRESS: &str = "Address";
    /// Which assets, keys and workspaces are served.
    pub const LIBRARY: &str = "Library";
    /// Time, random numbers and rate limits.
    pub const CLOCK: &str = "Clock, request ids and limits";
    /// How vendors behave.
    pub const VENDORS: &str = "Vendors";
    /// Who may use what, and how much.
    pub const ACCESS: &str = "Access";
    /// Encryption, and the server as a proxy.
    pub const TLS: &str = "TLS and proxies";
    /// What is recorded about requests.
    pub const JOURNAL: &str = "Journal";
    /// What is written to standard error.
    pub const LOG: &str = "Log";
    /// The command of `exec`, and its reports.
    pub const COMMAND: &str = "Command";
}

/// The help of `--fail-on-warnings` at `exec`.
pub const EXEC_FAIL_ON_WARNINGS: &str = "Exit with 124 in place of 0 if a strict workspace got a warning. `\"strict\": true` makes a workspace strict, when it is created or by `PATCH`";

/// The help of `--fixture` at commands that read a library.
pub const FIXTURE_TO_READ: &str = "The fixture to read: a file, `demo`, `docs`, `empty`, or the JSON itself. Repeatable, or separated by commas [default: demo and docs]";

/// The end of the program's help: examples, and the emulator's own API, which users would not find among the options.
pub fn examples() -> String {
    let provider = providers::names()[0];
    format!(
        "Examples:
  assetmock
          Serve the built-in fixtures on http://127.0.0.1:4750
  assetmock --fixture library.json --clock 2026-03-21T12:00:00Z --seed 7
          Serve a fixture of yours, with the same bytes in every run
  assetmock --port 0 --port-file port.txt
          Take a free port, and write it to a file when the server is ready
  assetmock keys
          List the keys of the built-in fixtures
  assetmock providers {provider}
          Show the routes, parameters, limits and variants of a provider

The emulator's own API:
  Tests make workspaces, faults and snapshots, set the clock and read the journal under /_emulator, on the same port.
  `GET /_emulator` lists its routes, and `GET /_emulator/openapi.json` describes them."
    )
}

/// The end of the help of `exec`: examples and the variables of the command.
pub fn exec_examples() -> String {
    let variables = providers::cards().into_iter().map(|card| {
        let ClientEnv { base_url, key, .. } = card.client_env;
        format!("\n  {:14}{base_url}, {key}", card.title)
    });
    format!(
        "The command's environment:{}
  the emulator  ASSETMOCK_URL, ASSETMOCK_API (its own API), ASSETMOCK_WORKSPACE

Exit codes:
  that of the command, or 128 + the number of the signal that ended it; 124: only warnings (`--fail-on-warnings`);
  125: the emulator could not start; 126: the command cannot be executed; 127: there is no such command

Examples:
  assetmock exec -- npm test
          Run tests against the built-in fixtures
  assetmock exec --intercept -- npm test
          Run tests whose clients call the vendors' own addresses
  assetmock exec --fixture library.json --report summary.md -- pytest -q
          Run them against a fixture of yours, and write the summary to a file",
        variables.collect::<String>()
    )
}

/// The end of the help of `env`: examples.
pub fn env_examples() -> String {
    let provider = providers::names()[0];
    format!(
        "Examples:
  eval \"$(assetmock env)\"
          Tell all clients that are started from this shell where the server is
  assetmock env {provider} --shell dotenv > .env
          Write the variables of one provider to a file"
    )
}

/// The help of `--variant`. The example is the second option of the first variant that has two.
pub fn of_variant() -> String {
    let mut variants = providers::cards().into_iter().flat_map(|card| card.variants.iter().map(move |one| (card, one)));
    let example = variants.find_map(|(card, variant)| {
        let option = variant.options.get(1)?;
        Some(format!(", such as `{}={}`", choices::full_name(card, variant), option.name))
    });
    format!(
        "How a vendor behaves where its documents disagree{}; `assetmock providers NAME` lists the variants. Repeatable, or separated by commas; fixtures and workspaces can choose otherwise [default: the first option of each]",
        example.unwrap_or_default()
    )
}
