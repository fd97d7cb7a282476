//! Whether a rule can apply at all, as far as that is certain when it is made. A rule that no request matches breaks nothing,
//! so nobody notices that its path is wrong or that its listing has one page.

use std::collections::BTreeMap;

use axum::http::HeaderMap;

use super::check::cards;
use super::effect::Effect;
use super::paging::{self, PagingFault};
use super::rule::{Match, Rule};
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::emulator::redaction::{self, SHORT, Secrets};

/// What a rule can reach in the workspace that it is for.
#[derive(Debug, Clone, Default)]
pub struct Reachable {
    /// The provider and the text of each key; `None` where any key will do.
    pub keys: Option<Vec<(String, String)>>,
    /// What each provider lists for a client that asks for nothing in particular, where all its keys are shown the same.
    pub listings: BTreeMap<&'static str, Listing>,
}

/// A listing without filters.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// How many assets it has.
    pub assets: u64,
    /// How many a page has by default.
    pub page: u64,
}

impl Rule {
    /// Why it will never apply, or only if a client does what is not likely; none if any provider's requests can match it.
    pub fn warning(&self, reachable: &Reachable) -> Option<String> {
        let mut reasons = Vec::new();
        for card in cards(self) {
            reasons.push(self.why_never(card, reachable)?);
        }
        Some(reasons.join("; "))
    }

    fn why_never(&self, card: &Card, reachable: &Reachable) -> Option<String> {
        // With an answer of its own, a rule can stand for a route that is not imitated.
        let needs_route = !matches!(self.effect, Effect::Raw(_));
        let route =
            || needs_route.then(|| self.matches.other_route(card, matches!(self.effect, Effect::Paging(_)))).flatten();
        let query = || self.matches.unknown_parameter(card);
        let key = || self.matches.missing_key(card, reachable);
        route().or_else(query).or_else(key).or_else(|| self.single_page(card, reachable))
    }

    /// Why there is no page after the first that it can apply to.
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
    /// Why only requests for what is not there match it.
    fn other_route(&self, card: &Card, of_list: bool) -> Option<String> {
        let Card { name, title, .. } = card;
        let can_be = |operation: &&Operation| !of_list || operation.name == card.list_operation().name;
        if card.operations.iter().filter(can_be).any(|operation| self.can_be_for(operation, card)) {
            return None;
        }
        let prefix = format!("/{name}");
        let is_prefixed =
            self.path.as_ref().is_some_and(|path| path.strip_prefix(&prefix).is_some_and(|it| it.starts_with('/')));
        let hint =
            if is_prefixed { format!("; leave the prefix `{prefix}` out of `match.path`") } else { String::new() };
        Some(format!("{title} has no route that the rule matches{hint}; `assetmock providers {name}` lists them"))
    }

    /// Whether a request for this operation, or one that the vendor's framework answers at its path, can match.
    fn can_be_for(&self, operation: &Operation, card: &Card) -> bool {
        let fits = |path: &String| match path.strip_suffix('*') {
            Some(beginning) => operation.can_begin_with(beginning),
            None => operation.has_path(path) || operation.has_path(path.strip_suffix('/').unwrap_or(path)),
        };
        let allowed = |method: &String| match &*method.to_ascii_uppercase() {
            "HEAD" if self.operation.is_some() => operation.method == "GET" && card.methods.has_head(),
            // Rules come before routes: an answer that refuses the method can be replaced too.
            "HEAD" | "OPTIONS" => self.operation.is_none(),
            method => method == operation.method,
        };
        let is_named = self.operation.as_ref().is_none_or(|name| name == operation.name);
        is_named && self.path.as_ref().is_none_or(fits) && self.method.as_ref().is_none_or(allowed)
    }

    /// Why only requests with a parameter that the vendor does not have match it.
    fn unknown_parameter(&self, card: &Card) -> Option<String> {
        // Only the parameters of the list are known.
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

    /// Why no request of the workspace matches it: a rule for a workspace is for requests with one of its keys.
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

    /// Whether what it says of the position leaves no page but the first.
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
