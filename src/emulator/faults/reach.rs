//! Warns about rules that no request can match, as far as that is certain. Without a warning, a wrong path or a listing
//! with only one page goes unnoticed, since the rule just does nothing.

use std::collections::BTreeMap;

use axum::http::HeaderMap;

use super::check::cards;
use super::effect::Effect;
use super::paging::{self, PagingFault};
use super::rule::{Match, Rule};
use crate::contract::operation::{Access, Operation};
use crate::contract::provider::Card;
use crate::emulator::redaction::{self, SHORT, Secrets};

/// The contents of the workspace that a rule is for.
#[derive(Debug, Clone, Default)]
pub struct Reachable {
    /// The provider and the text of each key; `None` if the rule is not for one workspace.
    pub keys: Option<Vec<(String, String)>>,
    /// The listing without parameters of each provider, if all of its keys are shown the same.
    pub listings: BTreeMap<&'static str, Listing>,
}

/// A listing without filters.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// The number of assets.
    pub assets: u64,
    /// The default page size.
    pub page: u64,
}

impl Rule {
    /// Why no request can match the rule, or only an unlikely one. `None` if requests to at least one provider can.
    pub fn warning(&self, reachable: &Reachable) -> Option<String> {
        let mut reasons = Vec::new();
        for card in cards(self) {
            reasons.push(self.why_never(card, reachable)?);
        }
        Some(reasons.join("; "))
    }

    fn why_never(&self, card: &Card, reachable: &Reachable) -> Option<String> {
        // A raw response can replace the 404 or 501 of a route that does not exist.
        let needs_route = !matches!(self.effect, Effect::Raw(_));
        let route = || needs_route.then(|| self.matches.other_route(card)).flatten();
        let list = || matches!(self.effect, Effect::Paging(_)).then(|| self.matches.other_than_list(card)).flatten();
        let query = || self.matches.unknown_parameter(card);
        let key = || self.matches.without_key(card).or_else(|| self.matches.missing_key(card, reachable));
        let page = || self.single_page(card, reachable);
        route().or_else(list).or_else(query).or_else(key).or_else(|| self.without_body(card)).or_else(page)
    }

    /// The reason if it only changes bodies, and what it matches has none.
    fn without_body(&self, card: &Card) -> Option<String> {
        if !self.effect.needs_body() {
            return None;
        }
        let title = card.title;
        if self.matches.method.as_ref().is_some_and(|method| method.eq_ignore_ascii_case("HEAD")) {
            return Some(format!("it changes a body, and {title}'s answers to HEAD have none"));
        }
        let mut operations = self.matches.operations(card).peekable();
        operations.peek()?;
        let are_empty = operations.all(|operation| operation.has_empty_answer);
        let message =
            || format!("it changes a body, and {title} answers what it matches without one, unless it refuses");
        are_empty.then(message)
    }

    /// The reason if it is a paging fault and there is no page after the first.
    fn single_page(&self, card: &Card, reachable: &Reachable) -> Option<String> {
        let Effect::Paging(fault) = self.effect else { return None };
        if fault == PagingFault::EmptyPage {
            return None;
        }
        let title = card.title;
        if self.matches.asks_for_first_page(card) {
            return Some(format!("it strikes pages after the first, and `match.query` asks {title} for the first"));
        }
        let Listing { assets, page } = *reachable.listings.get(card.name)?;
        let one_page = format!("{title} lists {assets} asset{} of this workspace", if assets == 1 { "" } else { "s" });
        let chooses_size = self.matches.query.contains_key(card.paging().size);
        match assets {
            0 | 1 => Some(format!("{one_page}: there is no page after the first, which it would strike")),
            _ if assets <= page && !chooses_size => Some(format!(
                "{one_page}, on one page of up to {page}: there is none after it, which it would strike, unless the client \
                 asks for smaller pages"
            )),
            _ => None,
        }
    }
}

impl Match {
    /// The reason if it matches only requests to routes that the vendor does not have.
    fn other_route(&self, card: &Card) -> Option<String> {
        let Card { name, title, .. } = card;
        if self.operations(card).next().is_some() {
            return None;
        }
        let prefix = format!("/{name}");
        let is_prefixed =
            self.path.as_ref().is_some_and(|path| path.strip_prefix(&prefix).is_some_and(|it| it.starts_with('/')));
        let hint =
            if is_prefixed { format!("; leave the prefix `{prefix}` out of `match.path`") } else { String::new() };
        Some(format!("{title} has no route that the rule matches{hint}; `assetmock providers {name}` lists them"))
    }

    /// The reason if it does not match the list of assets, which alone has faults of paging.
    fn other_than_list(&self, card: &Card) -> Option<String> {
        let list = card.list_operation();
        let message = || {
            format!("only `{}` of {} has faults of paging, and the rule matches other routes", list.name, card.title)
        };
        (!self.can_be_for(list, card)).then(message)
    }

    /// The operations that it can match.
    fn operations<'a>(&'a self, card: &'a Card) -> impl Iterator<Item = &'static Operation> + 'a {
        card.operations.iter().filter(|operation| self.can_be_for(operation, card))
    }

    /// The reason if it matches only requests with a key, or with one of a workspace, to routes that need none.
    fn without_key(&self, card: &Card) -> Option<String> {
        let accesses: Vec<_> = self.operations(card).map(|operation| operation.access).collect();
        let title = card.title;
        if accesses.is_empty() {
            return None;
        }
        if self.key.is_some() && accesses.iter().all(|access| access.storage().is_some()) {
            return Some(format!(
                "requests to {title}'s signed URLs carry no key, and the rule matches only requests with one; name their \
                 workspace in `match.workspace` instead"
            ));
        }
        let names_key = self.key.is_some() || self.workspace.is_some();
        (names_key && accesses.iter().all(|access| *access == Access::Anyone)).then(|| {
            format!("this route of {title} needs no key, and the rule matches only requests with one of a workspace")
        })
    }

    /// Whether it can match a request for this operation, or one with HEAD or OPTIONS to its path.
    fn can_be_for(&self, operation: &Operation, card: &Card) -> bool {
        let fits = |path: &String| match path.strip_suffix('*') {
            Some(beginning) => operation.can_begin_with(beginning),
            None => operation.has_path(path) || operation.has_path(path.strip_suffix('/').unwrap_or(path)),
        };
        let allowed = |method: &String| match &*method.to_ascii_uppercase() {
            "HEAD" if self.operation.is_some() => operation.method == "GET" && card.methods.has_head(),
            // Rules are applied before the method is checked, so the 405 of a wrong method can be replaced too.
            "HEAD" | "OPTIONS" => self.operation.is_none(),
            method => method == operation.method,
        };
        let is_named = self.operation.as_ref().is_none_or(|name| name == operation.name);
        is_named && self.path.as_ref().is_none_or(fits) && self.method.as_ref().is_none_or(allowed)
    }

    /// The reason if it matches only requests with a parameter that the vendor does not have.
    fn unknown_parameter(&self, card: &Card) -> Option<String> {
        // The tables of parameters are complete only for the list operation.
        if !self.can_be_for(card.list_operation(), card) {
            return None;
        }
        let names = || card.params().iter().map(|param| param.name);
        let is_known = |name: &str| names().any(|known| Some(known) == name.split('[').next());
        let (name, _) = self.query.iter().find(|(name, value)| value.is_some() && !is_known(name))?;
        let near = redaction::meant(name, names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let name = redaction::clip(name, SHORT, &Secrets::of(None, &HeaderMap::new())).into_owned();
        Some(format!("{} has no parameter `{name}`, and the rule matches only requests with it{near}", card.title))
    }

    /// The reason if the rule is for a workspace that has no matching key.
    fn missing_key(&self, card: &Card, reachable: &Reachable) -> Option<String> {
        let keys = reachable.keys.as_ref()?;
        let mut of_provider = keys.iter().filter(|(provider, _)| provider == card.name).peekable();
        let has_any = of_provider.peek().is_some();
        if of_provider.any(|(_, text)| self.key.as_ref().is_none_or(|key| key == text)) {
            return None;
        }
        let such = if has_any { "no such key" } else { "no key" };
        Some(format!(
            "the workspace has {such} for {}, and the rule matches only requests with one of its keys",
            card.title
        ))
    }

    /// Whether its `query` only matches requests for the first page.
    fn asks_for_first_page(&self, card: &Card) -> bool {
        let position = card.paging().position;
        self.query.get(position).is_some_and(|value| {
            let query = value
                .as_ref()
                .map(|value| form_urlencoded::Serializer::new(String::new()).append_pair(position, value).finish());
            query.is_none_or(|query| !paging::follows_another(card, &query))
        })
    }
}
