//! What a request has besides parameters: a body, signatures and an idempotency key.

use super::super::body::RequestBody;
use super::super::checks::table_path;
use super::super::receive::receive;
use super::super::signed::SignedWorkspace;
use super::Call;
use crate::contract::content_md5::ContentMd5;
use crate::contract::failure::Failure;
use crate::contract::handler::ReceivedBody;
use crate::contract::object_storage::Storage;
use crate::contract::operation::Operation;
use crate::contract::signer::UrlSigner;
use crate::library::store::{Claim, VersionGuard};

impl Call<'_> {
    /// The workspace of a signed URL.
    pub(super) fn signed_workspace(&self) -> Option<&str> {
        self.signed.as_ref()?.workspace.as_ref().map(|workspace| &*workspace.id)
    }

    /// Receives the body. What is put to S3 must have the `Content-MD5` that the client sends, if it sends one. A form
    /// that has to be signed is verified when its file begins, or once it has ended without one. From then on the request
    /// belongs to the workspace of the form. The guard of the workspace is from before the body came.
    pub(super) async fn receive(
        &mut self,
        operation: &Operation,
        body: Option<&mut RequestBody>,
    ) -> Result<(ReceivedBody, Option<VersionGuard>), Failure> {
        let of_key = self.known_key().map(|key| self.app.store.reset_guard(&key.workspace));
        let Call { app, request, entry, signed, .. } = self;
        let is_s3 = operation.access.storage() == Some(Storage::S3);
        let announced = if is_s3 { ContentMd5::read(&request.headers)? } else { None };
        let mut form = signed.as_deref_mut().filter(|signed| signed.is_unverified());
        let note = |why| entry.set_reason(why);
        let mut received = receive(app, &request.headers, body, operation.body, form.as_deref_mut(), note).await;
        let unverified = form.filter(|form| form.is_unverified());
        if let (Some(form), Ok(all)) = (unverified, &received)
            && let Err(failure) = form.verify_form(all.form.as_deref().unwrap_or_default()).await
        {
            received = Err(failure);
        }
        self.note_signed_workspace();
        let received = received?;
        if let (Some(announced), Some(file)) = (announced, &received.file) {
            announced.check(&file.md5)?;
        }
        let of_signature = || Some(self.signed.as_ref()?.workspace.as_ref()?.reset_guard.clone());
        Ok((received, of_key.or_else(of_signature)))
    }

    /// Lets the request belong to the workspace of its signature, if that is known.
    fn note_signed_workspace(&mut self) {
        let workspace = self.signed.as_ref().and_then(|signed| signed.workspace.clone());
        if let Some(SignedWorkspace { id, now, entropy, .. }) = workspace {
            (self.now, self.entropy) = (now, entropy);
            self.entry.note_workspace(Some((id, now)));
        }
    }

    /// Gives what was signed of a request to a signed URL or with a signed form; nothing of another request.
    pub(super) fn take_signed_params(&mut self) -> Vec<(String, String)> {
        self.signed.as_mut().map(|signed| signed.take_params()).unwrap_or_default()
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
