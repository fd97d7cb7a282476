//! Texts for people: the banner, the tables of keys and providers, and `FIDELITY.md`. All are made from the cards.

use std::fmt::Write;

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::clock::{Micros, write_rfc3339};
use crate::contract::choices::full_name;
use crate::contract::client_env::ClientEnv;
use crate::contract::evidence::{Evidence, Fact};
use crate::contract::failure::InjectedFailure;
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::contract::query::{Empty, Param, Reads, Repeated, Unknown};
use crate::contract::quota::Shape;
use crate::contract::variant::{Variant, VariantOption};
use crate::library::key::{Key, KeyState};
use crate::providers;
use crate::providers::directory::base_url;

/// What `serve` prints: how to reach each provider, with a key and a line to paste.
pub fn banner(origin: &str, keys: &[Key], now: Micros) -> String {
    let mut text = format!("assetmock {} on {origin}\n", env!("CARGO_PKG_VERSION"));
    for provider in providers::ALL {
        let card = provider.card();
        let _ = write!(text, "\n{}\n  base URL  {}\n", card.title, base_url(origin, card));
        let usable = |key: &&Key| {
            key.provider == card.name
                && key.state(now) == KeyState::Active
                && card.list_operation().scope.is_none_or(|scope| key.allows(scope))
        };
        if let Some(key) = keys.iter().find(usable) {
            let _ = write!(
                text,
                "  key       {}\n  try       curl -H '{}' '{origin}/{}{}'\n",
                key.key,
                card.auth.carrier.line(&key.key),
                card.name,
                card.list()
            );
        }
    }
    let _ = write!(
        text,
        "\nHealth: {origin}/_emulator/health. `assetmock keys --url {origin}` lists the other keys. Ctrl-C stops.\n"
    );
    text
}

/// A row in the list of keys.
#[derive(Debug, Serialize)]
pub struct KeyRow<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The text of the key.
    pub key: &'a str,
    /// The workspace's id.
    pub workspace: &'a str,
    /// The user it acts as.
    pub user: &'a str,
    /// `active`, `revoked` or `expired`.
    pub state: &'a str,
    /// What the key may do; `None`: everything.
    pub scopes: Option<&'a [String]>,
    /// When the key expires, in RFC 3339; `None`: never.
    pub expires_at: Option<String>,
}

/// All keys, as a table or as JSON.
pub fn keys(keys: &[Key], now: Micros, json: bool) -> String {
    let rows = keys.iter().map(|key| KeyRow {
        provider: &key.provider,
        key: &key.key,
        workspace: &key.workspace,
        user: &key.user,
        state: key.state(now).word(),
        scopes: key.scopes.as_deref(),
        expires_at: key.expires_at.map(write_rfc3339),
    });
    key_rows(rows, json)
}

/// These rows, as a table or as JSON.
pub fn key_rows<'a>(rows: impl Iterator<Item = KeyRow<'a>>, json: bool) -> String {
    if json {
        return to_json(&rows.collect::<Vec<_>>());
    }
    let mut table = table(&["provider", "key", "workspace", "user", "state", "scopes"]);
    for row in rows {
        let scopes = row.scopes.map_or("all".to_owned(), |scopes| scopes.join(" "));
        table.add_row([row.provider, row.key, row.workspace, row.user, row.state, &scopes]);
    }
    lines(&table)
}

#[derive(Serialize)]
struct CardRow {
    name: &'static str,
    title: &'static str,
    hosts: &'static [&'static str],
    client_env: ClientEnv,
    list: &'static str,
    methods: String,
    operations: Vec<OperationRow>,
    key: String,
    scope: Option<&'static str>,
    parameters: Vec<ParamRow>,
    unknown_parameters: &'static str,
    limits: Vec<LimitRow>,
    variants: &'static [Variant],
    injected_failures: Vec<InjectedRow>,
    facts: &'static [Fact],
    not_imitated: &'static [&'static str],
}

#[derive(Serialize)]
struct OperationRow {
    name: &'static str,
    method: &'static str,
    paths: &'static [&'static str],
    imitated: bool,
    evidence: Evidence,
}

fn operation_row(operation: &Operation) -> OperationRow {
    let Operation { name, method, paths, evidence, .. } = *operation;
    OperationRow { name, method, paths, imitated: !operation.is_absent(), evidence }
}

#[derive(Serialize)]
struct ParamRow {
    name: &'static str,
    reads: String,
    default: Option<&'static str>,
    empty: &'static str,
    repeated: &'static str,
    evidence: Evidence,
    about: &'static str,
}

#[derive(Serialize)]
struct LimitRow {
    name: &'static str,
    requests: u64,
    seconds: u64,
    counted_as: &'static str,
    enforced: bool,
    evidence: Evidence,
}

#[derive(Serialize)]
struct InjectedRow {
    name: &'static str,
    status: u16,
    code: Option<&'static str>,
    message: &'static str,
    evidence: Evidence,
}

fn injected_row(injected: &InjectedFailure) -> InjectedRow {
    let InjectedFailure { name, status, code, message, evidence } = *injected;
    InjectedRow { name, status, code: (!code.is_empty()).then_some(code), message, evidence }
}

fn card_row(card: &'static Card) -> CardRow {
    let limits = card.quotas.iter().map(|quota| LimitRow {
        name: quota.name,
        requests: quota.requests,
        seconds: quota.seconds,
        counted_as: if quota.shape == Shape::Window { "fixed window" } else { "token bucket" },
        enforced: quota.enforced,
        evidence: quota.evidence,
    });
    CardRow {
        name: card.name,
        title: card.title,
        hosts: card.hosts,
        client_env: card.client_env,
        list: card.list(),
        methods: card.allow(card.list()),
        operations: card.operations.iter().map(operation_row).collect(),
        key: card.auth.carrier.line("<key>"),
        scope: card.list_operation().scope,
        parameters: card.params().iter().map(param_row).collect(),
        unknown_parameters: if card.list_operation().unknown == Unknown::Ignored { "ignored" } else { "refused" },
        limits: limits.collect(),
        variants: card.variants,
        injected_failures: card.injected_failures.iter().map(injected_row).collect(),
        facts: card.facts,
        not_imitated: card.not_imitated,
    }
}

fn param_row(param: &Param) -> ParamRow {
    let reads = match param.reads {
        Reads::Integer { min, max: i64::MAX, .. } => format!("integer from {min}"),
        Reads::Integer { min, max, .. } => format!("integer, {min} to {max}"),
        Reads::Text => "text".to_owned(),
        Reads::OneOf(words) => words.join(" or "),
        Reads::Parsed(_) => "the vendor's own form".to_owned(),
    };
    let repeated = match param.repeated {
        Repeated::First => "first counts",
        Repeated::Last => "last counts",
        Repeated::Nested => "refused",
        Repeated::All => "all count",
    };
    let empty = if param.empty == Empty::Absent { "as absent" } else { "a value" };
    ParamRow {
        name: param.name,
        reads,
        default: param.default.filter(|text| !text.is_empty()),
        empty,
        repeated,
        evidence: param.evidence,
        about: param.about,
    }
}

/// The providers as JSON.
pub fn providers_json(cards: &[&'static Card]) -> String {
    to_json(&cards.iter().map(|card| card_row(card)).collect::<Vec<_>>())
}

/// A table of the providers, a line for each.
pub fn providers(cards: &[&'static Card]) -> String {
    let mut table = table(&["provider", "list route", "key", "parameters"]);
    for card in cards {
        let names: Vec<_> = card.params().iter().map(|param| param.name).collect();
        table.add_row([
            card.name.to_owned(),
            format!("GET {}", card.list()),
            card.auth.carrier.line("<key>"),
            names.join(" "),
        ]);
    }
    lines(&table)
}

/// All details of one provider.
pub fn provider(card: &'static Card) -> String {
    let row = card_row(card);
    let mut text =
        format!("{}: {} {} at {}\nkey: {}\n", row.title, row.methods, row.list, row.hosts.join(", "), row.key);
    let _ = writeln!(text, "{}", card.client_env.says());
    let mut params = table(&["parameter", "reads", "default", "empty", "repeated", "evidence", "meaning"]);
    for param in &row.parameters {
        params.add_row([
            param.name,
            &param.reads,
            param.default.unwrap_or("-"),
            param.empty,
            param.repeated,
            param.evidence.word(),
            param.about,
        ]);
    }
    let _ = write!(text, "\n{}\nunknown parameters: {}\n", lines(&params), row.unknown_parameters);
    if !row.limits.is_empty() {
        let mut limits = table(&["limit", "requests", "seconds", "counted as", "enforced", "evidence"]);
        for limit in &row.limits {
            let enforced = if limit.enforced { "yes" } else { "for strict keys" };
            limits.add_row([
                limit.name,
                &limit.requests.to_string(),
                &limit.seconds.to_string(),
                limit.counted_as,
                enforced,
                limit.evidence.word(),
            ]);
        }
        let _ = write!(text, "\n{}", lines(&limits));
    }
    let mut routes = table(&["operation", "route", "imitated", "evidence"]);
    for row in &row.operations {
        let imitated = if row.imitated { "yes" } else { "no" };
        let route = format!("{} {}", row.method, row.paths.join(", "));
        routes.add_row([row.name, &route, imitated, row.evidence.word()]);
    }
    let _ = write!(text, "\n{}\n{}\n{}", lines(&routes), variants(card), facts(card));
    text
}

fn variants(card: &Card) -> String {
    let mut table = table(&["variant", "option", "evidence", "behaviour"]);
    for (variant, option, is_default) in options(card) {
        let chosen = if is_default { format!("{} (default)", option.name) } else { option.name.to_owned() };
        table.add_row([variant.as_str(), &chosen, option.evidence.word(), option.about]);
    }
    lines(&table)
}

/// Every option of a card's variants: the full name of the variant, the option, and whether it is the default.
fn options(card: &Card) -> impl Iterator<Item = (String, &'static VariantOption, bool)> {
    card.variants.iter().flat_map(move |variant| {
        let options = variant.options.iter().enumerate();
        options.map(move |(index, option)| (full_name(card, variant), option, index == 0))
    })
}

fn facts(card: &Card) -> String {
    let mut table = table(&["evidence", "behaviour"]);
    for fact in card.facts {
        table.add_row([fact.evidence.word(), fact.says]);
    }
    lines(&table)
}

/// The text of `FIDELITY.md`.
pub fn fidelity(cards: &[&'static Card]) -> String {
    let mut text = include_str!("fidelity.md").to_owned();
    for card in cards {
        let _ = write!(
            text,
            "\n## {}\n\n`GET {}` at {}\n\n{}.\n",
            card.title,
            card.list(),
            card.hosts.first().map(|host| format!("`{host}`")).unwrap_or_default(),
            card.client_env.says()
        );
        text.push_str("\n| parameter | reads | default | empty | repeated | evidence |\n|---|---|---|---|---|---|\n");
        for param in card.params().iter().map(param_row) {
            let default = param.default.map_or("none".to_owned(), |text| format!("`{text}`"));
            let _ = writeln!(
                text,
                "| `{}` | {} | {default} | {} | {} | {} |",
                param.name,
                param.reads,
                param.empty,
                param.repeated,
                param.evidence.word()
            );
        }
        for (title, evidence) in [
            ("Documented", Evidence::Documented),
            ("Seen in official clients", Evidence::Client),
            ("Recorded live", Evidence::Live),
            ("Guessed", Evidence::Inferred),
        ] {
            list(&mut text, title, card.facts.iter().filter(|fact| fact.evidence == evidence).map(|fact| fact.says));
        }
        operations(&mut text, card);
        variant_rows(&mut text, card);
        injected(&mut text, card.injected_failures);
        list(&mut text, "Not imitated", card.not_imitated.iter().copied());
    }
    text
}

/// The routes that the vendor's documents name.
fn operations(text: &mut String, card: &Card) {
    text.push_str("\n| operation | route | imitated | evidence |\n|---|---|---|---|\n");
    for row in card.operations.iter().map(operation_row) {
        let paths: Vec<_> = row.paths.iter().map(|path| format!("`{} {path}`", row.method)).collect();
        let imitated = if row.imitated { "yes" } else { "no: 501" };
        let _ = writeln!(text, "| `{}` | {} | {imitated} | {} |", row.name, paths.join(", "), row.evidence.word());
    }
}

/// The card's variants and their options.
fn variant_rows(text: &mut String, card: &Card) {
    text.push_str("\n| variant | option | behaviour | evidence |\n|---|---|---|---|\n");
    for (variant, option, is_default) in options(card) {
        let VariantOption { name, evidence, about } = option;
        let default = if is_default { " (default)" } else { "" };
        let _ = writeln!(text, "| `{variant}` | `{name}`{default} | {about} | {} |", evidence.word());
    }
}

/// The failures that only a fault causes.
fn injected(text: &mut String, injected: &[InjectedFailure]) {
    text.push_str("\n| injected by a fault | status | code | message | evidence |\n|---|---|---|---|---|\n");
    for InjectedFailure { name, status, code, message, evidence } in injected {
        let code = if code.is_empty() { "none".to_owned() } else { format!("`{code}`") };
        let _ = writeln!(text, "| `{name}` | {status} | {code} | {message} | {} |", evidence.word());
    }
}

fn list<'a>(text: &mut String, title: &str, items: impl Iterator<Item = &'a str>) {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    if !items.is_empty() {
        let _ = write!(text, "\n**{title}**\n\n{items}");
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec());
    table
}

fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim().to_owned() + "\n").collect()
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("reports are JSON") + "\n"
}
