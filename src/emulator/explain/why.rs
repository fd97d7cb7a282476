//! Why a request was refused: a sentence for every kind of failure.

use std::borrow::Cow;
use std::cell::LazyCell;

use axum::http::Method;

use super::refusal_facts::RefusalFacts;
use crate::clock::{SECOND, write_rfc3339};
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::operation_table;
use crate::contract::path_template::only_difference;
use crate::contract::provider::Carrier;
use crate::contract::query::{Location, Problem, Violation};
use crate::contract::quota::Exceeded;
use crate::contract::signer::SignatureProblem;
use crate::emulator::redaction::{self, Secrets, mask};
use crate::emulator::redaction::{SHORT, clip, first_few, meant, plain, quoted};
use crate::http::basic;
use crate::library::key::Key;
use crate::providers;

/// Why a request was refused, in a sentence without a full stop.
pub fn why(failure: &Failure, facts: &RefusalFacts) -> String {
    let secrets = &LazyCell::new(|| Secrets::of(facts.sent_key, facts.headers));
    let title = facts.card.title;
    let key = || format!("the key `{}`", mask(facts.sent_key.or(facts.key.map(|key| &*key.key)).unwrap_or_default()));
    match failure {
        Failure::NoSuchRoute => format!("{title} has no route {}; {}", quoted(facts.path, secrets), nearest(facts)),
        Failure::WrongMethod(allow) => {
            let (method, path) = (quoted(&secrets.method(facts.method), secrets), quoted(facts.path, secrets));
            format!("{method} is not a method of {path}; it takes {allow}{}", misspelt(facts))
        }
        Failure::NoKey => no_key(facts),
        Failure::MalformedKey => malformed_key(facts),
        Failure::UnknownKey => unknown_key(facts, key),
        Failure::RevokedKey => format!("{} was revoked", key()),
        Failure::ExpiredKey => match facts.key.and_then(|key| key.expires_at) {
            Some(end) => {
                format!("{} expired at {}; the clock stands at {}", key(), write_rfc3339(end), write_rfc3339(facts.now))
            }
            None => format!("{} has expired; the clock stands at {}", key(), write_rfc3339(facts.now)),
        },
        Failure::MissingScope(scope) => format!("{} lacks the scope `{scope}`; {}", key(), scopes(facts.key, secrets)),
        Failure::ForeignWorkspace => match facts.key {
            Some(known) => {
                format!("{} opens the workspace `{}`, and the request asks for another", key(), known.workspace)
            }
            None => format!("{} does not open the workspace that the request asks for", key()),
        },
        Failure::NoSuchProject => {
            let project =
                facts.project.map_or("such project".to_owned(), |id| format!("project {}", quoted(id, secrets)));
            format!("there is no {project} in the workspace `{}`", facts.key.map_or("", |key| &key.workspace))
        }
        Failure::NoSuchAsset { id } => {
            let workspace = facts.key.map_or("", |key| &key.workspace);
            format!("the workspace `{workspace}` has no asset {} that {title} shows to this key", quoted(id, secrets))
        }
        Failure::AssetNotReady { id } => {
            format!(
                "the asset {} is not in a state that the route takes: its file has not arrived, is being processed or failed",
                quoted(id, secrets)
            )
        }
        Failure::AssetInUse { id, by } => {
            format!("{} refers to the asset {}", first_few(by, |name| quoted(name, secrets)), quoted(id, secrets))
        }
        Failure::NoSuchFolder { id } => {
            let workspace = facts.key.map_or("", |key| &key.workspace);
            format!("the workspace `{workspace}` has no folder {}", quoted(id, secrets))
        }
        Failure::WrongPassword if basic::credentials(facts.headers).is_none() => {
            "the request has no `Authorization: Basic` with a name and a password".to_owned()
        }
        Failure::NameTaken { name } => format!("the name {} is taken there", quoted(name, secrets)),
        Failure::WrongPassword => "the user does not exist, or the password is another".to_owned(),
        Failure::BadRefreshToken { expired_at: None } => "no key has this refresh token".to_owned(),
        Failure::BadRefreshToken { expired_at: Some(end) } => {
            format!("the refresh token expired at {} by the clock of its workspace", write_rfc3339(*end))
        }
        Failure::ProjectExists { id } => format!("the project {} has this name", quoted(id, secrets)),
        Failure::TooManyKeys { most } => format!("the user has {most} active keys, which is the most"),
        Failure::InvalidJson { reason } | Failure::InvalidBody { reason } => {
            format!("the body is not what the route takes: {}", quoted(reason, secrets))
        }
        Failure::MalformedDigest => "the `Content-MD5` is not the base64 of 16 bytes".to_owned(),
        Failure::WrongDigest { found } => {
            format!("the bytes that arrived have the MD5 `{found}`, not the `Content-MD5`")
        }
        Failure::StorageFull { max } => {
            format!(
                "the stored bytes would exceed {max}: see `--max-stored-bytes`, and `max_stored_bytes` of the workspace's `uploads`"
            )
        }
        Failure::WrongStatus { id, status } => {
            format!("the asset {} is {}, and the route does not take it then", quoted(id, secrets), status.word())
        }
        Failure::NoSuchUpload { id } => {
            format!("the workspace has no upload {} at {title}", quoted(id, secrets))
        }
        Failure::UploadEnded { id, status } => {
            format!("the upload {} is {}, and takes no parts then", quoted(id, secrets), status.word())
        }
        Failure::WrongPart { number } => {
            format!("part {number} is not one of the file's, or no part with this number, proof and length was stored")
        }
        Failure::BodyTooLarge { max } => format!("the body is larger than {max} bytes"),
        Failure::FileTooLarge { max } => format!("the file is larger than {max} bytes"),
        Failure::BadSignature(problem) => bad_signature(problem, secrets),
        Failure::ExpiredUrl { expired_at } => {
            let (end, now) = (write_rfc3339(*expired_at), write_rfc3339(facts.now));
            format!("the signed URL expired at {end}; the clock of its workspace stands at {now}")
        }
        Failure::DuplicateIdempotencyKey { key } => {
            format!(
                "an earlier request to this path had the idempotency key {}, and it succeeded",
                quoted(key, secrets)
            )
        }
        Failure::WorkspaceReset => {
            "the workspace was reset, restored or removed while the request was on its way, so nothing is changed"
                .to_owned()
        }
        Failure::Invalid(violations) => first_few(violations, |violation| broken(violation, facts, secrets)),
        Failure::RateLimited(exceeded) => rate_limited(exceeded, facts),
        Failure::Injected(injected) => format!("the fault `{}` was asked for", injected.name),
        Failure::Internal => "the emulator itself failed; its log says why".to_owned(),
    }
}

/// The route with the most similar path, or else the list of assets, which every vendor has.
fn nearest(facts: &RefusalFacts) -> String {
    match operation_table::nearest(facts.card.operations, facts.path) {
        Some(operation) => {
            let remark = if operation.is_absent() { ", which is not imitated here" } else { "" };
            format!("the nearest is `{} {}`{remark}", operation.method, operation.path())
        }
        None => format!("it has `{}`", facts.card.list()),
    }
}

/// The route with this method that the path would be if one of its segments were not misspelt, as a question.
fn misspelt(facts: &RefusalFacts) -> String {
    let method = if facts.method == Method::HEAD { Method::GET.as_str() } else { facts.method.as_str() };
    let of_method = facts.card.operations.iter().filter(|operation| operation.method == method);
    let mut near = of_method.filter(|operation| {
        let mut wrong = operation.paths.iter().filter_map(|template| only_difference(template, facts.path));
        wrong.any(|(wanted, given)| meant(given, [wanted].into_iter()).is_some())
    });
    let named = |operation: &Operation| format!("; did you mean `{} {}`?", operation.method, operation.path());
    near.next().map(named).unwrap_or_default()
}

/// In what a request differs from the one that was signed.
fn bad_signature(problem: &SignatureProblem, secrets: &Secrets) -> String {
    match problem {
        SignatureProblem::Missing => "the request has no signature".to_owned(),
        SignatureProblem::Method(signed) => format!("the URL is signed for {signed}"),
        SignatureProblem::Authorization => {
            "the URL is signed, and the request has an `Authorization` header too; object storage takes only one of them"
                .to_owned()
        }
        SignatureProblem::ContentType(signed) => {
            format!("the URL is signed for the content type {}", quoted(signed, secrets))
        }
        SignatureProblem::Changed => {
            "the signature is not that of this path and these parameters; use the URL or form as it was given"
                .to_owned()
        }
        SignatureProblem::Field(name) => {
            let name = quoted(name, secrets);
            format!("the field {name} of the form is not as it was given, or there is one too many or too few of it")
        }
        SignatureProblem::NoWorkspace => "the workspace that the URL is signed for is gone".to_owned(),
    }
}

/// The header that was expected, and what was sent instead.
fn no_key(facts: &RefusalFacts) -> String {
    let expected = match facts.card.auth.carrier {
        Carrier::Bearer => "authorization",
        Carrier::Header(name) => name,
    };
    let other = redaction::carriers().find(|name| *name != expected && facts.headers.contains_key(*name));
    let instead = match (facts.headers.contains_key(expected), other) {
        (true, _) => "that header is there and holds no key".to_owned(),
        (false, Some(other)) => format!("the request has `{other}` instead"),
        (false, None) => "the request has no such header".to_owned(),
    };
    format!("{} expects `{}`; {instead}", facts.card.title, facts.card.auth.carrier.line("<key>"))
}

fn malformed_key(facts: &RefusalFacts) -> String {
    let (name, expected) = match facts.card.auth.carrier {
        Carrier::Bearer => ("authorization", "Bearer"),
        Carrier::Header(name) => (name, ""),
    };
    let given = match facts.headers.get(name).map(|value| value.to_str().map(|text| text.trim().split_once(' '))) {
        Some(Ok(Some((scheme, _)))) if redaction::is_scheme(scheme) => format!("the request has the scheme `{scheme}`"),
        Some(Ok(None)) if !expected.is_empty() => format!("the request has no `{expected}` in front of the key"),
        Some(Err(_)) => "the request's has characters that are not visible ASCII".to_owned(),
        _ => "the request's is malformed".to_owned(),
    };
    format!("{} expects `{}`; {given}", facts.card.title, facts.card.auth.carrier.line("<key>"))
}

/// The other vendor that the key belongs to, or whose keys it looks like.
fn unknown_key(facts: &RefusalFacts, key: impl FnOnce() -> String) -> String {
    let title = facts.card.title;
    if let Some(owner) = facts.owner {
        return format!("key belongs to {}, this is {title}", owner.title);
    }
    let sent_key = facts.sent_key.unwrap_or_default();
    let mut others = providers::ALL.iter().map(|provider| provider.card()).filter(|card| card.name != facts.card.name);
    match others.find(|card| (card.auth.looks_like)(sent_key)).filter(|_| !(facts.card.auth.looks_like)(sent_key)) {
        Some(other) => format!("the key looks like one of {}'s, this is {title}", other.title),
        None => format!("{} is not known to {title}", key()),
    }
}

fn scopes(key: Option<&Key>, secrets: &Secrets) -> String {
    match key.and_then(|key| key.scopes.as_deref()).unwrap_or_default() {
        [] => "it has none".to_owned(),
        scopes => {
            format!("it has {}", scopes.iter().map(|scope| quoted(scope, secrets)).collect::<Vec<_>>().join(", "))
        }
    }
}

fn rate_limited(exceeded: &Exceeded, facts: &RefusalFacts) -> String {
    let quota = exceeded.quota;
    let used = facts.counts.named(quota.name).map(|count| format!("{} of ", count.used)).unwrap_or_default();
    let wait = (exceeded.reset_at - facts.now).max(0).unsigned_abs().div_ceil(SECOND.unsigned_abs());
    format!(
        "the quota `{}` is used up: {used}{} requests in {} s; it recovers at {}, in {wait} s",
        quota.name,
        quota.requests,
        quota.seconds,
        write_rfc3339(exceeded.reset_at)
    )
}

/// What is wrong with one parameter.
fn broken<F: FnOnce() -> Secrets>(
    violation: &Violation,
    facts: &RefusalFacts,
    secrets: &LazyCell<Secrets, F>,
) -> String {
    let printable = |text| plain(text).map_or_else(|| clip(text, SHORT, secrets), Cow::Borrowed);
    let name = match &violation.param {
        Cow::Borrowed(ours) => Cow::Borrowed(*ours),
        Cow::Owned(theirs) => printable(theirs),
    };
    let given = format!("{name}={}", printable(&violation.given));
    let or_else = |word: Option<&str>| word.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
    match &violation.problem {
        Problem::NotANumber => format!("{given} is not a number that {} reads", facts.card.title),
        Problem::NotWhole(_) => format!("{given} is not a whole number"),
        Problem::Below(min) => format!("{given} is below the minimum {min}"),
        Problem::Above(max) => format!("{given} is above the maximum {max}"),
        Problem::NotOneOf(words) => {
            let word = meant(&violation.given, words.iter().copied());
            format!("{given} is none of {}{}", words.join(", "), or_else(word))
        }
        Problem::Repeated => format!("`{name}` is given more than once, or as an array"),
        Problem::Object => format!("`{name}` is given as an object"),
        Problem::Unknown if violation.location == Location::Body => format!("`{name}` is not a field of the body"),
        Problem::Unknown => {
            let params = facts.operation.map_or(&[][..], |operation| operation.parameters(facts.variants).0);
            let known = meant(&violation.param, params.iter().map(|known| known.name));
            let owner = facts.operation.map_or_else(|| facts.card.title.to_owned(), |it| format!("`{}`", it.name));
            format!("`{name}` is not a parameter of {owner}{}", or_else(known))
        }
        Problem::Missing => format!("{name} is required"),
        Problem::NotA(kind) => format!("{given} is not {kind}"),
        Problem::Malformed(reason) if reason.is_empty() => format!("{given} is malformed"),
        Problem::Malformed(reason) => format!("{given} is malformed: {}", clip(reason, 2 * SHORT, secrets)),
    }
}
