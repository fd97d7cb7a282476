//! The signals that `exec` receives, including SIGCHLD, which says that a child has ended.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, Waker};

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

/// The signals that `exec` handles besides SIGCHLD.
const LISTENED: [Signal; 6] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2];

/// A signal that arrived.
pub enum Event {
    /// One or more children have ended (SIGCHLD).
    ChildEnded,
    /// Another signal.
    Arrived(Signal),
}

/// The signals that arrive from [`Signals::listen`] on.
pub struct Signals {
    arriving: Vec<(Signal, unix::Signal)>,
    child_ended: unix::Signal,
}

impl Signals {
    /// Installs the handlers. Signals that this process ignores (`nohup`, a background job of a script) stay ignored,
    /// and the command inherits that.
    pub fn listen() -> io::Result<Signals> {
        let ignored = ignored();
        let listened = LISTENED.into_iter().filter(|one| ignored & (1 << (one.as_raw() - 1)) == 0);
        let arriving = listened.map(|one| Ok((one, signal(SignalKind::from_raw(one.as_raw()))?)));
        Ok(Signals { arriving: arriving.collect::<io::Result<_>>()?, child_ended: signal(SignalKind::child())? })
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Discards all pending events.
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

/// A bit mask of the signals that this process ignores; bit 0 is signal 1.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Assumes that none is ignored: asking would take unsafe code.
#[cfg(not(target_os = "linux"))]
fn ignored() -> u64 {
    0
}
