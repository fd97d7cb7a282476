//! A provider's query to the library: which assets, in which order, and which page of them.

use crate::clock::Micros;
use crate::library::model::{Status, Visibility};

/// The query that one request makes to the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetQuery {
    /// What is listed, and in which order.
    pub selection: Selection,
    /// Where the page begins.
    pub start: Start,
    /// A paging fault: the page repeats the last asset of the page before it, as it would if an asset had been added
    /// in front meanwhile. The first page stays the same.
    pub overlap: bool,
    /// How many assets a page holds.
    pub limit: u32,
    /// Whether to count the assets of all pages.
    pub counted: bool,
}

/// One asset, if the provider that asks has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetSelector {
    /// Its public id at that provider.
    pub id: String,
    /// All of these must hold.
    pub filters: Vec<Filter>,
}

/// Which assets are listed, and in which order. All pages of a listing share one selection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selection {
    /// All of these must hold.
    pub filters: Vec<Filter>,
    /// The project that the listing is narrowed to. If it does not exist, the listing is an error, not an empty page.
    pub project: Option<String>,
    /// The order.
    pub order: Order,
}

impl Selection {
    /// The same selection, with assets of the same value in order of insertion.
    pub(in crate::library) fn in_order_of_insertion(&self) -> Selection {
        Selection { order: Order { tie: Tie::Inserted, ..self.order }, ..self.clone() }
    }
}

/// A total order: a value, then a unique tie-break in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    /// The value to sort by.
    pub by: SortBy,
    /// The order of assets with the same value.
    pub tie: Tie,
    /// Which end comes first.
    pub direction: Direction,
}

/// The value assets are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When they were created.
    Created,
    /// Their names, compared byte by byte. An asset without a name sorts by its public id.
    Name,
}

/// The order of assets with the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tie {
    /// The order of insertion.
    Inserted,
    /// The public id at the provider that asks.
    PublicId,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// After this many assets.
    Offset(u64),
    /// After this position in an order by creation and public id.
    After {
        /// When the last asset seen was created.
        created_at: Micros,
        /// The public id of the last asset seen.
        id: String,
    },
}

/// A condition on an asset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Of one of these kinds.
    KindIn(Vec<String>),
    /// Of none of these kinds.
    KindNotIn(Vec<String>),
    /// In one of these states.
    StatusIn(Vec<Status>),
    /// With one of these public ids.
    IdIn(Vec<String>),
    /// With this text in the name, ignoring case.
    NameContains(String),
    /// With this text in the name or the description, ignoring case.
    NameOrDescriptionContains(String),
    /// With this text in the name, in the project's name or in one of its tags that `vocabulary` lists, ignoring case.
    Mentions {
        /// The text.
        text: String,
        /// The tags that count.
        vocabulary: Vec<String>,
    },
    /// With this tag.
    HasTag(String),
    /// Without this tag.
    LacksTag(String),
    /// On this project.
    Project(String),
    /// Directly in this folder.
    Folder(String),
    /// Not in a trashed folder, nor below one.
    NotTrashed,
    /// Uploaded by this user.
    Uploader(String),
    /// With this visibility.
    Visibility(Visibility),
    /// Uploaded by this user, or shared with everyone in the workspace.
    SharedOrBy(String),
    /// Uploaded by this user, or not private.
    NotPrivateOrBy(String),
    /// Created at this instant or later.
    CreatedFrom(Micros),
    /// Created at this instant or earlier.
    CreatedTo(Micros),
}
