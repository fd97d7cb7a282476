//! KonPro's routes on folders: list, create, rename, trash, restore. The fields and their order are documented, except
//! for those of restore.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::variants::VARIANTS;
use super::{list, page_token, view};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Handler, HandlerCall, Input, QueryHandler, execute};
use crate::contract::query::{Empty, Param, Problem, Value, Violation};
use crate::http::reply::Reply;
use crate::library::fixture::LONGEST_NAME;
use crate::library::store::{ChangeFolder, CreateFolder, FolderPage, ListFolders, Store};
use crate::library::workspace::Folder;
use crate::random::{HEX, random_id};

/// The parameters of the list. Inferred: `limit` is that of the list of assets, empty ones count as absent, and without
/// `is_trash` the trash is left out.
pub const PARAMS: &[Param] = &[
    list::LIMIT.known(Documented, "How many folders to return; 0 stands for the default."),
    Param::text("parent_id").empty(Empty::Absent).known(Documented, "Only folders directly in this one."),
    Param::text("name_filter")
        .empty(Empty::Absent)
        .known(Documented, "Only folders whose name contains this, ignoring case."),
    Param::parsed("is_trash", boolean)
        .or("false")
        .empty(Empty::Absent)
        .known(Documented, "Only folders in the trash, or only others."),
    list::TOKEN,
];

/// Lists folders.
pub static LIST: QueryHandler<ListFolders> = QueryHandler { query: folder_query, reply: page_reply };

/// Creates a folder.
pub static CREATE: Create = Create;

/// Renames a folder.
pub static RENAME: CommandHandler<ChangeFolder> =
    CommandHandler { command: rename_command, reply: |folder, _| rename_reply(folder) };

/// Moves a folder into the trash, with all that is in it. Inferred: once more changes only the time.
pub static TRASH: CommandHandler<ChangeFolder> =
    CommandHandler { command: |input, _| Ok(move_command(input, true)), reply: |folder, cx| trash_reply(folder, cx) };

/// Moves a folder out of the trash. Inferred: it stays there if it is in another folder that is in the trash.
pub static RESTORE: CommandHandler<ChangeFolder> = CommandHandler {
    command: |input, _| Ok(move_command(input, false)),
    reply: |folder, cx| restore_reply(folder, cx),
};

/// The name of a folder that is created without one. Documented.
const DEFAULT_NAME: &str = "test";

/// The types of projects that a folder can be for. Documented.
const PROJECT_TYPES: &[&str] = &["video_translate", "instant_avatar", "video", "asset", "brand_kit", "mixed"];

/// The type if none is given. Inferred: a relative of this API has it. The type is in the answer and nowhere else.
const DEFAULT_TYPE: &str = "mixed";

#[derive(Serialize)]
struct Page<'a> {
    folders: Vec<FolderView<'a>>,
    token: Option<&'a str>,
    has_more: bool,
}

#[derive(Serialize)]
struct FolderView<'a> {
    id: &'a str,
    name: &'a str,
    parent_id: Option<&'a str>,
    created_at: String,
    updated_at: String,
    is_trash: bool,
}

#[derive(Serialize)]
struct Created<'a> {
    folder_id: &'a str,
    name: &'a str,
    project_type: &'a str,
    parent_id: Option<&'a str>,
    created_at: String,
}

#[derive(Serialize)]
struct Renamed<'a> {
    folder_id: &'a str,
    name: &'a str,
    updated_at: String,
}

#[derive(Serialize)]
struct Trashed<'a> {
    folder_id: &'a str,
    status: &'static str,
    trashed_at: String,
}

#[derive(Serialize)]
struct Restored<'a> {
    folder_id: &'a str,
    status: &'static str,
    restored_at: String,
}

/// A handler of its own, because the answer repeats the type of projects, which the library does not hold.
#[derive(Debug)]
pub struct Create;

impl Handler for Create {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let fields = fields(call.input)?;
            let project_type = project_type(&fields)?;
            let folder = execute(create_command(&fields, &call.context)?, call, store).await?;
            Ok(create_reply(&folder, project_type))
        })
    }
}

fn folder_query(Input { query, .. }: &Input, _: &Context) -> Result<ListFolders, Failure> {
    Ok(ListFolders {
        parent: query.text("parent_id").map(str::to_owned),
        name_contains: query.text("name_filter").unwrap_or_default().to_owned(),
        trashed: query.text("is_trash") == Some("true"),
        after: query.position("token").map(|(created_at, id)| (created_at, id.to_owned())),
        limit: list::limit(query) as usize,
    })
}

/// Inferred: the words are those of its presumed framework.
fn boolean(text: &str) -> Result<Value, Problem> {
    let word = match &*text.to_ascii_lowercase() {
        "true" | "t" | "yes" | "y" | "on" | "1" => "true",
        "false" | "f" | "no" | "n" | "off" | "0" => "false",
        _ => return Err(Problem::NotOneOf(&["true", "false"])),
    };
    Ok(Value::Text(word.to_owned()))
}

/// The fields of the body. Inferred: no body counts as an empty object, and unknown fields are ignored.
fn fields(input: &Input) -> Result<Map<String, Json>, Failure> {
    Ok(input.object()?.cloned().unwrap_or_default())
}

/// The text in a field. Inferred: null counts as absent.
fn text<'a>(fields: &'a Map<String, Json>, name: &'static str) -> Result<Option<&'a str>, Failure> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        given => Err(refusal(name, given, Problem::NotA("a string"))),
    }
}

/// The name. Inferred: an empty one is none, and one is at most as long as the library's names.
fn name(fields: &Map<String, Json>) -> Result<Option<String>, Failure> {
    match text(fields, "name")? {
        Some(name) if name.trim().is_empty() => Err(refusal("name", fields.get("name"), Problem::Missing)),
        Some(name) if name.len() > LONGEST_NAME => {
            let problem = Problem::Malformed(format!("it is longer than {LONGEST_NAME} bytes"));
            Err(refusal("name", fields.get("name"), problem))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

fn project_type(fields: &Map<String, Json>) -> Result<&str, Failure> {
    match text(fields, "project_type")? {
        Some(word) if !PROJECT_TYPES.contains(&word) => {
            Err(refusal("project_type", fields.get("project_type"), Problem::NotOneOf(PROJECT_TYPES)))
        }
        word => Ok(word.unwrap_or(DEFAULT_TYPE)),
    }
}

fn refusal(field: &'static str, given: Option<&Json>, problem: Problem) -> Failure {
    Failure::Invalid(vec![Violation::in_body(field, given, problem)])
}

/// Inferred: an empty `parent_id` is the root, and ids are `folder_` and twelve hexadecimal digits.
fn create_command(fields: &Map<String, Json>, cx: &Context) -> Result<CreateFolder, Failure> {
    Ok(CreateFolder {
        id: random_id("folder_", cx.entropy, 12, HEX),
        name: name(fields)?.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        parent: text(fields, "parent_id")?.filter(|id| !id.is_empty()).map(str::to_owned),
    })
}

fn rename_command(input: &Input, _: &Context) -> Result<ChangeFolder, Failure> {
    let name = name(&fields(input)?)?.ok_or_else(|| refusal("name", None, Problem::Missing))?;
    Ok(ChangeFolder { id: input.path("folder_id").to_owned(), name: Some(name), trashed: None })
}

fn move_command(input: &Input, trashed: bool) -> ChangeFolder {
    ChangeFolder { id: input.path("folder_id").to_owned(), name: None, trashed: Some(trashed) }
}

fn page_reply(page: &FolderPage, cx: &Context) -> Reply {
    let last = page.folders.last().filter(|_| page.more);
    let token = last.map(|last| page_token::write(last.created_at().0, &last.id));
    let none = cx.variants.is(VARIANTS, "last_token", "empty").then_some("");
    let folders = page.folders.iter().map(|folder| folder_view(folder, page.trashed)).collect();
    Reply::json(StatusCode::OK, &Page { folders, token: token.as_deref().or(none), has_more: page.more })
}

fn folder_view(folder: &Folder, is_trash: bool) -> FolderView<'_> {
    FolderView {
        id: &folder.id,
        name: &folder.name,
        parent_id: folder.parent.as_deref(),
        created_at: view::time(folder.created_at().0),
        updated_at: view::time(folder.updated_at().0),
        is_trash,
    }
}

/// Inferred: the status is 200, as with a relative of this API.
fn create_reply(folder: &Folder, project_type: &str) -> Reply {
    let (created_at, parent_id) = (view::time(folder.created_at().0), folder.parent.as_deref());
    let created = Created { folder_id: &folder.id, name: &folder.name, project_type, parent_id, created_at };
    Reply::json(StatusCode::OK, &created)
}

fn rename_reply(folder: &Folder) -> Reply {
    let updated_at = view::time(folder.updated_at().0);
    Reply::json(StatusCode::OK, &Renamed { folder_id: &folder.id, name: &folder.name, updated_at })
}

fn trash_reply(folder: &Folder, cx: &Context) -> Reply {
    let trashed_at = view::time(cx.now);
    Reply::json(StatusCode::OK, &Trashed { folder_id: &folder.id, status: "trashed", trashed_at })
}

fn restore_reply(folder: &Folder, cx: &Context) -> Reply {
    let restored_at = view::time(cx.now);
    Reply::json(StatusCode::OK, &Restored { folder_id: &folder.id, status: "restored", restored_at })
}
