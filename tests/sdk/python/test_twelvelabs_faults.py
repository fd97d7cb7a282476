"""How the official `twelvelabs` client bears faults: what it tries again, what it makes of broken answers, and what it ends
up with when the listing changes under its feet. The journal tells which requests it really sent."""

import asyncio
from datetime import datetime, timezone
from itertools import islice
from unittest.mock import patch

import httpx
import pytest
from conftest import NAMES, World
from twelvelabs import AsyncTwelveLabs, TwelveLabs
from twelvelabs.core.api_error import ApiError
from twelvelabs.errors import BadRequestError

TWO_RETRIES = {"max_retries": 4}  # this client counts from two


@pytest.fixture
def world(serve):
    """Half of the first minute is over."""
    return World(serve("--fixture", "empty", clock="2026-03-21T12:00:30Z"), "twelvelabs")


@pytest.fixture
def client(world):
    return TwelveLabs(api_key=world.key, base_url=world.base_url)


@pytest.fixture
def pauses():
    """Lets no time pass where the client pauses before it tries again."""
    with patch("twelvelabs.core.http_client.time.sleep") as sleep:
        yield sleep


def lengths(pauses):
    return [call.args[0] for call in pauses.call_args_list]


def request(status, **more):
    return {"path": "/v1.3/assets", "method": "GET", "status": status, "header": {"x-fern-language": "Python"}, **more}


def page(number, status=200, **more):
    return request(status, query={"page": str(number)}, **more)


def shown(assets):
    return [asset.filename for asset in assets]


def walk(client, **arguments):
    return shown(islice(client.assets.list(page_limit=4, **arguments), 1000))


# Retries


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("invalid_request", 400, BadRequestError),
        ("invalid_key", 401, ApiError),
        ("missing_scope", 403, ApiError),
        ("not_found", 404, ApiError),
        ("rate_limited", 429, ApiError),
        ("server_error", 500, ApiError),
        ("unavailable", 503, ApiError),
    ],
)
def test_nothing_is_tried_again_unless_it_is_told_to(world, client, fault, status, kind):
    world.fault({"failure": fault})
    with pytest.raises(ApiError) as raised:
        client.assets.list()
    assert (type(raised.value), raised.value.status_code) == (kind, status)
    world.sent(request(status, fault=fault))


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        ({"failure": "request_canceled_or_timed_out"}, 408),
        ({"raw": {"status": 409}}, 409),
        ({"failure": "rate_limited"}, 429),
        ({"failure": "server_error"}, 500),
        ({"failure": "unavailable"}, 503),
    ],
)
def test_what_is_tried_again_when_it_is_told_to(world, client, pauses, effect, status):
    world.fault(effect)
    with pytest.raises(ApiError) as raised:
        client.assets.list(request_options=TWO_RETRIES)
    assert raised.value.status_code == status
    world.sent(*[request(status)] * 3)
    assert pauses.call_count == 2


@pytest.mark.parametrize(("max_retries", "requests"), [(1, 1), (2, 1), (3, 2), (5, 4)])
def test_retries_are_counted_from_two(world, client, pauses, max_retries, requests):
    world.fault({"failure": "unavailable"})
    with pytest.raises(ApiError):
        client.assets.list(request_options={"max_retries": max_retries})
    world.sent(*[request(503)] * requests)


def test_what_is_wrong_is_not_tried_again(world, client, pauses):
    world.fault({"failure": "invalid_request"})
    with pytest.raises(BadRequestError):
        client.assets.list(request_options=TWO_RETRIES)
    world.sent(request(400))


def test_two_failures_are_survived(world, client, pauses):
    world.fault({"failure": "rate_limited"}, trigger={"next": 2})
    assert shown(client.assets.list(request_options=TWO_RETRIES).items) == NAMES
    world.sent(request(429), request(429), request(200))


def test_two_failures_are_survived_without_blocking(world):
    world.fault({"failure": "rate_limited"}, trigger={"next": 2}, retry_after=0)
    client = AsyncTwelveLabs(api_key=world.key, base_url=world.base_url)
    page = asyncio.run(asyncio.wait_for(client.assets.list(request_options=TWO_RETRIES), 30))
    assert shown(page.items) == NAMES
    world.sent(request(429), request(429), request(200))


def test_a_failure_on_a_later_page_is_survived(world, client, pauses):
    world.fault({"failure": "unavailable"}, match={"query": {"page": "2"}}, trigger={"next": 1})
    assert walk(client, request_options=TWO_RETRIES) == NAMES
    world.sent(page(1), page(2, 503), page(2), page(3), page(4))


def test_retry_after_in_seconds_is_obeyed(world, client, pauses):
    world.fault({"failure": "rate_limited"}, retry_after=29, trigger={"next": 1})
    world.fault({"failure": "unavailable"}, retry_after=0, trigger={"next": 2})
    client.assets.list(request_options=TWO_RETRIES)
    world.sent(request(429), request(503), request(200))
    assert lengths(pauses) == [29, 0]


def test_retry_after_as_a_date_is_obeyed(world, client, pauses):
    world.turn_clock(set=datetime.now(timezone.utc).isoformat(), frozen=False)
    world.fault({"failure": "unavailable"}, retry_after={"date_in_seconds": 29}, trigger={"next": 1})
    client.assets.list(request_options=TWO_RETRIES)
    world.sent(request(503), request(200))
    [pause] = lengths(pauses)
    assert 2 < pause <= 29  # without the header at most 2 seconds


@pytest.mark.parametrize("retry_after", [31, {"date_in_seconds": 3600}])
def test_a_long_retry_after_is_not_obeyed(world, client, pauses, retry_after):
    world.turn_clock(set=datetime.now(timezone.utc).isoformat())
    world.fault({"failure": "unavailable"}, retry_after=retry_after, trigger={"next": 1})
    client.assets.list(request_options=TWO_RETRIES)
    world.sent(request(503), request(200))
    [pause] = lengths(pauses)
    assert 1.5 <= pause <= 2


def test_a_limit_used_up_on_the_third_request_recovers_while_the_client_waits(world, client, pauses):
    pauses.side_effect = lambda seconds: world.turn_clock(step_seconds=seconds)
    world.limit({"requests": 2, "seconds": 60})
    for _ in range(3):
        assert shown(client.assets.list(request_options=TWO_RETRIES).items) == NAMES
    assert lengths(pauses) == [30]  # to the end of the minute
    [_, _, refused, _] = world.sent(request(200), request(200), request(429), request(200))
    assert refused["why"] == (
        "the quota `own` is used up: 3 of 2 requests in 60 s; it recovers at 2026-03-21T12:01:00Z, in 30 s"
    )


# Broken answers


@pytest.mark.parametrize(
    ("effect", "kind", "status"),
    [
        ({"reset": "before"}, httpx.ReadError, None),
        ({"reset": "mid_body"}, httpx.ReadError, 200),
        ({"truncate": {"bytes": 20}}, httpx.RemoteProtocolError, 200),
    ],
)
def test_a_broken_connection_is_not_tried_again(world, client, pauses, effect, kind, status):
    world.fault(effect)
    with pytest.raises(kind):
        client.assets.list(request_options=TWO_RETRIES)
    [entry] = world.sent(request(status, fault=next(iter(effect))))
    assert entry["status"] == status


@pytest.mark.parametrize(("effect", "text"), [("malformed_json", '{"data":['), ("empty", "")])
def test_what_is_no_json_is_an_error_with_its_text(world, client, pauses, effect, text):
    world.fault(effect)
    with pytest.raises(ApiError) as raised:
        client.assets.list(request_options=TWO_RETRIES)
    assert raised.value.status_code == 200
    assert raised.value.body.startswith(text) and bool(raised.value.body) == bool(text)
    world.sent(request(200, fault=effect))


@pytest.mark.parametrize("effect", [{"content_type": "text/html"}, {"trickle": {"chunk_bytes": 500, "pause_ms": 1}}])
def test_content_types_and_trickles_do_not_matter(world, client, effect):
    world.fault(effect)
    assert shown(client.assets.list().items) == NAMES
    world.sent(request(200, fault=next(iter(effect))))


def test_a_raw_error_page_is_told_as_text(world, client):
    world.fault({"raw": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<h1>Bad Gateway</h1>"}})
    with pytest.raises(ApiError) as raised:
        client.assets.list()
    assert (raised.value.status_code, raised.value.body) == (502, "<h1>Bad Gateway</h1>")
    world.sent(request(502, fault="raw"))


# Paging


@pytest.mark.parametrize(
    ("fault", "expected", "last"),
    [
        ("insert", [*NAMES[:4], NAMES[3], *NAMES[4:]], 4),
        ("remove", [*NAMES[:4], *NAMES[5:]], 3),
        ("repeat", [*NAMES[:4], NAMES[3], *NAMES[4:7], NAMES[8]], 4),
        ("empty_page", NAMES[:4], 2),
        ("changing_total", NAMES, 4),
    ],
)
def test_a_walk_that_is_disturbed_behind_its_first_page(world, client, fault, expected, last):
    world.fault({"paging": fault}, match={"query": {"page": "2"}})
    assert walk(client) == expected
    later = [page(number) for number in range(3, last + 1)]
    entries = world.sent(page(1), page(2, fault=fault), *later)
    assert [entry["faults"] for entry in entries] == [[], [fault]] + [[]] * len(later)


def test_an_empty_first_page_does_not_end_the_walk(world, client):
    world.fault({"paging": "empty_page"}, match={"query": {"page": "1"}})
    assert walk(client) == NAMES[4:]
    world.sent(page(1, fault="empty_page"), page(2), page(3), page(4))
