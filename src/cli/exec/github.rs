//! In GitHub Actions the summary is also added to the page of the run, and a failure becomes one annotation.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;

use super::summary::RunSummary;

/// The variable that names the file for the step's part of that page.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The file that the variable names, if it is set.
fn file() -> Option<OsString> {
    env::var_os(SUMMARY).filter(|file| !file.is_empty())
}

/// Adds the summary to the page, if there is one.
pub fn add_to_page(finished: &RunSummary) -> Result<(), String> {
    let Some(file) = file() else { return Ok(()) };
    let opened = OpenOptions::new().append(true).create(true).open(&file);
    let written = opened.and_then(|mut file| file.write_all(finished.markdown().as_bytes()));
    written.map_err(|cause| format!("cannot write `{}`, which {SUMMARY} names: {cause}", file.to_string_lossy()))
}

/// The annotation: an error for warnings in strict workspaces, a warning if the run failed and requests were refused.
/// `None` outside GitHub Actions, and if the run succeeded or nothing was refused.
pub fn annotation(finished: &RunSummary) -> Option<String> {
    file()?;
    let says = match finished.totals.refusals.first() {
        _ if finished.code == 0 => return None,
        _ if !finished.strict.is_empty() => finished.headline(),
        Some(most) => format!("{}. Most often: {}", finished.headline(), most.says),
        None => {
            let most = finished.totals.refused_hosts.first()?;
            format!("{}. Most often a tunnel to `{}`, which is no vendor's", finished.headline(), most.host)
        }
    };
    let level = if finished.strict.is_empty() { "warning" } else { "error" };
    let escaped = says.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    Some(format!("::{level} title=assetmock::{escaped}\n"))
}
