//! The route of the certificate authority that signed the server's certificate, for clients to trust.

use std::sync::Arc;

use aide::OperationOutput;
use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::generate::GenContext;
use aide::openapi::{MediaType, Operation, Response as Documented, SchemaObject, StatusCode as DocumentedStatus};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;
use crate::emulator::app::App;

/// The path. It is open to everyone: the certificate is not secret, and programs that fetch it rarely have a token.
pub const PATH: &str = "/_emulator/ca.pem";

/// The content type, which browsers show and programs save.
const PEM: &str = "text/plain";

/// The route.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new().api_route(
        PATH,
        get_with(read, |op| {
            op.id("get_authority")
                .summary("The certificate that clients trust to speak TLS with this server")
                .tag("Emulator")
        }),
    )
}

/// A certificate in PEM format.
struct Pem(String);

async fn read(State(app): State<Arc<App>>) -> Result<Pem, Refusal> {
    match app.tls.identity() {
        Ok(identity) => Ok(Pem(identity.authority().to_owned())),
        Err(why) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no_certificate", why)),
    }
}

impl IntoResponse for Pem {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, PEM)], self.0).into_response()
    }
}

impl OperationOutput for Pem {
    type Inner = String;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<DocumentedStatus>, Documented)> {
        let json_schema = ctx.schema.subschema_for::<String>();
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let content = [(PEM.to_owned(), MediaType { schema: Some(schema), ..MediaType::default() })];
        let description = "The certificate, as PEM.".to_owned();
        let documented = Documented { description, content: content.into_iter().collect(), ..Documented::default() };
        vec![(Some(DocumentedStatus::Code(StatusCode::OK.as_u16())), documented)]
    }
}
