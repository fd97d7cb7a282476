//! The command of `exec` on Unix.
//!
//! Where there is a terminal, the command is in our process group. So the terminal treats it as it would without us: it may
//! read, Ctrl-C and Ctrl-Z reach it once and reach us, too, and whoever started us (a shell, `npm`, `make`) sees what it is used
//! to see. We live through Ctrl-C, and stop and go on with it at Ctrl-Z. Where there is no terminal, it has a group of its own,
//! and gets the signals that we get.

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

use super::ended::{Ended, NotStarted};
use super::leftovers::Leftovers;
use super::signals::{Event, Signals};
use crate::cli::client_env::Variable;

/// The command, which runs.
pub struct Child {
    pid: Pid,
    /// Whether it is in a process group of its own, which has its number.
    has_own_group: bool,
    leftovers: Leftovers,
    signals: Signals,
    exited: Arc<Notify>,
    grace: Duration,
    /// When it is killed, once it was asked to end.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether that is over.
    is_late: bool,
    has_ended: bool,
}

impl Child {
    /// Starts it, with these variables set or taken away.
    pub fn start(words: &[OsString], variables: &[Variable], grace: Duration) -> Result<Child, NotStarted> {
        let (program, arguments) = words.split_first().expect("the command line has a command");
        let failed = |cause| NotStarted::new(program, cause);
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
        // Before it starts: it may end at once, and whoever sees it run may send us a signal.
        let signals = Signals::listen().map_err(failed)?;
        let leftovers = Leftovers::watch();
        let pid = Pid::from_child(&command.spawn().map_err(failed)?);
        let exited = notify_of_exit(pid).map_err(failed)?;
        let (deadline, is_late, has_ended) = (None, false, false);
        Ok(Child { pid, has_own_group, leftovers, signals, exited, grace, deadline, is_late, has_ended })
    }

    /// Waits until it has ended, passes signals on to it meanwhile, and then ends what it left behind.
    pub async fn end(mut self) -> io::Result<Ended> {
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

    /// Takes note of children that have ended, and says how the command did, if it is among them.
    fn reap(&self) -> io::Result<Option<Ended>> {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.pid => return Ok(Some(ended(status))),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) | Err(Errno::CHILD) => return Ok(None),
                Err(cause) => return Err(cause.into()),
            }
        }
    }

    /// Passes a signal on. What the keys of a terminal send has reached the command already.
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

    /// It may have ended without being waited for, so its number is still its own.
    fn send(&self, signal: Signal) {
        // What fails because it has ended is what was wanted.
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

    /// Asks what the command left behind to end, and kills what has not done so in time, or when we are asked to end.
    async fn end_leftovers(&mut self) -> io::Result<()> {
        // The Ctrl-C that ended the command is not one for those that it left behind.
        self.signals.forget();
        let group = self.own_group();
        let mut deadline = Some(self.deadline.take().unwrap_or_else(|| Box::pin(sleep(self.grace))));
        loop {
            self.reap()?;
            let is_anything_left =
                if self.is_late { self.leftovers.kill(group) } else { self.leftovers.ask_to_end(group) };
            if !is_anything_left {
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

/// Whatever goes wrong here, the command does not outlive us.
impl Drop for Child {
    fn drop(&mut self) {
        if !self.has_ended {
            self.kill();
        }
    }
}

fn ended(status: WaitStatus) -> Ended {
    let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.terminating_signal() {
        Some(signal) => Ended::Signal(number(signal)),
        None => Ended::Code(number(status.exit_status().unwrap_or_default())),
    }
}

/// Waits for a process in a thread of its own, and leaves it to be reaped. Whoever started us may have blocked SIGCHLD, which
/// would then never arrive.
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

/// Whether this process has a terminal that controls it, whatever its standard streams are.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

async fn until(deadline: &mut Option<Pin<Box<Sleep>>>) {
    match deadline {
        Some(deadline) => deadline.as_mut().await,
        None => pending().await,
    }
}
