//! The signals that reach `exec`, and those that say that a child has ended.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, Waker};

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

/// What is listened for besides the ends of children.
const LISTENED: [Signal; 6] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2];

/// Something that happened.
pub enum Event {
    /// A child has ended, or several have.
    ChildEnded,
    /// A signal has arrived.
    Arrived(Signal),
}

/// What happens from here on.
pub struct Signals {
    arriving: Vec<(Signal, unix::Signal)>,
    child_ended: unix::Signal,
}

impl Signals {
    /// Listens. What this process was told to ignore (`nohup`, a job in the background of a script) stays ignored, by the
    /// command, too.
    pub fn listen() -> io::Result<Signals> {
        let ignored = ignored();
        let listened = LISTENED.into_iter().filter(|one| ignored & (1 << (one.as_raw() - 1)) == 0);
        let arriving = listened.map(|one| Ok((one, signal(SignalKind::from_raw(one.as_raw()))?)));
        Ok(Signals { arriving: arriving.collect::<io::Result<_>>()?, child_ended: signal(SignalKind::child())? })
    }

    /// What happens next.
    pub async fn next(&mut self) -> Event {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Forgets what has happened.
    pub fn forget(&mut self) {
        while self.poll(&mut Context::from_waker(Waker::noop())).is_ready() {}
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        for (signal, arriving) in &mut self.arriving {
            if arriving.poll_recv(cx).is_ready() {
                return Poll::Ready(Event::Arrived(*signal));
            }
        }
        self.child_ended.poll_recv(cx).map(|_| Event::ChildEnded)
    }
}

/// The signals that are ignored, a bit each.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// There is no way to ask without unsafe code.
#[cfg(not(target_os = "linux"))]
fn ignored() -> u64 {
    0
}
