//! What a vendor consists of. A provider is a card of data and a few pure functions: they take values and return
//! values, and touch no store, no clock and no socket. All five live in [`crate::providers`].

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::clock::Micros;
use crate::contract::asset_list::{AssetList, Paging};
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Fact;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::operation::{self, Action, Operation};
use crate::contract::query::Param;
use crate::contract::quota::Quota;
use crate::contract::variant::Variant;
use crate::http::reply::Reply;

/// One vendor's asset API: what is the same for all of its routes. What each route does is in the table of operations on
/// the card; how assets are listed is an [`AssetList`], and what the other routes do is a
/// [`Handler`](crate::contract::handler::Handler).
///
/// Implementers keep two conventions: `refusal` words every [`Failure`] without a catch-all; and whatever the vendor's
/// documents leave open is a named constant with `inferred` in its doc comment and a [`Fact`] on the card.
pub trait Provider: Send + Sync {
    /// What is fixed about this vendor.
    fn card(&self) -> &'static Card;

    /// The answer that refuses.
    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply;

    /// An answer that the vendor's framework gives by itself, such as a redirect, with what all of its answers have.
    fn framework_reply(&self, reply: Reply, _: &Context) -> Reply {
        reply
    }

    /// The answer to OPTIONS for a path with these methods, where the vendor's framework gives one by itself.
    fn options(&self, allow: &str) -> Reply {
        Reply::empty(StatusCode::OK).header("allow", allow)
    }

    /// A new public id in this vendor's shape for an asset created at `created_at`.
    fn new_asset_id(&self, entropy: u128, created_at: Micros) -> String;

    /// A new key in this vendor's shape.
    fn new_key(&self, entropy: [u128; 3]) -> String;
}

/// What is fixed about a vendor: the data from which routing, checks, help, tests and `FIDELITY.md` are made.
#[derive(Debug)]
pub struct Card {
    /// The name in paths, fixtures and columns: lower-case letters only.
    pub name: &'static str,
    /// The name that the vendor writes.
    pub title: &'static str,
    /// The vendor's host names; the first is the list route's.
    pub hosts: &'static [&'static str],
    /// What follows the host in the base URL that clients are given.
    pub base: &'static str,
    /// The environment variables by which clients are told a base URL and a key.
    pub client_env: ClientEnv,
    /// All routes that its documents name, the list of assets first.
    pub operations: &'static [Operation],
    /// A route with a slash behind it.
    pub slash: Slash,
    /// What its framework adds to the methods of a path.
    pub methods: Methods,
    /// What is looked at first, the key or the route.
    pub order: CheckOrder,
    /// Which requests with a live key count against its quotas.
    pub counted: QuotaScope,
    /// Where the key travels and what it looks like.
    pub auth: Auth,
    /// The documented quotas; the first is the main one.
    pub quotas: &'static [Quota],
    /// What it does in one of several ways, as the user chooses.
    pub variants: &'static [Variant],
    /// The vendor's failures that only a fault brings about; `unavailable` is one of them.
    pub injected_failures: &'static [InjectedFailure],
    /// What is known of this vendor's behaviour and how surely; `FIDELITY.md` is made of these.
    pub facts: &'static [Fact],
    /// What the vendor has and we deliberately leave out.
    pub not_imitated: &'static [&'static str],
}

impl Card {
    /// The first operation that lists assets, and how it does so.
    fn listing(&self) -> (&'static Operation, &'static AssetList) {
        let listing = self.operations.iter().find_map(|operation| match operation.action {
            Action::List(list) => Some((operation, list)),
            Action::Run(_) | Action::Absent => None,
        });
        listing.expect("every provider lists its assets")
    }

    /// The operation that lists the assets.
    pub fn list_operation(&self) -> &'static Operation {
        self.listing().0
    }

    /// How that operation lists them.
    pub fn asset_list(&self) -> &'static AssetList {
        self.listing().1
    }

    /// The path of the list of assets.
    pub fn list(&self) -> &'static str {
        self.list_operation().path()
    }

    /// The parameters of the list of assets.
    pub fn params(&self) -> &'static [Param] {
        self.list_operation().params
    }

    /// How the pages of the list of assets are asked for.
    pub fn paging(&self) -> &'static Paging {
        &self.asset_list().paging
    }

    /// The methods of a path, as an `Allow` header names them.
    pub fn allow(&self, path: &str) -> String {
        self.methods.allow(&operation::methods(self.operations, path))
    }
}

/// What a vendor's framework adds to the methods of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// Nothing; and only the first route with the path counts.
    FirstRoute,
    /// HEAD, wherever GET is.
    WithHead,
    /// HEAD wherever GET is, and OPTIONS everywhere. `Allow` names both first.
    WithHeadAndOptions,
}

impl Methods {
    /// Whether HEAD is answered wherever GET is.
    pub fn has_head(self) -> bool {
        self != Methods::FirstRoute
    }

    fn allow(self, methods: &[&'static str]) -> String {
        let head = (self.has_head() && methods.contains(&"GET")).then_some("HEAD");
        let listed = methods.iter().copied();
        let all: Vec<_> = match self {
            Methods::FirstRoute => listed.take(1).collect(),
            Methods::WithHead => {
                listed.flat_map(|name| [Some(name), head.filter(|_| name == "GET")]).flatten().collect()
            }
            Methods::WithHeadAndOptions => head.into_iter().chain(["OPTIONS"]).chain(listed).collect(),
        };
        all.join(", ")
    }
}

/// What a slash behind a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slash {
    /// It is another route, which does not exist.
    NotFound,
    /// It makes no difference.
    Tolerated,
    /// 307 to the route without it.
    Redirected,
}

/// What a vendor looks at first: it decides what a request without a live key gets for a route that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOrder {
    /// The route and the method.
    RouteFirst,
    /// The key.
    KeyFirst,
}

/// Which requests with a live key count against its quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaScope {
    /// All of them.
    Everything,
    /// Those that reach an operation, whatever comes of them.
    Listings,
}

/// Where a key travels and what it looks like.
#[derive(Debug)]
pub struct Auth {
    /// Where it travels.
    pub carrier: Carrier,
    /// Whether a text has the shape of this vendor's keys. It decides between vendors that share a path, nothing else.
    pub looks_like: fn(&str) -> bool,
    /// Whether a text that is not empty can be one of this vendor's keys, as far as its documents say. It decides where any
    /// key is good that has the vendor's form.
    pub well_formed: fn(&str) -> bool,
}

/// Where a key travels.
#[derive(Debug, Clone, Copy)]
pub enum Carrier {
    /// `Authorization: Bearer <key>`; the scheme in any case.
    Bearer,
    /// A header of its own.
    Header(&'static str),
}

impl Carrier {
    /// The key a request carries.
    pub fn read(self, headers: &HeaderMap) -> Result<&str, Failure> {
        let name = match self {
            Carrier::Bearer => header::AUTHORIZATION,
            Carrier::Header(name) => HeaderName::from_static(name),
        };
        let value = headers.get(name).ok_or(Failure::NoKey)?;
        let text = value.to_str().map_err(|_| Failure::MalformedKey)?.trim();
        match self {
            Carrier::Header(_) if text.is_empty() => Err(Failure::NoKey),
            Carrier::Header(_) => Ok(text),
            Carrier::Bearer => {
                let (scheme, key) = text.split_once(' ').unwrap_or((text, ""));
                match scheme.eq_ignore_ascii_case("bearer") {
                    true if key.is_empty() => Err(Failure::NoKey),
                    true => Ok(key.trim_start()),
                    false if scheme.is_empty() => Err(Failure::NoKey),
                    false => Err(Failure::MalformedKey),
                }
            }
        }
    }

    /// The header line that carries `key`, for examples.
    pub fn line(self, key: &str) -> String {
        match self {
            Carrier::Bearer => format!("Authorization: Bearer {key}"),
            Carrier::Header(name) => format!("{name}: {key}"),
        }
    }
}
