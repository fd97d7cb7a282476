//! Streams long lists as JSON or lines. Items are serialized while the response is sent, one at a time, to save memory.

use std::convert::Infallible;
use std::iter::once;
use std::marker::PhantomData;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{MediaType, Operation, Response as Documented, SchemaObject, StatusCode};
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Json;

/// A response with a `T` that has a list of any length. Over HTTP/1.1 it is sent chunked, since its length is unknown.
pub struct JsonStream<T> {
    body: Body,
    shape: PhantomData<T>,
}

impl<T: Serialize> JsonStream<T> {
    /// The JSON of `empty` with these items in its first empty list.
    pub fn new<I: Serialize + 'static>(empty: &T, items: impl Iterator<Item = I> + Send + 'static) -> JsonStream<T> {
        JsonStream::read(empty, stream::iter(items.map(Ok::<_, Infallible>)))
    }

    /// Like [`new`](JsonStream::new), with items from a stream. If the stream fails, the connection
    /// breaks off.
    pub fn read<I: Serialize, E: std::error::Error + Send + Sync + 'static>(
        empty: &T,
        items: impl Stream<Item = Result<I, E>> + Send + 'static,
    ) -> JsonStream<T> {
        let whole = serde_json::to_string(empty).expect("the type serializes to JSON");
        let (begin, end) = whole.split_once("[]").expect("`empty` has an empty list");
        let items = items.enumerate().map(|(index, item)| {
            let mut text = if index == 0 { Vec::new() } else { vec![b','] };
            serde_json::to_writer(&mut text, &item?).expect("an item is JSON");
            Ok::<_, E>(Bytes::from(text))
        });
        let part = |text: String| stream::iter(once(Ok(Bytes::from(text))));
        let parts = part(format!("{begin}[")).chain(items).chain(part(format!("]{end}")));
        JsonStream { body: streamed(parts), shape: PhantomData }
    }
}

fn streamed<E: std::error::Error + Send + Sync + 'static>(
    parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Body {
    Body::from_stream(parts.then(|part| async {
        // Items from memory are always ready, so this yields to other tasks from time to time.
        tokio::task::consume_budget().await;
        part
    }))
}

impl<T> From<Body> for JsonStream<T> {
    /// A body that is the JSON of a `T`.
    fn from(body: Body) -> JsonStream<T> {
        JsonStream { body, shape: PhantomData }
    }
}

impl<T> IntoResponse for JsonStream<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for JsonStream<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Documented> {
        Json::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<StatusCode>, Documented)> {
        Json::<T>::inferred_responses(ctx, operation)
    }
}

/// A response in JSON or in lines of text, as the client requests.
pub enum JsonOrLines<T> {
    /// The JSON of a `T`.
    Json(JsonStream<T>),
    /// Lines of text.
    Lines(Body),
}

const TEXT: &str = "text/plain; charset=utf-8";

impl<T> JsonOrLines<T> {
    /// A response with these lines.
    pub fn lines(lines: impl Iterator<Item = String> + Send + 'static) -> JsonOrLines<T> {
        JsonOrLines::Lines(streamed(stream::iter(lines.map(|line| Ok::<_, Infallible>(Bytes::from(line + "\n"))))))
    }
}

impl<T> IntoResponse for JsonOrLines<T> {
    fn into_response(self) -> Response {
        match self {
            JsonOrLines::Json(json) => json.into_response(),
            JsonOrLines::Lines(lines) => ([(header::CONTENT_TYPE, TEXT)], lines).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for JsonOrLines<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Documented> {
        let mut response = JsonStream::<T>::operation_response(ctx, operation)?;
        let schema =
            SchemaObject { json_schema: String::json_schema(&mut ctx.schema), external_docs: None, example: None };
        response.content.insert(TEXT.to_owned(), MediaType { schema: Some(schema), ..MediaType::default() });
        Some(response)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<StatusCode>, Documented)> {
        let response = Self::operation_response(ctx, operation).unwrap_or_default();
        vec![(Some(StatusCode::Code(200)), response)]
    }
}
