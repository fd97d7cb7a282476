//! In GitHub Actions the summary also goes to the page of the run, and what went wrong is one annotation.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};

use super::summary::Finished;

/// The file in which a step writes what the page of its run shows.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Shows a run that has ended, where the environment names a file for it.
pub fn show(finished: &Finished, is_quiet: bool) -> Result<(), String> {
    let Some(file) = env::var_os(SUMMARY).filter(|file| !file.is_empty()) else { return Ok(()) };
    if let Some(annotation) = annotation(finished).filter(|_| !is_quiet) {
        // Where it cannot be written, the exit code says it.
        let _ = writeln!(io::stderr(), "{annotation}");
    }
    let opened = OpenOptions::new().append(true).create(true).open(&file);
    let written = opened.and_then(|mut file| file.write_all(finished.markdown().as_bytes()));
    written.map_err(|cause| format!("cannot write `{}`, which {SUMMARY} names: {cause}", file.to_string_lossy()))
}

/// The one thing to be said: only where something went wrong that the emulator knows of.
fn annotation(finished: &Finished) -> Option<String> {
    let says = match finished.totals.refusals.first() {
        _ if finished.is_good() => return None,
        _ if !finished.strict.is_empty() => finished.headline(),
        Some(most) => format!("{}. Most often: {}", finished.headline(), most.says),
        None => return None,
    };
    let level = if finished.strict.is_empty() { "warning" } else { "error" };
    Some(format!("::{level} title=assetmock::{}", says.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")))
}
