//! The summary that `exec` writes at the end, as text, JSON or Markdown. If the command failed, the refused requests
//! come first, since they are the probable cause.

use std::fmt::Write;

use serde::Serialize;

use super::command_exit::CommandExit;
use crate::emulator::distinct::Said;
use crate::emulator::summary::{ProviderTotals, Totals};
use crate::emulator::workspace_states::NONE_WAS_STRICT;
use crate::providers;

/// A run that has ended.
pub struct RunSummary {
    /// How the command ended.
    pub ended: CommandExit,
    /// The exit code of `exec`.
    pub code: u8,
    /// The strict workspaces that had warnings, with `--fail-on-warnings`; empty without it.
    pub strict: Vec<String>,
    /// Whether `--fail-on-warnings` had no effect: there were warnings, but no strict workspace.
    pub none_was_strict: bool,
    /// The totals over all requests.
    pub totals: Totals,
    /// Why a report or GitHub's page could not be written.
    pub unwritten: Option<String>,
}

/// The heading of the refused hosts, which are not a vendor's.
const OTHER_HOSTS: &str = "Refused, since the hosts are no vendor's (`--others tunnel` passes these on)";

/// A heading and the lines below it.
struct Section {
    title: &'static str,
    lines: Vec<String>,
}

impl RunSummary {
    /// The outcome in one line, without a full stop.
    pub fn headline(&self) -> String {
        let Totals { requests, refused, files, .. } = &self.totals;
        let of_files = || format!("{} for files, {} refused", count(files.requests, "request"), files.refused);
        let of_apis = || format!("{}, {refused} refused", count(*requests, "request"));
        let requests = match (requests, files.requests) {
            (0, 0) => "no requests reached the emulator".to_owned(),
            (0, _) => of_files(),
            (_, 0) => of_apis(),
            _ => format!("{}; {}", of_apis(), of_files()),
        };
        let warned = match &*self.strict {
            [] if self.none_was_strict => format!("; {NONE_WAS_STRICT}"),
            [] => String::new(),
            strict => format!("; there were warnings in strict workspaces: `{}`", strict.join("`, `")),
        };
        match self.ended.code() {
            0 => format!("{requests}{warned}"),
            _ => format!("{requests}; the command ended with {}{warned}", self.ended),
        }
    }

    /// The summary as text, for standard error.
    pub fn text(&self) -> String {
        let mut text = format!("assetmock: {}\n", self.headline());
        for Section { title, lines } in self.sections() {
            let _ = writeln!(text, "  {title}:");
            text.extend(lines.iter().map(|line| format!("    {line}\n")));
        }
        text
    }

    /// The summary as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("### assetmock\n\n{}\n", escaped(&self.headline()));
        for Section { title, lines } in self.sections() {
            let _ = write!(text, "\n**{title}**\n\n");
            text.extend(lines.iter().map(|line| format!("- {}\n", escaped(line))));
        }
        text
    }

    /// The summary as JSON.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct Json<'a> {
            exit_code: u8,
            ended: String,
            warned_strict_workspaces: &'a [String],
            #[serde(flatten)]
            totals: &'a Totals,
        }
        let RunSummary { ended, code, strict, totals, .. } = self;
        let json = Json { exit_code: *code, ended: ended.to_string(), warned_strict_workspaces: strict, totals };
        serde_json::to_string_pretty(&json).expect("a summary is JSON") + "\n"
    }

    /// The sections that are not empty, in the order in which they are shown.
    fn sections(&self) -> Vec<Section> {
        let Totals { refusals, refused_hosts, ignored_parameters, warnings, unfired_faults, left_out, .. } =
            &self.totals;
        let unfired =
            unfired_faults.iter().map(|rule| format!("`{}` (rule {}): {}", rule.fault, rule.id, rule.message));
        let more = (*left_out > 0).then(|| format!("{} more", count(*left_out, "time")));
        let mut sections = vec![
            Section { title: "Requests", lines: self.requests() },
            Section { title: "Ignored parameters", lines: said(ignored_parameters) },
            Section { title: "Probably not meant", lines: said(warnings) },
            Section { title: "Faults that never fired", lines: unfired.collect() },
        ];
        let files = self.totals.files.refusals.iter().map(|refusal| line(refusal, "files"));
        let refused = Section { title: "Refused", lines: said(refusals).into_iter().chain(files).collect() };
        let hosts = refused_hosts.iter().map(|one| format!("{} × {}", one.requests, one.host));
        let hosts = Section { title: OTHER_HOSTS, lines: hosts.collect() };
        let place = if self.ended.code() == 0 { 1 } else { 0 };
        sections.splice(place..place, [refused, hosts]);
        sections.push(Section { title: "Not listed, since there was too much", lines: more.into_iter().collect() });
        let unreached = (self.totals.requests + self.totals.files.requests == 0).then(unreached);
        sections.push(Section { title: "What to check", lines: unreached.into_iter().collect() });
        sections.retain(|section| !section.lines.is_empty());
        sections
    }

    fn requests(&self) -> Vec<String> {
        let of = |one: &ProviderTotals| {
            let refused = if one.refused > 0 { format!(", {} refused", one.refused) } else { String::new() };
            format!("{}: {}{refused}", title(one.provider), count(one.requests, "request"))
        };
        self.totals.providers.iter().map(of).collect()
    }
}

fn said(said: &[Said]) -> Vec<String> {
    said.iter().map(|said| line(said, title(said.provider))).collect()
}

/// A message and how many requests it was about, whose subject is a vendor or the files.
fn line(said: &Said, subject: &str) -> String {
    let status = said.status.map(|status| format!(" {status}")).unwrap_or_default();
    let request = said.request.as_ref().map(|request| format!(" {request}")).unwrap_or_default();
    format!("{} × {subject}{status}{request}: {}", said.requests, said.says)
}

fn title(provider: Option<&str>) -> &'static str {
    provider.and_then(providers::named).map_or("unknown provider", |provider| provider.card().title)
}

/// A hint for a run without requests: the variables that the client should read.
fn unreached() -> String {
    let variables: Vec<_> = providers::cards().iter().map(|card| card.client_env.base_url).collect();
    format!(
        "does the client read its base URL from the environment (`{}`), or ask a proxy? See docs/troubleshooting.md",
        variables.join("`, `")
    )
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Escapes text for one line of Markdown; line ends become spaces. Backticks are escaped, too, since a client's text
/// may contain some, which would end a code span.
fn escaped(line: &str) -> String {
    let mut text = String::new();
    for letter in line.replace(['\r', '\n'], " ").chars() {
        if matches!(letter, '`' | '<' | '>' | '&' | '*' | '_' | '[' | ']' | '|' | '\\' | '#') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}
