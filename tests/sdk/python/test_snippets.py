"""The vendors' own curl and Python samples, with only the host (and a placeholder key) changed, get the vendors' own sample answers."""

import ast
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone

import pytest

XQR_KEY = "xqr_pk_a1b2c3d4." + "x" * 64

HOSTS = {
    "https://xqr.co": "xqr",
    "https://app.flora.ai": "flora",
    "https://api.twelvelabs.io": "twelvelabs",
    "https://v2.api.piktid.com": "piktid",
    "https://api.konpro.ai": "konpro",
}

XQR_DATA = [
    {
        "id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "filename": "logo-dark.png",
        "mime_type": "image/png",
        "file_size": 48210,
        "status": "confirmed",
        "is_public": True,
        "public_url": "https://cdn.xqr.co/tenants/ws_abc/originals/a1b2c3d4.png",
        "tags": ["branding", "logo"],
        "created_at": "2026-03-18T10:15:00Z",
        "updated_at": "2026-03-19T08:30:00Z",
    },
    {
        "id": "f7e8d9c0-b1a2-3456-7890-abcdef123456",
        "filename": "banner-summer.jpg",
        "mime_type": "image/jpeg",
        "file_size": 215040,
        "status": "confirmed",
        "is_public": False,
        "public_url": None,
        "tags": ["campaign"],
        "created_at": "2026-03-15T14:22:00Z",
        "updated_at": "2026-03-15T14:22:00Z",
    },
]

FLORA_ASSET = {
    "asset_id": "asset_abc123",
    "content_type": "content_type",
    "created_at": 0,
    "description": "description",
    "height": 0,
    "name": "name",
    "size_bytes": 0,
    "status": "pending_upload",
    "upload_content_type": "upload_content_type",
    "uploaded_via": "uploaded_via",
    "url": "https://example.com",
    "width": 0,
    "workspace_id": "ws_abc123",
    "node_id": "node_abc123",
    "project_id": "prj_abc123",
}

TWELVELABS_ANSWER = {
    "data": [
        {
            "_id": "6298d673f1090f1100476d4d",
            "method": "direct",
            "status": "ready",
            "filename": "video-01.mp4",
            "file_type": "video/mp4",
            "created_at": "2022-06-02T10:30:00Z",
        },
        {
            "_id": "6298d673f1090f1100476d4c",
            "method": "direct",
            "status": "ready",
            "filename": "image-01.jpg",
            "file_type": "image/jpeg",
            "created_at": "2022-06-02T10:30:00Z",
        },
    ],
    "page_info": {"limit_per_page": 10, "page": 1, "total_page": 1, "total_results": 2},
}

KONPRO_ASSETS = [
    {
        "id": "asset_123456",
        "name": "profile_image.jpg",
        "file_type": "image",
        "folder_id": "folder_789",
        "created_ts": 1640995200,
        "url": None,
    },
    {
        "id": "asset_789012",
        "name": "video_clip.mp4",
        "file_type": "video",
        "folder_id": "",
        "created_ts": 1640995100,
        "url": None,
    },
]


@pytest.fixture
def here(server):
    """Points a sample at the server."""

    def point(sample):
        for host, provider in HOSTS.items():
            sample = sample.replace(host, f"{server.origin}/{provider}")
        assert "https://" not in sample
        return sample

    return point


@pytest.fixture
def shell(here, tmp_path):
    """Runs a curl line as it stands; a .curlrc adds the status after the body."""
    (tmp_path / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')

    def run(line, **variables):
        environment = {**os.environ, "CURL_HOME": str(tmp_path), **variables}
        done = subprocess.run(
            ["sh", "-c", here(line)], env=environment, capture_output=True, text=True, timeout=10
        )
        assert done.returncode == 0, done.stderr
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    return run


@pytest.fixture
def python(here):
    """Runs a Python sample as a program and returns what it prints."""

    def run(program):
        done = subprocess.run(
            [sys.executable, "-c", here(program)], capture_output=True, text=True, timeout=10
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def same(answer, sample):
    """Equal, the order of the keys included."""
    assert json.dumps(answer, indent=1) == json.dumps(sample, indent=1)


# xQR


def test_xqr_curl(shell):
    status, answer = shell(
        f"""curl -X GET "https://xqr.co/api/v1/assets?limit=20&offset=0" \\
  -H "Authorization: Bearer {XQR_KEY}"
"""
    )
    assert status == 200
    assert list(answer) == ["data", "meta"]
    same(answer["data"], XQR_DATA)
    assert list(answer["meta"]) == ["request_id", "rate_limit"]
    assert re.fullmatch("req_[0-9a-f]{16}", answer["meta"]["request_id"])
    end_of_the_minute = int(datetime(2026, 3, 21, 12, 1, tzinfo=timezone.utc).timestamp())
    same(answer["meta"]["rate_limit"], {"limit": 600, "remaining": 599, "reset": end_of_the_minute})


def test_xqr_httpx(python):
    printed = python(
        f"""import httpx

response = httpx.get(
    "https://xqr.co/api/v1/assets",
    headers={{
        "Authorization": "Bearer {XQR_KEY}",
    }},
    params={{"limit": 20, "offset": 0}},
)

data = response.json()["data"]
print(f"Fetched {{len(data)}} assets")
"""
    )
    assert printed == "Fetched 2 assets\n"


def test_xqr_workspace_httpx(python):
    printed = python(
        f"""import httpx

response = httpx.get(
    "https://xqr.co/api/v1/workspace/usage",
    headers={{
        "Authorization": "Bearer {XQR_KEY}",
    }},
)

data = response.json()["data"]
usage = data["usage"]
limits = data["limits"]

pct = (usage["links_created_this_month"] / limits["links_per_month"]) * 100
print(f"Link usage: {{pct:.1f}}%")
print(usage["storage_bytes"])
"""
    )
    assert printed == f"Link usage: 0.0%\n{48210 + 215040}\n"


def test_xqr_workspace_curl(shell):
    for path, fields in [
        ("workspace", ["id", "name", "description", "plan", "created_at"]),
        ("workspace/usage", ["plan", "usage", "limits", "features"]),
    ]:
        status, answer = shell(
            f"""curl -X GET https://xqr.co/api/v1/{path} \\
-H "Authorization: Bearer {XQR_KEY}"
"""
        )
        assert (status, list(answer["data"])) == (200, fields)
    status, answer = shell(
        f'curl -X GET https://xqr.co/api/v1/workspace/members -H "Authorization: Bearer {XQR_KEY}"'
    )
    assert (status, [list(member) for member in answer["data"]]) == (200, [["id", "email", "name"]])


# FLORA


def test_flora_curl(shell):
    status, answer = shell(
        """curl https://app.flora.ai/api/v1/assets \\
    -H "Authorization: Bearer $FLORA_API_KEY"
""",
        FLORA_API_KEY="sk_live_XXXX",
    )
    assert status == 200
    same(answer, {"assets": [FLORA_ASSET], "meta": {"next_cursor": None, "total_estimate": 1}})


# TwelveLabs


def test_twelvelabs_requests(python):
    printed = python(
        r"""import requests

url = "https://api.twelvelabs.io/v1.3/assets"

querystring = {"asset_ids":"[\"6298d673f1090f1100476d4c\",\"6298d673f1090f1100476d4d\"]","asset_types":"[\"image\",\"video\"]"}

headers = {"x-api-key": "<apiKey>"}

response = requests.get(url, headers=headers, params=querystring)

print(response.json())
""".replace("<apiKey>", "tlk_docs")
    )
    same(ast.literal_eval(printed), TWELVELABS_ANSWER)


# PiktID


def test_piktid_curl_has_no_key(shell):
    assert shell('curl -X GET "https://v2.api.piktid.com/assets"') == (401, {"error": "Unauthorized"})


def test_piktid_curl_with_a_key(shell):
    status, answer = shell(
        'curl -X GET "https://v2.api.piktid.com/assets" -H "Authorization: Bearer piktid_docs"'
    )
    assert status == 200
    assert list(answer) == ["pagination", "assets"]
    same(
        answer["pagination"],
        {"page": 1, "per_page": 20, "total": 1, "pages": 1, "has_next": False, "has_prev": False},
    )
    [asset] = answer["assets"]
    same(
        asset,
        {
            "id": "00000000-0000-4000-8000-000000000001",
            "filename": "string",
            "url": "https://example.com/string",
            "created_at": "2026-01-01T00:00:00+00:00",
            "created_by": "string",
            "tags": ["model"],
            "visibility": "private",
            "thumbnail_big": None,
            "thumbnail_small": None,
            "styling_note": None,
            "detected": None,
            "dimensions": None,
        },
    )


# KonPro

KONPRO_CURL = """curl --request GET \\
--url "https://api.konpro.ai/v1/asset/list?limit=50&file_type=image" \\
--header "accept: application/json" \\
--header "x-api-key: <your-api-key>"
"""


@pytest.mark.parametrize(
    ("line", "assets"),
    [(KONPRO_CURL, KONPRO_ASSETS[:1]), (KONPRO_CURL.replace("&file_type=image", ""), KONPRO_ASSETS)],
    ids=["as published", "without its filter"],
)
def test_konpro_curl(shell, line, assets):
    status, answer = shell(line.replace("<your-api-key>", "konpro_docs"))
    assert status == 200
    same(answer, {"assets": assets, "token": None, "has_more": False})


KONPRO_LIST_FOLDERS = """curl --request GET \\
--url "https://api.konpro.ai/v1/folders?limit=50&is_trash=false" \\
--header "accept: application/json" \\
--header "x-api-key: <your-api-key>"
"""

KONPRO_CREATE_FOLDER = """curl --request POST \\
--url https://api.konpro.ai/v1/folders/create \\
--header 'accept: application/json' \\
--header 'content-type: application/json' \\
--header 'x-api-key: <your-api-key>' \\
--data '{
"name": "Project Media",
"project_type": "video",
"parent_id": "folder_789"
}'
"""

KONPRO_RENAME_FOLDER = """curl --request POST \\
--url https://api.konpro.ai/v1/folders/<folder_id> \\
--header 'accept: application/json' \\
--header 'content-type: application/json' \\
--header 'x-api-key: <your-api-key>' \\
--data '{
"name": "New Folder Name"
}'
"""

KONPRO_TRASH_FOLDER = """curl --request POST \\
--url https://api.konpro.ai/v1/folders/<folder_id>/trash \\
--header 'accept: application/json' \\
--header 'x-api-key: <your-api-key>'
"""

KONPRO_VALIDATE_KEY = """curl -X POST https://api.konpro.ai/v1/api-keys/validate \\
-H "x-api-key: <your-api-key-to-validate>" \\
-H "Content-Type: application/json"
"""


def test_konpro_folders_curl(shell):
    def ask(line, folder=""):
        status, answer = shell(
            line.replace("<your-api-key>", "konpro_docs").replace("<folder_id>", folder)
        )
        assert status == 200, answer
        return answer

    before = ask(KONPRO_LIST_FOLDERS)
    assert [folder["name"] for folder in before["folders"]] == ["Sample"]
    made = ask(KONPRO_CREATE_FOLDER)
    folder = made.pop("folder_id")
    sample = {"name": "Project Media", "project_type": "video", "parent_id": "folder_789"}
    assert list(made) == [*sample, "created_at"]
    assert made.items() >= sample.items()
    assert ask(KONPRO_RENAME_FOLDER, folder)["name"] == "New Folder Name"
    names = [folder["name"] for folder in ask(KONPRO_LIST_FOLDERS)["folders"]]
    assert names == ["New Folder Name", "Sample"]
    assert ask(KONPRO_TRASH_FOLDER, folder)["status"] == "trashed"
    assert ask(KONPRO_LIST_FOLDERS) == before


def test_konpro_validate_key_curl(shell):
    status, answer = shell(
        KONPRO_VALIDATE_KEY.replace("<your-api-key-to-validate>", "konpro_docs")
    )
    assert (status, answer.pop("valid")) == (200, True)
    assert list(answer) == ["key_id", "scopes", "metadata", "expires_at"]
