//! The routes of a vendor, as data. Each provider has one table of all routes that the vendor's documents name.
//! Routing, `Allow`, explanations, `FIDELITY.md` and tests are loops over these tables.

use crate::contract::asset_list::AssetList;
use crate::contract::evidence::Evidence;
use crate::contract::handler::Handler;
use crate::contract::idempotency::Idempotency;
use crate::contract::object_storage::Storage;
use crate::contract::path_template::{begins, matches, name, value};
use crate::contract::query::{self, Args, Param, Unknown, Violation};
use crate::contract::variant::Variants;

/// One route of one vendor.
#[derive(Debug)]
pub struct Operation {
    /// Its name in messages, faults, the journal and `FIDELITY.md`: a verb and its object, such as `list_assets`.
    pub name: &'static str,
    /// The method.
    pub method: &'static str,
    /// The paths on the vendor's host, the documented one first. `{name}` in place of a segment stands for any text.
    pub paths: &'static [&'static str],
    /// Who may use it.
    pub access: Access,
    /// The scope that a key needs, unless the key has no list of scopes.
    pub scope: Option<&'static str>,
    /// The parameters of the query string.
    pub params: &'static [Param],
    /// How parameters are treated that the table does not have.
    pub unknown: Unknown,
    /// Replaces `params` and `unknown`, for a vendor whose variants change them.
    pub varied: Option<VariedParams>,
    /// Whether it takes a body.
    pub body: BodyKind,
    /// Whether its answer has signed URLs.
    pub signs: bool,
    /// Whether its answer has no body, unless it is a refusal.
    pub has_empty_answer: bool,
    /// How it takes an idempotency key; `None`: not at all.
    pub idempotency: Option<&'static Idempotency>,
    /// What the emulator does for it.
    pub action: Action,
    /// How sure we are that the vendor has this route.
    pub evidence: Evidence,
}

/// Gives the parameters of the query string, and how others are treated, under the chosen variants.
pub type VariedParams = fn(Variants) -> (&'static [Param], Unknown);

/// What the emulator does for an operation.
#[derive(Debug)]
pub enum Action {
    /// Lists assets in this way.
    List(&'static AssetList),
    /// Runs this handler.
    Run(&'static dyn Handler),
    /// Nothing: the vendor has the route, and the emulator answers 501.
    Absent,
}

/// Who may use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Clients with an active key.
    Key,
    /// Anyone: no key is looked for, and no quota counts the request. The handler finds the workspace itself
    /// ([`Workspaces`](crate::contract::handler::Workspaces)). A list of assets always needs a key.
    Anyone,
    /// Clients with a URL that this server signed for this path, on which `{workspace}` names the workspace: no key is
    /// looked for, no quota counts the request, and each failure is worded as this object storage does.
    SignedUrl(Storage),
    /// Clients with a form that this server signed for this path; otherwise the same. The form is verified when its
    /// file begins.
    SignedForm(Storage),
}

impl Access {
    /// The object storage that answers, if it is not the vendor's API.
    pub fn storage(self) -> Option<Storage> {
        match self {
            Access::SignedUrl(storage) | Access::SignedForm(storage) => Some(storage),
            Access::Key | Access::Anyone => None,
        }
    }
}

/// Whether an operation takes a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// It takes none. One that is sent is ignored.
    Ignored,
    /// It takes JSON, whatever the content type is.
    Json,
    /// It takes the bytes of a file, at most so many.
    Bytes {
        /// The most bytes.
        max: u64,
    },
    /// It takes a form, multipart or urlencoded. At most one part is a file.
    Form(FormFile),
    /// It takes a multipart form if the content type is that of one, and JSON otherwise, whatever the content type is.
    FormOrJson(FormFile),
}

/// The part of a form that is a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormFile {
    /// The name of the part.
    pub part: &'static str,
    /// The most bytes.
    pub max: u64,
}

/// Two operations are equal if they are the same entry of the same table.
impl PartialEq for Operation {
    fn eq(&self, other: &Operation) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Operation {}

impl Operation {
    const fn new(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        action: Action,
    ) -> Operation {
        let (access, scope, params) = (Access::Key, None, &[]);
        let (unknown, varied, body) = (Unknown::Ignored, None, BodyKind::Ignored);
        let (signs, has_empty_answer, idempotency) = (false, false, None);
        Operation {
            name,
            method,
            paths,
            access,
            scope,
            params,
            unknown,
            varied,
            body,
            signs,
            has_empty_answer,
            idempotency,
            action,
            evidence,
        }
    }

    /// A route that the vendor has and the emulator does not imitate.
    pub const fn absent(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
    ) -> Operation {
        Operation::new(name, method, paths, evidence, Action::Absent)
    }

    /// A route that lists assets.
    pub const fn list(
        name: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        list: &'static AssetList,
    ) -> Operation {
        Operation::new(name, "GET", paths, evidence, Action::List(list))
    }

    /// A route with a handler.
    pub const fn run(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        handler: &'static dyn Handler,
    ) -> Operation {
        Operation::new(name, method, paths, evidence, Action::Run(handler))
    }

    /// Makes it need no key.
    pub const fn for_anyone(mut self) -> Operation {
        self.access = Access::Anyone;
        self
    }

    /// Makes it the target of signed URLs. Its path has a segment `{workspace}`.
    pub const fn for_signed_urls(mut self, storage: Storage) -> Operation {
        self.access = Access::SignedUrl(storage);
        self
    }

    /// Makes it the target of signed forms. Its path has a segment `{workspace}`.
    pub const fn for_signed_forms(mut self, storage: Storage) -> Operation {
        self.access = Access::SignedForm(storage);
        self
    }

    /// Lets its answer have signed URLs or forms ([`Context::url_signer`](crate::contract::context::Context)).
    pub const fn signs_urls(mut self) -> Operation {
        self.signs = true;
        self
    }

    /// Makes its answer have no body, unless it is a refusal.
    pub const fn empty_answer(mut self) -> Operation {
        self.has_empty_answer = true;
        self
    }

    /// Makes it take an idempotency key.
    pub const fn idempotency(mut self, idempotency: &'static Idempotency) -> Operation {
        self.idempotency = Some(idempotency);
        self
    }

    /// Sets the scope that a key needs; by default it needs none.
    pub const fn scope(mut self, scope: &'static str) -> Operation {
        self.scope = Some(scope);
        self
    }

    /// Sets the parameters of the query string; by default there are none, and all are ignored, which is a
    /// guess at every vendor.
    pub const fn params(mut self, params: &'static [Param], unknown: Unknown) -> Operation {
        self.params = params;
        self.unknown = unknown;
        self
    }

    /// Sets the function that replaces the parameters under the chosen variants.
    pub const fn varied(mut self, varied: VariedParams) -> Operation {
        self.varied = Some(varied);
        self
    }

    /// Makes it take JSON as its body.
    pub const fn json(mut self) -> Operation {
        self.body = BodyKind::Json;
        self
    }

    /// Makes it take the bytes of a file of at most this length.
    pub const fn bytes(mut self, max: u64) -> Operation {
        self.body = BodyKind::Bytes { max };
        self
    }

    /// Makes it take a form in which this part is a file of at most this length.
    pub const fn form(mut self, part: &'static str, max: u64) -> Operation {
        self.body = BodyKind::Form(FormFile { part, max });
        self
    }

    /// Makes it take such a form, or JSON, whatever its content type is.
    pub const fn form_or_json(mut self, part: &'static str, max: u64) -> Operation {
        self.body = BodyKind::FormOrJson(FormFile { part, max });
        self
    }

    /// Whether it has this path, with any method.
    pub fn has_path(&self, path: &str) -> bool {
        self.paths.iter().any(|template| matches(template, path))
    }

    /// What stands in a path that it has for the names in its template.
    pub fn path_values(&self, path: &str) -> Vec<(&'static str, String)> {
        let template = self.paths.iter().find(|template| matches(template, path));
        let segments = template.into_iter().flat_map(|template| template.split('/').zip(path.split('/')));
        segments.filter_map(|(wanted, given)| Some((name(wanted)?, value(given)))).collect()
    }

    /// Whether one of its paths can start with this text.
    pub fn can_begin_with(&self, beginning: &str) -> bool {
        self.paths.iter().any(|template| begins(template, beginning))
    }

    /// Whether the emulator does not imitate this route.
    pub fn is_absent(&self) -> bool {
        matches!(self.action, Action::Absent)
    }

    /// The parameters of the query string under the chosen variants, and how others are treated.
    pub fn parameters(&self, variants: Variants) -> (&'static [Param], Unknown) {
        self.varied.map_or((self.params, self.unknown), |varied| varied(variants))
    }

    /// Reads a raw query string as the chosen variants require.
    pub fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let (params, unknown) = self.parameters(variants);
        Ok(query::read(params, unknown, query)?.under(variants))
    }

    /// The documented path, which is the first one.
    pub fn path(&self) -> &'static str {
        self.paths[0]
    }
}
