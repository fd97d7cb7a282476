//! What a request has besides parameters and a body: signatures and an idempotency key.

use super::super::checks::table_path;
use super::super::signed::verify_form;
use super::Call;
use crate::contract::failure::Failure;
use crate::contract::operation::{Access, Operation};
use crate::contract::signer::UrlSigner;
use crate::library::store::Claim;

impl Call<'_> {
    /// The workspace of a signed URL.
    pub(super) fn signed_workspace(&self) -> Option<&str> {
        self.signed.as_ref()?.workspace.as_ref().map(|workspace| &*workspace.id)
    }

    /// What was signed of a request to a signed URL, or of this form; nothing of another request.
    pub(super) async fn signed_params(
        &self,
        operation: &Operation,
        form: &[(String, String)],
    ) -> Result<Vec<(String, String)>, Failure> {
        match (&self.signed, operation.access) {
            (Some(_), Access::SignedForm(_)) => verify_form(self.app, self.target, form, self.now).await,
            (Some(signed), _) => signed.params.clone(),
            (None, _) => Ok(Vec::new()),
        }
    }

    /// Makes signed URLs, if the operation answers with some.
    pub(super) async fn url_signer(&self, operation: &Operation) -> Result<Option<UrlSigner<'_>>, Failure> {
        if !operation.signs {
            return Ok(None);
        }
        let signer = self.app.signer.get(&self.app.store).await?;
        let origin = self.app.settings.own_origin(self.request);
        Ok(Some(UrlSigner { origin, provider: self.card().name, signer }))
    }

    /// The idempotency key, if the operation takes one and the request has one.
    pub(super) fn claim(&self, operation: &Operation) -> Option<Claim> {
        let scope = || format!("{} {} {}", self.card().name, operation.name, table_path(self.target));
        operation.idempotency?.claim(&self.request.headers, scope, self.now)
    }
}
