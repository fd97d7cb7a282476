"""What is measured against the yardstick: each case is some requests, sent in turn to both servers."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Callable

import servers
import vendors
from servers import Request


@dataclass(frozen=True)
class Case:
    name: str
    """Gives the requests, asked of a server that holds what `options` say."""
    requests: Callable
    bar: float | None = None
    options: tuple = ("--fixture", "demo")
    connections: int = 32
    """Whether answers are refusals."""
    refused: bool = False
    prepare: Callable = field(default=lambda server: None)


def _only(request):
    return lambda server, prepared: [request]


def _generated(count):
    """A workspace with so many assets; gives its keys."""
    return lambda server: server.steer("POST", "/workspaces", {"generate": {"count": count, "seed": 1}})


def _pages(vendor, size, pages):
    """So many different pages of a generated workspace, in turn."""
    def requests(server, made):
        key = vendor.with_key(made["keys"][vendor.name])
        queries = [vendor.page(server, vendor, number * size, size) for number in range(pages)]
        return [vendor.list(query, key) for query in queries]
    return requests


def _walked(vendor, size, pages):
    """The same where every page names the next."""
    def requests(server, made):
        key, queries = vendor.with_key(made["keys"][vendor.name]), [f"limit={size}"]
        while len(queries) < pages:
            token = json.loads(server.ask(vendor.list(queries[-1], key))[2])["token"]
            if not token:
                break
            queries.append(f"limit={size}&token={token}")
        return [vendor.list(query, key) for query in queries]
    return requests


def _thousand_keys(server):
    return [server.steer("POST", "/workspaces", {"fixture": "demo", "workspace": "ws_demo"}) for _ in range(200)]


def _every_key(server, made):
    return [vendor.list("", vendor.with_key(one["keys"][vendor.name])) for one in made for vendor in vendors.ALL]


def _with_writes(vendor):
    def requests(server, made):
        ids = [asset["ids"][vendor.name] for asset in server.steer("GET", "/workspaces/ws_demo/assets?limit=1")["assets"]]
        path = f"/_emulator/workspaces/ws_demo/assets/{ids[0]}"
        change = Request(path, method="PATCH", body=json.dumps({"description": "changed"}))
        return [vendor.list()] * 19 + [change]
    return requests


def all_cases():
    cases = []
    for vendor in vendors.ALL:
        name = vendor.name
        cases += [
            Case(f"first page, {name}", _only(vendor.list()), 0.80),
            Case(f"largest page, {name}", _only(vendor.list(f"{vendor.size}={vendor.largest}")), 0.70),
            Case(f"401, {name}", _only(vendor.list("", vendor.with_key("nobodys"))), 0.80, refused=True),
            Case(f"400, {name}", _only(vendor.list(vendor.bad)), 0.80, refused=True),
        ]
        if vendor.filter:
            cases.append(Case(f"filtered page, {name}", _only(vendor.list(vendor.filter)), 0.80))
        pages = _walked if name == "konpro" else _pages
        cases.append(Case(f"200 pages in turn, {name}", pages(vendor, 50, 200), 0.30, prepare=_generated(10_000)))
    cases.append(Case("200 workspaces, 1,000 keys", _every_key, 0.80, prepare=_thousand_keys))
    cases += [Case(f"95 % lists, 5 % writes, {vendor.name}", _with_writes(vendor), 0.25) for vendor in vendors.ALL]
    cases += [Case(f"{count} connections", _only(vendors.TWELVELABS.list()), None, connections=count)
              for count in (1, 1000)]
    return cases


@contextmanager
def opened(case):
    """Both servers of a case, and the file of its requests."""
    import tempfile
    with servers.assetmock(*case.options) as ours:
        prepared = case.prepare(ours)
        requests = case.requests(ours, prepared)
        answers = servers.recorded(ours, list(dict.fromkeys(requests)))
        wrong = [answer for answer in answers if (answer["status"] >= 400) != case.refused]
        if wrong:
            raise SystemExit(f"{case.name}: {wrong[0]['target']} was answered with {wrong[0]['status']}")
        with servers.yardstick(answers) as bare, tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
            file.write("".join(request.line() + "\n" for request in requests))
            file.flush()
            yield ours, bare, file.name
