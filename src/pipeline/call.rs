//! A request to a vendor: what is known of it, and the stages that it goes through.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::http::request::Parts;
use futures_util::FutureExt;
use tracing::error;

use super::checks::{
    Routed, find_operation, framework_reply, internal, known_key, require_live, require_scope, table_path,
};
use super::entry::EntryBuilder;
use super::own_answers;
use super::write_between_pages::write_between_pages;
use crate::clock::Micros;
use crate::contract::asset_list::AssetList;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input};
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{Card, CheckOrder, Provider, QuotaScope};
use crate::contract::query::Args;
use crate::contract::quota::Counts;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::cache::{CachedResponse, KeyCache, PlannedPage};
use crate::emulator::explain::{self, PageFacts, RefusalFacts};
use crate::emulator::faults::{self, AppliedFault, FaultPlan, Replacement, header};
use crate::http::reply::Reply;
use crate::library::key::Key;
use crate::library::model::Choices;
use crate::library::store::ListError;
use crate::providers::{self, directory::Target};

/// A request to a vendor, and what has become of it so far: a refusal shows and explains as much of it as there is.
pub struct Call<'r> {
    app: &'r App,
    target: &'r Target,
    request: &'r Parts,
    /// What is noted of it for the journal.
    pub entry: &'r mut EntryBuilder,
    /// The key that it shows, live or not.
    key: Result<Arc<KeyCache>, Failure>,
    /// The instant, by the clock of the key's workspace.
    pub now: Micros,
    /// Its share of randomness.
    entropy: u128,
    /// How the provider behaves for it.
    variants: Variants,
    /// What its path and method lead to.
    routed: Routed,
    /// What faults do to it.
    pub faults: FaultPlan,
    /// What the key's quotas came to with it; `None` until it is counted, which only requests with a live key are.
    counts: Option<Counts>,
    /// The project that the listing is narrowed to.
    project: Option<String>,
}

impl<'r> Call<'r> {
    /// Looks up the key and the operation of a request.
    pub async fn new(app: &'r App, target: &'r Target, request: &'r Parts, entry: &'r mut EntryBuilder) -> Call<'r> {
        let key = known_key(app, target.provider, request).await;
        let (now, entropy) = match &key {
            Ok(known) => {
                let state = app.workspace_states.get_or_create(&known.key.workspace);
                (state.now(&app.clock), state.rng.next_u128())
            }
            Err(_) => (app.clock.now(), app.rng.next_u128()),
        };
        let card = target.provider.card();
        let variants = match &key {
            Ok(known) => known.variants,
            Err(_) => app.cache.variants(card, &Choices::new()),
        };
        let routed = find_operation(target, request);
        entry.note_request(card, request, key.as_ref().ok().map(|known| &known.key), now);
        entry.operation = routed.operation();
        entry.note_variants(card, variants);
        let (faults, counts, project) = (FaultPlan::default(), None, None);
        Call { app, target, request, entry, key, now, entropy, variants, routed, faults, counts, project }
    }

    /// Plans what faults do to the request: those that it asks for itself, then those that are set up. A request that asks for
    /// what there is not is an error.
    pub fn plan_faults(&mut self) -> Result<(), String> {
        let (app, card) = (self.app, self.card());
        let asked_for = self.request.headers.get(header::NAME).filter(|_| !app.settings.no_fault_header);
        if asked_for.is_none() && app.faults.is_idle() {
            return Ok(());
        }
        let asked_for = asked_for.map(|value| faults::read_header(card, value.to_str().unwrap_or_default()));
        let mut applied: Vec<_> = asked_for
            .transpose()?
            .into_iter()
            .map(|(effect, retry_after)| AppliedFault { id: None, effect, retry_after })
            .collect();
        let matched = faults::RequestFacts {
            card,
            workspace: self.known_key().map(|key| &*key.workspace),
            key: card.auth.carrier.read(&self.request.headers).ok(),
            operation: self.routed.operation().map(|operation| operation.name),
            method: self.request.method.as_str(),
            path: &self.target.path,
            query: self.query(),
        };
        applied.extend(app.faults.choose(&matched, self.now, &app.rng));
        self.entry.note_faults(&applied);
        let limits = self.known_key().map(|key| key.limits).unwrap_or_default();
        self.faults = FaultPlan::of(&applied, card, limits, self.now, &app.rng);
        Ok(())
    }

    /// The answer, whatever happens.
    pub async fn answer(&mut self) -> Reply {
        match AssertUnwindSafe(self.serve()).catch_unwind().await {
            Ok(Ok(reply)) => reply,
            Ok(Err(failure)) => self.refuse(&failure),
            Err(_) => {
                error!("a request made us panic; please report it with the lines above");
                self.counts = None;
                self.provider().refusal(&Failure::Internal, &self.context())
            }
        }
    }

    /// The stages, in the order that every provider keeps, but for the route and the key.
    async fn serve(&mut self) -> Result<Reply, Failure> {
        if let Some(reply) = self.replace_by_fault()? {
            return Ok(reply);
        }
        if self.card().order == CheckOrder::KeyFirst {
            self.authenticate()?;
        }
        let Routed::Operation(operation) = self.routed else { return self.reply_of_framework() };
        if operation.is_absent() {
            return Ok(self.not_imitated(operation));
        }
        let key = self.count()?;
        require_scope(operation, &key.key)?;
        self.within_limits()?;
        match operation.action {
            Action::List(list) => self.list(operation, list, key).await,
            // In a box of its own, so that the many requests for lists do not carry room for this.
            Action::Run(handler) => Box::pin(self.run(operation, handler, key)).await,
            Action::Absent => Ok(self.not_imitated(operation)),
        }
    }

    /// The answer or failure that a fault puts in place of all others. A live key is counted as if the vendor itself failed
    /// so: not where the failure says that there is none, and of a used-up quota nothing is left.
    fn replace_by_fault(&mut self) -> Result<Option<Reply>, Failure> {
        let Some(replacement) = self.faults.instead.clone() else { return Ok(None) };
        self.entry.note_injected();
        if !matches!(&*replacement, Replacement::Failure(failure) if failure.is_about_the_key()) {
            // A key that is not live has nothing to count.
            let _ = self.count();
        }
        if let (Replacement::Failure(Failure::RateLimited(exceeded)), Some(counts)) = (&*replacement, &mut self.counts)
        {
            counts.show_used_up(exceeded);
        }
        match *replacement {
            // Named after the list's scope where no operation says another.
            Replacement::Failure(Failure::MissingScope(list)) => {
                let scope = self.routed.operation().and_then(|operation| operation.scope);
                Err(Failure::MissingScope(scope.unwrap_or(list)))
            }
            Replacement::Failure(failure) => Err(failure),
            Replacement::Raw(reply) => Ok(Some(reply)),
        }
    }

    /// The key, if it is live.
    fn authenticate(&self) -> Result<&Arc<KeyCache>, Failure> {
        let known = self.key.as_ref().map_err(Failure::clone)?;
        require_live(&known.key, self.now)?;
        Ok(known)
    }

    /// The live key, against whose quotas the request is counted from here on.
    fn count(&mut self) -> Result<Arc<KeyCache>, Failure> {
        let known = self.authenticate()?.clone();
        let quotas = self.card().quotas;
        self.counts = Some(self.app.limits.count(known.key.id, known.key.limits, quotas, self.now));
        Ok(known)
    }

    fn within_limits(&self) -> Result<(), Failure> {
        let exceeded = self.counts.as_ref().and_then(|counts| counts.exceeded(self.now));
        exceeded.map_or(Ok(()), |exceeded| Err(Failure::RateLimited(exceeded)))
    }

    /// What the vendor's framework answers by itself where there is no operation. It is counted too where the vendor counts all
    /// that a live key asks for.
    fn reply_of_framework(&mut self) -> Result<Reply, Failure> {
        if self.card().counted == QuotaScope::Everything {
            // A key that is not live has nothing to count.
            let _ = self.count();
        }
        let reply = framework_reply(self.routed, self.target, self.request)?;
        Ok(self.provider().framework_reply(reply, &self.context()))
    }

    /// The emulator's own answer for a route that the vendor has and the emulator does not imitate.
    fn not_imitated(&mut self, operation: &'static Operation) -> Reply {
        let card = self.card();
        self.entry.note_not_imitated(self.app, card, operation);
        own_answers::not_imitated(card, operation)
    }

    /// A page of the list that the operation gives.
    async fn list(&mut self, operation: &Operation, list: &AssetList, key: Arc<KeyCache>) -> Result<Reply, Failure> {
        let response = match self.kept_response(&key) {
            Some(kept) => kept,
            None => {
                let args = operation.read(self.query(), self.variants).map_err(Failure::Invalid)?;
                if let Some(failure) = self.faults.refused_cursor(self.card()) {
                    self.entry.note_injected();
                    return Err(failure);
                }
                // In a box of its own, so that the many requests that need no page made do not carry room for this.
                Box::pin(self.make_response(operation, list, key.clone(), args)).await?
            }
        };
        self.entry.note_warnings(self.app, &response.warnings);
        Ok((list.answer)(&response.rendered, &self.context()))
    }

    /// What comes of an operation that is no list.
    async fn run(
        &mut self,
        operation: &Operation,
        handler: &dyn Handler,
        key: Arc<KeyCache>,
    ) -> Result<Reply, Failure> {
        let query = operation.read(self.query(), self.variants).map_err(Failure::Invalid)?;
        let input = Input { path: operation.path_values(table_path(self.target)), query };
        let counts = self.counts.clone().unwrap_or_default();
        let context = Context {
            now: self.now,
            entropy: self.entropy,
            key: Some(&key.key),
            counts: &counts,
            variants: self.variants,
        };
        let (provider, providers) = (self.card().name, providers::names());
        let call = HandlerCall { input: &input, key: &key.key, context, provider, providers: &providers };
        let reply = handler.run(call, &self.app.store).await?;
        let warnings = explain::unused_parameters(operation.params, &key.key, self.query());
        self.entry.note_warnings(self.app, &warnings);
        Ok(reply)
    }

    /// The response that a request like this one got before, if it would get the same now.
    fn kept_response(&self, key: &KeyCache) -> Option<Arc<CachedResponse>> {
        let kept = key.response(self.query())?;
        (self.faults.paging.is_none() && kept.is_valid(&self.app.cursors)).then_some(kept)
    }

    /// The response, made from the library.
    async fn make_response(
        &mut self,
        operation: &Operation,
        list: &AssetList,
        mut key: Arc<KeyCache>,
        mut args: Args,
    ) -> Result<Arc<CachedResponse>, Failure> {
        let (app, card, query, now) = (self.app, self.card(), self.query(), self.now);
        if let Some(fault) = self.faults.write_between().filter(|fault| fault.concerns(card, query)) {
            let plan = (list.plan)(&args, &key.key)?;
            write_between_pages(fault, app, list, &key, &plan).await?;
            let current = app.cache.entry(&app.store, card, &key.key.key).await.map_err(internal)?;
            key = current.ok_or(Failure::UnknownKey)?;
        }
        // Of requests that lack the same page, one makes it while the others wait and find it.
        let turn = key.turn.clone();
        let _turn = turn.lock().await;
        let may_list = |key: &Key| {
            require_live(key, now)?;
            require_scope(operation, key)
        };
        if let Some(current) = app.cache.current(card.name, &key.key.key) {
            may_list(&current.key)?;
            if let Some(kept) = self.kept_response(&current) {
                return Ok(kept);
            }
        }
        // Also called with the key as it is when the page is read, which may be later than when the request came.
        let plan = |key: &Key| {
            may_list(key)?;
            let variants = app.cache.variants(card, &key.choices);
            if args.variants != variants {
                args = operation.read(query, variants).map_err(Failure::Invalid)?;
            }
            let mut plan = (list.plan)(&args, key)?;
            self.faults.alter_query(&mut plan);
            self.project = plan.selection.project.clone();
            Ok::<_, Failure>(plan)
        };
        let PlannedPage { entry: key, query: plan, mut page } = app.cache.page(&app.store, list, &key, plan).await?;
        self.faults.alter_page(&mut page, &app.rng);
        let facts = PageFacts { card, key: &key.key, query, args: &args, plan: &plan, page: &page };
        Ok(self.render(list, &key, &facts))
    }

    /// The page as the provider writes it, kept for the next request like this one unless a fault has a say in it.
    fn render(&self, list: &AssetList, key: &KeyCache, facts: &PageFacts<'_>) -> Arc<CachedResponse> {
        let cursors = &self.app.cursors;
        let rendered = (list.page)(facts.page, facts.args);
        let warnings = explain::warnings(facts, cursors);
        let position = explain::judged_position(facts, cursors);
        let offered = cursors.remember(facts, rendered.next.as_deref());
        let response = Arc::new(CachedResponse { rendered, warnings: warnings.into(), position, offered });
        if self.faults.paging.is_none() {
            key.keep(facts.query, response.clone());
        }
        response
    }

    fn refuse(&mut self, failure: &Failure) -> Reply {
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
            method: &self.request.method,
            path: &self.target.path,
            headers: &self.request.headers,
            sent_key,
            key,
            owner: owner.and_then(|name| providers::named(&name)).map(|provider| provider.card()),
            project: self.project.as_deref(),
            counts: self.counts.as_ref().unwrap_or(&none),
            now: self.now,
        };
        self.entry.note_refusal(failure, &facts);
        self.provider().refusal(failure, &self.context())
    }

    /// What an answer may depend on. The key is shown once the request is counted.
    fn context(&self) -> Context<'_> {
        static NONE: Counts = Counts(Vec::new());
        let key = self.known_key().filter(|_| self.counts.is_some());
        let counts = self.counts.as_ref().unwrap_or(&NONE);
        Context { now: self.now, entropy: self.entropy, key, counts, variants: self.variants }
    }

    fn known_key(&self) -> Option<&Key> {
        self.key.as_ref().ok().map(|known| &known.key)
    }

    fn provider(&self) -> &'static dyn Provider {
        self.target.provider
    }

    fn card(&self) -> &'static Card {
        self.provider().card()
    }

    fn query(&self) -> &'r str {
        self.request.uri.query().unwrap_or_default()
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Failure {
        match error {
            ListError::NoSuchProject => Failure::NoSuchProject,
            ListError::NoSuchKey => Failure::UnknownKey,
            ListError::Database(error) => internal(error),
        }
    }
}
