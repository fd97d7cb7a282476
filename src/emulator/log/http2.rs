//! Requests over HTTP/2 that the HTTP layer refuses: it answers them by itself, with an end of their stream or with 431, and
//! tells why only as an event of `tracing` at level debug. Here that becomes a warning like the one of HTTP/1.1.

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
    /// The client whose connection is served.
    pub static CLIENT: SocketAddr;
}

/// What the line says, over HTTP/1.1 too.
pub const REFUSED: &str = "a request was refused before it was read";

/// The modules of `h2` that read heads.
const MODULES: [&str; 3] = ["h2::server", "h2::codec::framed_read", "h2::proto::streams::recv"];

/// How `h2` begins what it says of a refusal.
const BEGINNINGS: [&str; 3] = ["malformed headers: ", "stream error ", "connection error "];

/// What it says of other frames than heads, or of what follows a head.
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

/// Writes refusals into the log.
pub fn refusals<S>(queue: Arc<Queue>, format: LogFormat) -> impl Layer<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    // One event of these modules tells of every frame, as a field.
    let is_told = |metadata: &Metadata<'_>| {
        metadata.is_event()
            && *metadata.level() == Level::DEBUG
            && MODULES.contains(&metadata.target())
            && metadata.fields().field("frame").is_none()
    };
    Refusals { queue, format }.with_filter(filter_fn(is_told).with_max_level_hint(Level::DEBUG))
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
        // Nothing but connections speaks HTTP/2.
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

/// The message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing into a text does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// Why a request was refused, if this says so. The part of the request that is wrong, which `h2` quotes in parentheses, is left
/// out: there may be a key in it.
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
