//! Reads the fixtures that the server starts with, gives each asset its public ids, and loads them into the library.

use std::path::Path;

use crate::clock::Micros;
use crate::contract::provider::Provider;
use crate::http::text;
use crate::library::asset::Asset;
use crate::library::fixture::{self, AssetFile, Fixture, FixtureError, UsedIds};
use crate::library::store::{LoadError, NewAsset, NewFile, NewWorkspace, Store};
use crate::library::workspace::Workspace;
use crate::providers;
use crate::random::Rng;

/// The fixtures compiled into the program, by name.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("demo", include_str!("../../fixtures/demo.json")),
    ("docs", include_str!("../../fixtures/docs.json")),
    ("empty", include_str!("../../fixtures/empty.json")),
];

/// The fixtures that are loaded without `--fixture`.
pub const DEFAULT: [&str; 2] = ["demo", "docs"];

/// Reads the fixtures that `--fixture` names. Each value is JSON, or one or more names of files and built-in fixtures,
/// separated by commas.
pub fn read(named: &[String]) -> Result<Vec<Fixture>, FixtureError> {
    let mut taken = UsedIds::default();
    let mut fixtures = Vec::new();
    for entry in named {
        let json = entry.trim_start_matches(text::MARK).trim_start();
        if json.starts_with('{') || json.starts_with('[') && !Path::new(entry).exists() {
            fixtures.push(read_text("the fixture given as text", json, &mut taken)?);
            continue;
        }
        // The name of a file may contain a comma.
        let names: Vec<&str> = if Path::new(entry).is_file() { vec![entry] } else { entry.split(',').collect() };
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            fixtures.push(read_named(name, &mut taken)?);
        }
    }
    Ok(fixtures)
}

/// The text of a built-in fixture.
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Reads one fixture: a built-in one or a file.
pub fn read_named(name: &str, taken: &mut UsedIds) -> Result<Fixture, FixtureError> {
    match built_in(name) {
        Some(text) => read_text(name, text, taken),
        None => read_file(name, taken),
    }
}

fn read_text(source: &str, text: &str, taken: &mut UsedIds) -> Result<Fixture, FixtureError> {
    fixture::read(source, text, providers::known_names(), taken)
}

/// Reads a fixture file, and what it says of files beside it.
fn read_file(name: &str, taken: &mut UsedIds) -> Result<Fixture, FixtureError> {
    let file = Path::new(name);
    let wrong = |message| FixtureError { source: name.to_owned(), place: None, field: String::new(), message };
    let bytes = std::fs::read(file)
        .map_err(|error| wrong(format!("cannot read it: {error}; a fixture is a file, `demo`, `docs` or `empty`")))?;
    let text = text::decode(bytes).map_err(|why| wrong(format!("it is {why}")))?;
    // The folder of a file without one in its name is the current one.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fixture::read_beside(folder, name, &text, providers::known_names(), taken)
}

/// Loads fixtures into a new database.
pub async fn load(store: &Store, fixtures: Vec<Fixture>, now: Micros) -> Result<(), LoadError> {
    let files: Vec<_> = fixtures.iter().flat_map(files_of_workspaces).collect();
    let mut workspaces: Vec<_> = fixtures.into_iter().flat_map(|fixture| fixture.workspaces).collect();
    let assets: Vec<_> = workspaces.iter_mut().map(|workspace| std::mem::take(&mut workspace.assets)).collect();
    let providers = providers::names();
    let mut sources: Vec<_> =
        workspaces.iter().zip(assets).map(|(workspace, assets)| identified(workspace, assets.into_iter())).collect();
    let mut new: Vec<_> = workspaces
        .iter()
        .zip(&mut sources)
        .zip(files)
        .map(|((workspace, assets), files)| NewWorkspace { workspace, providers: &providers, assets, files })
        .collect();
    store.load(&mut new, now).await
}

/// The files of each workspace of a fixture.
fn files_of_workspaces(fixture: &Fixture) -> Vec<Vec<NewFile>> {
    let of_workspace = |workspace: usize| fixture.files.iter().filter(move |file| file.workspace == workspace);
    let new = |file: &AssetFile| NewFile {
        asset: file.asset,
        path: file.path.clone(),
        size: file.size,
        named_at: file.named_at.clone(),
    };
    (0..fixture.workspaces.len()).map(|workspace| of_workspace(workspace).map(new).collect()).collect()
}

/// Fills in what a fixture may leave out of an asset: its uploader, and its public id at every provider. An id depends
/// only on the id of the workspace, the index and creation time of the asset, and the provider. So it is the same in
/// every run, and neither an id written in the fixture nor a new provider changes the other ids.
pub fn identified<'a>(
    workspace: &'a Workspace,
    assets: impl Iterator<Item = Asset> + 'a,
) -> impl Iterator<Item = NewAsset> + 'a {
    identified_by(workspace, assets, Rng::named(&workspace.id).next_u64())
}

/// Like [`identified`], with a seed in place of the workspace's id.
pub fn identified_by<'a>(
    workspace: &'a Workspace,
    assets: impl Iterator<Item = Asset> + 'a,
    seed: u64,
) -> impl Iterator<Item = NewAsset> + 'a {
    let of_provider = |provider: &&'static dyn Provider| {
        let own = Rng::named(provider.card().name).next_u64();
        (*provider, Rng::seeded(seed ^ own))
    };
    let sequences: Vec<_> = providers::ALL.iter().map(of_provider).collect();
    assets.map(move |mut asset| {
        asset.uploader.get_or_insert_with(|| workspace.first_user().to_owned());
        let ids = sequences.iter().map(|(provider, rng)| {
            // Drawn even if the fixture has an id, so that the ids of later assets do not depend on that.
            let entropy = rng.next_u128();
            let given = asset.ids.get(provider.card().name).cloned();
            given.unwrap_or_else(|| provider.new_asset_id(entropy, asset.created_at.0))
        });
        let ids = ids.collect();
        (asset, ids)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(fields: &str) -> Asset {
        serde_json::from_str(&format!(r#"{{"created_at":"2026-01-01T00:00:00Z"{fields}}}"#)).unwrap()
    }

    /// Users' tests contain these ids, so they must not change. They were computed from the rule alone: workspace,
    /// index and provider.
    #[test]
    fn an_id_depends_only_on_workspace_index_and_provider() {
        let workspace = Workspace::empty("ws_a");
        let made: Vec<_> = identified(&workspace, [asset(""), asset("")].into_iter()).collect();
        let given = asset(&format!(r#","ids":{{"{}":"given"}}"#, providers::names()[0]));
        let beside: Vec<_> = identified(&workspace, [given, asset("")].into_iter()).collect();
        assert_eq!(beside[0].1[0], "given");
        assert_eq!((&beside[0].1[1..], &beside[1].1), (&made[0].1[1..], &made[1].1));
        for (index, provider) in providers::ALL.iter().enumerate() {
            let own = Rng::named(provider.card().name).next_u64();
            let alone = Rng::seeded(Rng::named("ws_a").next_u64() ^ own);
            for (asset, ids) in &made {
                assert_eq!(ids[index], provider.new_asset_id(alone.next_u128(), asset.created_at.0));
            }
        }
    }
}
