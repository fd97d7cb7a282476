//! What the command of `exec` left behind when it ended.
//!
//! On Linux a process whose parent ends becomes our child. So what is left, in whichever process group, is found among our
//! children, and none of their numbers can be given away before we have taken note of their end. What began a session of its own
//! has detached itself on purpose, and is left alone. Elsewhere it is what is left of the command's process group, if it has one
//! of its own.

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
        Pid, Signal, WaitId, WaitIdOptions, getpid, getsid, kill_process, set_child_subreaper, waitid,
    };

    /// What is left of the command.
    pub struct Leftovers {
        /// The children that this process had before it became `exec`: they are not the command's.
        earlier: Vec<Pid>,
        /// Those that were asked to end.
        asked: Vec<Pid>,
    }

    impl Leftovers {
        /// Lets what loses its parent become our child from here on.
        pub fn watch() -> Leftovers {
            // Linux has had this for long. Without it, only direct children are found.
            let _ = set_child_subreaper(Some(getpid()));
            Leftovers { earlier: children(), asked: Vec::new() }
        }

        /// Asks those that were not asked yet to end; whether there are any, asked or not.
        pub fn ask_to_end(&mut self, _: Option<Pid>) -> bool {
            let left = self.left();
            for pid in &left {
                if !self.asked.contains(pid) {
                    self.asked.push(*pid);
                    send(*pid, Signal::TERM);
                    // One that is stopped cannot end.
                    send(*pid, Signal::CONT);
                }
            }
            !left.is_empty()
        }

        /// Kills them; whether there were any that we may kill. A program that became another user is not ours to end.
        pub fn kill(&mut self, _: Option<Pid>) -> bool {
            self.left().into_iter().filter(|pid| send(*pid, Signal::KILL)).count() > 0
        }

        /// Whatever changes here is told by the end of a child.
        pub async fn changed(&self) {
            pending().await
        }

        fn left(&self) -> Vec<Pid> {
            children().into_iter().filter(|pid| !self.earlier.contains(pid)).collect()
        }
    }

    /// Sends a signal; whether it could be sent. Until we have taken note of an end, it can.
    fn send(pid: Pid, signal: Signal) -> bool {
        kill_process(pid, signal).is_ok()
    }

    /// Our children in our session, but for those that have ended.
    fn children() -> Vec<Pid> {
        // Most often there are none, which is cheaper to ask for.
        let any = waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT);
        if any.is_err_and(|cause| cause == Errno::CHILD) {
            return Vec::new();
        }
        let (us, session) = (getpid(), getsid(None).ok());
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_ours = |pid: &Pid| {
            let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
            // Behind the name, which may hold anything: the state, the parent, the group and the session.
            let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').take(4).collect();
            let number = |field: &str| field.parse().ok().and_then(Pid::from_raw);
            matches!(*fields, [state, parent, _, of]
                if state != "Z" && number(parent) == Some(us) && number(of) == session)
        };
        numbers.filter_map(Pid::from_raw).filter(is_ours).collect()
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
        /// Nothing has to be done beforehand.
        pub fn watch() -> Leftovers {
            Leftovers { was_asked: false }
        }

        /// Asks them to end, once; whether there are any.
        pub fn ask_to_end(&mut self, group: Option<Pid>) -> bool {
            let Some(group) = group else { return false };
            match std::mem::replace(&mut self.was_asked, true) {
                false => kill_process_group(group, Signal::TERM).is_ok(),
                true => test_kill_process_group(group).is_ok(),
            }
        }

        /// Kills them; whether there were any.
        pub fn kill(&mut self, group: Option<Pid>) -> bool {
            group.is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok())
        }

        /// They are not our children, and nothing tells when they end.
        pub async fn changed(&self) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
