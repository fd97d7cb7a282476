//! Logs HTTP/2 requests that `h2` refuses. `h2` answers them itself, with a stream reset or with 431, and reports the
//! reason only as a `tracing` event at level debug. This module turns that event into a warning like the one for
//! HTTP/1.1.

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::queue::{LogFormat, Queue, json_line, timestamp};

tokio::task_local! {
    /// The address of the client whose connection the current task serves.
    pub static CLIENT: SocketAddr;
}

/// The message of the warning, for HTTP/1.1 too.
pub const REFUSED: &str = "a request was refused before it was read";

/// The modules of `h2` that parse request heads.
const MODULES: [&str; 3] = ["h2::server", "h2::codec::framed_read", "h2::proto::streams::recv"];

/// How the messages of `h2` about a refused request begin.
const BEGINNINGS: [&str; 3] = ["malformed headers: ", "stream error ", "connection error "];

/// Words in its messages about other frames, which are not about a request head.
const OTHERS: [&str; 10] = [
    "recv_data",
    "recv_trailers",
    "DATA frame",
    "window_size",
    "push",
    "SETTINGS",
    "PING",
    "WINDOW_UPDATE",
    "RESET",
    "GO_AWAY",
];

/// A layer that logs refused HTTP/2 requests as warnings.
pub fn refusals<S>(queue: Arc<Queue>, format: LogFormat) -> impl Layer<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    // These modules also have an event for every frame, which has a field `frame`.
    let is_relevant = |metadata: &Metadata<'_>| {
        metadata.is_event()
            && *metadata.level() == Level::DEBUG
            && MODULES.contains(&metadata.target())
            && metadata.fields().field("frame").is_none()
    };
    Refusals { queue, format }.with_filter(filter_fn(is_relevant).with_max_level_hint(Level::DEBUG))
}

struct Refusals {
    queue: Arc<Queue>,
    format: LogFormat,
}

impl<S: Subscriber> Layer<S> for Refusals {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let Some(why) = reason(&message.0) else { return };
        // Unset outside a connection's task, where no such event is expected.
        let client = CLIENT.try_with(ToString::to_string).unwrap_or_default();
        self.queue.push(match self.format {
            LogFormat::Text => {
                let module = "assetmock::server";
                format!("{}  WARN {module}: {REFUSED} client={client} why={why}\n", timestamp()).into()
            }
            LogFormat::Json => json_line(Level::WARN, REFUSED, Fields { client, why }),
        });
    }
}

#[derive(serde::Serialize)]
struct Fields {
    client: String,
    why: String,
}

/// A visitor that collects the message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a `String` cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// The reason, if the message is about a refused request. Omits the part of the request that `h2` quotes in
/// parentheses, since it may contain a key.
fn reason(message: &str) -> Option<String> {
    let is_refusal = BEGINNINGS.iter().any(|beginning| message.starts_with(beginning));
    if !is_refusal || OTHERS.iter().any(|other| message.contains(other)) {
        return None;
    }
    let message = message.trim_end_matches(';');
    match (message.split_once(" ("), message.rsplit_once("): ")) {
        (Some((what, _)), Some((_, why))) => Some(format!("{what}: {why}")),
        _ => Some(message.to_owned()),
    }
}
