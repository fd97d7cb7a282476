//! The files that make the command of `exec --intercept` trust the emulator's certificate authority (CA). They contain
//! certificates only, only their owner can read them, and they are removed at the end of the run. If a run is killed,
//! the next run removes its files: the lock in their directory is then free, since it ends with the process.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The prefix of the directories' names.
const PREFIX: &str = "assetmock-exec-";

const ALL: &str = "authorities.pem";
const FURTHER: &str = "further.pem";
const LOCK: &str = "lock";
const NEW_LOCK: &str = "lock.new";

/// The files in which systems have the certificates of all CAs that they trust.
const SYSTEM: [&str; 7] = [
    // Debian, Arch, Gentoo, NixOS.
    "/etc/ssl/certs/ca-certificates.crt",
    // Fedora and Red Hat.
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    // openSUSE.
    "/etc/ssl/ca-bundle.pem",
    // Alpine, macOS, OpenBSD.
    "/etc/ssl/cert.pem",
    // FreeBSD.
    "/usr/local/share/certs/ca-root-nss.crt",
    "/usr/local/etc/ssl/cert.pem",
];

/// The variables that name CAs, as files or as directories of files. Programs use these instead of the system's.
const NAMED: [&str; 5] = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"];

/// The variable that names additional CAs for Node.
const NAMED_FURTHER: &str = "NODE_EXTRA_CA_CERTS";

/// The files of a run. They are removed when this is dropped.
pub struct TrustFiles {
    directory: PathBuf,
    _lock: File,
    /// The path of the file with the system's CAs, those that the parent names, and the emulator's.
    pub all: String,
    /// The path of the file with the CAs that the parent names for Node, and the emulator's.
    pub further: String,
    /// Whether `all` has other CAs than the emulator's.
    pub has_others: bool,
}

impl TrustFiles {
    /// Writes the files. `own` is the certificate of the emulator's CA.
    pub fn write(own: &str) -> Result<TrustFiles, String> {
        let temporary = env::temp_dir();
        let failed = |cause: io::Error| {
            format!(
                "cannot write the authorities that the command is to trust below `{}`: {cause}",
                temporary.display()
            )
        };
        remove_left(&temporary);
        let directory = make_directory(&temporary).map_err(failed)?;
        let path = |name| directory.join(name).into_os_string().into_string();
        let (Ok(all), Ok(further)) = (path(ALL), path(FURTHER)) else {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidFilename, "the path is no text")));
        };
        let lock = lock(&directory).inspect_err(|_| drop(remove(&directory))).map_err(failed)?;
        let mut files = TrustFiles { directory, _lock: lock, all, further, has_others: false };
        let others = authorities(|name| env::var_os(name));
        files.has_others = !others.is_empty();
        let more = env::var_os(NAMED_FURTHER).map(|file| certificates(Path::new(&file))).unwrap_or_default();
        create(Path::new(&files.all)).and_then(|file| write(file, others, own)).map_err(failed)?;
        create(Path::new(&files.further)).and_then(|file| write(file, more, own)).map_err(failed)?;
        Ok(files)
    }
}

impl Drop for TrustFiles {
    fn drop(&mut self) {
        // If this fails, the next run removes the directory.
        let _ = remove(&self.directory);
    }
}

/// The certificates of the system and of the files that variables name. A file that cannot be read is skipped, since
/// the command could not read it either.
fn authorities(variable: impl Fn(&str) -> Option<OsString>) -> Vec<String> {
    let system = SYSTEM.map(PathBuf::from).into_iter().find(|file| file.exists());
    let named = NAMED.iter().filter_map(|name| variable(name));
    let named = named.flat_map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    system.into_iter().chain(named).flat_map(|path| certificates(&path)).collect()
}

/// The certificates in a file, or in the files of a directory. Other content, such as a key, is left out.
fn certificates(path: &Path) -> Vec<String> {
    if let Ok(entries) = fs::read_dir(path) {
        let files = entries.flatten().map(|entry| entry.path()).filter(|file| file.is_file());
        return files.flat_map(|file| certificates_in(&fs::read(file).unwrap_or_default())).collect();
    }
    certificates_in(&fs::read(path).unwrap_or_default())
}

fn certificates_in(pem: &[u8]) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem).replace('\r', "");
    let ended = text.split(BEGIN).skip(1).filter_map(|rest| rest.split_once(END));
    ended.map(|(inside, _)| format!("{BEGIN}{inside}{END}\n")).collect()
}

/// Writes the other certificates without duplicates, then the emulator's.
fn write(mut file: File, others: Vec<String>, own: &str) -> io::Result<()> {
    let mut seen = HashSet::new();
    let mut text: String = others.iter().filter(|one| seen.insert(*one)).map(String::as_str).collect();
    text.push_str(own);
    file.write_all(text.as_bytes())
}

/// Makes a new directory for this run.
fn make_directory(temporary: &Path) -> io::Result<PathBuf> {
    const MOST: u32 = 1000;
    let mut builder = DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    for number in 0..MOST {
        let directory = temporary.join(format!("{PREFIX}{}-{number}", std::process::id()));
        match builder.create(&directory) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| directory),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Locks a directory. The lock file gets its final name only after it is locked, so that another run, which looks for
/// that name, does not remove a directory that is not locked yet.
fn lock(directory: &Path) -> io::Result<File> {
    let new = directory.join(NEW_LOCK);
    let file = create(&new)?;
    // On a file system without locks, the directory of a killed run is not removed.
    if file.try_lock().is_ok() {
        fs::rename(new, directory.join(LOCK))?;
    }
    Ok(file)
}

fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Removes the directories of runs that were killed.
fn remove_left(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        let directory = entry.path();
        let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) && is_ours(&directory);
        let lock = is_one.then(|| OpenOptions::new().write(true).open(directory.join(LOCK)));
        if let Some(Ok(lock)) = lock
            && lock.try_lock().is_ok()
        {
            // Another run may have removed it at the same time.
            let _ = remove(&directory);
        }
    }
}

/// Whether this is a directory, not a link to one, that belongs to the user of this process.
#[cfg(unix)]
fn is_ours(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir() && found.uid() == user)
}

/// Whether this is a directory, not a link to one. It is the user's, since each has a temporary directory.
#[cfg(not(unix))]
fn is_ours(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir())
}

/// Removes the files of a run and their directory. The lock goes last: if this fails, the next run finds the directory
/// by it.
fn remove(directory: &Path) -> io::Result<()> {
    for name in [ALL, FURTHER, NEW_LOCK, LOCK] {
        match fs::remove_file(directory.join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    fs::remove_dir(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_only_the_certificates_are_taken() {
        let pem = "about\n-----BEGIN CERTIFICATE-----\r\nAQ==\r\n-----END CERTIFICATE-----\r\n\
            -----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n\
            -----BEGIN CERTIFICATE-----\nAg==\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\ncut";
        let one = |inside: &str| format!("-----BEGIN CERTIFICATE-----\n{inside}\n-----END CERTIFICATE-----\n");
        assert_eq!(certificates_in(pem.as_bytes()), [one("AQ=="), one("Ag==")]);
    }
}
