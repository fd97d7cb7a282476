//! The command of `exec` on Unix.
//!
//! With a terminal, the command stays in this process's group, so the terminal treats it as it would without `exec`: it
//! can read input, Ctrl-C and Ctrl-Z reach it once, and the parent (a shell, `npm`, `make`) sees the usual behaviour.
//! The same keys reach this process: it survives Ctrl-C, and Ctrl-Z stops it together with the command. Without a
//! terminal, the command gets a process group of its own, and signals to this process are forwarded to it.

use std::ffi::OsString;
use std::fs::File;
use std::future::pending;
use std::io;
use std::os::unix::process::CommandExt;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, kill_process_group, wait, waitid,
};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use super::command_exit::{CommandExit, StartError};
use super::leftovers::Leftovers;
use super::signals::{Event, Signals};
use crate::cli::client_env::Variable;

/// The running command.
pub struct Child {
    pid: Pid,
    /// Whether the command leads a process group of its own, whose id is then `pid`.
    has_own_group: bool,
    leftovers: Leftovers,
    signals: Signals,
    exited: Arc<Notify>,
    grace: Duration,
    /// When the command is killed; set when SIGTERM or SIGHUP is forwarded to it.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether the time to end is over, so that what is left is killed.
    is_late: bool,
    has_ended: bool,
}

impl Child {
    /// Starts the command, with these variables set or removed. After SIGTERM or SIGHUP it has `grace` to end.
    pub fn start(words: &[OsString], variables: &[Variable], grace: Duration) -> Result<Child, StartError> {
        let (program, arguments) = words.split_first().expect("the command line has a command");
        let failed = |cause| StartError::new(program, cause);
        let mut command = Command::new(program);
        command.args(arguments);
        for Variable { name, value } in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let has_own_group = !has_terminal();
        if has_own_group {
            command.process_group(0);
        }
        // Before the command starts: it may end at once, and a caller that sees it run may send this process a signal.
        let signals = Signals::listen().map_err(failed)?;
        let leftovers = Leftovers::watch();
        let pid = Pid::from_child(&command.spawn().map_err(failed)?);
        let exited = notify_of_exit(pid).map_err(failed)?;
        let (deadline, is_late, has_ended) = (None, false, false);
        Ok(Child { pid, has_own_group, leftovers, signals, exited, grace, deadline, is_late, has_ended })
    }

    /// Waits until the command has ended and forwards signals to it. Then ends the processes that it left behind.
    pub async fn end(mut self) -> io::Result<CommandExit> {
        let ended = loop {
            if let Some(ended) = self.reap()? {
                break ended;
            }
            tokio::select! {
                event = self.signals.next() => match event {
                    Event::Arrived(signal) => self.pass_on(signal),
                    Event::ChildEnded => {}
                },
                () = self.exited.notified() => {}
                () = until(&mut self.deadline) => {
                    self.deadline = None;
                    self.is_late = true;
                    self.kill();
                }
            }
        };
        self.has_ended = true;
        self.end_leftovers().await?;
        Ok(ended)
    }

    /// Reaps children that have ended. If the command is among them, returns how it ended.
    fn reap(&self) -> io::Result<Option<CommandExit>> {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.pid => return Ok(Some(ended(status))),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) | Err(Errno::CHILD) => return Ok(None),
                Err(cause) => return Err(cause.into()),
            }
        }
    }

    /// Forwards a signal to the command. Ctrl-C and Ctrl-\ are not forwarded if the command is in this process's group,
    /// since the terminal has sent them to it already.
    fn pass_on(&mut self, signal: Signal) {
        let is_from_keys = [Signal::INT, Signal::QUIT].contains(&signal);
        if is_from_keys && !self.has_own_group {
            return;
        }
        self.send(signal);
        if [Signal::TERM, Signal::HUP].contains(&signal) && self.deadline.is_none() {
            self.deadline = Some(Box::pin(sleep(self.grace)));
        }
    }

    /// Sends a signal to the command or its group. The pid cannot be another process's: the system does not reuse it
    /// until [`Self::reap`] has reaped the command.
    fn send(&self, signal: Signal) {
        // An error means that the command has already ended.
        let _ = match self.has_own_group {
            true => kill_process_group(self.pid, signal),
            false => kill_process(self.pid, signal),
        };
    }

    fn kill(&mut self) {
        self.send(Signal::KILL);
        self.leftovers.kill(self.own_group());
    }

    fn own_group(&self) -> Option<Pid> {
        self.has_own_group.then_some(self.pid)
    }

    /// Asks the processes that the command left behind to end. Kills those that are left after the grace period, or
    /// when this process gets another signal.
    async fn end_leftovers(&mut self) -> io::Result<()> {
        // The Ctrl-C that ended the command must not count as the signal that kills what is left.
        self.signals.forget();
        let group = self.own_group();
        let mut deadline = Some(self.deadline.take().unwrap_or_else(|| Box::pin(sleep(self.grace))));
        loop {
            self.reap()?;
            let is_anything_left =
                if self.is_late { self.leftovers.kill(group) } else { self.leftovers.ask_to_end(group) };
            if !is_anything_left {
                // Some may have ended since the first line of this loop, and the parent of `exec` may reap nobody.
                self.reap()?;
                return Ok(());
            }
            tokio::select! {
                () = self.leftovers.changed() => {}
                event = self.signals.next() => self.is_late |= matches!(event, Event::Arrived(_)),
                () = until(&mut deadline) => {
                    deadline = None;
                    self.is_late = true;
                }
            }
        }
    }
}

/// Kills the command if an error prevents waiting for it, so that it does not outlive `exec`.
impl Drop for Child {
    fn drop(&mut self) {
        if !self.has_ended {
            self.kill();
        }
    }
}

fn ended(status: WaitStatus) -> CommandExit {
    let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.terminating_signal() {
        Some(signal) => CommandExit::Signal(number(signal)),
        None => CommandExit::Code(number(status.exit_status().unwrap_or_default())),
    }
}

/// Notifies when a process has exited, from a thread that waits for it without reaping it. SIGCHLD is not enough: the
/// parent of `exec` may have blocked it, and then it never arrives.
fn notify_of_exit(pid: Pid) -> io::Result<Arc<Notify>> {
    let exited = Arc::new(Notify::new());
    let notified = exited.clone();
    let wait_for_it = move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|cause| cause == Errno::INTR) {}
        notified.notify_one();
    };
    thread::Builder::new().name("exec-wait".to_owned()).spawn(wait_for_it)?;
    Ok(exited)
}

/// Whether this process has a controlling terminal, whatever its standard streams are.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

async fn until(deadline: &mut Option<Pin<Box<Sleep>>>) {
    match deadline {
        Some(deadline) => deadline.as_mut().await,
        None => pending().await,
    }
}
