#!/usr/bin/env python3
"""Tests `assetmock exec --intercept`. Unchanged clients call their vendors' own addresses, and the emulator answers them: the
official SDKs, the vendors' own samples, Python's three usual clients and Node. Other hosts are refused, or reached with
`--others tunnel`: here a server whose certificate is signed by the test's own CA, behind a proxy that the parent names.

ASSETMOCK_BIN names the program, IMPOSTOR that of `impostor.rs`, SDK_PYTHON a Python with the packages of tests/sdk/python,
SDK_NODE a folder with those of tests/sdk/node, and NODE a node that takes its proxy from the environment; `tests/run` sets
all of them. Arguments are parts of the names of cases: only these are run.
"""

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from server import PLAIN, Server  # noqa: E402

BIN, PYTHON, NODE = (os.environ[name] for name in ("ASSETMOCK_BIN", "SDK_PYTHON", "NODE"))
SDK_NODE = os.environ["SDK_NODE"]
TIMEOUT = 60
OTHER = "other.test"

# The vendors' own lines, but for the key; PiktID's shows none.
CURL = {
    "xQR": '''curl -X GET "https://xqr.co/api/v1/assets?limit=20&offset=0" \\
  -H "Authorization: Bearer $XQR_API_KEY"''',
    "FLORA": '''curl https://app.flora.ai/api/v1/assets \\
    -H "Authorization: Bearer $FLORA_API_KEY"''',
    "PiktID": '''curl -X GET "https://v2.api.piktid.com/assets" -H "Authorization: Bearer $PIKTID_API_KEY"''',
    "KonPro": '''curl --request GET \\
--url "https://api.konpro.ai/v1/asset/list?limit=50&file_type=image" \\
--header "accept: application/json" \\
--header "x-api-key: $KONPRO_API_KEY"''',
}

# TwelveLabs' page has samples only in programming languages. This one asks for assets of the fixture `docs`.
TWELVELABS_SAMPLE = r"""import requests

url = "https://api.twelvelabs.io/v1.3/assets"

querystring = {"asset_ids":"[\"6298d673f1090f1100476d4c\",\"6298d673f1090f1100476d4d\"]","asset_types":"[\"image\",\"video\"]"}

headers = {"x-api-key": "tlk_docs"}

response = requests.get(url, headers=headers, params=querystring)

print(response.json())
"""
TWELVELABS_PYTHON = """
import os
from twelvelabs import TwelveLabs

print(len(list(TwelveLabs(api_key=os.environ["TWELVE_LABS_API_KEY"]).assets.list())))
"""
TWELVELABS_NODE = """
import { TwelveLabs } from 'twelvelabs-js';
let count = 0;
for await (const asset of await new TwelveLabs({}).assets.list()) count += 1;
console.log(count);
"""
FLORA_NODE = """
import Flora from '@flora-ai/flora';
console.log((await new Flora().assets.list()).assets.length);
"""
URLLIB = "import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], headers=dict([sys.argv[2].split(': ')]))).read().decode())"
REQUESTS = "import sys, requests as r; print(r.get(sys.argv[1], headers=dict([sys.argv[2].split(': ')])).text)"
HTTPX = "import sys, httpx as r; print(r.get(sys.argv[1], headers=dict([sys.argv[2].split(': ')])).text)"
FETCH = "const [url, header] = process.argv.slice(1); console.log(await (await fetch(url, { headers: [header.split(': ')] })).text())"
CLIENTS = {
    "curl": ["curl", "-sS", "-f"],
    "urllib": [PYTHON, "-c", URLLIB],
    "requests": [PYTHON, "-c", REQUESTS],
    "httpx": [PYTHON, "-c", HTTPX],
    "fetch": [NODE, "--input-type=module", "--eval", FETCH],
}


def asking(client, url, header="accept: */*"):
    return [*CLIENTS[client], url, *(["-H"] if client == "curl" else []), header]


def check(holds, message):
    if not holds:
        sys.exit(f"failed: {message}")


class World:
    """A folder for the test, a CA of its own, and a server with a certificate from it."""

    def __init__(self, folder):
        self.folder, self.temporary, self.own = folder, folder / "temporary", folder / "own"
        self.temporary.mkdir()
        (folder / "work").mkdir()
        # So that curl reads no other.
        (folder / ".curlrc").touch()
        # This server only makes the CA: the one in `--tls-dir` is like any other.
        Server(["--tls-dir", str(self.own), "--tls-name", OTHER], PLAIN, folder).stop()
        self.other = subprocess.Popen([os.environ["IMPOSTOR"], self.own, OTHER, "localhost"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = self.other.stdout.readline().strip()
        self.url = f"https://{OTHER}:{self.port}/"

    def environment(self, **more):
        return PLAIN | {"TMPDIR": str(self.temporary), "CURL_HOME": str(self.folder)} | more

    def trusting(self, **more):
        """The environment of a parent that trusts the CA. The file has its key, too, which must not get any further."""
        return self.environment(SSL_CERT_FILE=str(self.own / "authority.pem"), NODE_EXTRA_CA_CERTS=str(self.own / "ca.pem"), **more)

    def exec(self, command, *options, environment=None, directory=None):
        command = [BIN, "exec", "--intercept", *options, "--", *command]
        return subprocess.run(command, env=environment or self.environment(), cwd=directory, capture_output=True, text=True, timeout=TIMEOUT)

    def nothing_is_left(self):
        left = list(self.temporary.iterdir())
        check(not left, f"left behind: {left}")


class Proxy:
    """The proxy of a parent, which knows where the other host is, and records which hosts it was asked for."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        host, port = head.split()[1].decode().rsplit(":", 1)
        self.asked.append(host)
        server = socket.create_connection(("127.0.0.1", int(port)))
        client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        ends = {client: server, server: client}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                part = end.recv(65536)
                if not part:
                    client.close()
                    server.close()
                    return
                ends[end].sendall(part)


def sdks(world):
    """With nothing in their constructors but what they require, and their default base URLs."""
    node = [NODE, "--input-type=module", "--eval"]
    for name, command, most in [
        ("twelvelabs", [PYTHON, "-c", TWELVELABS_PYTHON], 1000),
        ("twelvelabs-js", [*node, TWELVELABS_NODE], 1000),
        ("@flora-ai/flora", [*node, FLORA_NODE], 20),
    ]:
        done = world.exec(command, directory=SDK_NODE)
        check(done.returncode == 0 and 10 < int(done.stdout) <= most, f"{name}: {done}")
        check(", 0 refused\n" in done.stderr, f"{name}: {done.stderr}")


def samples(world):
    """Unchanged but for the key."""
    commands = {title: ["sh", "-c", line] for title, line in CURL.items()} | {"TwelveLabs": [PYTHON, "-c", TWELVELABS_SAMPLE]}
    for title, command in commands.items():
        done = world.exec(command)
        check(done.returncode == 0 and re.search(r"""["'](data|assets)["']: ?\[\{""", done.stdout), f"{title}: {done}")
        check(f"assetmock: 1 request, 0 refused\n  Requests:\n    {title}: 1 request\n" in done.stderr, f"{title}: {done.stderr}")


def clients(world):
    """Each of them is answered, and may call the test's own servers directly."""
    commands = {name: asking(name, "https://api.konpro.ai/v1/asset/list", "x-api-key: konpro_demo") for name in CLIENTS}
    later = shutil.which("python3.13")
    if later and subprocess.run([later, "-c", ""], capture_output=True).returncode == 0:
        commands["urllib of Python 3.13"] = [later, *commands["urllib"][1:]]
    for name, command in commands.items():
        done = world.exec(command)
        check(done.returncode == 0 and '"assets":[' in done.stdout, f"{name}: {done}")
    done = world.exec(["sh", "-c", 'curl -sf "$ASSETMOCK_API/health"'], environment=world.environment(ALL_PROXY="http://127.0.0.1:9"))
    check(done.returncode == 0 and '"ready"' in done.stdout, f"the emulator itself: {done}")


def others_are_refused(world):
    """And told, with how often."""
    report = world.folder / "report.json"
    for name in CLIENTS:
        done = world.exec(asking(name, world.url), "--report", str(report), environment=world.trusting())
        check(done.returncode != 0 and "ok" not in done.stdout, f"{name}: {done}")
        hosts = json.loads(report.read_text())["refused_hosts"]
        check([one["host"] for one in hosts] == [OTHER], f"{name}: {hosts}")
        check(re.search(rf"(?m)^  Refused, since .*--others tunnel.*:\n    {hosts[0]['requests']} × {OTHER}$", done.stderr), done.stderr)


def others_pass(world):
    """Through the proxy of the parent, and verified: by the CA that the parent names, and by no other."""
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"]:
        proxy = Proxy()
        for name in CLIENTS if variable == "HTTPS_PROXY" else ["requests"]:
            done = world.exec(asking(name, world.url), "--others", "tunnel", environment=world.trusting(**{variable: proxy.url}))
            check(done.returncode == 0 and done.stdout.strip() == "ok", f"{name}: {done}")
            check(proxy.asked.pop() == OTHER and not proxy.asked, f"{name} asked for {proxy.asked}")
    proxy = Proxy()
    for name in CLIENTS:
        done = world.exec(asking(name, world.url), "--others", "tunnel", environment=world.environment(HTTPS_PROXY=proxy.url))
        check(done.returncode != 0 and "ok" not in done.stdout, f"{name} verifies nothing: {done}")
    check(set(proxy.asked) == {OTHER}, f"asked for {proxy.asked}")


def exempt_hosts(world):
    """What the parent exempts from its proxy goes past it, and past ours; but no vendor does."""
    proxy = Proxy()
    parent = world.trusting(HTTPS_PROXY=proxy.url, NO_PROXY=f"{OTHER},app.flora.ai,*")
    resolved = ["curl", "-sSf", "--resolve", f"{OTHER}:{world.port}:127.0.0.1", world.url]
    done = world.exec(resolved, "--others", "tunnel", environment=parent)
    check(done.returncode == 0 and done.stdout == "ok" and not proxy.asked, f"{done}, asked for {proxy.asked}")
    check("no requests reached the emulator" in done.stderr, done.stderr)
    done = world.exec(["sh", "-c", CURL["FLORA"]], "--others", "tunnel", environment=parent)
    check(done.returncode == 0 and "FLORA: 1 request\n" in done.stderr, done)
    # A client that asks the emulator although the host is exempt.
    for exempt in ["localhost", "*"]:
        asking_us = ["curl", "-sSf", "--noproxy", "", f"https://localhost:{world.port}/"]
        parent = world.trusting(HTTPS_PROXY=proxy.url, NO_PROXY=exempt)
        done = world.exec(asking_us, "--others", "tunnel", environment=parent)
        check(done.returncode == 0 and done.stdout == "ok" and not proxy.asked, f"{done}, asked for {proxy.asked}")


def real_keys_stay(world):
    """The command gets the emulator's keys, no base URL, and no private key in a file."""
    names = ["XQR", "FLORA", "TWELVE_LABS", "TWELVELABS", "PIKTID", "KONPRO"]
    mark = f"real-{uuid.uuid4()}"
    real = {f"{name}_{what}": f"{mark}-{name}" for name in names for what in ["API_KEY", "BASE_URL"]}
    done = world.exec(["sh", "-c", 'env; cat "$SSL_CERT_FILE" "$NODE_EXTRA_CA_CERTS"'], environment=world.trusting(**real))
    found = set(re.findall(r"(?m)^(\w+)_API_KEY=", done.stdout)) - {"TWELVELABS"}
    check(found == set(names) - {"TWELVELABS"}, f"keys of {found}")
    passed_on = {line for line in done.stdout.splitlines() if mark in line}
    unused = {f"{name}={real[name]}" for name in ["TWELVELABS_API_KEY", "TWELVE_LABS_BASE_URL"]}
    check(passed_on <= unused, f"passed on: {passed_on}")
    check("PRIVATE KEY" not in done.stdout, "there is a private key in a file")
    own = re.search("(?s)-----BEGIN CERT.*", (world.own / "ca.pem").read_text())[0].strip()
    check(done.stdout.count(own) == 2, "the parent's authority is not in both files once")


@contextmanager
def waiting(world):
    """A run whose command waits, with the two processes and the folder of its files."""
    script = 'stat -c %a "$SSL_CERT_FILE"; echo "$$ $SSL_CERT_FILE"; exec sleep 1000'
    run = subprocess.Popen([BIN, "exec", "--intercept", "--", "sh", "-c", script], env=world.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        mode = run.stdout.readline().strip()
        pid, file = run.stdout.readline().rstrip("\n").split(" ", 1)
        check(mode == "600" and Path(file).is_file(), f"{file} has mode {mode}")
        yield run, int(pid)
    except BaseException:
        run.terminate()
        raise
    finally:
        run.wait(TIMEOUT)
        run.stdout.close()


def files_go(world):
    """Whatever the run ends by. What a run leaves that was itself killed, the next one removes, but not what one uses."""
    for wanted in [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]:
        with waiting(world) as (run, _):
            run.send_signal(wanted)
        check(run.returncode == 128 + wanted, run.returncode)
        world.nothing_is_left()
    with waiting(world) as (run, pid):
        os.kill(pid, signal.SIGKILL)
    check(run.returncode == 137, run.returncode)
    world.nothing_is_left()
    done = world.exec(["no such command"])
    check(done.returncode == 127, done)
    world.nothing_is_left()
    with waiting(world) as (run, pid):
        run.kill()
        run.wait(TIMEOUT)
        os.kill(pid, signal.SIGKILL)
    check(len(list(world.temporary.iterdir())) == 1, "a killed run left nothing")
    with waiting(world) as (run, _):
        check(len(list(world.temporary.iterdir())) == 1, "what a killed run left is still there")
        world.exec(["true"])
        check(len(list(world.temporary.iterdir())) == 1, "what a run uses was removed")
        run.terminate()
    world.nothing_is_left()


def old_node(world):
    """It is said, once, if the one in the path is too old. One that says nothing keeps nobody waiting."""
    folder = world.folder / "bin"
    folder.mkdir()
    node = folder / "node"
    said = r"assetmock: `node` is v20\.1\.0 and .*\n"
    for script, pattern in [("echo v20.1.0", said), ("echo v24.0.0", ""), ("echo x; exit 1", ""), ("exec sleep 1000", "")]:
        node.write_text(f"#!/bin/sh\n{script}\n")
        node.chmod(0o755)
        environment = world.environment(PATH=f"{folder}:{PLAIN['PATH']}")
        done = world.exec(["true"], "--quiet", environment=environment)
        check(done.returncode == 0 and re.fullmatch(pattern, done.stderr), f"{script}: {done}")


CASES = [sdks, samples, clients, others_are_refused, others_pass, exempt_hosts, real_keys_stay, files_go, old_node]


def main():
    with tempfile.TemporaryDirectory(prefix="assetmock-intercept-") as folder:
        world = World(Path(folder))
        try:
            for case in CASES:
                if len(sys.argv) == 1 or any(part in case.__name__ for part in sys.argv[1:]):
                    began = time.monotonic()
                    case(world)
                    world.nothing_is_left()
                    print(f"{case.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            world.other.kill()
            world.other.wait()


if __name__ == "__main__":
    main()
