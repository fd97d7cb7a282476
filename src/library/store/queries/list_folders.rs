//! Lists folders, the newest first.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::query::Query;
use crate::clock::Micros;
use crate::library::store::asset::fold;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;
use crate::library::workspace::Folder;

/// Lists one page of folders. Of those created at the same instant, the one with the greater id is first.
#[derive(Debug)]
pub struct ListFolders {
    /// Only folders directly in this one; `None`: all.
    pub parent: Option<String>,
    /// Only folders whose name contains this text, ignoring case; all if it is empty.
    pub name_contains: String,
    /// Whether folders in the trash are listed, or all others. What is in a folder in the trash is in the trash too.
    pub trashed: bool,
    /// The time of creation and the id of the last folder on the page before.
    pub after: Option<(Micros, String)>,
    /// How many folders a page holds.
    pub limit: usize,
}

/// One page of folders.
#[derive(Debug)]
pub struct FolderPage {
    /// The folders.
    pub folders: Vec<Folder>,
    /// Whether they are those in the trash, or not in the trash.
    pub trashed: bool,
    /// Whether more follow.
    pub more: bool,
}

impl Query for ListFolders {
    type Outcome = FolderPage;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<FolderPage, CommandError> {
        Ok(self.page(store.workspace_without_assets(caller.workspace).await?.folders))
    }
}

impl ListFolders {
    fn page(self, all: Vec<Folder>) -> FolderPage {
        let trash = in_trash(&all);
        let text = fold(&self.name_contains);
        let wanted = |folder: &&Folder| {
            trash.contains(&*folder.id) == self.trashed
                && self.parent.as_ref().is_none_or(|parent| folder.parent.as_ref() == Some(parent))
                && fold(&folder.name).contains(&text)
                && self.after.as_ref().is_none_or(|(at, id)| (folder.created_at().0, &folder.id) < (*at, id))
        };
        let mut folders: Vec<_> = all.iter().filter(wanted).collect();
        folders.sort_by_key(|folder| Reverse((folder.created_at().0, &folder.id)));
        let more = folders.len() > self.limit;
        folders.truncate(self.limit);
        FolderPage { folders: folders.into_iter().cloned().collect(), trashed: self.trashed, more }
    }
}

/// The ids of the folders in the trash: those that were moved there, and all that are below them.
fn in_trash(folders: &[Folder]) -> HashSet<&str> {
    let mut below: HashMap<&str, Vec<&Folder>> = HashMap::new();
    for folder in folders {
        below.entry(folder.parent.as_deref().unwrap_or_default()).or_default().push(folder);
    }
    let mut found = HashSet::new();
    let mut next: Vec<_> = folders.iter().filter(|folder| folder.trashed).collect();
    while let Some(folder) = next.pop() {
        if found.insert(&*folder.id) {
            next.extend(below.get(&*folder.id).into_iter().flatten());
        }
    }
    found
}
