//! What a vendor consists of: a card of data and a few pure functions, which touch no store, no clock and no socket.
//! The vendors are in [`crate::providers`].

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::clock::Micros;
use crate::contract::asset_list::{AssetList, Paging};
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Fact;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::operation::{Action, Operation};
use crate::contract::operation_table;
use crate::contract::query::Param;
use crate::contract::quota::Quota;
use crate::contract::variant::Variant;
use crate::http::reply::Reply;

/// One vendor's asset API, as far as all of its routes share it. The card's table of operations says what each route
/// does: an [`AssetList`] says how assets are listed, a [`Handler`](crate::contract::handler::Handler) what another
/// route does.
///
/// Implementers keep two conventions. `refusal` words every [`Failure`] without a catch-all arm. Whatever the vendor's
/// documents leave open is a named constant with `inferred` in its doc comment, and a [`Fact`] on the card.
pub trait Provider: Send + Sync {
    /// The data about this vendor.
    fn card(&self) -> &'static Card;

    /// Makes the answer for a failure, in the vendor's envelope.
    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply;

    /// Completes an answer that the vendor's framework gives by itself, such as a redirect, with what every answer of
    /// the vendor has.
    fn framework_reply(&self, reply: Reply, _: &Context) -> Reply {
        reply
    }

    /// The answer to OPTIONS for a path with these methods, for a vendor whose framework answers it.
    fn options(&self, allow: &str) -> Reply {
        Reply::empty(StatusCode::OK).header("allow", allow)
    }

    /// Makes a public id in this vendor's form, for an asset created at `created_at`.
    fn new_asset_id(&self, entropy: u128, created_at: Micros) -> String;

    /// Makes a key in this vendor's form.
    fn new_key(&self, entropy: [u128; 3]) -> String;
}

/// The data about a vendor. Routing, checks, help, tests and `FIDELITY.md` are made from it.
#[derive(Debug)]
pub struct Card {
    /// The name in paths, fixtures and database columns. It has lower-case letters only.
    pub name: &'static str,
    /// The name as the vendor writes it.
    pub title: &'static str,
    /// The vendor's host names. The first is the host of the list of assets.
    pub hosts: &'static [&'static str],
    /// The vendor's hosts of files, which are in the URLs of assets.
    pub file_hosts: &'static [&'static str],
    /// What follows the host in the base URL that clients use.
    pub base: &'static str,
    /// The environment variables that give clients a base URL and a key.
    pub client_env: ClientEnv,
    /// All routes that the vendor's documents name. The list of assets is the first.
    pub operations: &'static [Operation],
    /// How it answers a route with a slash at the end.
    pub slash: Slash,
    /// Which methods its framework adds to those of a path.
    pub methods: Methods,
    /// Whether it checks the key or the route first.
    pub order: CheckOrder,
    /// Which requests with an active key count against its quotas.
    pub counted: QuotaScope,
    /// How requests carry a key, and what a key looks like.
    pub auth: Auth,
    /// The documented quotas. The first is the main one.
    pub quotas: &'static [Quota],
    /// Behaviours that the user can choose between.
    pub variants: &'static [Variant],
    /// The vendor's failures that only a fault causes. One of them is named `unavailable`.
    pub injected_failures: &'static [InjectedFailure],
    /// What we know of this vendor's behaviour, and how surely. `FIDELITY.md` is made from it.
    pub facts: &'static [Fact],
    /// What the vendor has and the emulator leaves out on purpose.
    pub not_imitated: &'static [&'static str],
}

impl Card {
    /// The first operation that lists assets, and its list.
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

    /// How [`Card::list_operation`] lists the assets.
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

    /// How a client asks for pages of the list of assets.
    pub fn paging(&self) -> &'static Paging {
        &self.asset_list().paging
    }

    /// The value of the `Allow` header for a path.
    pub fn allow(&self, path: &str) -> String {
        self.methods.allow(&operation_table::methods(self.operations, path))
    }
}

/// Which methods a vendor's framework adds to those of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// None. Only the first route with the path counts.
    FirstRoute,
    /// HEAD, for every path with GET.
    WithHead,
    /// HEAD for every path with GET, and OPTIONS for every path. `Allow` names these two first.
    WithHeadAndOptions,
}

impl Methods {
    /// Whether every path with GET also answers HEAD.
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

/// How a vendor answers a route with a slash at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slash {
    /// As another route, which does not exist.
    NotFound,
    /// Like the route without the slash.
    Tolerated,
    /// With a 307 to the route without the slash, or, if the route itself ends with one, to the route with it.
    Redirected,
}

/// What a vendor checks first. This decides how it answers a request without an active key to a route that does not
/// exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOrder {
    /// The route and the method.
    RouteFirst,
    /// The key.
    KeyFirst,
}

/// Which requests with an active key count against a vendor's quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaScope {
    /// All requests.
    Everything,
    /// Requests that reach an operation, even if they are refused afterwards.
    Operations,
}

/// How requests carry a key, and what a key looks like.
#[derive(Debug)]
pub struct Auth {
    /// Which header carries it.
    pub carrier: Carrier,
    /// Whether a text has the form of this vendor's keys. Used only to choose between vendors that share a path.
    pub looks_like: fn(&str) -> bool,
    /// Whether a text that is not empty can be one of this vendor's keys, as far as its documents say. It is used
    /// where every key of the right form is accepted.
    pub well_formed: fn(&str) -> bool,
}

/// Which header carries a key.
#[derive(Debug, Clone, Copy)]
pub enum Carrier {
    /// `Authorization: Bearer <key>`. The scheme may be in any case.
    Bearer,
    /// A header of the vendor's own.
    Header(&'static str),
}

impl Carrier {
    /// Reads the key of a request.
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

    /// The header line with `key`, for examples.
    pub fn line(self, key: &str) -> String {
        match self {
            Carrier::Bearer => format!("Authorization: Bearer {key}"),
            Carrier::Header(name) => format!("{name}: {key}"),
        }
    }
}
