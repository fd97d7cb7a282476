#!/usr/bin/env python3
"""Holds the emulator's own API against its OpenAPI document: the document must be valid, and the API what it says.

ASSETMOCK_BIN names the program; run with a Python that has the packages of requirements.txt. `tests/run` does both."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
]
# Left out, for what they ask is not so here:
# - positive_data_acceptance: names must be those of something that is there, a content type must be ASCII, `?ids=` and
#   `?all=` exclude each other: no schema says so, a 400 does. And to JSON Schema 1.0 is an integer.
# - missing_required_header, ignored_auth, object_level_authorization: there are no such headers, and no accounts; the
#   Rust tests see to the token.
# - use_after_free, ensure_resource_availability: they follow links from one operation to another, which the document does
#   not have. The Rust tests do what they would.

# Enough to find every failure that ever was found here, in about a minute.
EXAMPLES = 25
LONGEST_SECONDS = 600


@contextmanager
def server(folder):
    """A server with the demo world and a frozen clock; its origin."""
    port_file = folder / "port"
    command = [os.environ["ASSETMOCK_BIN"], "serve", "--listen", "127.0.0.1:0", "--port-file", str(port_file)]
    command += ["--fixture", "demo", "--clock", "2026-03-21T12:00:00Z", "--seed", "1", "--log-level", "warn", "--log-format", "json"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{(folder / 'log').read_text()}")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{int(port_file.read_text())}"
    finally:
        process.kill()
        process.wait()


def read(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return json.load(answer)


def validate(document):
    problems = OpenAPIV31SpecValidator(document).iter_errors()
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in problems]
    if errors:
        sys.exit("the document is not valid:\n" + "\n".join(errors))
    print(f"the document is valid: {sum(map(len, document['paths'].values()))} operations")


def compare(origin, folder):
    """Lets schemathesis ask whatever the document allows, and what it does not."""
    [asset] = read(f"{origin}/_emulator/workspaces/ws_demo/assets?limit=1")["assets"]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {
        "PYTHONPATH": str(Path(__file__).resolve().parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMATHESIS_HOOKS": "hooks",
        "KNOWN_ASSET": asset["ids"]["konpro"],
    }
    options = ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
    options += ["--max-examples", str(EXAMPLES), "--seed", "1", "--generation-deterministic", "--no-shrink"]
    options += ["--request-timeout", "20", "--warnings", "off", "--no-color"]
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{origin}/_emulator/openapi.json", *options]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        sys.exit(f"schemathesis took more than {LONGEST_SECONDS} seconds")
    if done.returncode:
        log = (folder / "log").read_text()
        sys.exit(f"schemathesis found something\n{log}")


with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as origin:
    validate(read(f"{origin}/_emulator/openapi.json"))
    compare(origin, Path(folder))
