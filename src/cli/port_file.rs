//! The port file. It tells the process that started the server that the server is ready, and on which port.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A port file that is not written yet.
pub struct PortFile(PathBuf);

impl PortFile {
    /// Removes the file of an earlier run, so that its port is not mistaken for ours, and checks that a new one can be
    /// written.
    pub fn prepare(file: &Path) -> Result<PortFile, String> {
        let prepared = remove_old(file).and_then(|()| {
            fs::write(draft(file), "")?;
            fs::remove_file(draft(file))
        });
        prepared.map_err(|error| unwritable(file, &error))?;
        Ok(PortFile(file.to_owned()))
    }

    /// Writes the port to a temporary file and renames it, so that no reader sees half of it.
    pub fn write(self, port: u16) -> Result<WrittenPortFile, String> {
        let PortFile(file) = self;
        let written = fs::write(draft(&file), format!("{port}\n")).and_then(|()| fs::rename(draft(&file), &file));
        written.map_err(|error| unwritable(&file, &error))?;
        Ok(WrittenPortFile { file, port })
    }
}

/// A port file with our port. It is removed when this is dropped, unless another server has written it since.
#[derive(Debug)]
pub struct WrittenPortFile {
    file: PathBuf,
    port: u16,
}

impl Drop for WrittenPortFile {
    fn drop(&mut self) {
        if read(&self.file) == Ok(self.port) {
            // If this fails, the next server removes the file.
            let _ = fs::remove_file(&self.file);
        }
    }
}

/// Reads the port from a port file. The error names the file.
pub fn read(file: &Path) -> Result<u16, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    let port = text.trim().parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("there is no port in `{}`", file.display()))
}

/// Removes a regular file. Anything else is an error, so that `/dev/stdout` is not removed.
fn remove_old(file: &Path) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(found) if found.is_file() => fs::remove_file(file),
        Ok(_) => Err(io::Error::other("it is there and is not a plain file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The path of the temporary file.
fn draft(file: &Path) -> OsString {
    let mut name = file.as_os_str().to_owned();
    name.push(".draft");
    name
}

fn unwritable(file: &Path, error: &io::Error) -> String {
    format!("cannot write the port file `{}`: {error}. Name another one with `--port-file`", file.display())
}
