//! The queue of lines and the thread that writes them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tracing::Level;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// The capacity of the queue, in bytes.
const CAPACITY: usize = 1 << 20;

/// The approximate cost of a queued line in addition to its text, in bytes.
const OVERHEAD: usize = 64;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A readable line an event.
    Text,
    /// A JSON object an event.
    Json,
}

/// A line of the JSON log, in the format of `tracing-subscriber`.
pub(super) fn json_line(level: Level, message: &str, fields: impl Serialize) -> Vec<u8> {
    #[derive(Serialize)]
    struct Event<'e, F> {
        timestamp: String,
        level: &'e str,
        message: &'e str,
        #[serde(flatten)]
        fields: F,
    }
    let event = Event { timestamp: timestamp(), level: level.as_str(), message, fields };
    let mut line = serde_json::to_vec(&event).expect("the fields are strings, numbers and lists of strings");
    line.push(b'\n');
    line
}

/// The machine's time in the format of `tracing-subscriber`.
pub(super) fn timestamp() -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// The sending end of the queue.
#[derive(Debug)]
pub struct Queue {
    sender: Sender<Message>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
enum Message {
    LogLine(Vec<u8>),
    /// Requests a reply when all lines before it are written.
    Flush(Sender<()>),
}

/// Counters that the queue shares with its thread.
#[derive(Debug, Default)]
struct Counts {
    /// The cost of all queued lines, including the one that is being written.
    waiting: AtomicUsize,
    /// The number of dropped lines that has not been reported yet.
    dropped: AtomicU64,
}

impl Queue {
    /// Starts a queue and the thread that writes it to `output`. The thread ends with the process.
    pub(super) fn start(output: impl Write + Send + 'static, format: LogFormat) -> io::Result<Queue> {
        let (sender, messages) = mpsc::channel();
        let counts = Arc::new(Counts::default());
        let queue = Queue { sender, counts: counts.clone() };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&messages, &counts, output, format))?;
        Ok(queue)
    }

    /// Adds a line. If the queue is full, the line is dropped and counted.
    pub(super) fn push(&self, line: Vec<u8>) {
        // The channel is unbounded, so the bytes are reserved here first. This never blocks.
        let reserve = |waiting: usize| Some(waiting + cost(&line)).filter(|bytes| *bytes <= CAPACITY);
        match self.counts.waiting.fetch_update(SeqCst, SeqCst, reserve) {
            Ok(_) => drop(self.sender.send(Message::LogLine(line))),
            Err(_) => drop(self.counts.dropped.fetch_add(1, SeqCst)),
        }
    }

    /// Waits until all lines so far are written, or until the timeout.
    pub(super) fn flush(&self, timeout: Duration) {
        let (done, written) = mpsc::channel();
        // The send fails, and the receive fails early, only if the thread has ended and its lines are lost.
        let _ = self.sender.send(Message::Flush(done));
        let _ = written.recv_timeout(timeout);
    }
}

/// The writer for `tracing-subscriber`, which writes a whole line in each call.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line.to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cost(line: &[u8]) -> usize {
    line.len() + OVERHEAD
}

/// The writing thread. It writes each line with one call, so that other writers to the same pipe do not split a line.
/// Whenever the queue is empty, it reports the number of dropped lines.
fn write(messages: &Receiver<Message>, counts: &Counts, mut output: impl Write, format: LogFormat) {
    for message in messages {
        match message {
            Message::LogLine(line) => {
                let written = write_line(&mut output, &line).is_ok();
                let has_caught_up = counts.waiting.fetch_sub(cost(&line), SeqCst) == cost(&line);
                if !written {
                    counts.dropped.fetch_add(1, SeqCst);
                } else if has_caught_up {
                    report_dropped(counts, &mut output, format);
                }
            }
            Message::Flush(done) => {
                report_dropped(counts, &mut output, format);
                // This fails if the flush has timed out.
                let _ = done.send(());
            }
        }
    }
}

/// Like `write_all`, but also retries on a non-blocking pipe that is full. Standard error is one when Node starts this
/// process and shares its own pipe.
fn write_line(output: &mut impl Write, mut line: &[u8]) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    while !line.is_empty() {
        match output.write(line) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => line = &line[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn report_dropped(counts: &Counts, output: &mut impl Write, format: LogFormat) {
    let dropped = counts.dropped.swap(0, SeqCst);
    if dropped == 0 {
        return;
    }
    let message = format!("{dropped} lines of the log were dropped, because standard error did not take them");
    let line = match format {
        LogFormat::Text => format!("{}  WARN {}: {message}\n", timestamp(), module_path!()).into(),
        LogFormat::Json => json_line(Level::WARN, &message, ()),
    };
    if write_line(output, &line).is_err() {
        counts.dropped.fetch_add(dropped, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output whose result for each line is set by the test.
    struct Output<F>(F);

    impl<F: FnMut(&str) -> io::Result<()>> Write for Output<F> {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            (self.0)(str::from_utf8(line).unwrap()).map(|()| line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_beyond_the_capacity_are_counted_and_reported_when_the_queue_is_empty() {
        let (sender, lines) = mpsc::sync_channel(0);
        let pipe = Output(move |line: &str| sender.send(line.to_owned()).map_err(io::Error::other));
        let queue = Queue::start(pipe, LogFormat::Text).unwrap();
        for _ in 0..5 {
            queue.push(vec![b'x'; CAPACITY / 4]);
        }
        queue.flush(Duration::ZERO);
        let written: Vec<_> = lines.iter().take(4).collect();
        assert!(written[..3].iter().all(|line| line.starts_with('x')), "{written:?}");
        assert!(
            written[3].contains("WARN assetmock::emulator::log::queue: 2 lines of the log were dropped"),
            "{}",
            written[3]
        );
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_reported_later() {
        let (sender, lines) = mpsc::channel();
        let mut failures =
            [io::ErrorKind::StorageFull, io::ErrorKind::WouldBlock, io::ErrorKind::BrokenPipe].into_iter();
        let disk = Output(move |line: &str| match failures.next() {
            Some(failure) => Err(failure.into()),
            None => sender.send(line.to_owned()).map_err(io::Error::other),
        });
        let queue = Queue::start(disk, LogFormat::Json).unwrap();
        for line in ["full\n", "waits, then gone\n", "written\n"] {
            queue.push(line.into());
        }
        queue.flush(Duration::from_secs(20));
        let written: Vec<_> = lines.try_iter().collect();
        assert_eq!(written[0], "written\n");
        assert!(written[1].contains(r#""message":"2 lines of the log were dropped"#), "{written:?}");
    }
}
