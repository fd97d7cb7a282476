//! Requests to signed URLs and with signed forms: whether this server signed them, for which workspace, and whether they
//! come in time.

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
use crate::emulator::due_assets;
use crate::library::store::VersionGuard;
use crate::providers::directory::Target;

/// The workspace of a signed request, with the instant of the request by its clock and random bits of its own.
#[derive(Debug, Clone)]
pub(super) struct SignedWorkspace {
    pub id: Arc<str>,
    pub now: Micros,
    pub entropy: u128,
    /// Taken when the signature was found to be right, which is before any byte is stored.
    pub reset_guard: VersionGuard,
}

/// A request to an operation that is the target of signed URLs or forms.
pub(super) struct SignedCall<'r> {
    app: &'r App,
    target: &'r Target,
    operation: &'static Operation,
    /// The workspace; `None` until the signature is found to be right. It is known even if the request came too late,
    /// so that the journal shows the request there.
    pub workspace: Option<SignedWorkspace>,
    /// What was signed, or why the request is refused; `None` of a form that was not verified yet.
    params: Option<Result<Vec<(String, String)>, Failure>>,
}

impl<'r> SignedCall<'r> {
    /// Verifies the request as far as it is possible without its body. Nothing is known of a form then.
    pub async fn new(
        app: &'r App,
        target: &'r Target,
        request: &Parts,
        operation: &'static Operation,
    ) -> SignedCall<'r> {
        let mut call = SignedCall { app, target, operation, workspace: None, params: None };
        if !matches!(operation.access, Access::SignedForm(_)) {
            let params = match call.verify_url(request).await {
                Ok(verified) => call.accept(verified).await,
                Err(failure) => Err(failure),
            };
            call.params = Some(params);
        }
        call
    }

    /// Why the request is refused, as far as it is known.
    pub fn refusal(&self) -> Option<&Failure> {
        self.params.as_ref()?.as_ref().err()
    }

    /// Verifies a form, of which `fields` are all but the file. This is done once: when the file begins, so that bytes
    /// are stored only for those who may send them, or when the form has ended without one.
    pub async fn verify_form(&mut self, fields: &[(String, String)]) -> Result<(), Failure> {
        let signer = self.app.signer.get(&self.app.store).await?;
        let (provider, path) = (self.target.provider.card().name, table_path(self.target));
        let verified = post_policy::verify_form(provider, path, fields, signer).map_err(Failure::BadSignature)?;
        self.params = Some(Ok(self.accept(verified).await?));
        Ok(())
    }

    /// Whether it is a form that was not verified yet.
    pub fn is_unverified(&self) -> bool {
        self.params.is_none()
    }

    /// Gives what was signed: the vendor's own parameters of a URL, or the fields of a form.
    pub fn take_params(&mut self) -> Vec<(String, String)> {
        self.params.take().and_then(Result::ok).unwrap_or_default()
    }

    async fn verify_url(&self, request: &Parts) -> Result<VerifiedRequest, Failure> {
        let signed = SignedRequest {
            provider: self.target.provider.card().name,
            method: request.method.as_str(),
            path: table_path(self.target),
            query: request.uri.query().unwrap_or_default(),
            headers: &request.headers,
        };
        let signer = self.app.signer.get(&self.app.store).await?;
        signed_url::verify(&signed, signer).map_err(Failure::BadSignature)
    }

    /// Finds the workspace of a request whose signature is right, so that a wrong one tells nothing about workspaces.
    async fn accept(&mut self, verified: VerifiedRequest) -> Result<Vec<(String, String)>, Failure> {
        let workspace = self.find_workspace().await?;
        let now = workspace.now;
        self.workspace = Some(workspace);
        require_unexpired(verified, now)
    }

    /// Finds the workspace that the path names. Its assets that are due get their next status, since a command reads
    /// them.
    async fn find_workspace(&self) -> Result<SignedWorkspace, Failure> {
        let id = self.named_workspace().ok_or(Failure::BadSignature(SignatureProblem::NoWorkspace))?;
        if !self.app.store.has_workspace(&id).await? {
            return Err(Failure::BadSignature(SignatureProblem::NoWorkspace));
        }
        let reset_guard = self.app.store.reset_guard(&id);
        due_assets::settle(self.app, &id).await;
        let state = self.app.workspace_states.get_or_create(&id);
        let (now, entropy) = (state.now(&self.app.clock), state.rng.next_u128());
        Ok(SignedWorkspace { id: id.into(), now, entropy, reset_guard })
    }

    /// The workspace that the path names, which may not exist.
    pub fn named_workspace(&self) -> Option<String> {
        let mut path = self.operation.path_values(table_path(self.target)).into_iter();
        path.find(|(name, _)| *name == "workspace").map(|(_, id)| id)
    }
}

fn require_unexpired(verified: VerifiedRequest, now: Micros) -> Result<Vec<(String, String)>, Failure> {
    if verified.has_expired(now) {
        return Err(Failure::ExpiredUrl { expired_at: verified.expires_at });
    }
    Ok(verified.params)
}
