//! What each provider lists, said a second time: over plain values in memory, from the design's table and the cards'
//! facts, without a look at the SQL. Slow, short and obviously right.

use std::collections::HashSet;

use assetmock::clock::read_rfc3339;
use assetmock::emulator::load_fixtures;
use assetmock::library::asset::Asset;
use assetmock::library::model::{Status, Visibility};
use assetmock::library::workspace::Workspace;
use assetmock::providers;

/// What the request asks: parameters in any order, without those of pages.
pub type RequestFacts<'a> = [(&'a str, String)];

/// A workspace, its assets in the order of insertion, each with its public id at every provider.
pub struct Library {
    workspace: Workspace,
    assets: Vec<(Asset, Vec<String>)>,
}

impl Library {
    pub fn of(mut workspace: Workspace) -> Library {
        let assets = std::mem::take(&mut workspace.assets);
        let assets = load_fixtures::identified(&workspace, assets.into_iter()).collect();
        Library { workspace, assets }
    }

    /// The ids that the provider lists for `user`, in order.
    pub fn listed(&self, provider: &str, user: &str, asked: &RequestFacts) -> Vec<String> {
        let column = providers::names().iter().position(|name| *name == provider).unwrap();
        let rows = self.assets.iter().enumerate();
        let rows = rows.map(|(seq, (asset, ids))| Row { seq, asset, id: &ids[column], library: self });
        let shown = |row: &Row| match provider {
            "xqr" => true,
            "flora" => row.flora(asked),
            "twelvelabs" => row.twelvelabs(asked),
            "piktid" => row.piktid(user, asked),
            "konpro" => row.konpro(asked),
            other => panic!("write a model of {other}"),
        };
        let mut rows: Vec<_> = rows.filter(shown).collect();
        sort(provider, asked, &mut rows);
        rows.iter().map(|row| row.id.to_owned()).collect()
    }

    /// The public ids at a provider, listed or not.
    pub fn ids(&self, provider: &str) -> Vec<String> {
        let column = providers::names().iter().position(|name| *name == provider).unwrap();
        self.assets.iter().map(|(_, ids)| ids[column].clone()).collect()
    }

    /// Whether the folder or one around it is in the trash.
    fn is_trashed(&self, folder: &str) -> bool {
        let mut seen = HashSet::new();
        let mut here = Some(folder);
        while let Some(id) = here.filter(|id| seen.insert(*id)) {
            let folder = self.workspace.folders.iter().find(|folder| folder.id == id).unwrap();
            if folder.trashed {
                return true;
            }
            here = folder.parent.as_deref();
        }
        false
    }

    fn project_name(&self, id: &str) -> &str {
        &self.workspace.projects.iter().find(|project| project.id == id).unwrap().name
    }
}

/// An asset as one provider sees it.
struct Row<'l> {
    seq: usize,
    asset: &'l Asset,
    id: &'l str,
    library: &'l Library,
}

/// Newest first; of equals xQR and FLORA show the one inserted later, the others the greater id. PiktID can sort
/// otherwise: by name, for which the id stands in.
fn sort(provider: &str, asked: &RequestFacts, rows: &mut [Row]) {
    match provider {
        "xqr" | "flora" => rows.sort_by_key(|row| (row.asset.created_at.0, row.seq)),
        "piktid" if value(asked, "sort_by") == Some("filename") => {
            rows.sort_by_key(|row| (row.asset.name.as_deref().unwrap_or(row.id).as_bytes(), row.id));
        }
        _ => rows.sort_by_key(|row| (row.asset.created_at.0, row.id)),
    }
    if value(asked, "order") != Some("asc") {
        rows.reverse();
    }
}

fn value<'a>(asked: &'a RequestFacts, name: &str) -> Option<&'a str> {
    asked.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value).filter(|value| !value.is_empty())
}

fn values<'a>(asked: &'a RequestFacts, name: &str) -> Vec<&'a str> {
    asked.iter().filter(|(known, _)| *known == name).map(|(_, value)| &**value).collect()
}

/// Whether `text` has `part` in it, whatever the case of either.
fn contains(text: Option<&str>, part: &str) -> bool {
    let folded = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    text.is_some_and(|text| folded(text).contains(&folded(part)))
}

const TAGS: [&str; 4] = ["model", "product", "background", "other"];

impl Row<'_> {
    fn flora(&self, asked: &RequestFacts) -> bool {
        let Asset { name, description, project, .. } = self.asset;
        let found = |text| contains(name.as_deref(), text) || contains(description.as_deref(), text);
        self.asset.kind() != "other"
            && value(asked, "query").is_none_or(found)
            && value(asked, "project_id").is_none_or(|id| project.as_deref() == Some(id))
    }

    fn twelvelabs(&self, asked: &RequestFacts) -> bool {
        let types = values(asked, "asset_types");
        let ids = values(asked, "asset_ids");
        ["image", "video", "audio", "document"].contains(&self.asset.kind())
            && (types.is_empty() || types.contains(&self.asset.kind()))
            && (ids.is_empty() || ids.contains(&self.id))
            && value(asked, "filename").is_none_or(|text| contains(self.asset.name.as_deref(), text))
    }

    fn piktid(&self, user: &str, asked: &RequestFacts) -> bool {
        let asset = self.asset;
        let time = |name| value(asked, name).map(|text| read_rfc3339(text).unwrap());
        let tags = |name| value(asked, name).map(|tags| tags.split(',').collect::<Vec<_>>()).unwrap_or_default();
        let has = |tag: &&str| asset.tags.iter().any(|held| held == tag);
        asset.kind() == "image"
            && asset.status == Status::Ready
            && self.is_owned(user, value(asked, "ownership"))
            && value(asked, "created_by").is_none_or(|name| asset.uploader.as_deref() == Some(name))
            && time("created_after").is_none_or(|at| asset.created_at.0 >= at)
            && time("created_before").is_none_or(|at| asset.created_at.0 <= at)
            && value(asked, "search").is_none_or(|text| self.mentions(text))
            && tags("include_tags").iter().all(has)
            && !tags("exclude_tags").iter().any(has)
    }

    fn is_owned(&self, user: &str, ownership: Option<&str>) -> bool {
        let own = self.asset.uploader.as_deref() == Some(user);
        match (ownership, self.asset.visibility) {
            (Some("mine"), _) => own,
            (Some("shared"), visibility) => visibility == Visibility::Shared,
            (Some(_), visibility) => visibility == Visibility::Default,
            (None, Visibility::Default) => own,
            (None, Visibility::Shared) => true,
            (None, Visibility::Private) => own,
        }
    }

    fn mentions(&self, text: &str) -> bool {
        let tagged = self.asset.tags.iter().any(|tag| TAGS.contains(&&**tag) && contains(Some(tag), text));
        let project = self.asset.project.as_deref().map(|id| self.library.project_name(id));
        contains(self.asset.name.as_deref(), text) || tagged || contains(project, text)
    }

    fn konpro(&self, asked: &RequestFacts) -> bool {
        let folder = self.asset.folder.as_deref();
        ["image", "video", "audio"].contains(&self.asset.kind())
            && self.asset.status == Status::Ready
            && !folder.is_some_and(|folder| self.library.is_trashed(folder))
            && value(asked, "folder_id").is_none_or(|id| folder == Some(id))
            && value(asked, "file_type").is_none_or(|kind| self.asset.kind() == kind)
    }
}
