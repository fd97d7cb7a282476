//! Time. It is injected: with `--clock` (and `--seed`, see [`random`](crate::random)) the same requests get the same bytes.
//! Nothing outside this module asks what time it is.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z. Everything stored and compared is in this unit.
pub type Micros = i64;

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;

/// A clock: one that runs, as far ahead of the machine's as it was set, or one that stands still.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    mode: RwLock<ClockMode>,
}

/// How a clock goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockMode {
    /// It runs, this far ahead of the machine's clock (behind, if negative).
    Running {
        /// How far, in microseconds.
        ahead: Micros,
    },
    /// It stands still.
    Frozen {
        /// Where.
        at: Micros,
    },
}

impl ClockMode {
    /// What they show.
    pub fn show(self) -> Micros {
        match self {
            ClockMode::Running { ahead } => wall().saturating_add(ahead),
            ClockMode::Frozen { at } => at,
        }
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock::with(ClockMode::Running { ahead: 0 })
    }

    /// A clock that stands at `at`.
    pub fn frozen(at: Micros) -> Clock {
        Clock::with(ClockMode::Frozen { at })
    }

    /// A clock in this mode.
    pub fn with(mode: ClockMode) -> Clock {
        Clock { started: monotonic(), mode: RwLock::new(mode) }
    }

    /// How the clock goes.
    pub fn mode(&self) -> ClockMode {
        *self.mode.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current instant.
    pub fn now(&self) -> Micros {
        self.mode().show()
    }

    /// Changes the mode.
    pub fn set_mode(&self, mode: ClockMode) {
        *self.mode.write().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// Moves the clock to `at`; whether it stands or runs stays.
    pub fn set(&self, at: Micros) {
        self.turn(|mode| match mode {
            ClockMode::Running { .. } => ClockMode::Running { ahead: at.saturating_sub(wall()) },
            ClockMode::Frozen { .. } => ClockMode::Frozen { at },
        });
    }

    /// Moves the clock by so much, back if negative.
    pub fn step(&self, by: Micros) {
        self.turn(|mode| match mode {
            ClockMode::Running { ahead } => ClockMode::Running { ahead: ahead.saturating_add(by) },
            ClockMode::Frozen { at } => ClockMode::Frozen { at: at.saturating_add(by) },
        });
    }

    /// Stops the clock where it is.
    pub fn freeze(&self) {
        self.turn(|mode| ClockMode::Frozen { at: mode.show() });
    }

    /// Lets the clock run on from where it is.
    pub fn resume(&self) {
        self.turn(|mode| ClockMode::Running { ahead: mode.show().saturating_sub(wall()) });
    }

    fn turn(&self, how: impl FnOnce(ClockMode) -> ClockMode) {
        let mut mode = self.mode.write().unwrap_or_else(PoisonError::into_inner);
        *mode = how(*mode);
    }

    /// How long this process has been running, in real time whatever the clock says.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Real time since an earlier call, for how long something took; never for what a vendor's clock would say.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    pub fn start() -> Stopwatch {
        Stopwatch(monotonic())
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The time of the machine's clock, for what others compare with theirs, such as certificates; never for what a vendor's clock
/// would say.
pub fn machine_now() -> Micros {
    wall()
}

#[expect(clippy::disallowed_methods, reason = "this is the injected clock")]
fn monotonic() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the injected clock")]
fn wall() -> Micros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// Reads RFC 3339, such as `2026-03-21T12:00:00Z`. Digits beyond microseconds are dropped.
pub fn read_rfc3339(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

/// Writes RFC 3339 in UTC with as many digits as the instant needs: what fixtures hold.
pub fn write_rfc3339(at: Micros) -> String {
    utc(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Reads what [`write_rfc3339`] writes, years of more than four digits and those before the year 0 too: an offset from UTC
/// can lead there.
pub fn read_written_rfc3339(text: &str) -> Option<Micros> {
    let signed = || text.starts_with(['+', '-']).then(|| text.parse::<DateTime<Utc>>().ok()).flatten();
    read_rfc3339(text).or_else(|| signed().map(|at| at.timestamp_micros()))
}

/// The instant as a calendar date; those outside chrono's 500,000 years become its first or last.
pub fn utc(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or(if at < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Writes the instant as HTTP headers do: `Sat, 21 Mar 2026 12:00:00 GMT`.
pub fn http_date(at: Micros) -> String {
    utc(at).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Whole seconds since 1970, rounded down.
pub fn seconds(at: Micros) -> i64 {
    at.div_euclid(SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_survives_a_round_trip_to_the_microsecond() {
        for text in ["2026-03-18T10:15:00Z", "1999-12-31T23:59:59.000001Z", "1969-12-31T23:59:59.500Z"] {
            assert_eq!(write_rfc3339(read_rfc3339(text).unwrap()), text);
        }
    }

    #[test]
    fn what_an_offset_leads_to_is_read_again() {
        for text in ["9999-12-31T23:59:59.5-23:59", "0000-01-01T00:00:00.000001+23:59", "2026-03-18T10:15:00+01:00"] {
            let at = read_rfc3339(text).unwrap();
            assert_eq!(read_written_rfc3339(&write_rfc3339(at)), Some(at), "{text}");
        }
        assert_eq!(read_written_rfc3339("+later"), None);
    }

    #[test]
    fn seconds_round_down_before_1970_too() {
        assert_eq!(seconds(-1), -1);
        assert_eq!(seconds(1_999_999), 1);
    }
}
