//! The sub-commands: each reads its options, calls the library and prints the result.

pub mod client_env;
pub mod config;
pub mod environment;
pub mod exec;
pub mod exports;
pub mod port_file;
pub mod report;
pub mod running_server;
pub mod start;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::cli::config::{Cli, Command, FixtureAction, Generate, LibraryOptions, MEMORY, Serve};
use crate::cli::exec::exec;
use crate::cli::port_file::{PortFile, WrittenPortFile};
use crate::cli::start::{Outcome, bind, open, outlive_file_size_limit, prepare, raise_open_files, reachable};
use crate::emulator::app::App;
use crate::emulator::load_fixtures;
use crate::emulator::log::{Log, LogFormat, RequestLog};
use crate::emulator::workspace;
use crate::emulator::workspace_states::NONE_WAS_STRICT;
use crate::library::asset::Asset;
use crate::library::fixture::{self, Generator, GeneratorConfig};
use crate::library::store::{DatabaseLocation, DatabaseLock, Export, NewWorkspace, Store};
use crate::library::workspace::Workspace;
use crate::providers;
use crate::server;

/// Runs a command and returns its exit code. `warnings` come from reading the command line.
pub fn run(cli: Cli, warnings: &[String]) -> Outcome<ExitCode> {
    let command = cli.command.unwrap_or(Command::Serve(Box::new(cli.serve)));
    if !matches!(command, Command::Serve(_)) {
        // If they cannot be written, the command still does its work.
        let _ = warnings.iter().try_for_each(|warning| writeln!(io::stderr(), "warning: {warning}"));
    }
    match command {
        Command::Serve(options) => return serve(&options, warnings),
        Command::Keys { url: Some(url), admin_token, json, .. } => {
            print(&running_server::keys(&url, admin_token.as_deref(), json)?)?;
        }
        Command::Keys { library, json, .. } => keys(&library, json)?,
        Command::Providers { name, json, fidelity } => show_providers(name.as_deref(), json, fidelity)?,
        Command::Fixture { action: FixtureAction::Check { fixture } } => check_fixture(&fixture)?,
        Command::Fixture { action: FixtureAction::Schema } => print(&fixture::schema())?,
        Command::Generate(options) => generate(&options)?,
        Command::Export { library, workspace, output } => export(&library, workspace, output.as_deref())?,
        Command::Healthcheck(address) => running_server::check_health(&address)?,
        Command::Exec(options) => return Ok(exec(&options)),
        Command::Env(options) => print(&exports::exports(&options)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(options: &Serve, warnings: &[String]) -> Outcome<ExitCode> {
    let log = Log::start(options.log_format, options.log_level.into())?;
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let outcome = run_server(options, log.requests());
    Ok(log.end(outcome))
}

fn run_server(options: &Serve, log: RequestLog) -> Outcome {
    raise_open_files();
    // Wrong options are reported before the port is bound.
    options.variants()?;
    options.settings()?;
    let port_file = options.address.port_file.as_deref().map(PortFile::prepare).transpose()?;
    // The port is bound before the fixtures are loaded, so that a port in use is reported at once. Requests wait until
    // the fixtures are loaded.
    let listener = bind(&options.address.target().to_string())?;
    let address = listener.local_addr()?;
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        outlive_file_size_limit()?;
        let listener = TcpListener::from_std(listener)?;
        let (app, _lock) = prepare(options, address, log).await?;
        let app = Arc::new(app);
        let stop = server::asked_to_stop()?;
        let serving = async { Ok(server::run(listener, app.clone(), stop).await?) };
        // A request that arrives before the banner is printed is answered, too.
        let (_, _port_file) = tokio::try_join!(serving, announce(options, address, &app, port_file))?;
        tracing::info!("stopped");
        if options.fail_on_warnings && app.workspace_states.warned_and_none_was_strict() {
            tracing::warn!("{NONE_WAS_STRICT}");
        }
        match app.warned() {
            strict if options.fail_on_warnings && !strict.is_empty() => {
                Err(format!("there were warnings in strict workspaces: `{}`; the log has them", strict.join("`, `"))
                    .into())
            }
            _ => Ok(()),
        }
    })
}

async fn announce(
    options: &Serve,
    address: SocketAddr,
    app: &App,
    port_file: Option<PortFile>,
) -> Outcome<Option<WrittenPortFile>> {
    if options.log_format == LogFormat::Text {
        let url = format!("http://{}", reachable(address));
        print_banner(report::banner(&url, &app.store.keys().await?, app.clock.now())).await?;
    }
    app.log.write_ready(address);
    Ok(port_file.map(|file| file.write(address.port())).transpose()?)
}

/// Prints the banner from a thread, since standard output may be a pipe that nobody reads. Waits up to a second
/// for it, since on a busy machine the thread may come late.
async fn print_banner(banner: String) -> Outcome {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let (done, printed) = oneshot::channel();
    std::thread::Builder::new().spawn(move || {
        // The server runs even if the banner cannot be printed.
        let _ = print(&banner);
        let _ = done.send(());
    })?;
    let _ = tokio::time::timeout(TIMEOUT, printed).await;
    Ok(())
}

fn one_thread() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn keys(library: &LibraryOptions, json: bool) -> Outcome {
    one_thread()?.block_on(async {
        let clock = crate::clock::Clock::system();
        let store = open_to_read(library, clock.now()).await?;
        let keys = store.keys().await?;
        store.close().await;
        print(&report::keys(&keys, clock.now(), json))
    })
}

/// Opens the library for a command that only reads it. A missing database file is an error and is not created.
async fn open_to_read(library: &LibraryOptions, now: i64) -> Outcome<Store> {
    match library.place() {
        DatabaseLocation::File(file) if !file.exists() => {
            Err(format!("there is no database `{}`; `assetmock serve --database` makes one", file.display()).into())
        }
        DatabaseLocation::File(file) => Ok(Store::open_to_read(&file, providers::ids()).await?),
        DatabaseLocation::Memory => open(library, Store::MAX_STORED_BYTES, now).await,
    }
}

fn show_providers(name: Option<&str>, json: bool, fidelity: bool) -> Outcome {
    let cards = match name {
        Some(name) => {
            let unknown = || format!("there is no provider `{name}`; there are {}", providers::names().join(", "));
            vec![providers::named(name).ok_or_else(unknown)?.card()]
        }
        None => providers::ALL.iter().map(|provider| provider.card()).collect(),
    };
    print(&match (json, fidelity, name) {
        (true, _, _) => report::providers_json(&cards),
        (_, true, _) => report::fidelity(&cards),
        (_, _, Some(_)) => report::provider(cards[0]),
        (_, _, None) => report::providers(&cards),
    })
}

fn check_fixture(name: &str) -> Outcome {
    let fixture = load_fixtures::read_named(name, &mut fixture::UsedIds::default())?;
    let total = |count: fn(&Workspace) -> usize| fixture.workspaces.iter().map(count).sum::<usize>();
    let (keys, assets) = (total(|workspace| workspace.keys.len()), total(|workspace| workspace.assets.len()));
    print(&format!("{name}: good: workspaces {}, keys {keys}, assets {assets}\n", fixture.workspaces.len()))
}

fn generate(options: &Generate) -> Outcome {
    let mut made = Generator::workspace(&options.workspace);
    let demo = load_fixtures::read(&["empty".to_owned()])?;
    made.keys = demo.into_iter().flat_map(|fixture| fixture.workspaces).flat_map(|workspace| workspace.keys).collect();
    let spec = GeneratorConfig::new(options.count, options.seed, options.until);
    let which = (&*options.kinds, &*options.statuses, options.listed_by.as_deref());
    let spec =
        workspace::narrowed(spec, which).map_err(|(field, why)| format!("`--{}`: {why}", field.replace('_', "-")))?;
    let assets = Generator::new(spec);
    let bar = progress(options.count);
    let assets = bar.wrap_iter(assets);
    match (&options.database, &options.output) {
        (Some(file), _) => generate_database(file, &made, assets)?,
        (None, Some(file)) => {
            let unwritten = |error: io::Error| format!("cannot write `{}`: {error}", file.display());
            let out = std::fs::File::create(file).map_err(unwritten)?;
            write_fixture(out, &made, assets).map_err(unwritten)?;
        }
        (None, None) => write_fixture(io::stdout().lock(), &made, assets)?,
    }
    bar.finish_and_clear();
    Ok(())
}

const PROGRESS: &str = "{bar:40} {pos} of {len} assets, {elapsed_precise}, about {eta_precise} left";

fn progress(count: u64) -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(count) } else { ProgressBar::hidden() };
    bar.with_style(ProgressStyle::with_template(PROGRESS).expect("the template is a constant, and a test reads it"))
}

fn write_fixture(out: impl Write, workspace: &Workspace, assets: impl Iterator<Item = Asset>) -> io::Result<()> {
    let mut file = fixture::Writer::begin(io::BufWriter::new(out), workspace)?;
    for asset in assets {
        file.asset(&asset)?;
    }
    file.end()
}

fn generate_database(file: &Path, workspace: &Workspace, assets: impl Iterator<Item = Asset> + Send) -> Outcome {
    if file.as_os_str() == MEMORY {
        return Err(format!("a database `{MEMORY}` would be gone at once. Name a file with `--database`").into());
    }
    one_thread()?.block_on(async {
        outlive_file_size_limit()?;
        let _lock = DatabaseLock::take(file, "`assetmock generate`")?;
        let store = Store::open(&DatabaseLocation::File(file.to_owned()), providers::ids()).await?;
        if store.is_loaded().await? {
            return Err(format!(
                "`{}` already holds a library; it was left as it is. Name a new file with `--database`",
                file.display()
            )
            .into());
        }
        let names = providers::names();
        let mut assets = load_fixtures::identified(workspace, assets);
        let new = NewWorkspace { workspace, providers: &names, assets: &mut assets, files: Vec::new() };
        let loaded = store.load(&mut [new], crate::clock::Clock::system().now()).await;
        loaded.map_err(|cause| start::not_loaded(&DatabaseLocation::File(file.to_owned()), cause))?;
        store.close().await;
        Ok(())
    })
}

fn export(library: &LibraryOptions, workspace: Option<String>, output: Option<&Path>) -> Outcome {
    one_thread()?.block_on(async {
        let store = open_to_read(library, crate::clock::Clock::system().now()).await?;
        let first = store.workspaces(None).await?.into_iter().next().map(|first| first.id);
        let id = workspace.or(first).ok_or("there is no workspace to export")?;
        let export = store.export(&id, &providers::names()).await?;
        let written = write_export(export, output).await;
        store.close().await;
        match (written, output) {
            // A reader that closed the pipe early, such as `head`, is not an error.
            (Err(error), None) if is_broken_pipe(&*error) => Ok(()),
            (Err(error), Some(file)) => Err(format!("cannot write `{}`: {error}", file.display()).into()),
            (written, _) => written,
        }
    })
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn write_export(mut export: Export, output: Option<&Path>) -> Outcome {
    let out: Box<dyn Write> = match output {
        Some(file) => Box::new(std::fs::File::create(file)?),
        None => Box::new(io::stdout()),
    };
    let mut file = fixture::Writer::begin(io::BufWriter::new(out), &export.workspace)?;
    loop {
        let assets = export.next().await?;
        if assets.is_empty() {
            return Ok(file.end()?);
        }
        assets.iter().try_for_each(|asset| file.asset(asset))?;
    }
}

/// Prints a result. A reader that closed the pipe early, such as `head`, is not an error.
fn print(text: &str) -> Outcome {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_bar_has_a_template_that_can_be_drawn() {
        ProgressStyle::with_template(PROGRESS).unwrap();
    }
}
