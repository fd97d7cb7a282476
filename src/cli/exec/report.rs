//! The file of `--report`.

use std::fs::{self, OpenOptions};
use std::io;

use super::summary::RunSummary;
use crate::cli::config::{ReportFile, ReportKind};
use crate::emulator::journal::{Filter, Har, Journal};

/// A report that is written at the end.
pub struct Report<'f>(&'f ReportFile);

impl Report<'_> {
    /// Checks that the report can be written, before the command does its work.
    pub fn prepare(file: &ReportFile) -> Result<Report<'_>, String> {
        // Opening a pipe would wait for its reader.
        if fs::metadata(&file.path).is_ok_and(|found| !found.is_file()) {
            return Err(unwritten(file, &io::Error::other("it is not a regular file")));
        }
        let opened = OpenOptions::new().append(true).create(true).open(&file.path);
        opened.map_err(|cause| unwritten(file, &cause))?;
        Ok(Report(file))
    }

    /// Writes the report in the format of its file name.
    pub fn write(self, finished: &RunSummary, journal: &Journal) -> Result<(), String> {
        let text = match self.0.kind {
            ReportKind::Json => finished.json(),
            ReportKind::Markdown => finished.markdown(),
            ReportKind::Har => {
                let archive = Har::of(&journal.find(&Filter::default()));
                serde_json::to_string_pretty(&archive).map_err(|error| error.to_string())? + "\n"
            }
        };
        fs::write(&self.0.path, text).map_err(|cause| unwritten(self.0, &cause))
    }
}

fn unwritten(file: &ReportFile, cause: &io::Error) -> String {
    format!("cannot write the report `{}`: {cause}. Name another one with `--report`", file.path.display())
}
