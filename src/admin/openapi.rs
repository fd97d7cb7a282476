//! The OpenAPI document: generated from the routes, and served with the URL of the server that it is requested from.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::openapi::{OpenApi, SecurityRequirement, SecurityScheme, Server};
use aide::transform::TransformOpenApi;
use axum::extract::State;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::answer::{ErrorBody, Json};
use super::schemas;
use crate::emulator::app::App;
use crate::http::origin::origin;

/// The path of the OpenAPI document. The document does not describe this route.
pub const PATH: &str = "/_emulator/openapi.json";

/// Examples of request bodies, by operation id and name. They are the same as in the manual in `docs/`.
const EXAMPLES: &str = include_str!("examples.json");

/// The name of the security scheme.
const TOKEN: &str = "admin_token";

/// Makes a router of these routes, and their document. The document stays JSON: reading it as an [`OpenApi`] again
/// would take half a megabyte of code.
pub fn document(routes: ApiRouter<Arc<App>>) -> (Router<Arc<App>>, Value) {
    let mut document = OpenApi::default();
    let routes = routes.finish_api_with(&mut document, describe);
    let mut document = serde_json::to_value(&document).expect("a document is JSON");
    schemas::complete(&mut document);
    add_examples(&mut document);
    (routes, document)
}

fn add_examples(document: &mut Value) {
    let mut examples: Map<String, Value> = serde_json::from_str(EXAMPLES).expect("the examples are JSON");
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        if let Some(Value::Object(bodies)) = examples.remove(id) {
            let bodies: Map<_, _> = bodies.into_iter().map(|(name, body)| (name, json!({ "value": body }))).collect();
            operation["requestBody"]["content"]["application/json"]["examples"] = Value::Object(bodies);
        }
    }
    assert!(examples.is_empty(), "there are examples for unknown operations: {examples:?}");
}

fn describe(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    api.title("assetmock")
        .version(env!("CARGO_PKG_VERSION"))
        .summary("The emulator's own API, which steers it: workspaces, what they hold, faults, journal, clock and snapshots.")
        .default_response_with::<Json<ErrorBody>, _>(|response| {
            response.description("What is wrong, where, and what to send instead.")
        })
        .security_scheme(
            TOKEN,
            SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: None,
                description: Some(
                    "The token given with `--admin-token`, if the server was started with one.".to_owned(),
                ),
                extensions: Default::default(),
            },
        )
}

/// Writes a document for readers: the version and the title come first. A [`Value`] has its fields in alphabetical
/// order.
struct OrderedDocument<'a>(&'a Value);

impl Serialize for OrderedDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const FIRST: [&str; 5] = ["openapi", "info", "servers", "tags", "paths"];
        let fields = self.0.as_object().into_iter().flatten();
        let first = FIRST.iter().filter_map(|name| Some((*name, self.0.get(*name)?)));
        serializer.collect_map(
            first.chain(fields.map(|(name, field)| (&**name, field)).filter(|(name, _)| !FIRST.contains(name))),
        )
    }
}

/// Serves the document, with the origin of the request as the server, and with whether a token is required.
pub async fn serve(
    State(app): State<Arc<App>>,
    Extension(document): Extension<&'static Value>,
    parts: Parts,
) -> Response {
    let server = Server {
        url: origin(&parts),
        description: Some("The server that this document is from.".to_owned()),
        ..Server::default()
    };
    let with_token = SecurityRequirement::from_iter([(TOKEN.to_owned(), Vec::new())]);
    let security = match app.settings.admin_token {
        Some(_) => vec![with_token],
        None => vec![SecurityRequirement::new(), with_token],
    };
    let mut document = document.clone();
    document["servers"] = json!([server]);
    document["security"] = json!(security);
    let text = serde_json::to_vec_pretty(&OrderedDocument(&document)).expect("a document is JSON");
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
