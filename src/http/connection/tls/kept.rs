//! A certificate authority (CA) that is stored in a directory and outlives the process. `authority.pem` holds its
//! certificate and its key, and only the owner can read it. `ca.pem` holds the certificate alone, for clients. Each
//! file is written under a temporary name and then renamed, so no reader sees half of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use super::authority::{Authority, VALID};
use super::names::{Names, read_name};
use super::trust::not_vouched_for;
use crate::clock::{Micros, SECOND, Stopwatch, machine_now, read_rfc3339, write_rfc3339};

const SECRET: &str = "authority.pem";
const PUBLIC: &str = "ca.pem";

/// A process locks this file while it reads or writes the other two.
const LOCK: &str = ".lock";

/// The suffix of a file that is not complete yet.
const TEMPORARY: &str = ".new";

/// How long to wait for another process to release the lock: far longer than it needs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The interval between attempts to take the lock. `File::lock` would wait by itself, but without a time limit.
const PAUSE: Duration = Duration::from_millis(5);

/// How long before it expires a CA is replaced: longer than a run of tests takes.
const MARGIN: Micros = DAY;

const DAY: Micros = 24 * 60 * 60 * SECOND;

/// The labels of the lines before the certificate, which list its names and its end.
const NAMES: &str = "names: ";
const UNTIL: &str = "until: ";

/// Reads the CA of a directory, or makes one and writes it there. Also returns warnings for the user: the CA that was
/// there had to be replaced, or users other than the owner can read its key.
pub fn read_or_make(directory: &Path, names: &Names) -> Result<(Authority, Vec<String>), String> {
    let failed = |cause: io::Error| format!("cannot keep the authority in `{}`: {cause}", directory.display());
    make_directory(directory).map_err(failed)?;
    // Held until this function returns, so that both files belong to the same CA even if another server starts now.
    let lock = lock(directory).map_err(failed)?;
    if lock.is_some() {
        remove_left_over(directory).map_err(failed)?;
    }
    let (file, public) = (directory.join(SECRET), directory.join(PUBLIC));
    let (authority, warning) = match read(&file, names).map_err(failed)? {
        Some(Ok(authority)) => (authority, is_open_to_others(&file)),
        Some(Err(UnusableAuthority { why, names: had })) => {
            let said = format!(
                "the authority in `{}` was replaced, and clients have to trust the new one, `{}`: {why}",
                file.display(),
                public.display()
            );
            (write(&file, &names.and(&had))?, Some(said))
        }
        None => (write(&file, names)?, None),
    };
    if fs::read(&public).ok().as_deref() != Some(authority.certificate().as_bytes()) {
        let temporary = write_beside(&public, authority.certificate(), false).map_err(failed)?;
        fs::rename(&temporary, &public).inspect_err(|_| remove(&temporary)).map_err(failed)?;
    }
    Ok((authority, warning.into_iter().collect()))
}

/// Waits for the lock of the directory and takes it. `None`: the directory cannot be written, or the file system has
/// no locks.
fn lock(directory: &Path) -> io::Result<Option<File>> {
    let path = directory.join(LOCK);
    let opened = File::options().write(true).create(true).truncate(false).open(&path).or_else(|cause| {
        // A lock file of another user cannot be opened for writing, but it can be locked.
        File::open(&path).map_err(|_| cause)
    });
    let file = match opened {
        Ok(file) => file,
        Err(cause) if matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            return Ok(None);
        }
        Err(cause) => return Err(cause),
    };
    let watch = Stopwatch::start();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if watch.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other(format!("another process holds `{}`; end it", path.display())));
            }
            Err(TryLockError::Error(cause)) => {
                tracing::warn!(%cause, "cannot lock `{}`: let no other server start meanwhile", path.display());
                return Ok(None);
            }
        }
    }
}

/// Removes temporary files of processes that were killed while they wrote. The caller holds the lock, so none of them
/// is still in use.
fn remove_left_over(directory: &Path) -> io::Result<()> {
    for file in fs::read_dir(directory)? {
        let file = file?;
        if file.file_name().to_str().is_some_and(is_temporary) {
            remove(&file.path());
        }
    }
    Ok(())
}

/// Whether a name is one that [`write_beside`] gives to its files.
fn is_temporary(name: &str) -> bool {
    let numbers = ["authority.", "ca."].iter().find_map(|start| name.strip_prefix(start)?.strip_suffix(TEMPORARY));
    numbers.is_some_and(|numbers| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// A warning if users other than its owner can read a file with a key.
#[cfg(unix)]
fn is_open_to_others(file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).ok()?.permissions().mode() & 0o777;
    let file = file.display();
    let warning = || {
        format!(
            "others than its owner can read the key in `{file}` (mode {mode:03o}), and vouch for its names; `chmod 600 {file}`, or delete it if somebody may have read it"
        )
    };
    (mode & 0o077 != 0).then(warning)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> Option<String> {
    None
}

/// A CA that has to be replaced: the reason, and the names that it was for.
struct UnusableAuthority {
    why: String,
    names: Names,
}

/// The CA in a file, or why it has to be replaced; `None`: there is no such file.
fn read(file: &Path, names: &Names) -> io::Result<Option<Result<Authority, UnusableAuthority>>> {
    let unusable = |why, names| Ok(Some(Err(UnusableAuthority { why, names })));
    match fs::read_to_string(file) {
        Ok(text) => {
            let had = line(&text, NAMES).split(' ').filter_map(|name| read_name(name).ok());
            let had = Names::new(had);
            match parse(&text, &had, names) {
                Ok(authority) => Ok(Some(Ok(authority))),
                Err(why) => unusable(why, had),
            }
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound && fs::symlink_metadata(file).is_ok() => {
            Err(io::Error::other(format!("`{SECRET}` is a link to a file that is not there; remove the link")))
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) if cause.kind() == ErrorKind::InvalidData => {
            unusable("its file is no text".to_owned(), Names::new([""; 0]))
        }
        Err(cause) => Err(cause),
    }
}

/// The rest of the first line that begins with `label`; empty if there is none.
fn line<'t>(text: &'t str, label: &str) -> &'t str {
    text.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default()
}

fn parse(text: &str, had: &Names, names: &Names) -> Result<Authority, String> {
    let until = read_rfc3339(line(text, UNTIL)).ok_or("its file does not say how long it is valid")?;
    let (before, key) = text.split_once(KEY).ok_or("its file holds no key")?;
    let certificate = before.find(CERTIFICATE).map(|begin| &before[begin..]).ok_or("its file holds no certificate")?;
    if machine_now() + MARGIN >= until {
        return Err(format!("it is valid until {}", write_rfc3339(until)));
    }
    let authority = Authority::read(certificate, &format!("{KEY}{key}"))?;
    let refused = not_vouched_for(&authority, names)?;
    let lacking: Vec<_> =
        names.iter().filter(|name| !had.contains(name) || refused.iter().any(|no| no == name)).collect();
    match &*lacking {
        [] => Ok(authority),
        names => Err(format!(
            "it cannot vouch for `{}`; the new one can for the old names, too, so that servers with different names can share it",
            names.join("`, `")
        )),
    }
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const KEY: &str = "-----BEGIN PRIVATE KEY-----";

/// Makes a CA and writes it with its key.
fn write(file: &Path, names: &Names) -> Result<Authority, String> {
    let authority = Authority::make(names)?;
    let failed = |cause: io::Error| format!("cannot write `{}`: {cause}", file.display());
    let temporary = write_beside(file, &text(&authority, names), true).map_err(failed)?;
    fs::rename(&temporary, file).inspect_err(|_| remove(&temporary)).map_err(failed)?;
    Ok(authority)
}

fn text(authority: &Authority, names: &Names) -> String {
    let names: Vec<_> = names.iter().collect();
    let until = write_rfc3339((machine_now() / DAY + VALID as i64) * DAY);
    let about = "The authority of assetmock. Whoever has this file can vouch for the names below.";
    let (certificate, key) = (authority.certificate(), authority.key());
    format!("{about}\n{NAMES}{}\n{UNTIL}{until}\n{certificate}{key}", names.join(" "))
}

/// Writes a temporary file next to `file` and returns its path. The process id and a counter make its name unique.
fn write_beside(file: &Path, text: &str, is_secret: bool) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Relaxed);
    let temporary = file.with_extension(format!("{}.{number}{TEMPORARY}", std::process::id()));
    // An earlier process with the same id may have left one.
    match fs::remove_file(&temporary) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut open = create(&temporary, is_secret)?;
    let written = open.write_all(text.as_bytes()).and_then(|()| open.sync_all());
    written.map(|()| temporary.clone()).inspect_err(|_| remove(&temporary))
}

/// Removes a temporary file, so that no key stays where nobody expects one. A failure is only logged.
fn remove(temporary: &Path) {
    if let Err(cause) = fs::remove_file(temporary) {
        tracing::warn!(%cause, "`{}` is left over", temporary.display());
    }
}

#[cfg(unix)]
fn create(file: &Path, is_secret: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = if is_secret { 0o600 } else { 0o644 };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(file)
}

/// Without file modes: access depends on the directory, and those of a user are private to that user.
#[cfg(not(unix))]
fn create(file: &Path, _: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(file)
}

#[cfg(unix)]
fn make_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}
