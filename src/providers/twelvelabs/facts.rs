//! What we know about TwelveLabs, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /v1.3/assets` with `x-api-key`; newest first; `page` from 1, `page_limit` 10 and at most 50.",
    ),
    Fact::documented(
        "Six fields in fixed order, then `page_info` of `limit_per_page`, `page`, `total_page`, `total_results`.",
    ),
    Fact::documented(
        "`asset_ids` and `asset_types` are arrays; the JSON-array string of the generated samples is read too.",
    ),
    Fact::documented(
        "Errors are flat `{code,message}`: `parameter_invalid`, `parameter_unknown`, `api_key_invalid`, `too_many_requests` with their published sentences.",
    ),
    Fact::documented("Times are whole seconds with `Z`; every answer has `X-Api-Version`."),
    Fact::documented(
        "`GET /v1.3/assets/{asset_id}` shows the bare object of the list; `DELETE` is 204 without a body and reads `force`. A missing asset is `resource_not_exist` with its published sentence.",
    ),
    Fact::documented(
        "`POST /v1.3/assets` takes a form with `method` (`direct` with `file`, or `url` with `url`), `filename` of 1 to 255 characters, `enable_hls`, `enable_thumbnail` and `user_metadata`, and is 201 with the asset. Every upload is `processing` first.",
    ),
    Fact::documented(
        "Uploads in chunks: a session reserves the asset's id and lives a day; chunks of 5,242,880 bytes, from 1, go to URLs that live an hour; 1 to 50 are reported at a time, in any order, and those reported before are `duplicate_chunks`. The asset exists, and `url` is in the answer, once all are reported. More URLs, 1 to 50; the status with its chunks; the list of incomplete sessions, in pages of 10 and at most 50.",
    ),
    Fact::client(
        "A missing asset is 404 when it is asked for or its user metadata is changed: the clients have a class for that.",
    ),
    Fact::client(
        "`user_metadata` follows `created_at`, in the list too, and is left out where there is none. `PATCH` merges, and null removes a name; `PUT` replaces, and ignores null; both ignore an empty text or array. `{}` with `PUT`, and `DELETE`, remove all. Each is 204 without a body.",
    ),
    Fact::client(
        "An asset to which an index refers (`referenced_by` in fixtures) is deleted only with `force=true`, and is 409 otherwise. `indexed-assets` lists what refers to it, in pages like those of assets; `entities` has the same envelope and is always empty.",
    ),
    Fact::client("Arrays are repeated parameters; `page=1` is always sent by the Python client."),
    Fact::client("A page beyond the end is 200 and empty: both clients iterate until they get an empty page."),
    Fact::client(
        "The newer `filename` filter (text anywhere in the name, ignoring case) is read; documents are listed and the type `document` selects them, as the current clients know it, beside the three documented types.",
    ),
    Fact::client(
        "In the form, flags are words and `user_metadata` is JSON as a text; bytes without a name are called `upload` or `blob`; `application/octet-stream` says nothing of the type. A form that a client sends again without its fields lacks `method`. Assets that came in chunks have the method `multipart`; chunks are `video`, `audio` or `image`, and their proof is the `ETag` that storage answers, without quotation marks.",
    ),
    Fact::client(
        "A failed asset that says why (`failure_message` in fixtures) has `error` with a `message`, as the current clients know it; one that does not say so has no `error`.",
    ),
    Fact::live(
        "Ids are 24 hexadecimal digits of which the first 8 are the second of creation; a bad enum value is answered with the list of good ones.",
    ),
    Fact::inferred(
        "Filters combine with AND. Ids of the wrong form are `parameter_invalid`, and unknown ones match no asset; upper-case ids are accepted.",
    ),
    Fact::inferred(
        "Integers are read like Go's `Atoi` (`005`, `+5`). A value that is not an integer or out of range, which includes below 1 and beyond 64 bits, is `parameter_invalid`. Unknown parameters are reported before invalid ones, several in the order of the request.",
    ),
    Fact::inferred(
        "Of a repeated `page`, `page_limit` or `filename` the first value counts; an empty `filename` is no filter.",
    ),
    Fact::inferred(
        "Of assets created at the same instant, the one with the greater `_id` is first. An empty library has `total_page` 0.",
    ),
    Fact::inferred(
        "Documents are the assets with one of the three MIME types that the current clients name; pending assets show as `processing`, `signed_url` as `direct`.",
    ),
    Fact::inferred(
        "A missing key is `api_key_invalid`; rate-limit headers are sent only for keys with a limit of their own, on 200 and 429, with `Retry-After`.",
    ),
    Fact::inferred("`page` and `page_limit` begin at 1; only the maximum of `page_limit` is documented."),
    Fact::inferred(
        "HEAD is answered like GET, OPTIONS is a wrong method. A route with a slash after it is another route.",
    ),
    Fact::inferred("A body of more than 1 MiB is 413 `parameter_invalid` with a sentence of ours."),
    Fact::inferred(
        "Order of checks: key (a request without a live one is 401 whatever its route and method), route, method, rate limit, parameters.",
    ),
    Fact::inferred(
        "`X-Api-Version` is `v1.3`; 404, 405 and 500 are `not_found`, `method_not_allowed` and `internal_server_error`.",
    ),
    Fact::inferred("An asset without a name shows its id; without a MIME type, `application/octet-stream`."),
    Fact::inferred(
        "Imported: a `file_type` that tells neither image, video, audio nor document counts as video, so that it is listed.",
    ),
    Fact::inferred(
        "A missing asset is 404 when it is deleted, too, and the collection in the sentence is `assets`; an id of another form is 400 `parameter_invalid` for `asset_id`, and upper case does not matter. `force` is `true` or `false`; unknown parameters are refused as at the list.",
    ),
    Fact::inferred(
        "A request that changes something, and during which its workspace is reset, changes nothing: 409 `resource_conflict`, and from storage `OperationAborted`.",
    ),
    Fact::inferred(
        "The code of the 409 is `resource_conflict`; its sentence follows the published document's words. The ids of indexes and indexed assets are made from the names in `referenced_by`, and have the order of that field.",
    ),
    Fact::inferred(
        "An upload is processed for three seconds of the workspace's clock; while that clock stands still, until a read has shown it. The type is that of the bytes where they are recognised, else of the name's ending, never that of the form; an asset of any other kind counts as video, so that it can be read. Its name is `filename` as it was sent, with its folders, else that of the file or the last part of the URL, without folders. A URL must be `http` or `https`; its bytes are a placeholder, unless the server was started with `--allow-fetch`. The two flags make no difference, no size is too large until the stored bytes reach their limit, which is 507 `parameter_invalid`, and unknown fields of the form are unknown parameters.",
    ),
    Fact::inferred(
        "With `--allow-fetch` the file at a URL is read while the request waits, for at most 30 seconds, unless the workspace may store no byte more. If it cannot be read, has more than 4 GiB or is at an address that is not public, the answer is 201 all the same, and the asset is `failed` once it was processed, with a message of ours.",
    ),
    Fact::inferred(
        "Sessions: chunks have one length for files of every length, the first answer has at most 20 URLs, `upload_headers` is the type that the clients send, a file has at most 10 GiB, and at most as many bytes as this server stores (`--max-stored-bytes`), beyond which `total_size` is 400 `parameter_invalid`; one for which there is no room now is 507; and a session that has expired is not listed. What was not stored with that proof and length is 400 `parameter_invalid` for `completed_chunks`, and the whole report has no effect; a chunk that is sent again must be reported again. A session that is unknown is 404 `resource_not_exist` in `multipart-uploads`; one that has ended takes neither reports of new chunks nor URLs: 400 `parameter_invalid` for `upload_id`. No chunk and no session is `failed`. Two days after it began, a session is unknown, whatever became of it. If an asset that was added meanwhile has the reserved id, the report of the last chunk is answered with another one. The asset's time of creation is that of its session, and `url` is ours.",
    ),
    Fact::inferred(
        "Chunks are sent to `/_uploads/` of this server, which answers as S3 does: 200 with the MD5 as `ETag`, errors in XML, among them 400 `InvalidDigest` and `BadDigest` for a `Content-MD5` that is malformed or that the bytes do not have. A URL can be used again until it expires; one that was changed is 403 `SignatureDoesNotMatch`, one that has expired 403 `AccessDenied`, and one of a session that has ended 404 `NoSuchUpload`.",
    ),
    Fact::inferred(
        "Names in `user_metadata` are in alphabetical order. A change of it needs `user_metadata` in the body: without it, 400 `parameter_not_provided`; null, any other value than an object, and values that are not documented are `parameter_invalid` for `user_metadata`; other fields are unknown parameters, and are reported first. A body that is not a JSON object is `parameter_invalid` with a sentence of ours. The missing asset is reported after all these.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, codes and messages are published, most statuses are not; all of the 503 is ours.",
    ),
];

/// What it has and the emulator leaves out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "Fields of later versions other than `user_metadata` and `error`: `source`, `hls`, `thumbnail`, `technical_metadata`, `size`, `duration`. An imported asset shows those that it came with until it changes.",
    "Indexes, apart from their names in `referenced_by`; entities; transcriptions.",
    "Plans, regions and the metered limits, the limits of size for each kind, and checks that a document's ending fits its content.",
];
