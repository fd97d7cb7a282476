//! Extractors and responses of the emulator's own API: strict JSON, and one format of errors, which say what is wrong,
//! where, and what to send instead.

use std::fmt;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, ReferenceOr, Response as Documented};
use aide::operation::OperationInput;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schemas;
use crate::emulator::workspace::MakeError;
use crate::http::request_body::{BodyError, BodyShare, LARGEST_BODY};
use crate::http::text;
use crate::library::fixture::{self, FixtureError};
use crate::library::plain_words;
use crate::library::size;
use crate::library::store::{Missing, StoreError};

/// An error of the emulator's own API.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ErrorDetail", description = "")]
pub struct Refusal {
    /// The status.
    #[serde(skip)]
    pub status: StatusCode,
    /// The kind of error, for programs.
    pub code: &'static str,
    /// What is wrong, and what to send instead.
    pub message: String,
    /// Where the error is: a field of the body, a parameter, a header or a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The body of an error.
#[derive(Serialize, JsonSchema)]
pub struct ErrorBody {
    error: Refusal,
}

impl Refusal {
    /// An error without `at`.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into(), at: None }
    }

    /// A 400 with the code `invalid_request`.
    pub fn invalid(at: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "invalid_request", message).at(at)
    }

    /// Fails if a name is too long.
    pub fn unless_short(at: &str, name: &str) -> Result<(), Refusal> {
        fixture::too_long(name).map_or(Ok(()), |message| Err(Refusal::invalid(at, message)))
    }

    /// Sets `at`.
    pub fn at(self, at: impl Into<String>) -> Refusal {
        Refusal { at: Some(at.into()), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorBody { error: self })).into_response()
    }
}

impl OperationOutput for Refusal {
    type Inner = ErrorBody;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Documented> {
        Json::<ErrorBody>::operation_response(ctx, operation)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        let message = error.to_string();
        match error {
            StoreError::Missing(Missing { what, id }) => {
                let known =
                    if what == "workspace" { "; `GET /_emulator/workspaces` lists those there are" } else { "" };
                Refusal::new(StatusCode::NOT_FOUND, "not_found", format!("{message}{known}")).at(id)
            }
            StoreError::Taken { id, .. } => Refusal::new(StatusCode::CONFLICT, "taken", message).at(id),
            StoreError::InUse { id, .. } => Refusal::new(StatusCode::CONFLICT, "in_use", message).at(id),
            StoreError::Replaced(_) => {
                tracing::error!("{message}");
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "database_replaced", message)
            }
            StoreError::Database(cause) if is_full(&cause) => {
                let message =
                    "the library has no room for this: the disk is full or, without `--database`, it has reached 2 GiB";
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "library_full", message)
            }
            StoreError::Database(cause) => {
                tracing::error!(%cause, "the library failed");
                let message = "the library failed; the log says why";
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "library_failed", message)
            }
        }
    }
}

/// Whether the database or the disk is full.
fn is_full(cause: &sqlx::Error) -> bool {
    const FULL: &str = "13"; // SQLITE_FULL
    cause.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == FULL)
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Refusal {
        StoreError::Database(error).into()
    }
}

/// Puts the error in the field `fixture` of the body, from which fixtures are read.
impl From<FixtureError> for Refusal {
    fn from(error: FixtureError) -> Refusal {
        let inside = !error.field.is_empty() && error.field != ".";
        Refusal::invalid(if inside { format!("fixture.{}", error.field) } else { "fixture".to_owned() }, error.message)
    }
}

impl From<MakeError> for Refusal {
    fn from(error: MakeError) -> Refusal {
        match error {
            MakeError::NoSuchFixture(name) => Refusal::invalid(
                "fixture",
                format!("there is no fixture `{name}`; send `demo`, `docs`, `empty` or a fixture itself"),
            ),
            MakeError::Fixture(error) => error.into(),
            MakeError::TooLarge => Refusal::invalid(
                "fixture",
                format!(
                    "the fixture holds more than {} JSON objects, or its workspace more than {} users, projects or folders; load it with `--fixture`, or make several workspaces",
                    size::MAX_FIXTURE_OBJECTS,
                    size::MAX_PLACES
                ),
            ),
            MakeError::Which(ids) => {
                let message = match &*ids {
                    [] => "the fixture has no workspace; give it one".to_owned(),
                    ids => format!("say which workspace of the fixture: `{}`", ids.join("`, `")),
                };
                Refusal::invalid("workspace", message)
            }
            MakeError::TooMany(most) => Refusal::new(
                StatusCode::CONFLICT,
                "too_many_workspaces",
                format!("there are {most} workspaces already; remove some, or allow more with `--max-workspaces`"),
            ),
            MakeError::Store(error) => error.into(),
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Refusal {
        let refusal = match error {
            BodyError::TooLarge => {
                let message =
                    format!("the body has more than {LARGEST_BODY} bytes; send the assets in several requests");
                Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
            }
            BodyError::NoRoom => {
                let message = "the bodies of other requests take all the memory there is for bodies; send fewer large ones at once";
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bodies", message)
            }
            BodyError::Broken(cause) => {
                Refusal::invalid(BODY, format!("the body was not received to its end: {cause}"))
            }
        };
        refusal.at(BODY)
    }
}

/// A JSON body. In a request it must be an object with known fields only, and an empty body counts as `{}`.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Json<T> {
    type Inner = T;

    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        Some(schemas::answer::<T>())
    }

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, Documented)> {
        vec![(Some(aide::openapi::StatusCode::Code(StatusCode::OK.as_u16())), schemas::answer::<T>())]
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Refusal> {
        let Text(text) = Text::from_request(request, state).await?;
        if text.trim_start().starts_with('[') {
            // Serde also accepts an array of the fields in order.
            return Err(Refusal::invalid("body", "the body is a list; send a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_str(if text.is_empty() { "{}" } else { &text });
        let value = size::parse_aside(text.len(), || serde_path_to_error::deserialize(&mut reader));
        let value = value.map_err(misread)?;
        reader.end().map_err(|error| Refusal::invalid("body", plain_words::describe_with_place(&error)))?;
        Ok(Json(value))
    }
}

/// The error for a JSON body that does not fit its type.
pub fn misread(error: serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let path = error.path().to_string();
    // `serde_path_to_error` writes `?` for an unknown part of the path, and `.` for the whole body.
    let at = path.trim_end_matches('?').trim_end_matches('.');
    Refusal::invalid(if at.is_empty() { BODY } else { at }, plain_words::describe_with_place(error.inner()))
}

/// The `at` of errors about the whole body.
pub const BODY: &str = "body";

impl<T: JsonSchema> OperationInput for Json<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(ctx, operation);
        let schema = ctx.schema.subschema_for::<T>();
        let schema = ctx.resolve_schema(&schema);
        let needed = ["required", "minProperties"].iter().any(|name| schema.get(*name).is_some());
        if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
            body.required = needed;
        }
    }
}

/// The body of a request as text.
pub struct Text(pub String);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Text, Refusal> {
        require_plain_utf8(request.headers())?;
        let share = request.extensions().get::<BodyShare>().cloned().expect("`admin::answer` adds it to every request");
        let bytes = share.read(request.into_body(), LARGEST_BODY).await?;
        text::decode(bytes).map(Text).map_err(|why| Refusal::invalid(BODY, format!("the body is {why}")))
    }
}

/// Fails if the body is compressed or not in UTF-8, before it is read.
fn require_plain_utf8(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |code, header: &str, message: String| {
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message).at(header))
    };
    let given = |name| headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let codings: Vec<_> = given(header::CONTENT_ENCODING).collect();
    let mut codings = codings.iter().flat_map(|line| line.split(',')).map(str::trim);
    if let Some(coding) = codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")) {
        let message = format!("bodies are read as they are, not in the coding `{coding}`; send the body uncompressed");
        return refuse("unsupported_encoding", "Content-Encoding", message);
    }
    let media_type = given(header::CONTENT_TYPE).next().unwrap_or_default();
    let mut parameters = media_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let charset = charset.map(|(_, charset)| charset.trim().trim_matches('"')).unwrap_or("utf-8");
    // ASCII is a part of UTF-8.
    if ["utf-8", "utf8", "us-ascii", "ascii"].iter().all(|known| !charset.eq_ignore_ascii_case(known)) {
        let message = format!("bodies are read as UTF-8, not as `{charset}`; send the body in UTF-8");
        return refuse("unsupported_charset", "Content-Type", message);
    }
    Ok(())
}

/// The parameters in the path.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Refusal> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let wrong = |why| Refusal::invalid(parts.uri.path(), wrong_path(why));
        read.map(|axum::extract::Path(value)| Path(value)).map_err(wrong)
    }
}

fn wrong_path(why: PathRejection) -> String {
    let PathRejection::FailedToDeserializePathParams(why) = why else { return why.body_text() };
    match why.into_kind() {
        ErrorKind::ParseErrorAtKey { key, value, .. } => format!("the {key} is a whole number, which `{value}` is not"),
        ErrorKind::InvalidUtf8InPathParam { key } => format!("the {key} is not UTF-8 once it is decoded"),
        other => other.to_string(),
    }
}

impl<T: JsonSchema> OperationInput for Path<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::extract::Path::<T>::operation_input(ctx, operation);
    }
}

/// The number of removed items.
#[derive(Serialize, JsonSchema)]
pub struct RemovedCount {
    /// How many assets, faults or entries were removed.
    pub removed: u64,
}

/// A 201 response with the created item.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Created<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Documented> {
        Json::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, Documented)> {
        vec![(Some(aide::openapi::StatusCode::Code(StatusCode::CREATED.as_u16())), schemas::answer::<T>())]
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
