//! The log. Its lines go through a bounded queue to a thread that writes them to standard error. If standard error
//! blocks or fails (a pipe that nobody reads, a full disk, a closed pipe), requests and signals do not wait for it, and
//! an exit waits at most a quarter of a second. Lines that do not fit into the queue or cannot be written are dropped
//! and counted.
//!
//! `tracing-appender` has such a thread too, but it bounds lines instead of bytes, does not report dropped lines, and
//! waits a fixed second for a blocked thread at exit.

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

/// How long an exit waits until all lines are written. Only a pipe that nobody reads takes so long; on a busy machine
/// the thread that writes may come late.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The log of this process.
#[derive(Debug)]
pub struct Log {
    format: LogFormat,
    queue: Arc<Queue>,
}

impl Log {
    /// Starts the log, and directs `tracing` events and panic messages to it.
    pub fn start(format: LogFormat, level: Level) -> io::Result<Log> {
        let queue = Arc::new(Queue::start(io::stderr(), format)?);
        let lines = tracing_subscriber::fmt::layer().with_writer(queue.clone()).with_ansi(false);
        // The layer would write its own errors to standard error directly.
        let lines = lines.log_internal_errors(false);
        let lines = match format {
            LogFormat::Text => lines.boxed(),
            // In our JSON, `target` is the target of a request, not the module of the event.
            LogFormat::Json => lines.json().flatten_event(true).with_target(false).boxed(),
        };
        let log = tracing_subscriber::registry().with(lines.with_filter(LevelFilter::from_level(level)));
        log.with((level >= Level::WARN).then(|| http2::refusals(queue.clone(), format))).init();
        LEVEL.get_or_init(|| level);
        // The standard library's hook writes to standard error directly, and would block with it.
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

    /// Queues a text, which is written unchanged after the lines before it.
    pub fn print(&self, text: &str) {
        self.queue.push(text.into());
    }

    /// Logs the error if the run failed, waits until everything is written or `FLUSH_TIMEOUT` has passed, and returns
    /// the exit code.
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
    /// As a readable line, through a `tracing` event.
    #[default]
    Text,
    /// As a JSON object. Written directly, since some of its fields are lists, which `tracing` events cannot have.
    Json(Arc<Queue>),
}

impl RequestLog {
    /// Logs that the server is ready. In JSON this line replaces the banner, so it is written at every log level.
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

    /// Logs a request at this level.
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

/// The log level. It can be stricter than what `tracing` has enabled, since [`http2`] needs debug events.
static LEVEL: OnceLock<Level> = OnceLock::new();

/// Whether lines at this level are written. False if the log was not started.
pub fn is_enabled(level: Level) -> bool {
    LEVEL.get().is_some_and(|written| level <= *written)
}
