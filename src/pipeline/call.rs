//! A request to a vendor: its state, and the stages that it goes through ([`Call::serve`]).

mod refuse;
mod signatures;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use tracing::error;

use super::body::RequestBody;
use super::checks::{Routed, find_operation, require_live, require_scope, table_path};
use super::due_assets::{cached_key, key_with_settled_assets, settle_shown};
use super::entry::EntryBuilder;
use super::run::run;
use super::signed::SignedCall;
use super::write_between_pages::write_between_pages;
use crate::clock::Micros;
use crate::contract::asset_list::{AssetList, MadeUpUrls};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, Input};
use crate::contract::operation::{Access, Action, Operation};
use crate::contract::provider::{Card, CheckOrder, Provider};
use crate::contract::query::Args;
use crate::contract::quota::Counts;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::cache::{CachedResponse, KeyCache, PlannedPage};
use crate::emulator::explain::{self, PageFacts};
use crate::emulator::faults::{self, AppliedFault, FaultPlan, Replacement, header};
use crate::http::reply::Reply;
use crate::library::key::Key;
use crate::library::model::Choices;
use crate::library::selection::Selection;
use crate::providers::directory::Target;

/// A request to a vendor and the results of the stages so far. A refusal, which can happen at every stage, is worded
/// and explained from the results up to that point.
pub struct Call<'r> {
    app: &'r App,
    target: &'r Target,
    request: &'r Parts,
    /// The journal entry under construction.
    pub entry: &'r mut EntryBuilder,
    /// The key that the request sends, which may be revoked or expired, or why there is none.
    key: Result<Arc<KeyCache>, Failure>,
    /// When the request came, by the clock of the key's workspace.
    pub now: Micros,
    /// Random bits, for example for the vendor's request id. Drawn once for each request, so that with a seed the
    /// outcome of one request does not change the ids of later ones.
    entropy: u128,
    /// The variants of the provider's behaviour that are chosen for this key.
    variants: Variants,
    /// The result of routing its path and method.
    routed: Routed,
    /// The combined effects of the faults that apply to it.
    pub faults: FaultPlan,
    /// The key's quotas, this request included. `None` until it is counted; only requests with a live key are.
    counts: Option<Counts>,
    /// What the list selects, if it is limited to a project. Boxed, since few are.
    project: Option<Box<Selection>>,
    /// The origin of our URLs for assets; `None`: the vendor's own form is shown.
    origin: Option<Box<str>>,
    /// What is known of it if it is to a signed URL or with a signed form. Boxed, since few are.
    signed: Option<Box<SignedCall<'r>>>,
}

impl<'r> Call<'r> {
    /// Looks up the key and the operation of a request.
    pub async fn new(app: &'r App, target: &'r Target, request: &'r Parts, entry: &'r mut EntryBuilder) -> Call<'r> {
        let routed = find_operation(target, request);
        let signed = match routed {
            Routed::Operation(operation) if operation.access.storage().is_some() => {
                Some(Box::new(Box::pin(SignedCall::new(app, target, request, operation)).await))
            }
            _ => None,
        };
        let key = match cached_key(app, target.provider, request, routed.access()) {
            Some(cached) => Ok(cached),
            // Boxed, so that the future of a request whose key is cached does not reserve space for this one.
            None => Box::pin(key_with_settled_assets(app, target.provider, request, routed.access())).await,
        };
        let workspace = signed.as_ref().and_then(|signed| signed.workspace.as_ref());
        let (now, entropy) = match (&key, workspace) {
            (Ok(known), _) => {
                let state = app.workspace_states.get_or_create(&known.key.workspace);
                (state.now(&app.clock), state.rng.next_u128())
            }
            (Err(_), Some(workspace)) => (workspace.now, workspace.entropy),
            (Err(_), None) => (app.clock.now(), app.rng.next_u128()),
        };
        let card = target.provider.card();
        let variants = match &key {
            Ok(known) => known.variants,
            Err(_) => app.cache.variants(card, &Choices::new()),
        };
        entry.note_request(card, request, key.as_ref().ok().map(|known| &known.key), now);
        entry.note_workspace(workspace.map(|workspace| (workspace.id.clone(), now)));
        entry.operation = routed.operation();
        entry.note_variants(card, variants);
        let (faults, counts, project) = (FaultPlan::default(), None, None);
        let origin = app.settings.asset_origin(request);
        Call {
            app,
            target,
            request,
            entry,
            key,
            now,
            entropy,
            variants,
            routed,
            faults,
            counts,
            project,
            origin,
            signed,
        }
    }

    /// Finds the faults that apply to the request: first those in its own `X-Emulator-Fault` header, then the active
    /// rules. Fails, with the reason, if the header is malformed or names an unknown fault.
    pub fn plan_faults(&mut self) -> Result<(), String> {
        let (app, card) = (self.app, self.card());
        let asked_for = self.request.headers.get(header::NAME).filter(|_| !app.settings.no_fault_header);
        if asked_for.is_none() && app.faults.is_idle() {
            return Ok(());
        }
        let asked_for = asked_for.map(|value| faults::read_header(card, value.to_str().unwrap_or_default()));
        let asked_for = asked_for.transpose()?;
        // A form is verified later. So that a fault of its workspace can apply, the one that the path names counts.
        let form = self.signed.as_deref().filter(|signed| signed.is_unverified());
        let named = form.and_then(SignedCall::named_workspace);
        let workspace = self.known_key().map(|key| &*key.workspace).or(self.signed_workspace());
        let matched = faults::RequestFacts {
            card,
            workspace: workspace.or(named.as_deref()),
            key: card.auth.carrier.read(&self.request.headers).ok(),
            operation: self.routed.operation().map(|operation| operation.name),
            method: self.request.method.as_str(),
            path: &self.target.path,
            query: self.query(),
        };
        // A client may send the header with every request, also where there is no page that a paging fault can change.
        let asked_for = asked_for.filter(|(effect, _)| matched.can_have(effect));
        let asked_for = asked_for.map(|(effect, retry_after)| AppliedFault { id: None, effect, retry_after });
        let mut applied = Vec::from_iter(asked_for);
        applied.extend(app.faults.choose(&matched, self.now, &app.rng));
        self.entry.note_faults(&applied);
        let limits = self.known_key().map(|key| key.limits).unwrap_or_default();
        self.faults = FaultPlan::of(&applied, card, self.routed.operation(), limits, self.now, &app.rng);
        Ok(())
    }

    /// Produces the response to the request and its body, if it has one. A failure is worded by the provider, and so is
    /// a panic.
    pub async fn answer(&mut self, body: Option<&mut RequestBody>) -> Reply {
        match AssertUnwindSafe(self.serve(body)).catch_unwind().await {
            Ok(Ok(reply)) => reply,
            Ok(Err(failure)) => self.refuse(&failure),
            Err(_) => {
                error!("a request caused a panic; please report it with the lines above");
                self.counts = None;
                self.word(&Failure::Internal)
            }
        }
    }

    /// Gives assets that wait for being read, and that the reply shows, their next status. If no asset waits, the reply
    /// comes back at once.
    pub fn settle_shown(&self, reply: Reply) -> Either<Reply, BoxFuture<'r, Reply>> {
        settle_shown(self.app, self.card(), self.request, self.context().key, reply)
    }

    /// The stages in order. The order is the same for every provider, except that some check the key before the route.
    async fn serve(&mut self, body: Option<&mut RequestBody>) -> Result<Reply, Failure> {
        if let Some(reply) = self.replace_by_fault()? {
            return Ok(reply);
        }
        if self.card().order == CheckOrder::KeyFirst && self.routed.access() == Access::Key {
            self.authenticate()?;
        }
        let Routed::Operation(operation) = self.routed else { return self.reply_of_framework() };
        match operation.action {
            Action::Absent => Ok(self.not_imitated(operation)),
            Action::List(list) => {
                let key = self.admit(operation)?;
                self.list(operation, list, key).await
            }
            Action::Run(handler) => {
                if operation.access == Access::Key {
                    self.admit(operation)?;
                }
                if let Some(failure) = self.signed.as_deref().and_then(SignedCall::refusal) {
                    return Err(failure.clone());
                }
                // Boxed, so that the future of a request for a list does not reserve space for this one.
                Box::pin(self.run(operation, handler, body)).await
            }
        }
    }

    /// The response or failure that a fault puts in place of the vendor's. The request is counted as if the vendor
    /// itself had failed: not at all if the failure is about the key. For an injected rate limit, the
    /// quota is shown as used up.
    fn replace_by_fault(&mut self) -> Result<Option<Reply>, Failure> {
        let Some(replacement) = self.faults.instead.clone() else { return Ok(None) };
        self.entry.note_injected();
        if !matches!(&*replacement, Replacement::Failure(failure) if failure.is_about_the_key()) {
            // If the key is not live, there are no quotas to count against.
            let _ = self.count();
        }
        if let (Replacement::Failure(Failure::RateLimited(exceeded)), Some(counts)) = (&*replacement, &mut self.counts)
        {
            counts.show_used_up(exceeded);
        }
        match *replacement {
            Replacement::Failure(failure) => Err(failure),
            Replacement::Raw(reply) => Ok(Some(reply)),
        }
    }

    /// The key; fails if it is missing, unknown, revoked or expired.
    fn authenticate(&self) -> Result<&Arc<KeyCache>, Failure> {
        let known = self.key.as_ref().map_err(Failure::clone)?;
        require_live(&known.key, self.now)?;
        Ok(known)
    }

    /// Authenticates the request and counts it against the quotas of its key.
    fn count(&mut self) -> Result<Arc<KeyCache>, Failure> {
        let known = self.authenticate()?.clone();
        let quotas = self.card().quotas;
        self.counts = Some(self.app.limits.count(known.key.id, known.key.limits, quotas, self.now));
        Ok(known)
    }

    /// Authenticates and counts the request, and checks the scope of its key and its quotas.
    fn admit(&mut self, operation: &Operation) -> Result<Arc<KeyCache>, Failure> {
        let key = self.count()?;
        require_scope(operation, &key.key)?;
        self.within_limits()?;
        Ok(key)
    }

    fn within_limits(&self) -> Result<(), Failure> {
        let exceeded = self.counts.as_ref().and_then(|counts| counts.exceeded(self.now));
        exceeded.map_or(Ok(()), |exceeded| Err(Failure::RateLimited(exceeded)))
    }

    /// Answers a list operation with a page, cached or new.
    async fn list(&mut self, operation: &Operation, list: &AssetList, key: Arc<KeyCache>) -> Result<Reply, Failure> {
        let response = match self.cached_response(list, &key) {
            Some(cached) => cached,
            None => {
                let args = operation.read(self.query(), self.variants).map_err(Failure::Invalid)?;
                if let Some(failure) = self.faults.refused_cursor(self.card()) {
                    self.entry.note_injected();
                    return Err(failure);
                }
                // Boxed, so that the future of a request whose page is cached does not reserve space for this one.
                Box::pin(self.make_response(operation, list, key.clone(), args)).await?
            }
        };
        self.entry.note_warnings(self.app, &response.warnings);
        Ok((list.answer)(&response.rendered, &self.context()))
    }

    /// Runs an operation that is not a list.
    async fn run(
        &mut self,
        operation: &Operation,
        handler: &dyn Handler,
        body: Option<&mut RequestBody>,
    ) -> Result<Reply, Failure> {
        let query = operation.read(self.query(), self.variants).map_err(Failure::Invalid)?;
        let (body, reset_guard) = self.receive(operation, body).await?;
        let signed = self.take_signed_params();
        let path = operation.path_values(table_path(self.target));
        let claim = self.claim(operation);
        let input = Input { headers: &self.request.headers, path, query, body, claim, signed };
        let url_signer = self.url_signer(operation).await?;
        let context = Context { url_signer: url_signer.as_ref(), ..self.context() };
        let (reply, entered) = run(self.app, handler, self.card().name, &input, context, reset_guard.as_ref()).await;
        self.entry.note_workspace(entered);
        let reply = reply?;
        let (params, _) = operation.parameters(self.variants);
        let warnings = self.context().key.map(|key| explain::unused_parameters(params, key, self.query()));
        self.entry.note_warnings(self.app, &warnings.unwrap_or_default());
        Ok(reply)
    }

    /// The cached response to this query string, if it is still valid and no fault changes it.
    fn cached_response(&self, list: &AssetList, key: &KeyCache) -> Option<Arc<CachedResponse>> {
        let cached = key.response(self.list_origin(list), self.query())?;
        (self.faults.paging.is_none() && cached.is_valid(&self.app.cursors)).then_some(cached)
    }

    /// Makes the response from the library.
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
            let current = app.cache.entry(&app.store, card, &key.key.key).await?;
            key = current.ok_or(Failure::UnknownKey)?;
        }
        // Requests with the same key that need a new page take turns. If one has just made this page, it is cached now.
        let turn = key.turn.clone();
        let _turn = turn.lock().await;
        let may_list = |key: &Key| {
            require_live(key, now)?;
            require_scope(operation, key)
        };
        if let Some(current) = app.cache.current(card.name, &key.key.key) {
            may_list(&current.key)?;
            if let Some(cached) = self.cached_response(list, &current) {
                return Ok(cached);
            }
        }
        // The cache calls this again with the key as it is when the page is read: the key may have been revoked, or its
        // variants changed, since the request came.
        let plan = |key: &Key| {
            may_list(key)?;
            let variants = app.cache.variants(card, &key.choices);
            if args.variants != variants {
                args = operation.read(query, variants).map_err(Failure::Invalid)?;
            }
            let mut plan = (list.plan)(&args, key)?;
            self.faults.alter_query(&mut plan);
            self.project = plan.selection.project.is_some().then(|| Box::new(plan.selection.clone()));
            Ok::<_, Failure>(plan)
        };
        let origin = self.origin.as_deref().filter(|_| list.made_up_urls != MadeUpUrls::None);
        let PlannedPage { entry: key, query: plan, mut page } =
            app.cache.page(&app.store, list, &key, origin, plan).await?;
        self.faults.alter_page(&mut page, &app.rng);
        let facts = PageFacts { card, key: &key.key, query, args: &args, plan: &plan, page: &page };
        Ok(self.render(list, &key, &facts))
    }

    /// Renders the page in the provider's format, and caches the response unless a fault changed the page.
    fn render(&self, list: &AssetList, key: &KeyCache, facts: &PageFacts<'_>) -> Arc<CachedResponse> {
        let cursors = &self.app.cursors;
        let rendered = (list.page)(facts.page, facts.args);
        let warnings = explain::warnings(facts, cursors);
        let position = explain::judged_position(facts, cursors);
        let offered = cursors.remember(facts, rendered.next.as_deref());
        let response = Arc::new(CachedResponse { rendered, warnings: warnings.into(), position, offered });
        if self.faults.paging.is_none() {
            key.keep(self.list_origin(list), facts.query, response.clone());
        }
        response
    }

    /// The values that a provider's answer may depend on. The key is `None` until the request is counted, since until
    /// then it has not been checked.
    fn context(&self) -> Context<'_> {
        static NONE: Counts = Counts(Vec::new());
        let key = self.known_key().filter(|_| self.counts.is_some());
        let counts = self.counts.as_ref().unwrap_or(&NONE);
        let origin = self.origin.as_deref();
        let signed_workspace = self.signed_workspace();
        let (now, entropy, variants) = (self.now, self.entropy, self.variants);
        Context { now, entropy, key, counts, variants, origin, signed_workspace, url_signer: None }
    }

    /// The origin of our URLs on the pages of a list. Pages without any are the same for all origins.
    fn list_origin(&self, list: &AssetList) -> Option<&str> {
        self.origin.as_deref().filter(|_| list.made_up_urls != MadeUpUrls::None)
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
