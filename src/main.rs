//! Parses the command line, calls the library, prints one error.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (cli, warnings) = assetmock::cli::environment::parse();
    match assetmock::cli::run(cli, &warnings) {
        Ok(code) => code,
        Err(error) => {
            // Where it cannot be written, the exit code says it.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
