//! Time. The clock is passed in as an argument, so that with `--clock` (and `--seed`, see [`random`](crate::random))
//! the same requests get the same bytes. Only this module reads the system's clock.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An instant in microseconds since 1970-01-01T00:00:00Z, the unit in which instants are stored and compared.
pub type Micros = i64;

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;

/// A clock that can be set, stepped, frozen and resumed while other threads read it.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    mode: RwLock<ClockMode>,
}

/// Whether a clock runs or is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockMode {
    /// The clock runs at a constant offset from the machine's clock.
    Running {
        /// The offset in microseconds; negative if the clock is behind the machine's.
        ahead: Micros,
    },
    /// The clock always shows the same instant.
    Frozen {
        /// That instant.
        at: Micros,
    },
}

impl ClockMode {
    /// The instant that a clock in this mode shows now.
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

    /// A clock frozen at `at`.
    pub fn frozen(at: Micros) -> Clock {
        Clock::with(ClockMode::Frozen { at })
    }

    /// A clock in this mode.
    pub fn with(mode: ClockMode) -> Clock {
        Clock { started: monotonic(), mode: RwLock::new(mode) }
    }

    /// The current mode.
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

    /// Moves the clock to `at`. A running clock keeps running, a frozen one stays frozen.
    pub fn set(&self, at: Micros) {
        self.update(|mode| match mode {
            ClockMode::Running { .. } => ClockMode::Running { ahead: at.saturating_sub(wall()) },
            ClockMode::Frozen { .. } => ClockMode::Frozen { at },
        });
    }

    /// Moves the clock forward by `by` microseconds, or back if `by` is negative.
    pub fn step(&self, by: Micros) {
        self.update(|mode| match mode {
            ClockMode::Running { ahead } => ClockMode::Running { ahead: ahead.saturating_add(by) },
            ClockMode::Frozen { at } => ClockMode::Frozen { at: at.saturating_add(by) },
        });
    }

    /// Freezes the clock at the instant that it shows.
    pub fn freeze(&self) {
        self.update(|mode| ClockMode::Frozen { at: mode.show() });
    }

    /// Lets the clock run on from the instant that it shows.
    pub fn resume(&self) {
        self.update(|mode| ClockMode::Running { ahead: mode.show().saturating_sub(wall()) });
    }

    fn update(&self, change: impl FnOnce(ClockMode) -> ClockMode) {
        // One lock for reading and writing, so that no concurrent change is lost.
        let mut mode = self.mode.write().unwrap_or_else(PoisonError::into_inner);
        *mode = change(*mode);
    }

    /// How long this process has been running, in real time: setting the clock does not change it.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Measures how long something took, in real time. For anything that a vendor's clock would show, use [`Clock`].
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Stopwatch {
        Stopwatch(monotonic())
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The time of the machine's clock. Only for values that other programs compare with their own clock, such as the
/// validity of certificates. For anything that a vendor's clock would show, use [`Clock`].
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

/// Parses RFC 3339, such as `2026-03-21T12:00:00Z`. Digits beyond microseconds are dropped.
pub fn read_rfc3339(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

/// Formats an instant as RFC 3339 in UTC, the format of fixtures. The fraction of the second has as few digits (0, 3 or
/// 6) as the instant needs.
pub fn write_rfc3339(at: Micros) -> String {
    utc(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Parses the output of [`write_rfc3339`], which can have a signed year: with its offset from UTC, an input such as
/// `9999-12-31T23:59:59-01:00` lies after the year 9999 or before the year 0.
pub fn read_written_rfc3339(text: &str) -> Option<Micros> {
    let signed = || text.starts_with(['+', '-']).then(|| text.parse::<DateTime<Utc>>().ok()).flatten();
    read_rfc3339(text).or_else(|| signed().map(|at| at.timestamp_micros()))
}

/// The instant as a chrono date. Instants outside chrono's range become its first or last instant.
pub fn utc(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or(if at < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Formats an instant for an HTTP header: `Sat, 21 Mar 2026 12:00:00 GMT`.
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
    fn instants_outside_four_digit_years_survive_a_round_trip() {
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
