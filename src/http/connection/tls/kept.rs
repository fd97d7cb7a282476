//! An authority that outlives the process, in a directory: `authority.pem` holds its certificate and its key, for the owner's
//! eyes only, and `ca.pem` the certificate alone, which clients are given. Both are written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::authority::{Authority, VALID};
use super::names::Names;
use crate::clock::{Micros, SECOND, machine_now, read_rfc3339, write_rfc3339};

const SECRET: &str = "authority.pem";
const PUBLIC: &str = "ca.pem";

/// How long before its end an authority is replaced: longer than a run of tests takes.
const MARGIN: Micros = DAY;

const DAY: Micros = 24 * 60 * 60 * SECOND;

/// The lines before the certificate that say what is in it.
const NAMES: &str = "names: ";
const UNTIL: &str = "until: ";

/// The authority of a directory, and why one that was there was replaced, if it was.
pub fn read_or_make(directory: &Path, names: &Names) -> Result<(Authority, Option<String>), String> {
    let file = directory.join(SECRET);
    let failed = |cause: io::Error| format!("cannot keep the authority in `{}`: {cause}", directory.display());
    make_directory(directory).map_err(failed)?;
    let (authority, replaced) = match read(&file, names).map_err(failed)? {
        Some(Ok(authority)) => (authority, None),
        Some(Err(why)) => (write(&file, names, true)?, Some(why)),
        None => (write(&file, names, false)?, None),
    };
    let public = directory.join(PUBLIC);
    if fs::read(&public).ok().as_deref() != Some(authority.certificate().as_bytes()) {
        let temporary = write_beside(&public, authority.certificate(), false).map_err(failed)?;
        fs::rename(&temporary, &public).inspect_err(|_| remove(&temporary)).map_err(failed)?;
    }
    Ok((authority, replaced))
}

/// The authority in a file, or why it has to be replaced; `None`: there is no such file.
fn read(file: &Path, names: &Names) -> io::Result<Option<Result<Authority, String>>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(parse(&text, names))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => Ok(Some(Err("its file is no text".to_owned()))),
        Err(cause) => Err(cause),
    }
}

fn parse(text: &str, names: &Names) -> Result<Authority, String> {
    let line = |label: &str| text.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default();
    let has = Names::new(line(NAMES).split(' ').filter(|name| !name.is_empty()));
    let until = read_rfc3339(line(UNTIL)).ok_or("its file does not say how long it is valid")?;
    let (before, key) = text.split_once(KEY).ok_or("its file holds no key")?;
    let certificate = before.find(CERTIFICATE).map(|begin| &before[begin..]).ok_or("its file holds no certificate")?;
    if machine_now() + MARGIN >= until {
        return Err(format!("it is valid until {}", write_rfc3339(until)));
    }
    if !has.cover(names) {
        let lacking: Vec<_> = names.iter().filter(|name| !has.contains(name)).collect();
        return Err(format!("it cannot vouch for `{}`", lacking.join("`, `")));
    }
    Authority::read(certificate, &format!("{KEY}{key}"))
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const KEY: &str = "-----BEGIN PRIVATE KEY-----";

/// Makes an authority and writes it. If none was to be there, and another process was quicker, that one's is taken.
fn write(file: &Path, names: &Names, replace: bool) -> Result<Authority, String> {
    let authority = Authority::make(names)?;
    let failed = |cause: io::Error| format!("cannot write `{}`: {cause}", file.display());
    let temporary = write_beside(file, &text(&authority, names), true).map_err(failed)?;
    if replace {
        fs::rename(&temporary, file).inspect_err(|_| remove(&temporary)).map_err(failed)?;
        return Ok(authority);
    }
    let linked = fs::hard_link(&temporary, file);
    remove(&temporary);
    match linked {
        Ok(()) => Ok(authority),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            read(file, names).map_err(failed)?.unwrap_or_else(|| Err("it is gone again".to_owned()))
        }
        Err(cause) => Err(failed(cause)),
    }
}

fn text(authority: &Authority, names: &Names) -> String {
    let names: Vec<_> = names.iter().collect();
    let until = write_rfc3339((machine_now() / DAY + VALID as i64) * DAY);
    let about = "The authority of assetmock. Whoever has this file can vouch for the names below.";
    let (certificate, key) = (authority.certificate(), authority.key());
    format!("{about}\n{NAMES}{}\n{UNTIL}{until}\n{certificate}{key}", names.join(" "))
}

/// Writes a file beside another, and says where. Nobody else writes one of that name.
fn write_beside(file: &Path, text: &str, is_secret: bool) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let temporary = file.with_extension(format!("{}.{}.new", std::process::id(), NEXT.fetch_add(1, Relaxed)));
    // One that an earlier process with this number left.
    match fs::remove_file(&temporary) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut open = create(&temporary, is_secret)?;
    let written = open.write_all(text.as_bytes()).and_then(|()| open.sync_all());
    written.map(|()| temporary.clone()).inspect_err(|_| remove(&temporary))
}

/// Removes what was written in part, or for nothing: no key is left where nobody looks for one.
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

/// What is in a user's own directories is for that user only.
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
