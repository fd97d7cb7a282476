//! What we know about FLORA, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /api/v1/assets` with `Authorization: Bearer sk_…`; filters `project_id`, `workspace_id`, `query`; pages by `cursor` and `limit` 1 to 100.",
    ),
    Fact::documented(
        "Fifteen fields in the key order of the reference page; ten of them can be null; `node_id` and `project_id` are optional.",
    ),
    Fact::documented(
        "A cursor is base64url without padding of `{\"offset\":N}`; `next_cursor` is null on the last page.",
    ),
    Fact::documented("Errors are `{\"error\":{code,message,fields?}}` with the reference page's codes and messages."),
    Fact::documented("Every answer has a `request-id` header."),
    Fact::documented(
        "`GET /api/v1/assets/{assetId}` shows fourteen fields in the order of the OpenAPI document, always all of them: those of the list without `node_id` and `project_id`, with `failure_message`, and `created_at` as a text. What is missing and what is another's are 404 alike; an id has the form `^asset_\\S+$`.",
    ),
    Fact::documented(
        "`GET /api/v1/workspaces` is one page without cursors: `workspace_id`, `name`, `created_at` (null here, since the library does not know it) and `role`.",
    ),
    Fact::documented(
        "`GET /api/v1/projects` requires `workspace_id`, pages like the list of assets, and is ordered by recent activity. A project has `project_id`, `name`, `workspace_id`, `origin`, `last_modified` and `created_at`, in this order; `origin` and `last_modified` can be null.",
    ),
    Fact::documented(
        "`POST /api/v1/projects` takes `workspace_id` and a `name` of at least one character, and no other fields; it answers 201 with the project.",
    ),
    Fact::documented(
        "A POST with an `Idempotency-Key` that another one had in the last two hours is 409 `idempotency_duplicate`.",
    ),
    Fact::client(
        "`GET /api/v1/projects/{projectId}` shows a project as the list does; missing and inaccessible ones are 404 alike.",
    ),
    Fact::client(
        "`GET /api/v1/projects/{projectId}/nodes` pages through `nodes`: `node_id`, `type` (`image`, `video`, `audio` or `text`) and, where they have a value, `asset_id`, `height`, `label`, `url` and `width`.",
    ),
    Fact::client(
        "`POST /api/v1/projects/{projectId}/assets/{assetId}/attach` takes no body, puts a ready asset on the canvas as a node, and answers `asset_id`, `canvas_url`, `node_id` and `project_id`. From then on the list of assets shows the last two, and the nodes the asset.",
    ),
    Fact::documented(
        "`POST /api/v1/assets` takes a file of at most 4 MiB in a form, or JSON: with a public HTTPS URL as the `source` (no other addresses), or with `signed-url`. It requires `workspace_id`, takes `folder`, `content_type`, `file_name` and `project_id`, refuses other fields of the JSON, and answers 201.",
    ),
    Fact::documented(
        "With `signed-url` the asset is `pending_upload`, and `upload` has the URL and the fields of a form for the file. `POST /api/v1/assets/{assetId}/complete` makes it ready, and `/retry` gives a new form to one that failed or expired; neither takes a body. In another state they are 409 `conflict`.",
    ),
    Fact::client(
        "The form is posted without a key and answered 204, as Google Cloud Storage does; its fields have the names that clients have seen there.",
    ),
    Fact::client(
        "Files are JPEG, PNG, WebP, GIF, AVIF, HEIC, HEIF, MP4, WebM, QuickTime, MPEG audio, WAV, Ogg or PDF, and images have at most 150 megapixels, by the header of the file.",
    ),
    Fact::client(
        "An empty page or a null `next_cursor` ends the SDK's iteration; the SDK appends `cursor` and keeps the other parameters.",
    ),
    Fact::inferred(
        "A trailing slash reaches the list, as in its presumed framework; the SDK sends one for an empty id. HEAD is answered like GET; OPTIONS is a wrong method.",
    ),
    Fact::inferred(
        "`created_at` is in milliseconds, as in the vendor's webhooks; `content_type` is the modality (`image`, `video`, `audio`, `document`), as the vendor measured.",
    ),
    Fact::inferred("The default page holds 20, as in the sample cursor and the sibling lists."),
    Fact::inferred(
        "Newest first; of assets created at the same instant, the one inserted later is first. Every status is listed, `processing` as `pending_upload`.",
    ),
    Fact::inferred("`query` finds text in the name and the description, ignoring case."),
    Fact::inferred("`total_estimate` is sent and exact."),
    Fact::inferred(
        "The messages of a 400 follow zod 3, and numbers are read like JavaScript's `Number()`. If several fields are bad, all are in `fields` and the first is in `message`. A number that is wrong in two ways (`1000.5`, `Infinity`) has both messages, the one about integers first.",
    ),
    Fact::inferred(
        "Names may have brackets, which are read as oRPC reads them. `limit[]=5` and `limit[0]=5` are arrays of one item, which `Number()` converts to 5. A longer array, which a repeated name makes as well, and an object (`limit[a]=5`) are not numbers. Where a text is expected, arrays and objects are invalid.",
    ),
    Fact::inferred("A malformed cursor is 400 `Invalid cursor.`; padding and the standard alphabet are accepted."),
    Fact::inferred(
        "A `workspace_id` that is not the key's is 403, an unknown `project_id` 404; validation comes first.",
    ),
    Fact::inferred(
        "A missing or empty bearer token is `unauthorized`; anything else that is not a live key is `invalid_api_key`. Both have the message `Invalid API key.`.",
    ),
    Fact::inferred(
        "A body that is not a JSON object is 400 `invalid_json`, and one of more than 1 MiB is 413 with the same code; the messages are ours.",
    ),
    Fact::inferred(
        "Order of checks: key (a request without a live one is 401 whatever its route and method), route, method, parameters, workspace, project.",
    ),
    Fact::inferred(
        "A wrong method is 405 with the `not_found` envelope and `Allow`; request ids are `req_` and 24 letters and digits.",
    ),
    Fact::inferred(
        "A ready asset without a stored URL shows one of this server's, or with `--asset-urls vendor` one in the form that clients have seen from the vendor, on a host that nobody owns.",
    ),
    Fact::inferred(
        "Imported: a `content_type` that is a MIME type counts as its modality, or as `document` if it has none. An asset without `asset_id` or `created_at`, which the schema allows, is refused.",
    ),
    Fact::inferred(
        "A single asset's `created_at` has milliseconds and `Z`; `failure_message` is null unless the asset has one, which fixtures and the fate of an upload set. What the list leaves out is 404; an id of another form is 400 at the field `assetId`.",
    ),
    Fact::inferred("The `role` in a workspace is `owner`."),
    Fact::inferred(
        "Of projects, `query` finds text in the name, ignoring case; activity is `last_modified`, or `created_at` without it, and of two alike the one added later is first. Times are in milliseconds; a `created_at` that nobody gave is 0. A new project has the `origin` `api` and no `last_modified`; attaching an asset sets that.",
    ),
    Fact::inferred(
        "No body, and a body that is no object, is `invalid_json`, whatever the content type is. A field that does not exist is a violation named after it. A `name` has at most 1,024 bytes.",
    ),
    Fact::inferred(
        "An `Idempotency-Key` counts for one workspace, route and path, as the vendor measured elsewhere. A request that failed releases it; an empty one is ignored. The two hours are those of the workspace's clock; resetting the workspace, and restoring a snapshot, forgets all keys.",
    ),
    Fact::inferred(
        "A request that changes something, and during which its workspace is reset, changes nothing: 409 `conflict`, and from storage `OperationAborted`.",
    ),
    Fact::inferred(
        "An asset of a project is on its canvas if it has a node. Nodes are in order of insertion of their assets; a document's has the type `text`; its label is the asset's name.",
    ),
    Fact::inferred(
        "Attaching answers 200. An asset that is not ready is 409 `conflict`. One that is on this canvas already keeps its node. A new `node_id` is `node_` and 32 letters and digits; the `canvas_url` is on a host that nobody owns.",
    ),
    Fact::inferred(
        "The type of a file is that of its bytes where they tell it, then `content_type`, that of the form's part, and what the ending of the name stands for. A name loses the folders in front of it. Another type, and an image that is too large, are 400 at the field `file`: in a form at once, after a signed form when it is completed. A text of several lines that is not recognised is such a type, whatever is said of it; after a signed form it is completed, and is `failed` with a message of ours. A file of more than 4 MiB in a form is 413 `input_validation_error`. A form with other fields is refused like such JSON.",
    ),
    Fact::inferred(
        "A URL is not read, unless the server was started with `--allow-fetch`: the asset is ready at once, its name and type are those at the end of the URL (`image/png` if it does not tell), and its bytes are a placeholder. A URL with another scheme is `Invalid url`; one of this machine, a private network or a cloud's metadata, however it is written, is `URL is not public`.",
    ),
    Fact::inferred(
        "With `--allow-fetch` the file is read while the request waits, for at most 30 seconds, once the project, the `Idempotency-Key` and the room in the workspace are checked, and a request whose key is that of another one waits for that; the name is that at the end of the URL, the type that of the bytes where they tell it, and else, in this order, `content_type`, what the ending of the name stands for, and that of the response. If it cannot be read, or has more than 50 MiB, the answer is 201 with an asset that is `failed` with a message of ours, and can be retried; its `url`, which is never null there, is the one that it will have after a successful retry. Where an upload fails when it is completed, `url` is null. A name or a redirect that leads to a private address is `URL is not public`; another type, and an image that is too large, are 400 at the field `source`.",
    ),
    Fact::inferred(
        "A reservation and its form expire after an hour of the workspace's clock; the asset is `failed` then, with a message of ours. The address of the form is one of this server's. A form that was changed or is late is refused in Google Cloud Storage's XML; one that is posted again replaces the file, and is 409 once the upload is complete. A reservation without a type counts as an image until its bytes come. A retried upload keeps its id and loses its bytes.",
    ),
    Fact::inferred(
        "An upload into a project is on its canvas from the beginning, like an asset that is attached. `folder` is checked to be a text.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, the first three have the reference page's messages; those of the others are ours.",
    ),
];

/// What it has and the emulator leaves out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "Keys that reach several workspaces; canvas items without an asset id.",
    "Assets on several canvases: attaching one to another canvas moves it.",
    "A body field `idempotency_key` with a replay of the first answer, which another page describes.",
    "The `folder` of an upload, which no other route shows; without `--allow-fetch`, the 50 MB that a file at a URL may have.",
    "402, and the 500 that malformed ids cause on other routes, unless a fault injects them.",
];
