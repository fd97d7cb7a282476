//! The index of the routes, for people and for the messages about unknown routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::Extension;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answer::Json;
use super::openapi;
use crate::emulator::app::App;

/// The route of the index.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/_emulator", get_with(read, |op| op.id("list_routes").summary("List these routes").tag("Emulator")))
}

/// The emulator's own routes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RouteIndex {
    /// Always `assetmock`.
    name: &'static str,
    version: &'static str,
    /// The path of the OpenAPI document, which describes the routes in full.
    openapi: &'static str,
    /// What each route does, by its method and path.
    routes: BTreeMap<String, String>,
}

/// Returns the index.
pub async fn read(Extension(index): Extension<&'static RouteIndex>) -> Json<RouteIndex> {
    Json(index.clone())
}

impl RouteIndex {
    /// The index of the routes in a document, and of the document itself.
    pub fn of(document: &Value) -> RouteIndex {
        let mut routes = BTreeMap::from([(format!("GET {}", openapi::PATH), "The OpenAPI document".to_owned())]);
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let summary = operation["summary"].as_str().unwrap_or_default();
                routes.insert(format!("{} {path}", method.to_ascii_uppercase()), summary.to_owned());
            }
        }
        RouteIndex { name: "assetmock", version: env!("CARGO_PKG_VERSION"), openapi: openapi::PATH, routes }
    }

    /// The methods of the route at this path, sorted.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let is_here = |template: &str| with_values(template, path) == path;
        // A route without a parameter takes precedence over one with a parameter at the same place.
        let literal = self.split().any(|(_, template)| template == path);
        let here = self.split().filter(|(_, template)| if literal { *template == path } else { is_here(template) });
        let mut methods: Vec<_> = here.map(|(method, _)| method).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods
    }

    /// The route that was probably meant by an unknown path, with its methods.
    pub fn nearest(&self, path: &str) -> Option<String> {
        const LONGEST: usize = 200;
        if path.len() > LONGEST {
            return None;
        }
        let distance = |template: &str| strsim::osa_distance(&with_values(template, path), path);
        let (_, near) = self.split().min_by_key(|(_, template)| (!template.starts_with(path), distance(template)))?;
        let methods: Vec<_> = self.split().filter(|(_, path)| *path == near).map(|(method, _)| method).collect();
        // At most half of the part after the prefix may differ, since all routes share the prefix.
        let most = path.len().saturating_sub("/_emulator".len()).div_ceil(2);
        (distance(near) <= most || near.starts_with(path)).then(|| format!("{} {near}", methods.join(" or ")))
    }

    fn split(&self) -> impl Iterator<Item = (&str, &str)> {
        self.routes.keys().filter_map(|route| route.split_once(' '))
    }
}

/// A path template whose parameters are filled in from the same places of a path.
fn with_values(template: &str, path: &str) -> String {
    let mut given = path.split('/');
    let filled = template.split('/').map(|part| {
        let given = given.next().filter(|given| !given.is_empty());
        if part.starts_with('{') { given.unwrap_or(part) } else { part }
    });
    filled.collect::<Vec<_>>().join("/")
}
