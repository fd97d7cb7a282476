//! The log. Its lines go through a bounded queue to a thread of its own, which writes them to standard error: whatever
//! becomes of them there (a pipe that nobody reads, a full disk, no reader any more), no request and no signal waits for
//! it, and an exit waits a quarter of a second at most. Lines that find no room, or cannot be written, are dropped and
//! counted.
//!
//! `tracing-appender` has such a thread, too, but its bound is in lines, not bytes, it does not report what it dropped, and
//! an exit waits for a stuck thread for a second, which cannot be changed.

mod http2;
mod queue;

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use self::http2::{CLIENT, REFUSED};
pub use self::queue::LogFormat;
use self::queue::{Queue, json_line};

/// How long an exit waits for the last lines to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(250);

/// The log of this process.
#[derive(Debug)]
pub struct Log {
    format: LogFormat,
    queue: Arc<Queue>,
}

impl Log {
    /// Starts the log: from here on it gets the events of `tracing`, and panics.
    pub fn start(format: LogFormat, level: Level) -> io::Result<Log> {
        let queue = Arc::new(Queue::start(io::stderr(), format)?);
        let lines = tracing_subscriber::fmt::layer().with_writer(queue.clone()).with_ansi(false);
        // It would write them to standard error itself.
        let lines = lines.log_internal_errors(false);
        let lines = match format {
            LogFormat::Text => lines.boxed(),
            // In JSON `target` is what a client asked for, not the module that says so.
            LogFormat::Json => lines.json().flatten_event(true).with_target(false).boxed(),
        };
        let log = tracing_subscriber::registry().with(lines.with_filter(LevelFilter::from_level(level)));
        log.with((level >= Level::WARN).then(|| http2::refusals(queue.clone(), format))).init();
        LEVEL.get_or_init(|| level);
        // The standard library's hook writes to standard error itself, and would wait for it.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{}", panic.to_string().replace('\n', " "))));
        Ok(Log { format, queue })
    }

    /// How requests are logged.
    pub fn requests(&self) -> RequestLog {
        match self.format {
            LogFormat::Text => RequestLog::Text,
            LogFormat::Json => RequestLog::Json(self.queue.clone()),
        }
    }

    /// Writes a text as it stands, behind the lines that wait.
    pub fn print(&self, text: &str) {
        self.queue.push(text.into());
    }

    /// Says what the run failed with, if it failed, and waits a moment until everything is written.
    pub fn end(self, outcome: Result<(), impl ToString>) -> ExitCode {
        let failure = outcome.err().map(|error| error.to_string());
        match (&failure, self.format) {
            (None, _) => {}
            (Some(error), LogFormat::Text) => self.queue.push(format!("error: {error}\n").into()),
            (Some(error), LogFormat::Json) => self.queue.push(json_line(Level::ERROR, error, ())),
        }
        self.queue.flush(FLUSH_TIMEOUT);
        if failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// How requests are logged.
#[derive(Debug, Clone, Default)]
pub enum RequestLog {
    /// As a readable line: an event of `tracing` like any other.
    #[default]
    Text,
    /// As fields, some of them lists, which events of `tracing` cannot have.
    Json(Arc<Queue>),
}

impl RequestLog {
    /// Says that the server is ready. In JSON that line stands in for the banner, so no level leaves it out.
    pub fn write_ready(&self, address: SocketAddr) {
        #[derive(Serialize)]
        struct Ready {
            address: SocketAddr,
        }
        match self {
            RequestLog::Json(queue) => queue.push(json_line(Level::INFO, "ready", Ready { address })),
            RequestLog::Text => tracing::info!(target: "assetmock::cli", %address, "ready"),
        }
    }

    /// Writes a warning about what outlives this run, so no level leaves it out.
    pub fn write_warning(&self, text: &str) {
        match self {
            RequestLog::Json(queue) => queue.push(json_line(Level::WARN, text, ())),
            RequestLog::Text if is_enabled(Level::WARN) => tracing::warn!("{text}"),
            // Where it cannot be written, the server starts all the same.
            RequestLog::Text => drop(writeln!(io::stderr(), "warning: {text}")),
        }
    }

    /// Writes a request into the log.
    #[cold]
    pub fn write(&self, level: Level, line: &(impl Serialize + fmt::Display)) {
        match self {
            RequestLog::Json(queue) => queue.push(json_line(level, "request", line)),
            RequestLog::Text if level == Level::WARN => tracing::warn!("{line}"),
            RequestLog::Text if level == Level::INFO => tracing::info!("{line}"),
            RequestLog::Text => tracing::debug!("{line}"),
        }
    }
}

/// Up to which level lines are written. (`tracing` may be told more than is written.)
static LEVEL: OnceLock<Level> = OnceLock::new();

/// Whether lines of this level are written.
pub fn is_enabled(level: Level) -> bool {
    LEVEL.get().is_some_and(|written| level <= *written)
}
