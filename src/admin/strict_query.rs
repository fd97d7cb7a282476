//! The extractor for query strings in the emulator's own API. It refuses unknown parameters and says what is wrong.

use aide::generate::GenContext;
use aide::openapi::Operation;
use aide::operation::OperationInput;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::answer::Refusal;
use crate::library::plain_words;

/// The parameters in the query string.
pub struct StrictQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<StrictQuery<T>, Refusal> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(value) = read.map_err(|rejection| wrong_query(&rejection.body_text()))?;
        Ok(StrictQuery(value))
    }
}

/// The error for a query string that axum rejects for the reason `why`, which begins with the parameter's name if there
/// is one.
fn wrong_query(why: &str) -> Refusal {
    let why = why.strip_prefix("Failed to deserialize query string: ").unwrap_or(why);
    let (name, why) = match why.split_once(": ") {
        Some((name, why)) if !name.contains(' ') => (name, why),
        _ => ("query", why),
    };
    let unknown = why.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", "));
    let message = match unknown {
        Some((given, known)) => return Refusal::invalid("query", format!("unknown parameter {given}, {known}")),
        None if why.starts_with("number too large") => format!("`{name}` is too large a number"),
        None if ["invalid digit", "cannot parse integer"].iter().any(|begin| why.starts_with(begin)) => {
            format!("`{name}` is a whole number, such as `{name}=100`")
        }
        None if why.starts_with("provided string was not") => format!("`{name}` is `true` or `false`"),
        None => plain_words::of_data(why).replace("the field", "the parameter"),
    };
    Refusal::invalid(name, message)
}

impl<T: JsonSchema> OperationInput for StrictQuery<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(ctx, operation);
    }
}
