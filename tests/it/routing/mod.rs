//! The four ways of addressing a provider, and what belongs to none of them: section 2 of the design, for every one.

mod addresses;
mod own_routes;
mod paths;

use assetmock::contract::operation_table::{self, Found};
use assetmock::contract::provider::{Carrier, CheckOrder, Provider, Slash};
use assetmock::providers;
use serde_json::json;

use crate::dialects::{Dialect, pairs};
use crate::support::{Answer, Server};
use crate::worlds::world;

fn start() -> Server {
    Server::start(&world())
}

/// A request with the provider's live key.
fn get(server: &Server, dialect: &Dialect, target: &str, host: &str) -> Answer {
    server.get(target, &[&format!("Host: {host}"), &dialect.auth("_off")])
}

fn assert_page(dialect: &Dialect, answer: &Answer, how: &str) {
    assert_eq!(answer.status, 200, "{} by {how}: {}", dialect.name, answer.text());
    assert!(dialect.is_page(answer.text()), "{} by {how}: {}", dialect.name, answer.text());
}

fn assert_refused(dialect: &Dialect, answer: &Answer, status: u16, how: &str) {
    assert_eq!(answer.status, status, "{} {how}: {}", dialect.name, answer.text());
    assert!(dialect.is_refusal(answer.text()), "{} {how}: {}", dialect.name, answer.text());
}

fn assert_nobodys(answer: &Answer, how: &str) {
    assert_eq!(answer.status, 404, "{how}: {}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "no_provider", "{how}");
}

/// Every spelling of every name that stands for the provider.
fn host_spellings(provider: &dyn Provider) -> Vec<String> {
    let card = provider.card();
    let aliases = ["", ".localhost", ".internal", ".svc.cluster.local"].map(|end| format!("{}{end}", card.name));
    let names = card.hosts.iter().map(|host| (*host).to_owned()).chain(aliases);
    names
        .flat_map(|name| [name.to_uppercase(), format!("{name}:4750"), format!("{name}."), format!("{name}.:80"), name])
        .collect()
}
