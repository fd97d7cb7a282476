//! How the command of `exec` ended, or why it could not start.

use std::ffi::OsStr;
use std::fmt;
use std::io;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandExit {
    /// It exited with this code.
    Code(u8),
    /// This signal ended it.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no signals"))]
    Signal(u8),
}

impl CommandExit {
    /// The exit code that says so, as shells have it.
    pub fn code(self) -> u8 {
        match self {
            CommandExit::Code(code) => code,
            CommandExit::Signal(signal) => 128_u8.saturating_add(signal),
        }
    }
}

impl fmt::Display for CommandExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandExit::Code(code) => write!(f, "exit code {code}"),
            CommandExit::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// The command could not start.
#[derive(Debug)]
pub struct StartError {
    command: String,
    cause: io::Error,
}

impl StartError {
    /// Says why this command could not start.
    pub fn new(command: &OsStr, cause: io::Error) -> StartError {
        StartError { command: command.to_string_lossy().into_owned(), cause }
    }

    /// The exit code that says so, as shells have it.
    pub fn code(&self) -> u8 {
        if self.cause.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StartError { command, cause } = self;
        match cause.kind() {
            io::ErrorKind::NotFound => write!(f, "there is no command `{command}`"),
            _ => write!(f, "cannot execute `{command}`: {cause}"),
        }
    }
}
