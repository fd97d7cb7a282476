"""The official `twelvelabs` client lists, pages, filters and fails against the server as against the service."""

import asyncio
import os
import signal
from datetime import timezone
from itertools import islice
from unittest.mock import patch

import httpx
import pytest
from conftest import LAST_SECOND_OF_THE_WINDOW, WORLD
from twelvelabs import AsyncTwelveLabs, TwelveLabs
from twelvelabs.core.api_error import ApiError
from twelvelabs.errors import BadRequestError, ConflictError, NotFoundError

KINDS = ("image", "video", "audio", "document")
DOCUMENTS = ("application/pdf", "text/plain", "text/markdown")
FIELDS = ("id", "method", "status", "filename", "file_type", "created_at")


# The naive model: what the vendor lists of the demo world, how it shows it, and in which order.


def kind(asset):
    mime_type = asset.get("mime_type") or ""
    return asset.get("kind") or ("document" if mime_type in DOCUMENTS else mime_type.partition("/")[0])


def shown(asset):
    via = asset.get("uploaded_via", "direct")
    status = asset.get("status", "ready")
    return (
        asset["ids"]["twelvelabs"],
        "direct" if via == "signed_url" else via,
        "processing" if status == "pending" else status,
        asset["name"] or asset["ids"]["twelvelabs"],
        asset.get("mime_type", "application/octet-stream"),
        asset["created_at"].astimezone(timezone.utc).replace(microsecond=0),
    )


@pytest.fixture(scope="session")
def library(demo):
    # An asset without a name is shown by its id, and no search by name finds it.
    assets = [{"name": "", **asset} for asset in demo["assets"] if kind(asset) in KINDS]
    assets.sort(key=lambda asset: (asset["created_at"], asset["ids"]["twelvelabs"]), reverse=True)
    assert len(assets) > 100, "the demo world must fill several pages of the largest size"
    return assets


def seen(asset):
    return tuple(getattr(asset, field) for field in FIELDS)


def ids(assets):
    return [asset["ids"]["twelvelabs"] for asset in assets]


def walk(listing):
    """Every asset of a listing; one that never ends (a page repeated for ever) is cut short and seen."""
    assets = list(islice(listing, 10_000))
    assert len(assets) < 10_000, "the listing does not end"
    return assets


def base_url(server):
    return f"{server.origin}/twelvelabs/v1.3"


@pytest.fixture
def client(server):
    return TwelveLabs(api_key="tlk_demo", base_url=base_url(server))


@pytest.fixture
def sent():
    """Counts the requests that leave the client."""
    with patch.object(httpx.Client, "send", autospec=True, side_effect=httpx.Client.send) as send:
        yield send


# Listing


def test_first_page(client, library):
    assert [seen(asset) for asset in client.assets.list().items] == [shown(asset) for asset in library[:10]]


@pytest.mark.parametrize("page_limit", [None, 1, 7, 50])
def test_full_iteration(client, library, sent, page_limit):
    walked = [seen(asset) for asset in walk(client.assets.list(page_limit=page_limit))]
    assert walked == [shown(asset) for asset in library]
    full_pages_and_the_rest = -(-len(library) // (page_limit or 10))
    assert sent.call_count == full_pages_and_the_rest + 1  # this client always asks until a page is empty


def test_full_iteration_without_blocking(server, library):
    async def walk_to_the_end():
        client = AsyncTwelveLabs(api_key="tlk_demo", base_url=base_url(server))
        return [seen(asset) async for asset in await client.assets.list(page_limit=50)]

    assert asyncio.run(asyncio.wait_for(walk_to_the_end(), 30)) == [shown(asset) for asset in library]


def test_page_by_page(client, library):
    pages = [[asset.id for asset in page.items] for page in islice(client.assets.list(page_limit=50).iter_pages(), 100)]
    assert pages == [ids(library[start : start + 50]) for start in range(0, len(library), 50)]


def test_last_page_and_beyond(client, library):
    last = -(-len(library) // 7)
    page = client.assets.list(page=last, page_limit=7)
    assert [asset.id for asset in page.items] == ids(library[(last - 1) * 7 :])
    assert page.next_page().items == []
    assert client.assets.list(page=last + 1000, page_limit=7).items == []


def test_empty_library(serve):
    client = TwelveLabs(api_key="tlk_demo", base_url=base_url(serve("--fixture", "empty")))
    assert walk(client.assets.list()) == []


# One asset


def test_retrieve(client, library):
    for asset in library[:10]:
        assert seen(client.assets.retrieve(asset["ids"]["twelvelabs"])) == shown(asset)


@pytest.mark.parametrize("options", [{}, {"force": True}])
def test_delete(client, library, options):
    gone, *left = ids(library)
    assert client.assets.delete(gone, **options) is None
    assert client.assets.list().items[0].id == left[0]
    with pytest.raises(NotFoundError) as caught:
        client.assets.retrieve(gone)
    message = f"Resource with id {gone} does not exist in assets."
    assert caught.value.body == {"code": "resource_not_exist", "message": message}
    with pytest.raises(ApiError) as caught:
        client.assets.delete(gone, **options)
    assert caught.value.status_code == 404


def test_delete_of_an_asset_that_an_index_refers_to(client, server, library):
    asset = library[0]["ids"]["twelvelabs"]
    assert list(client.indexes.indexed_assets.list_by_asset(asset)) == []
    own = f"{server.origin}/_emulator/workspaces/ws_demo/assets/{asset}"
    assert httpx.patch(own, json={"referenced_by": ["Videos"]}).status_code == 200
    with pytest.raises(ConflictError) as caught:
        client.assets.delete(asset)
    assert caught.value.status_code == 409
    assert caught.value.body == {
        "code": "resource_conflict",
        "message": "The platform cannot delete this asset because one or more indexed assets are referencing it. "
        "Set the force query parameter to true to override.",
    }
    [indexed] = client.indexes.indexed_assets.list_by_asset(asset)
    assert indexed.index.name == "Videos"
    assert list(client.entity_collections.entities.list_by_asset(asset)) == []
    client.assets.delete(asset, force=True)
    with pytest.raises(NotFoundError):
        client.assets.retrieve(asset)


def test_user_metadata(client, library):
    asset = library[0]["ids"]["twelvelabs"]

    def metadata():
        [listed] = client.assets.list(asset_ids=[asset]).items
        assert listed == client.assets.retrieve(asset)
        return listed.user_metadata

    assert metadata() is None
    noted = {"category": "recentlyAdded", "batchNumber": 5, "rating": 9.3, "needsReview": True, "hashtags": ["summer", "vlog"]}
    assert client.assets.update_user_metadata(asset, user_metadata=noted) is None
    assert metadata() == noted
    client.assets.update_user_metadata(asset, user_metadata={"category": None, "rating": "", "hashtags": [], "batchNumber": 6})
    assert metadata() == {"batchNumber": 6, "rating": 9.3, "needsReview": True, "hashtags": ["summer", "vlog"]}
    assert client.assets.replace_user_metadata(asset, user_metadata={"owner": "Zoë", "batchNumber": None, "rating": ""}) is None
    assert metadata() == {"owner": "Zoë"}
    assert client.assets.delete_user_metadata(asset) is None
    assert metadata() is None


def test_user_metadata_that_is_refused(client, library):
    missing = "0" * 24
    for call in (
        lambda: client.assets.update_user_metadata(missing, user_metadata={"a": 1}),
        lambda: client.assets.replace_user_metadata(missing, user_metadata={"a": 1}),
        lambda: client.assets.delete_user_metadata(missing),
    ):
        with pytest.raises(NotFoundError) as caught:
            call()
        message = f"Resource with id {missing} does not exist in assets."
        assert caught.value.body == {"code": "resource_not_exist", "message": message}
    with pytest.raises(BadRequestError) as caught:
        client.assets.update_user_metadata(library[0]["ids"]["twelvelabs"], user_metadata={"a": {"b": 1}})
    assert caught.value.body == {"code": "parameter_invalid", "message": "The user_metadata parameter is invalid."}


# Uploads


GIF = b"GIF89a\x03\x00\x02\x00\x00\x00\x00"


def poll(client, asset):
    """Asks as the vendor's samples do, until it is ready or has failed. The clock stands still: waiting shows nothing more."""
    statuses = [client.assets.retrieve(asset).status]
    while statuses[-1] == "processing":
        assert len(statuses) < 10, statuses
        statuses.append(client.assets.retrieve(asset).status)
    return statuses


def test_upload_of_a_file(client, library, tmp_path):
    path = tmp_path / "poster.bin"
    path.write_bytes(GIF)
    with path.open("rb") as file:
        made = client.assets.create(method="direct", file=file, user_metadata='{"shot": 3}', enable_hls=True)
    assert (made.method, made.status, made.filename, made.file_type) == ("direct", "processing", "poster.bin", "image/gif")
    assert made.user_metadata == {"shot": 3}
    assert poll(client, made.id) == ["processing", "ready"]
    assert client.assets.list().items[0].id == made.id
    client.assets.delete(made.id)
    assert client.assets.list().items[0].id == library[0]["ids"]["twelvelabs"]


def test_upload_of_bytes_and_of_a_url(client):
    made = client.assets.create(method="direct", file=GIF, filename="café.gif")
    assert (made.filename, made.file_type) == ("café.gif", "image/gif")
    assert client.assets.create(method="direct", file=GIF).filename == "upload"
    made = client.assets.create(method="url", url="https://cdn.example.com/2026/Launch%20Teaser.mp4")
    assert (made.method, made.filename, made.file_type) == ("url", "Launch Teaser.mp4", "video/mp4")
    assert poll(client, made.id) == ["processing", "ready"]


def test_upload_that_is_refused_and_one_that_is_sent_again(client, server):
    with pytest.raises(BadRequestError) as caught:
        client.assets.create(method="direct")
    message = "The file parameter is required but was not provided."
    assert caught.value.body == {"code": "parameter_not_provided", "message": message}
    match = {"provider": "twelvelabs", "operation": "create_asset"}
    fault = {"match": match, "effect": {"failure": "unavailable"}, "trigger": {"next": 1}, "retry_after": 1}
    for options in ({"method": "url", "url": "https://cdn.example.com/a.mp4"}, {"method": "direct", "file": GIF}):
        assert httpx.post(f"{server.origin}/_emulator/faults", json=fault).status_code == 201
        # This client forgets the fields of a form when it sends it again.
        with pytest.raises(BadRequestError) as caught:
            client.assets.create(**options, request_options={"max_retries": 3})
        assert caught.value.body["message"] == "The method parameter is required but was not provided."


@pytest.mark.parametrize("batch_size", [10, 2, 1])
def test_upload_in_chunks(client, tmp_path, batch_size):
    path = tmp_path / "long.mp4"
    content = bytes(range(256)) * 46_875
    assert len(content) == 12_000_000
    path.write_bytes(content)
    seen = []
    uploads = client.multipart_upload
    result = uploads.upload_file(str(path), batch_size=batch_size, progress_callback=lambda told: seen.append(told.completed_chunks))
    assert seen == [min(3, done + batch_size) for done in range(0, 3, batch_size)]
    assert poll(client, result.asset_id)[-1] == "ready"
    assert httpx.get(result.asset_url).content == content
    asset = client.assets.retrieve(result.asset_id)
    assert (asset.method, asset.filename, asset.file_type) == ("multipart", "long.mp4", "video/mp4")
    assert list(uploads.list_incomplete_uploads()) == []


def test_upload_in_chunks_without_blocking(server, tmp_path):
    path = tmp_path / "long.mp4"
    path.write_bytes(bytes(12_000_000))

    async def upload():
        client = AsyncTwelveLabs(api_key="tlk_demo", base_url=base_url(server))
        result = await client.multipart_upload.upload_file(str(path))
        return await client.assets.retrieve(result.asset_id)

    assert asyncio.run(asyncio.wait_for(upload(), 60)).method == "multipart"


def test_upload_in_chunks_of_which_one_fails_at_first(client, server, tmp_path):
    path = tmp_path / "long.mp4"
    path.write_bytes(bytes(12_000_000))
    match = {"provider": "twelvelabs", "operation": "upload_chunk"}
    fault = {"match": match, "effect": {"failure": "unavailable"}, "trigger": {"next": 1}}
    assert httpx.post(f"{server.origin}/_emulator/faults", json=fault).status_code == 201
    result = client.multipart_upload.upload_file(str(path), retry_delay=0.01)
    assert client.assets.retrieve(result.asset_id).method == "multipart"


def test_status_and_more_urls_of_an_upload_in_chunks(client):
    uploads = client.multipart_upload
    made = uploads.create(filename="long.mp4", type="video", total_size=160_000_000)
    assert (made.chunk_size, made.total_chunks) == (5_242_880, 31)
    [listed] = uploads.list_incomplete_uploads()
    assert (listed.upload_id, listed.status) == (made.upload_id, "active")
    more = uploads.get_additional_presigned_urls(made.upload_id, start=21, count=11)
    numbers = [url.chunk_index for url in [*made.upload_urls, *more.upload_urls]]
    assert numbers == list(range(1, 32))
    chunks = list(uploads.get_status(made.upload_id))
    assert [(chunk.index, chunk.status) for chunk in chunks] == [(number, "pending") for number in numbers]


# Filters


@pytest.mark.parametrize("types", [["audio"], ["video"], ["image", "video"], ["image", "video", "audio"]])
def test_filter_by_type(client, library, types):
    wanted = [asset for asset in library if kind(asset) in types]
    assert wanted
    assert [asset.id for asset in walk(client.assets.list(asset_types=types, page_limit=50))] == ids(wanted)


def test_filter_by_one_type_given_as_text(client, library):
    images = [asset for asset in library if kind(asset) == "image"]
    assert 0 < len(images) < len(library)
    assert [asset.id for asset in walk(client.assets.list(asset_types="image", page_limit=50))] == ids(images)


def test_documents_are_listed_and_selected(client, library):
    documents = [asset for asset in library if kind(asset) == "document"]
    assert documents
    assert [asset.id for asset in walk(client.assets.list(asset_types=["document"]))] == ids(documents)


def test_filter_by_id(client, library):
    wanted = [library[-1], library[0], library[60]]
    found = client.assets.list(asset_ids=[*ids(wanted), "0" * 24])
    assert [asset.id for asset in walk(found)] == ids([library[0], library[60], library[-1]])
    assert [asset.id for asset in walk(client.assets.list(asset_ids=ids(wanted)[0]))] == ids([library[-1]])


def test_filter_by_filename(client, library):
    part = next(asset["name"] for asset in library if asset["name"].isascii())[1:6]
    wanted = [asset for asset in library if part.lower() in asset["name"].lower()]
    for spelling in (part.lower(), part.upper()):
        assert [asset.id for asset in walk(client.assets.list(filename=spelling, page_limit=50))] == ids(wanted)
    assert walk(client.assets.list(filename="no such file anywhere")) == []
    assert len(walk(client.assets.list(filename="", page_limit=50))) == len(library)


def test_filter_by_filename_in_any_script(client, library):
    foreign = [asset for asset in library if not asset["name"].isascii()]
    assert foreign
    for asset in foreign:
        found = client.assets.list(filename=asset["name"], page_limit=50)
        assert [other.id for other in walk(found)] == ids(other for other in library if asset["name"] in other["name"])


def test_filters_combine(client, library):
    wanted = [asset for asset in library[:20] if kind(asset) == "image" and "." in asset["name"]]
    found = client.assets.list(asset_ids=ids(library[:20]), asset_types=["image"], filename=".", page_limit=3)
    assert 0 < len(wanted) < 20
    assert [asset.id for asset in walk(found)] == ids(wanted)


# Settings


def test_base_url_from_the_environment(server, library, monkeypatch):
    monkeypatch.setenv("TWELVELABS_BASE_URL", base_url(server))
    client = TwelveLabs(api_key="tlk_demo", base_url="http://127.0.0.1:1/overridden")
    assert [asset.id for asset in client.assets.list().items] == ids(library[:10])


def test_no_key():
    with pytest.raises(TypeError, match="api_key"):
        TwelveLabs()


# Refusals


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ({"page": 0}, "parameter_invalid", "The page parameter is invalid."),
        ({"page": -1}, "parameter_invalid", "The page parameter is invalid."),
        ({"page_limit": 0}, "parameter_invalid", "The page_limit parameter is invalid."),
        ({"page_limit": 51}, "parameter_invalid", "The page_limit parameter is invalid."),
        ({"asset_ids": ["not-an-id"]}, "parameter_invalid", "The asset_ids parameter is invalid."),
        (
            {"asset_types": ["bogus"]},
            "parameter_invalid",
            "The asset_types parameter is invalid. "
            "You should use one of the following values: image, video, audio, document.",
        ),
        (
            {"page": 0, "page_limit": 51},
            "parameter_invalid",
            "The following parameters are invalid: page, page_limit.",
        ),
        (
            {"request_options": {"additional_query_parameters": {"foo": "1"}}},
            "parameter_unknown",
            "The foo parameter is unknown.",
        ),
    ],
)
def test_bad_request(client, sent, arguments, code, message):
    with pytest.raises(BadRequestError) as raised:
        client.assets.list(**arguments)
    assert raised.value.status_code == 400
    assert raised.value.body == {"code": code, "message": message}
    assert raised.value.headers["x-api-version"] == "v1.3"
    assert sent.call_count == 1


@pytest.mark.parametrize("key", ["tlk_nobody", "tlk_sdk_revoked", "tlk_sdk_expired", "sk_test_demo"])
def test_unauthorized(server, key):
    client = TwelveLabs(api_key=key, base_url=base_url(server))
    with pytest.raises(ApiError) as raised:
        client.assets.list()
    assert type(raised.value) is ApiError
    assert raised.value.status_code == 401
    assert raised.value.body == {
        "code": "api_key_invalid",
        "message": "API Key is either invalid or expired. Please check your API key "
        "or generate a new one from the dashboard and try again.",
    }


def test_not_found(server):
    client = TwelveLabs(api_key="tlk_demo", base_url=f"{server.origin}/twelvelabs/v0.9")
    with pytest.raises(ApiError) as raised:
        client.assets.list()
    assert type(raised.value) is ApiError
    assert raised.value.status_code == 404
    assert raised.value.body == {"code": "not_found", "message": "The specified resource does not exist."}


def test_too_many_requests(serve, sent):
    server = serve("--fixture", str(WORLD), clock=LAST_SECOND_OF_THE_WINDOW)
    client = TwelveLabs(api_key="tlk_sdk_limited", base_url=base_url(server))
    for _ in range(3):
        assert [asset.filename for asset in client.assets.list().items] == ["one.png"]
    with pytest.raises(ApiError) as raised:
        client.assets.list()
    assert type(raised.value) is ApiError
    assert raised.value.status_code == 429
    assert raised.value.body == {
        "code": "too_many_requests",
        "message": "You have exceeded the rate limit (3req/1min). "
        "Please try again later after 2026-03-21T12:01:00Z.",
    }
    headers = raised.value.headers
    assert (headers["retry-after"], headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("1", "3", "0")
    assert sent.call_count == 4  # this client does not retry unless told to


def test_retries_after_the_time_the_server_names(serve, sent):
    server = serve("--fixture", str(WORLD), clock=LAST_SECOND_OF_THE_WINDOW)
    client = TwelveLabs(api_key="tlk_sdk_limited", base_url=base_url(server))
    for _ in range(3):
        client.assets.list()
    with patch("twelvelabs.core.http_client.time.sleep") as sleep, pytest.raises(ApiError) as raised:
        client.assets.list(request_options={"max_retries": 4})  # this client counts from two
    assert raised.value.status_code == 429
    assert [call.args for call in sleep.call_args_list] == [(1.0,), (1.0,)]
    assert sent.call_count == 3 + 3


# No answer at all


def test_connection_refused(sent):
    # Nobody listens on this port, which only root may.
    client = TwelveLabs(api_key="tlk_demo", base_url="http://127.0.0.1:2/twelvelabs/v1.3")
    with pytest.raises(httpx.ConnectError):
        client.assets.list()
    assert sent.call_count == 1


def test_timeout(client, server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        # It answers until the kernel has stopped it.
        os.waitid(os.P_PID, server.process.pid, os.WSTOPPED | os.WNOWAIT)
        with pytest.raises(httpx.ReadTimeout):
            client.assets.list(request_options={"timeout_in_seconds": 0.1})
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert client.assets.list().items


def test_stops_while_a_client_is_connected(server, client):
    assert client.assets.list().items
    server.stop()
    with pytest.raises(httpx.TransportError):
        client.assets.list()
