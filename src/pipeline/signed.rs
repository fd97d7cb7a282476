//! Requests to signed URLs: whether this server signed them, for which workspace, and whether they come in time.

use std::sync::Arc;

use axum::http::request::Parts;

use super::checks::table_path;
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::operation::{Access, Operation};
use crate::contract::post_policy;
use crate::contract::signed_url::{self, SignedRequest};
use crate::contract::signer::{SignatureProblem, VerifiedRequest};
use crate::emulator::app::App;
use crate::providers::directory::Target;

/// The workspace of a signed URL, with the instant of the request by its clock and random bits of its own.
#[derive(Debug)]
pub(super) struct SignedWorkspace {
    pub id: Arc<str>,
    pub now: Micros,
    pub entropy: u128,
}

/// A request to an operation that is the target of signed URLs or forms.
#[derive(Debug)]
pub(super) struct SignedCall {
    /// The workspace that the path names; `None`: the URL is not one that this server signed.
    pub workspace: Option<SignedWorkspace>,
    /// What was signed, or why the request is refused. Of a form nothing is known yet.
    pub params: Result<Vec<(String, String)>, Failure>,
}

impl SignedCall {
    /// Verifies the request as far as it is possible without its body. The workspace is entered even if the URL came
    /// too late, so that the journal shows the request there.
    pub async fn verify(app: &App, target: &Target, request: &Parts, operation: &Operation) -> SignedCall {
        // A signature is verified before a workspace is looked for, so that a wrong one tells nothing about those.
        let verified = match operation.access {
            Access::SignedForm(_) => Ok(None),
            _ => verify_url(app, target, request).await.map(Some),
        };
        let entered = match verified {
            Ok(verified) => enter(app, target, operation).await.map(|workspace| (workspace, verified)),
            Err(failure) => Err(failure),
        };
        match entered {
            Ok((workspace, verified)) => {
                let params = verified.map_or(Ok(Vec::new()), |verified| in_time(verified, workspace.now));
                SignedCall { workspace: Some(workspace), params }
            }
            Err(failure) => SignedCall { workspace: None, params: Err(failure) },
        }
    }
}

async fn verify_url(app: &App, target: &Target, request: &Parts) -> Result<VerifiedRequest, Failure> {
    let signed = SignedRequest {
        provider: target.provider.card().name,
        method: request.method.as_str(),
        path: table_path(target),
        query: request.uri.query().unwrap_or_default(),
        headers: &request.headers,
    };
    let signer = app.signer.get(&app.store).await?;
    signed_url::verify(&signed, signer).map_err(Failure::BadSignature)
}

/// Verifies a form, of which `fields` are all but the file, and gives its fields.
pub(super) async fn verify_form(
    app: &App,
    target: &Target,
    fields: &[(String, String)],
    now: Micros,
) -> Result<Vec<(String, String)>, Failure> {
    let signer = app.signer.get(&app.store).await?;
    let verified = post_policy::verify_form(target.provider.card().name, table_path(target), fields, signer);
    in_time(verified.map_err(Failure::BadSignature)?, now)
}

fn in_time(verified: VerifiedRequest, now: Micros) -> Result<Vec<(String, String)>, Failure> {
    if verified.is_late(now) {
        return Err(Failure::ExpiredUrl { expired_at: verified.expires_at });
    }
    Ok(verified.params)
}

/// Finds the workspace that the path names.
async fn enter(app: &App, target: &Target, operation: &Operation) -> Result<SignedWorkspace, Failure> {
    let mut path = operation.path_values(table_path(target)).into_iter();
    let named = path.find(|(name, _)| *name == "workspace").map(|(_, id)| id);
    let id = named.ok_or(Failure::BadSignature(SignatureProblem::NoWorkspace))?;
    if !app.store.has_workspace(&id).await? {
        return Err(Failure::BadSignature(SignatureProblem::NoWorkspace));
    }
    let state = app.workspace_states.get_or_create(&id);
    Ok(SignedWorkspace { now: state.now(&app.clock), entropy: state.rng.next_u128(), id: id.into() })
}
