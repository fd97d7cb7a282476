"""How ordinary clients of HTTP fare with what a plain server would break off: large bodies that nobody wants, and targets that
are no URLs. curl speaks both versions of HTTP."""

import http.client
import json
import subprocess
from urllib.parse import urlsplit

import pytest

SIZES = [200_000, 1_000_000, 10_000_000]
AUTH = {"Authorization": "Bearer sk_test_demo"}


def curl(*arguments, body=b""):
    command = ["curl", "-q", "-sS", "-g", "--max-time", "20", *arguments]
    return subprocess.run(command, input=body, capture_output=True, check=True, timeout=30).stdout


@pytest.mark.parametrize("size", SIZES)
def test_http_client_reads_the_vendors_refusal_of_a_large_body(server, size):
    connection = http.client.HTTPConnection(urlsplit(server.origin).netloc, timeout=20)
    for method, status in [("PUT", 405), ("GET", 200), ("PUT", 405)]:
        connection.request(method, "/flora/api/v1/assets", b"x" * size, AUTH)
        response = connection.getresponse()
        assert (response.status, list(json.load(response))[0]) == (status, "error" if status == 405 else "assets")


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
@pytest.mark.parametrize("expect", ["Expect:", "Expect: 100-continue"])
@pytest.mark.parametrize("size", SIZES)
def test_curl_reads_the_vendors_refusal_of_a_large_body(server, size, expect, version):
    target = f"{server.origin}/flora/api/v1/assets"
    said = curl(version, "-X", "PUT", "-H", expect, "--data-binary", "@-", "-w", "%{stderr}%{http_code}", target, body=b"x" * size)
    assert "error" in json.loads(said)


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_asks_for_a_list_in_twelvelabs_own_json(server, version):
    def asked(*query):
        given = [part for one in query for part in ("-d", one)]
        target = f"{server.origin}/twelvelabs/v1.3/assets"
        return json.loads(curl(version, "-H", "x-api-key: tlk_demo", "-G", *given, target))

    assert asked('asset_types=["image","video"]') == asked("asset_types=image", "asset_types=video")
    [entry] = json.loads(curl(f"{server.origin}/_emulator/journal?limit=1&after=0"))["entries"]
    assert entry["target"] == "/twelvelabs/v1.3/assets?asset_types=[%22image%22,%22video%22]"
