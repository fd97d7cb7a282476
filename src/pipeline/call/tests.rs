//! Signed URLs on their way through the pipeline, at a vendor that is made up for this: an operation that signs one, and
//! one that is its target.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderValue, Request, StatusCode};
use futures_util::future::BoxFuture;

use super::Call;
use crate::clock::{Clock, Micros, SECOND};
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Inferred;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::contract::object_storage::{Storage, post_reply, put_reply};
use crate::contract::operation::Operation;
use crate::contract::post_policy::{PostPolicy, SignedForm};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::signed_url::SignedUrl;
use crate::contract::signer::UrlSigner;
use crate::emulator::app::App;
use crate::emulator::faults::wire::Delivery;
use crate::emulator::journal::Filter;
use crate::emulator::load_fixtures;
use crate::http::reply::Reply;
use crate::http::respond::respond;
use crate::library::store::{DatabaseLocation, Store};
use crate::pipeline::body::RequestBody;
use crate::pipeline::entry::PendingEntry;
use crate::providers;
use crate::providers::directory::Target;

const NOON: Micros = 1_774_094_400 * SECOND;

#[derive(Debug)]
struct Sample;

static CARD: Card = Card {
    name: "sample",
    title: "Sample",
    hosts: &[],
    file_hosts: &[],
    base: "",
    client_env: ClientEnv { base_url: "", key: "", lookalikes: &[], evidence: Inferred },
    operations: &[
        Operation::run("sign", "POST", &["/sign"], Inferred, &Sign).for_anyone().signs_urls(),
        Operation::run("put_bytes", "PUT", &["/_uploads/{workspace}/{id}"], Inferred, &Put)
            .for_signed_urls(Storage::S3),
        Operation::run("post_form", "POST", &["/_uploads/{workspace}/{id}/form"], Inferred, &Post)
            .form("file", 10)
            .for_signed_forms(Storage::Gcs),
    ],
    slash: Slash::NotFound,
    methods: Methods::WithHead,
    order: CheckOrder::KeyFirst,
    counted: QuotaScope::Everything,
    auth: Auth { carrier: Carrier::Bearer, looks_like: |_| false, well_formed: |_| false },
    quotas: &[],
    variants: &[],
    injected_failures: &[],
    facts: &[],
    not_imitated: &[],
};

impl Provider for Sample {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, _: &Failure, _: &Context) -> Reply {
        Reply::empty(StatusCode::IM_A_TEAPOT)
    }

    fn new_asset_id(&self, _: u128, _: Micros) -> String {
        unreachable!("no test asks for one")
    }

    fn new_key(&self, _: [u128; 3]) -> String {
        unreachable!("no test asks for one")
    }
}

/// Answers with a signed URL.
#[derive(Debug)]
struct Sign;

impl Handler for Sign {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        let url = call.context.url_signer().url(&SignedUrl {
            method: "PUT",
            path: "/_uploads/ws_tests/a".to_owned(),
            params: vec![("etag", "e1".to_owned())],
            content_type: None,
            issued_at: NOON,
            seconds: 900,
        });
        Box::pin(async { Ok(Reply::written(StatusCode::OK, url.into_bytes())) })
    }
}

/// Answers with the ETag that is signed.
#[derive(Debug)]
struct Put;

impl Handler for Put {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        assert_eq!((call.caller().workspace, call.input.path("id")), ("ws_tests", "a"));
        let etag = call.input.signed("etag").unwrap_or_default();
        let reply = put_reply(etag, &call.context);
        Box::pin(async { Ok(reply) })
    }
}

/// Answers with the object's name.
#[derive(Debug)]
struct Post;

impl Handler for Post {
    fn run<'a>(&'a self, call: HandlerCall<'a>, _: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        assert_eq!(
            (call.caller().workspace, call.input.body.file.as_ref().map(|file| file.size)),
            ("ws_tests", Some(5))
        );
        let reply = post_reply(call.input.signed("key").unwrap_or_default());
        Box::pin(async { Ok(reply) })
    }
}

/// What a request to a signed URL came to.
struct Outcome {
    status: u16,
    etag: Option<String>,
    body: String,
    why: Option<String>,
    /// The workspace and the operation in the journal.
    seen: (Option<String>, Option<&'static str>),
}

async fn ask(app: &Arc<App>, method: &str, url: &str, fault: Option<&str>) -> Outcome {
    let request = Request::builder().method(method).uri(url);
    let request = fault.into_iter().fold(request, |request, name| request.header("x-emulator-fault", name));
    send(app, request, None).await
}

async fn send(app: &Arc<App>, request: Builder, body: Option<String>) -> Outcome {
    let request = request.header("x-emulator-explain", "1");
    let url = request.uri_ref().unwrap().to_string();
    let (_, below) = url.split_once("/sample").unwrap();
    let mut body = match body {
        Some(text) => Some(RequestBody::receive(Body::from(text), false, app.timeouts.beginning).await),
        None => None,
    };
    let target = Target { provider: &Sample, path: below.split('?').next().unwrap().to_owned() };
    let mut pending = PendingEntry::receive(app.clone(), request.body(()).unwrap().into_parts().0);
    let mut call = Call::new(app, &target, &pending.request, &mut pending.entry).await;
    call.plan_faults().unwrap();
    let reply = call.answer(body.as_mut()).await;
    let said = String::from_utf8(reply.body.whole().to_vec()).unwrap();
    let mut response = respond(reply.status, reply.headers, reply.body.clone(), NOON);
    pending.close(&mut response, reply.body, Delivery::Whole);
    let entry = app.journal.find(&Filter::default()).pop().unwrap();
    let header = |name| response.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
    Outcome {
        status: response.status().as_u16(),
        etag: header("etag"),
        body: said,
        why: header("x-emulator-why"),
        seen: (entry.workspace.as_deref().map(str::to_owned), entry.operation.map(|operation| operation.name)),
    }
}

async fn app() -> Arc<App> {
    let store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
    let fixture = r#"{"workspaces": [{"id": "ws_tests"}]}"#;
    let fixtures = load_fixtures::read(&[fixture.to_owned()]).unwrap_or_else(|error| panic!("{error}"));
    load_fixtures::load(&store, fixtures, NOON).await.unwrap();
    store.index().await.unwrap();
    Arc::new(App::new(store, Clock::frozen(NOON), None))
}

/// A URL as the operation that signs gives it to a client that names this host.
async fn signed(app: &Arc<App>, host: &str) -> String {
    let outcome = ask(app, "POST", &format!("http://{host}/sample/sign"), None).await;
    assert_eq!(outcome.status, 200, "{}", outcome.body);
    assert!(outcome.body.starts_with(&format!("http://{host}/sample/_uploads/ws_tests/a?")), "{}", outcome.body);
    outcome.body
}

#[tokio::test]
async fn a_signed_url_is_answered_without_a_key_under_any_host_in_its_workspace() {
    let app = app().await;
    let url = signed(&app, "localhost:4750").await;
    for url in [&url, &url.replace("localhost:4750", "emulator.test")] {
        let outcome = ask(&app, "PUT", url, None).await;
        assert_eq!((outcome.status, outcome.etag.as_deref()), (200, Some("\"e1\"")), "{url} {}", outcome.body);
        assert_eq!(outcome.seen, (Some("ws_tests".to_owned()), Some("put_bytes")));
    }
}

#[tokio::test]
async fn what_was_not_signed_is_refused_in_the_words_of_the_storage() {
    let app = app().await;
    let url = signed(&app, "localhost").await;
    let unsigned = url.split('?').next().unwrap().to_owned();
    for (changed, code) in [
        (url.replace("/a?", "/b?"), "SignatureDoesNotMatch"),
        (url.replace("ws_tests", "ws_others"), "SignatureDoesNotMatch"),
        (url.replace("etag=e1", "etag=e2"), "SignatureDoesNotMatch"),
        (url.clone() + "&etag=e1", "SignatureDoesNotMatch"),
        (unsigned, "AccessDenied"),
    ] {
        let outcome = ask(&app, "PUT", &changed, None).await;
        assert_eq!(outcome.status, 403, "{changed}");
        assert!(outcome.body.contains(&format!("<Error><Code>{code}</Code>")), "{}", outcome.body);
        assert!(outcome.why.is_some() && outcome.seen == (None, Some("put_bytes")), "{changed}");
    }
    let outcome = ask(&app, "DELETE", &url, None).await;
    assert_eq!(outcome.status, 405);
    assert!(outcome.body.contains("<Code>MethodNotAllowed</Code>"), "{}", outcome.body);
}

#[tokio::test]
async fn a_url_expires_by_the_clock_of_its_workspace() {
    let app = app().await;
    let url = signed(&app, "localhost").await;
    let state = app.workspace_states.get_or_create("ws_tests");
    state.turn(&app.clock, |clock| clock.step(900 * SECOND));
    assert_eq!(ask(&app, "PUT", &url, None).await.status, 200);
    state.turn(&app.clock, |clock| clock.step(SECOND));
    let outcome = ask(&app, "PUT", &url, None).await;
    assert_eq!(outcome.status, 403);
    let said = "<Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026-03-21T12:15:00Z</Expires><ServerTime>2026-03-21T12:15:01Z</ServerTime>";
    assert!(outcome.body.contains(said), "{}", outcome.body);
    let why =
        "the signed URL expired at 2026-03-21T12:15:00Z; the clock of its workspace stands at 2026-03-21T12:15:01Z";
    assert_eq!(outcome.why.as_deref(), Some(why));
    assert_eq!(outcome.seen.0.as_deref(), Some("ws_tests"));
}

#[tokio::test]
async fn a_url_of_a_workspace_that_was_removed_is_refused() {
    let app = app().await;
    let url = signed(&app, "localhost").await;
    let mut write = app.store.write(Vec::new()).await.unwrap();
    write.remove_workspace("ws_tests").await.unwrap();
    write.commit().await.unwrap();
    let outcome = ask(&app, "PUT", &url, None).await;
    assert_eq!(outcome.status, 403, "{}", outcome.body);
    assert_eq!(outcome.why.as_deref(), Some("the workspace that the URL is signed for is gone"));
}

#[tokio::test]
async fn a_fault_at_a_signed_url_is_in_the_words_of_the_storage() {
    let app = app().await;
    let url = signed(&app, "localhost").await;
    let outcome = ask(&app, "PUT", &url, Some("server_error")).await;
    assert_eq!(outcome.status, 500);
    assert!(outcome.body.contains("<Code>InternalError</Code>"), "{}", outcome.body);
}

#[tokio::test]
async fn urls_are_valid_after_a_restart_with_the_same_library() {
    let app = app().await;
    let url = signed(&app, "localhost").await;
    let again = Arc::new(App::new(app.store.clone(), Clock::frozen(NOON), None));
    assert_eq!(ask(&again, "PUT", &url, None).await.status, 200);
    let seeded = Arc::new(App::new(app.store.clone(), Clock::frozen(NOON), Some(7)));
    assert_eq!(ask(&seeded, "PUT", &url, None).await.status, 403);
    assert_eq!(signed(&seeded, "localhost").await, signed(&seeded, "localhost").await);
}

async fn signed_form(app: &Arc<App>) -> SignedForm {
    let signer = app.signer.get(&app.store).await.unwrap();
    let policy = PostPolicy {
        path: "/_uploads/ws_tests/a/form".to_owned(),
        key: "k1".to_owned(),
        content_type: "image/png".to_owned(),
        issued_at: NOON,
        seconds: 900,
    };
    UrlSigner { origin: "http://localhost".to_owned(), provider: "sample", signer }.form(&policy)
}

async fn post(app: &Arc<App>, form: &SignedForm, file: &str) -> Outcome {
    let part = |(name, text): &(&str, String)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let fields: String = form.fields.iter().map(part).collect();
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
    let request = Request::post(&form.url).header("content-type", "multipart/form-data; boundary=b");
    send(app, request, Some(format!("{fields}{head}{file}\r\n--b--\r\n"))).await
}

#[tokio::test]
async fn a_signed_form_is_verified_once_it_has_arrived() {
    let app = app().await;
    let form = signed_form(&app).await;
    let outcome = post(&app, &form, "bytes").await;
    assert_eq!((outcome.status, outcome.etag.as_deref()), (204, Some("\"k1\"")), "{}", outcome.body);
    assert_eq!(outcome.seen, (Some("ws_tests".to_owned()), Some("post_form")));

    let too_large = post(&app, &form, "more than ten bytes").await;
    assert!(too_large.status == 400 && too_large.body.contains("<Code>EntityTooLarge</Code>"), "{}", too_large.body);
    let mut other = form.clone();
    other.fields[1].1 = "k2".to_owned();
    let refused = post(&app, &other, "bytes").await;
    assert!(refused.status == 400 && refused.body.contains("<Code>InvalidPolicyDocument</Code>"), "{}", refused.body);
    let elsewhere = SignedForm { url: form.url.replace("/a/", "/b/"), ..form.clone() };
    let refused = post(&app, &elsewhere, "bytes").await;
    assert!(refused.status == 403 && refused.body.contains("<Code>SignatureDoesNotMatch</Code>"), "{}", refused.body);
    let elsewhere = SignedForm { url: form.url.replace("ws_tests", "ws_none"), ..form.clone() };
    assert_eq!(post(&app, &elsewhere, "bytes").await.status, 403);

    app.workspace_states.get_or_create("ws_tests").turn(&app.clock, |clock| clock.step(901 * SECOND));
    let late = post(&app, &form, "bytes").await;
    assert!(late.status == 400 && late.body.contains("Policy has expired."), "{}", late.body);
}
