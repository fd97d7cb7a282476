//! `assetmock exec`: serves while a command runs, and exits with its code. Environment variables tell the command where
//! the server is. The port is opened before the command starts, so its first request is answered. Messages go to
//! standard error; standard input, standard output and the terminal belong to the command.

#[cfg(unix)]
mod child_unix;
#[cfg(windows)]
mod child_windows;
mod command_exit;
mod github;
mod interception;
#[cfg(unix)]
mod leftovers;
mod node;
mod report;
#[cfg(unix)]
mod signals;
mod summary;
mod trust;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

#[cfg(unix)]
use self::child_unix::Child;
#[cfg(windows)]
use self::child_windows::Child;
use self::command_exit::{CommandExit, StartError};
use self::interception::{exempt, intercepting};
use self::report::Report;
use self::summary::RunSummary;
use self::trust::TrustFiles;
use crate::cli::client_env::{UsableKey, Variable, variables};
use crate::cli::config::{Exec, OtherHosts, exempt_hosts};
use crate::cli::port_file::PortFile;
use crate::cli::start::{Outcome, bind, outlive_file_size_limit, prepare, raise_open_files, reachable};
use crate::emulator::app::App;
use crate::emulator::faults::Faults;
use crate::emulator::log::Log;
use crate::emulator::summary::Summary;
use crate::server;

/// The exit code if the emulator could not start.
pub const CANNOT_START: u8 = 125;
/// The exit code if the command succeeded, but strict workspaces had warnings and `--fail-on-warnings` was set.
const WARNED: u8 = 124;

/// Serves, runs the command, and returns its exit code.
pub fn exec(options: &Exec) -> ExitCode {
    let log = match Log::start(options.serve.log_format, options.serve.log_level.into()) {
        Ok(log) => log,
        Err(_) => return ExitCode::from(CANNOT_START),
    };
    let (code, outcome) = match serve_and_run(options, &log) {
        Ok(Run::Ended(finished)) => {
            if !options.quiet {
                log.print(&finished.text());
                github::annotation(&finished).iter().for_each(|annotation| log.print(annotation));
            }
            (finished.code, finished.unwritten)
        }
        Ok(Run::NotStarted(failure)) => (failure.code(), Some(failure.to_string())),
        Err(error) => (CANNOT_START, Some(error.to_string())),
    };
    log.end(outcome.map_or(Ok(()), Err));
    ExitCode::from(code)
}

/// The outcome of a run.
enum Run {
    Ended(Box<RunSummary>),
    NotStarted(StartError),
}

fn serve_and_run(options: &Exec, log: &Log) -> Outcome<Run> {
    let report = options.report.as_ref().map(Report::prepare).transpose()?;
    let port_file = options.serve.address.port_file.as_deref().map(PortFile::prepare).transpose()?;
    let listener = bind(&options.serve.address.target().to_string())?;
    let address = listener.local_addr()?;
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        outlive_file_size_limit()?;
        let listener = TcpListener::from_std(listener)?;
        let (app, _lock) = prepare(&options.serve, address, log.requests()).await?;
        let app = Arc::new(App { summary: Some(Summary::default()), faults: Faults::remembering(), ..app });
        let mut variables = client_variables(&app, address).await?;
        let trust = options.intercept.then(|| prepare_interception(options, &app, log)).transpose()?;
        if let Some(trust) = &trust {
            variables = intercept(options, variables, address, trust);
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server::run(listener, app.clone(), async {
            // The server also stops when the sender is dropped.
            let _ = stopped.await;
        }));
        app.log.write_ready(address);
        let _port_file = port_file.map(|file| file.write(address.port())).transpose()?;
        let ended = match Child::start(&options.command, &variables, options.grace) {
            Ok(child) => {
                // After the start of the command, so that the command inherits the original limit.
                raise_open_files();
                Ok(child.end().await?)
            }
            Err(failure) => Err(failure),
        };
        // Requests in progress end before the summary is made, so that they are counted.
        drop(stop);
        if let Err(cause) = serving.await? {
            tracing::error!(%cause, "the server failed");
        }
        Ok(match ended {
            Ok(ended) => Run::Ended(Box::new(finished(options, &app, ended, report))),
            Err(failure) => Run::NotStarted(failure),
        })
    })
}

async fn client_variables(app: &App, address: SocketAddr) -> Outcome<Vec<Variable>> {
    let workspaces: Vec<_> = app.store.workspaces(None).await?.into_iter().map(|summary| summary.id).collect();
    let now = app.clock.now();
    let keys: Vec<_> = app.store.keys().await?.iter().filter_map(|key| UsableKey::of(key, now)).collect();
    Ok(variables(&format!("http://{}", reachable(address)), &workspaces, &keys))
}

/// The variables of a command with `--intercept`.
fn intercept(options: &Exec, variables: Vec<Variable>, address: SocketAddr, trust: &TrustFiles) -> Vec<Variable> {
    let address = reachable(address);
    let parents = match options.serve.tls.others {
        OtherHosts::Refuse => String::new(),
        OtherHosts::Tunnel => exempt_hosts(),
    };
    let exempt = exempt(&address.ip().to_string(), &parents);
    intercepting(variables, &format!("http://{address}"), &exempt, trust)
}

/// Writes the certificate files that the command trusts, and warns about what will not work.
fn prepare_interception(options: &Exec, app: &App, log: &Log) -> Result<TrustFiles, String> {
    node::too_old().iter().for_each(|line| log.print(line));
    let trust = TrustFiles::write(app.tls.identity()?.authority())?;
    if options.serve.tls.others == OtherHosts::Tunnel && !trust.has_others {
        log.print("assetmock: this system has no file of authorities, so other hosts than the vendors' cannot be verified; name one with SSL_CERT_FILE\n");
    }
    Ok(trust)
}

/// Makes the summary of the run, and writes the report and GitHub's page.
fn finished(options: &Exec, app: &App, ended: CommandExit, report: Option<Report>) -> RunSummary {
    let unfired = app.faults.never_fired(app.clock.now());
    let totals = app.summary.as_ref().map(|summary| summary.totals(unfired)).unwrap_or_default();
    let strict = if options.serve.fail_on_warnings { app.warned() } else { Vec::new() };
    let none_was_strict = options.serve.fail_on_warnings && app.workspace_states.warned_and_none_was_strict();
    let code = match ended.code() {
        0 if !strict.is_empty() => WARNED,
        code => code,
    };
    let mut finished = RunSummary { ended, code, strict, none_was_strict, totals, unwritten: None };
    let written = report.map_or(Ok(()), |report| report.write(&finished, &app.journal));
    finished.unwritten = written.and(github::add_to_page(&finished)).err();
    finished
}
