//! The processes that the command of `exec` left running when it ended.
//!
//! On Linux this process is a subreaper: an orphaned descendant becomes its child. So leftovers of any process group
//! are found among its children, and the system cannot reuse their pids before they are reaped. A process in a session
//! of its own has detached itself on purpose and is left alone. On other systems the leftovers are the processes in
//! the command's process group, if it has one of its own.

#[cfg(target_os = "linux")]
pub use self::linux::Leftovers;
#[cfg(not(target_os = "linux"))]
pub use self::other::Leftovers;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::future::pending;

    use rustix::io::Errno;
    use rustix::process::{
        Pid, RawPid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, waitid,
    };

    /// What is left of the command.
    pub struct Leftovers {
        /// The children that this process had before the command started.
        earlier: Vec<Pid>,
        /// The processes that were asked to end.
        asked: Vec<Pid>,
    }

    impl Leftovers {
        /// Makes this process a subreaper. Call it before the command starts.
        pub fn watch() -> Leftovers {
            // Every current Linux has this. Without it, only direct children are found.
            let _ = set_child_subreaper(Some(getpid()));
            Leftovers { earlier: children(), asked: Vec::new() }
        }

        /// Sends SIGTERM to leftovers that have not had it yet. Returns whether any are left, asked or not.
        pub fn ask_to_end(&mut self, _: Option<Pid>) -> bool {
            let left = self.left();
            for pid in &left {
                if !self.asked.contains(pid) {
                    self.asked.push(*pid);
                    send(*pid, Signal::TERM);
                    // A stopped process handles SIGTERM only after SIGCONT.
                    send(*pid, Signal::CONT);
                }
            }
            !left.is_empty()
        }

        /// Kills the leftovers. Returns whether any could be killed: a process that changed its user is not waited for.
        pub fn kill(&mut self, _: Option<Pid>) -> bool {
            self.left().into_iter().filter(|pid| send(*pid, Signal::KILL)).count() > 0
        }

        /// Never resolves: SIGCHLD reports every change here, and the caller waits for that as well.
        pub async fn changed(&self) {
            pending().await
        }

        fn left(&self) -> Vec<Pid> {
            children().into_iter().filter(|pid| !self.earlier.contains(pid)).collect()
        }
    }

    /// Sends a signal and returns whether that worked. It also works for a process that has ended but is not reaped.
    fn send(pid: Pid, signal: Signal) -> bool {
        kill_process(pid, signal).is_ok()
    }

    /// The children of this process that are in its session and still run.
    fn children() -> Vec<Pid> {
        // Mostly there are no children, and asking for that is cheaper than reading `/proc`.
        let any = waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT);
        if any.is_err_and(|cause| cause == Errno::CHILD) {
            return Vec::new();
        }
        let Some((_, _, session)) = process_status("self") else { return Vec::new() };
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let us = getpid().as_raw_pid();
        let is_ours = |pid: &Pid| {
            process_status(&pid.to_string())
                .is_some_and(|(state, parent, of)| state != "Z" && parent == us && of == session)
        };
        numbers.filter_map(Pid::from_raw).filter(is_ours).collect()
    }

    /// The state, parent and session of a process, by its number or `self`. In a container the session can be 0: it was
    /// made outside and has no number there. So numbers are compared, not pids, which cannot be 0.
    fn process_status(process: &str) -> Option<(String, RawPid, RawPid)> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name can contain any characters, so the fields are counted from its closing bracket: state, parent,
        // group, session.
        let mut fields = stat.rsplit(") ").next()?.split(' ');
        Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?, fields.nth(1)?.parse().ok()?))
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

    /// What is left of the command.
    pub struct Leftovers {
        was_asked: bool,
    }

    impl Leftovers {
        /// Does nothing: a process group needs no preparation.
        pub fn watch() -> Leftovers {
            Leftovers { was_asked: false }
        }

        /// Sends SIGTERM to the group at the first call. Returns whether any process of it is left.
        pub fn ask_to_end(&mut self, group: Option<Pid>) -> bool {
            let Some(group) = group else { return false };
            match std::mem::replace(&mut self.was_asked, true) {
                false => kill_process_group(group, Signal::TERM).is_ok(),
                true => test_kill_process_group(group).is_ok(),
            }
        }

        /// Kills the group. Returns whether any process of it was left.
        pub fn kill(&mut self, group: Option<Pid>) -> bool {
            group.is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok())
        }

        /// Resolves after a short time: leftovers are not children of this process, so their end is not reported.
        pub async fn changed(&self) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
