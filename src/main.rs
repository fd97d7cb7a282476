//! Parses the command line, calls the library, prints one error.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = assetmock::config::Cli::parse();
    match assetmock::cli::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
