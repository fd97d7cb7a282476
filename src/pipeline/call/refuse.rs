//! The answers to requests that no operation answers: refusals, and routes that there are not or that are not imitated.

use super::super::checks::framework_reply;
use super::super::own_answers;
use super::Call;
use crate::contract::failure::Failure;
use crate::contract::object_storage;
use crate::contract::operation::Operation;
use crate::contract::provider::QuotaScope;
use crate::contract::quota::Counts;
use crate::emulator::explain::RefusalFacts;
use crate::http::reply::Reply;
use crate::providers;

impl Call<'_> {
    /// Records why the request is refused, and lets the provider word the failure.
    pub(super) fn refuse(&mut self, failure: &Failure) -> Reply {
        let none = Counts::default();
        let card = self.card();
        let key = self.key.as_ref().ok().map(|known| &known.key);
        let sent_key = key.map(|key| &*key.key).or_else(|| card.auth.carrier.read(&self.request.headers).ok());
        let owner = match (failure, sent_key) {
            (Failure::UnknownKey, Some(text)) => self.app.cache.unknown_key(&self.app.store, card.name, text).flatten(),
            _ => None,
        };
        let facts = RefusalFacts {
            card,
            operation: self.routed.operation(),
            variants: self.variants,
            method: &self.request.method,
            path: &self.target.path,
            headers: &self.request.headers,
            sent_key,
            key,
            owner: owner.and_then(|name| providers::named(&name)).map(|provider| provider.card()),
            project: self.project.as_deref().and_then(|selection| selection.project.as_deref()),
            counts: self.counts.as_ref().unwrap_or(&none),
            now: self.now,
        };
        self.entry.note_refusal(failure, &facts);
        self.word(failure)
    }

    /// The failure in the words of the provider, or of its object storage.
    pub(super) fn word(&self, failure: &Failure) -> Reply {
        match self.routed.access().storage() {
            Some(storage) => object_storage::refusal(storage, failure, &self.target.path, &self.context()),
            None => self.provider().refusal(failure, &self.context()),
        }
    }

    /// The vendor's 404, 405, redirect or answer to OPTIONS, where no operation matches. Some vendors count these
    /// requests too ([`QuotaScope::Everything`]).
    pub(super) fn reply_of_framework(&mut self) -> Result<Reply, Failure> {
        if self.card().counted == QuotaScope::Everything {
            // If the key is not live, there are no quotas to count against.
            let _ = self.count();
        }
        let reply = framework_reply(self.routed, self.target, self.request)?;
        Ok(self.provider().framework_reply(reply, &self.context()))
    }

    /// The emulator's own answer for a route that the vendor has and the emulator does not imitate.
    pub(super) fn not_imitated(&mut self, operation: &'static Operation) -> Reply {
        let card = self.card();
        self.entry.note_not_imitated(self.app, card, operation);
        own_answers::not_imitated(card, operation)
    }
}
