//! Parses the command line, calls the library, prints one error.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = assetmock::config::Cli::parse();
    match assetmock::cli::run(cli) {
        Ok(code) => code,
        Err(error) => {
            // Where it cannot be written, the exit code says it.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
