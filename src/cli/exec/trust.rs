//! The files by which the command of `exec --intercept` trusts the authority of the emulator: certificates only, for their owner's
//! eyes only, and removed with the run. What a run that was killed left behind, the next one removes: it knows such a run by
//! the lock, which ends with the process.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the names of the directories begin with.
const PREFIX: &str = "assetmock-exec-";

const ALL: &str = "authorities.pem";
const FURTHER: &str = "further.pem";
const LOCK: &str = "lock";
const NEW_LOCK: &str = "lock.new";

/// Where systems have the certificates of the authorities that they trust, in one file.
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

/// The variables that name authorities: files, or directories of files. Programs that read one take it in place of the system's.
const NAMED: [&str; 5] = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"];

/// The one that names further authorities for Node.
const NAMED_FURTHER: &str = "NODE_EXTRA_CA_CERTS";

/// The files, for as long as this lives.
pub struct TrustFiles {
    directory: PathBuf,
    _lock: File,
    /// The one with the system's authorities, those that the parent names, and ours.
    pub all: String,
    /// The one with those that the parent names for Node, and ours.
    pub further: String,
    /// Whether there are authorities besides ours in the first.
    pub has_others: bool,
}

impl TrustFiles {
    /// Writes them. `own` is the certificate of our authority.
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
        // What cannot be removed now, the next run removes.
        let _ = remove(&self.directory);
    }
}

/// The certificates of the system, and of what variables name. What cannot be read has none, as for those who would read it.
fn authorities(variable: impl Fn(&str) -> Option<OsString>) -> Vec<String> {
    let system = SYSTEM.map(PathBuf::from).into_iter().find(|file| file.exists());
    let named = NAMED.iter().filter_map(|name| variable(name));
    let named = named.flat_map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    system.into_iter().chain(named).flat_map(|path| certificates(&path)).collect()
}

/// The certificates in a file, or in the files of a directory. Whatever else is in it, such as a key, is left out.
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

/// Writes certificates, each once, and ours behind them.
fn write(mut file: File, others: Vec<String>, own: &str) -> io::Result<()> {
    let mut seen = HashSet::new();
    let mut text: String = others.iter().filter(|one| seen.insert(*one)).map(String::as_str).collect();
    text.push_str(own);
    file.write_all(text.as_bytes())
}

/// A directory of this run, which was not there before.
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

/// Locks a directory. The file has its name only once it is locked: without one, a run has just begun.
fn lock(directory: &Path) -> io::Result<File> {
    let new = directory.join(NEW_LOCK);
    let file = create(&new)?;
    // Where there are no locks, what a killed run leaves stays.
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

/// Removes what runs left that were killed.
fn remove_left(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        let directory = entry.path();
        let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) && is_ours(&directory);
        let lock = is_one.then(|| OpenOptions::new().write(true).open(directory.join(LOCK)));
        if let Some(Ok(lock)) = lock
            && lock.try_lock().is_ok()
        {
            // If another run does the same at the same time, one of them finds nothing.
            let _ = remove(&directory);
        }
    }
}

/// Whether this is a directory, not a link to one, and its owner is the user who runs this.
#[cfg(unix)]
fn is_ours(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir() && found.uid() == user)
}

/// Each user has a directory for temporary files.
#[cfg(not(unix))]
fn is_ours(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir())
}

/// Removes a directory and what we put into it; the lock last, by which it can be found if this does not succeed.
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
