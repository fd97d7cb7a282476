//! The command of `exec` on Windows. It runs in a job object, which is terminated after it. Ctrl-C reaches the command
//! through the console; when the console closes or the system shuts down, the job is terminated.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::Duration;

use process_wrap::std::{ChildWrapper, CommandWrap, JobObject};
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use tokio::time::sleep;

use super::command_exit::{CommandExit, StartError};
use crate::cli::client_env::Variable;

/// The running command.
pub struct Child(Box<dyn ChildWrapper>);

impl Child {
    /// Starts the command, with these variables set or removed. The grace period is unused: Windows has no signal that
    /// asks a process to end.
    pub fn start(words: &[OsString], variables: &[Variable], _grace: Duration) -> Result<Child, StartError> {
        let (program, arguments) = words.split_first().expect("the command line has a command");
        let mut command = Command::new(program);
        command.args(arguments);
        for Variable { name, value } in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let started = CommandWrap::from(command).wrap(JobObject).spawn();
        started.map(Child).map_err(|cause| StartError::new(program, cause))
    }

    /// Waits until the command has ended. What it left behind is terminated when `self` is dropped.
    pub async fn end(mut self) -> io::Result<CommandExit> {
        const PAUSE: Duration = Duration::from_millis(10);
        let (mut interrupt, mut halt, mut close, mut shutdown) =
            (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
        let status = loop {
            if let Some(status) = self.0.try_wait()? {
                break status;
            }
            tokio::select! {
                () = sleep(PAUSE) => {}
                _ = interrupt.recv() => {}
                _ = halt.recv() => {}
                _ = close.recv() => self.0.start_kill()?,
                _ = shutdown.recv() => self.0.start_kill()?,
            }
        };
        let code = status.code().unwrap_or(1);
        Ok(CommandExit::Code(u8::try_from(code).unwrap_or(1)))
    }
}

/// Terminates the processes that are left in the job.
impl Drop for Child {
    fn drop(&mut self) {
        // This fails only if no process is left.
        let _ = self.0.start_kill();
    }
}
