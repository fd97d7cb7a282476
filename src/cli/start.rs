//! Starts an emulator: sets limits of the process, binds the port and opens the library.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::config::{LibraryOptions, Serve};
use crate::emulator::app::App;
use crate::emulator::cache::Cache;
use crate::emulator::journal::Journal;
use crate::emulator::limits::Limits;
use crate::emulator::load_fixtures;
use crate::emulator::log::RequestLog;
use crate::http::fetch::Fetcher;
use crate::library::store::{DatabaseLocation, DatabaseLock, LoadError, OpenError, Store};
use crate::providers;

/// The result of a command, or the error that ends it.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Makes the emulator and opens its library. Also returns the lock of the database, if that is a file.
pub async fn prepare(options: &Serve, address: SocketAddr, log: RequestLog) -> Outcome<(App, Option<DatabaseLock>)> {
    let lock = match options.library.place() {
        DatabaseLocation::File(file) => Some(DatabaseLock::take(&file, &format!("http://{}", reachable(address)))?),
        DatabaseLocation::Memory => None,
    };
    let settings = options.settings()?;
    if options.library.place() == DatabaseLocation::Memory && options.max_stored_bytes > Store::MAX_BYTES_IN_MEMORY {
        return Err(format!("`--max-stored-bytes` is at most {} without `--database`: SQLite holds no more in memory. Name a file with `--database`", Store::MAX_BYTES_IN_MEMORY).into());
    }
    if let Some(upstream) = &settings.upstream
        && upstream.is_at(address).await
    {
        return Err(format!("`HTTPS_PROXY` names this server itself, `{address}`, so tunnels to other hosts would lead in a circle. Start it without that variable or without `--others tunnel`").into());
    }
    let (tls, warnings) = options.tls.open()?;
    warnings.iter().for_each(|warning| log.write_warning(warning));
    let clock = options.clock();
    let store = open(&options.library, options.max_stored_bytes, clock.now()).await?;
    let fetcher = options.allow_fetch.then(fetcher).transpose()?;
    let app = App {
        cache: Cache::new(options.variants()?),
        limits: Limits::new(options.no_limits),
        journal: Journal::new(options.bounds()),
        log,
        tls: Arc::new(tls),
        settings,
        fetcher,
        ..App::new(store, clock, options.seed)
    };
    Ok((app, lock))
}

/// What reads files at URLs. It also trusts the certificate authorities in the file that `SSL_CERT_FILE` names, as other
/// programs do, for example where a company's firewall signs certificates.
fn fetcher() -> Outcome<Fetcher> {
    let authorities = std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    Ok(Fetcher::new(authorities.as_deref()).map_err(|cause| format!("`SSL_CERT_FILE`: {cause}"))?)
}

/// The number of open files to ask for, if the system allows it. Each connection takes one.
const OPEN_FILES: u64 = 65_536;

/// Raises the limit of open files as far as the system allows, at most to 65,536. A failure is only logged.
pub fn raise_open_files() {
    if let Err(cause) = rlimit::increase_nofile_limit(OPEN_FILES) {
        tracing::warn!(%cause, "there will be fewer connections than there could be");
    }
}

/// Makes a write beyond the file-size limit (`ulimit -f`) fail like one to a full disk. Without a handler, SIGXFSZ
/// would end the process.
#[cfg(unix)]
pub fn outlive_file_size_limit() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}

/// Does nothing: there is no such signal.
#[cfg(not(unix))]
pub fn outlive_file_size_limit() -> io::Result<()> {
    Ok(())
}

/// Binds the port. The error says what to try.
pub fn bind(listen: &str) -> Outcome<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(listen).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("cannot listen on `{listen}`: another program has this port. Stop it, or choose another with `--port` (port 0 takes a free one)"),
        io::ErrorKind::PermissionDenied => format!("cannot listen on `{listen}`: permission denied. Choose a port above 1023 with `--port`"),
        _ => format!("cannot listen on `{listen}`: {error}. Give an address and a port with `--listen`, such as `127.0.0.1:4750`"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Opens the database and, if it is new, loads the fixtures. They are read in parallel with opening the database, which
/// takes about as long.
pub async fn open(library: &LibraryOptions, max_stored_bytes: u64, now: i64) -> Outcome<Store> {
    let fixtures = library.fixtures();
    let reading = tokio::task::spawn_blocking(move || load_fixtures::read(&fixtures));
    let mut store = Store::open(&library.place(), providers::ids()).await?;
    store.max_stored_bytes = max_stored_bytes;
    let unwritten = |cause| OpenError::writing(&library.place(), &cause);
    if library.place() == DatabaseLocation::Memory || !store.is_loaded().await.map_err(unwritten)? {
        let loaded = load_fixtures::load(&store, reading.await??, now).await;
        loaded.map_err(|cause| not_loaded(&library.place(), cause))?;
        return Ok(store);
    }
    if !library.fixture.is_empty() {
        tracing::warn!("the database already holds a library; `--fixture` was ignored");
    }
    // A process that was killed may have left bytes that belong to nobody.
    store.remove_unreferenced_blobs();
    Ok(store)
}

/// Why a new library could not be filled.
pub fn not_loaded(place: &DatabaseLocation, cause: LoadError) -> Box<dyn Error> {
    match cause {
        LoadError::Store(cause) => OpenError::writing(place, &cause).into(),
        LoadError::File(..) => cause.into(),
    }
}

/// An address that clients can connect to: the one for all interfaces becomes loopback.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
