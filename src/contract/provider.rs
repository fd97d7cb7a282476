//! What a vendor consists of. A provider is a card of data and a few pure functions: they take values and return
//! values, and touch no store, no clock and no socket. All five live in [`crate::providers`].

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::evidence::Fact;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::import::Unimportable;
use crate::contract::operation::{self, Action, Operation, Paging};
use crate::contract::query::{self, Args, Param, Unknown, Violation};
use crate::contract::quota::{Counts, Quota};
use crate::contract::variant::{Variant, Variants};
use crate::http::reply::{RenderedPage, Reply};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// One vendor's asset API.
///
/// Implementers keep four conventions: `plan` reads every parameter its table declares; `asset` and `page` decide nothing
/// about which assets are shown; `refusal` words every [`Failure`] without a catch-all; and whatever the vendor's
/// documents leave open is a named constant with `inferred` in its doc comment and a [`Fact`] on the card.
///
/// What `asset` and `page` give is kept and shown again ([`crate::emulator::cache`]), so it can depend on nothing but what they are
/// given. What every answer has of its own, such as the id of the request, is added by `answer`.
pub trait Provider: Send + Sync {
    /// What is fixed about this vendor.
    fn card(&self) -> &'static Card;

    /// Reads a raw query string, in the way that the chosen variants say.
    fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let card = self.card();
        Ok(query::read(card.params(), card.unknown(), query)?.under(variants))
    }

    /// What the request asks of the library, in neutral terms.
    fn plan(&self, args: &Args, key: &Key) -> Result<AssetQuery, Failure>;

    /// An asset of this workspace as a page shows it.
    fn asset(&self, asset: &Asset, workspace: &str, variants: Variants) -> Box<RawValue>;

    /// What `page` looks like.
    fn page(&self, page: &Page, args: &Args) -> RenderedPage;

    /// The answer that shows a page.
    fn answer(&self, page: &RenderedPage, cx: &Context) -> Reply;

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

    /// The assets of a list response of the real service, oldest insertion first. Once they are stored, this provider
    /// gives the same objects back in the same order, byte for byte but for white space between tokens. What its list
    /// would never show is refused, not lost. Users, projects and folders that the assets name may have to be made
    /// first.
    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable>;
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
    pub staged: &'static [InjectedFailure],
    /// What is known of this vendor's behaviour and how surely; `FIDELITY.md` is made of these.
    pub facts: &'static [Fact],
    /// What the vendor has and we deliberately leave out.
    pub not_imitated: &'static [&'static str],
}

impl Card {
    /// The operation that lists the assets, and how its pages are asked for.
    fn listing(&self) -> (&'static Operation, &'static Paging) {
        let listing = self.operations.iter().find_map(|operation| match &operation.action {
            Action::List(paging) => Some((operation, paging)),
            Action::Absent => None,
        });
        listing.expect("every provider lists its assets")
    }

    /// The operation that lists the assets.
    pub fn list_operation(&self) -> &'static Operation {
        self.listing().0
    }

    /// The path of the list of assets.
    pub fn list(&self) -> &'static str {
        self.listing().0.path()
    }

    /// The scope that listing assets needs of a key that has scopes.
    pub fn scope(&self) -> Option<&'static str> {
        self.listing().0.scope
    }

    /// The parameters of the list of assets.
    pub fn params(&self) -> &'static [Param] {
        self.listing().0.params
    }

    /// What happens to other parameters.
    pub fn unknown(&self) -> Unknown {
        self.listing().0.unknown
    }

    /// How the pages of the list of assets are asked for.
    pub fn paging(&self) -> &'static Paging {
        self.listing().1
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
    /// Those that reach the list, whatever comes of them.
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

/// An asset as one provider shows it, in one workspace.
#[derive(Debug)]
pub struct Row {
    /// Its public id.
    pub id: Box<str>,
    /// When it was created.
    pub created_at: Micros,
    /// What the provider writes: the words it was imported in, or those that the view makes of it.
    json: Box<RawValue>,
}

impl Row {
    /// The asset as this provider shows it in this workspace.
    pub fn of(asset: &Asset, provider: &dyn Provider, workspace: &str, variants: Variants) -> Row {
        let words = asset.words(provider.card().name).map(ToOwned::to_owned);
        let json = words.unwrap_or_else(|| provider.asset(asset, workspace, variants));
        Row { id: asset.id.as_str().into(), created_at: asset.created_at, json }
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Row>() + self.id.len() + self.json.get().len()
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// The assets, in order: what cursors and totals are made from. Views show [`Page::shown`].
    pub rows: Vec<Arc<Row>>,
    /// Whether the assets are left out of the view, while all that the page announces stands.
    pub hidden: bool,
    /// Whether more follow.
    pub more: bool,
    /// How many there are on all pages; 0 where that was not asked.
    pub total: u64,
}

impl Page {
    /// The assets that a view lists.
    pub fn shown(&self) -> Rows<'_> {
        Rows(if self.hidden { &[] } else { &self.rows })
    }
}

/// The rows of a page: a list in a view's struct.
#[derive(Debug)]
pub struct Rows<'a>(&'a [Arc<Row>]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| &**row))
    }
}

/// What an answer may depend on besides the request's own parameters.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The current instant.
    pub now: Micros,
    /// This request's share of randomness, for request ids.
    pub entropy: u128,
    /// The key, once it is known to be live.
    pub key: Option<&'a Key>,
    /// The key's quotas, this request included; empty before the key is known.
    pub counts: &'a Counts,
    /// The chosen variants: those of the key's workspace, or the server's own where the key is not known.
    pub variants: Variants,
}
