"""What is measured in milliseconds and megabytes, beside nothing."""

import json
import socket
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager

import liveness
import load
import servers
import uploads
import vendors

HEAD = "GET {target} HTTP/1.1\r\nHost: h\r\n{key}: {value}\r\nConnection: close\r\n\r\n"


def _timed(work):
    began = time.perf_counter()
    result = work()
    return (time.perf_counter() - began) * 1000, result


def _starts(vendor, times, *options):
    request = HEAD.format(target=vendor.list().target, key=vendor.key[0], value=vendor.key[1])
    fixed = ["serve", "--listen", "127.0.0.1:PORT", "--log-level", "error", *options]
    command = [str(servers.YARDSTICK), "start", str(times), request, str(servers.BINARY), *fixed]
    return zip(*json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def starts(say):
    answered, ended = _starts(vendors.XQR, 40, "--fixture", "demo")
    say("first answer, demo world", answered, "ms", 10)
    say("first answer, demo and docs", next(_starts(vendors.XQR, 40)), "ms", 10)
    say("stop, idle", ended, "ms", 50)


def exec_overhead(say):
    """What `exec` adds to a command: both by turns, since a machine changes from one second to the next."""
    alone, wrapped = ["true"], [str(servers.BINARY), "exec", "--quiet", "--", "true"]
    took = lambda command: _timed(lambda: subprocess.run(command, check=True, **servers.QUIET))[0]
    took(wrapped)
    say("exec -- true, over true", [took(wrapped) - took(alone) for _ in range(100)], "ms", 15)


def memory(say):
    with servers.assetmock() as server:
        time.sleep(0.5)
        say("resident, idle", [server.resident_mb()], "MB")
        for number in range(10_000):
            vendor = vendors.ALL[number % 5]
            size, page = 1 + number % 50 % vendor.largest, number % 4
            query = f"{vendor.size}={size}" if vendor.name == "konpro" else vendor.page(server, vendor, page * size, size)
            server.ask(vendor.list(query))
        say("resident, 10,000 requests", [server.resident_mb()], "MB", 20)


def single_asset(say):
    """A get, in relation to a page of 20 assets that was not asked for before, in turn on one connection."""
    with servers.assetmock("--fixture", "demo") as server:
        made = server.steer("POST", "/workspaces", {"id": "ws_large", "generate": {"count": 10_000, "seed": 1}})
        assets = server.steer("GET", "/workspaces/ws_large/assets?limit=1000")["assets"]
        for vendor in (vendors.XQR, vendors.FLORA, vendors.TWELVELABS, vendors.PIKTID):
            key, ids = vendor.with_key(made["keys"][vendor.name]), [asset["ids"][vendor.name] for asset in assets]
            ratios = []
            for number, id in enumerate(ids[:500]):
                page = vendor.list(vendor.page(server, vendor, 20 * number, 20), key)
                one, (status, _, _) = _timed(lambda: server.ask(vendor.get(id, key)))
                # PiktID does not show others' private assets to this key.
                if status == 200:
                    ratios.append(one / _timed(lambda: server.ask(page))[0])
            say(f"a get relative to a new page, {vendor.name}", ratios, "x", 1)


FORMATS = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "image/avif", "video/mp4", "video/webm", "audio/mpeg"]
FIVE_GIGABYTES = 5_000_000_000


def ranges(say):
    """A range in the middle of files that were not read before, and again. The larger sides are the largest that are drawn."""
    middle = FIVE_GIGABYTES // 2
    head = ("Range", f"bytes={middle}-{middle + 65_535}")
    with servers.assetmock("--fixture", "demo") as server:
        def ask(id):
            took, (status, _, body) = _timed(lambda: server.ask(servers.Request(f"/_assets/ws_ranges/flora/{id}/a", head)))
            if status != 206 or len(body) != 65_536:
                raise SystemExit(f"the range of {id} was answered {status} with {len(body)} bytes")
            return took

        server.steer("POST", "/workspaces", {"id": "ws_ranges"})
        for width, height, count, bar in [(1920, 1080, 20, 10), (8192, 8192, 5, 10)]:
            first, later = {}, {}
            for mime_type in FORMATS:
                ids = [f"{mime_type.replace('/', '_')}_{width}_{number}" for number in range(count)]
                assets = [{"ids": {"flora": id}, "mime_type": mime_type, "width": width, "height": height, "size_bytes": FIVE_GIGABYTES} for id in ids]
                server.steer("POST", "/workspaces/ws_ranges/assets", {"assets": assets})
                pairs = [(ask(id), ask(id)) for id in ids]
                first[mime_type], later[mime_type] = ([pair[index] for pair in pairs] for index in (0, 1))
            print("    first: " + ", ".join(f"{mime_type} {statistics.median(each):.1f}" for mime_type, each in first.items()) + " ms")
            for when, times in {"first": first, "later": later}.items():
                say(f"a range of five gigabytes, {width} x {height}, {when}: the slowest type", max(times.values(), key=statistics.median), "ms", bar)


IDLE = 10_000


def idle(say):
    """Clients that have asked once and keep their connections."""
    try:
        import resource
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if most < IDLE + 100:
            print(f"    this process may open {most} files, too few for {IDLE} connections")
            return
        resource.setrlimit(resource.RLIMIT_NOFILE, (IDLE + 100, most))
    except ImportError:
        pass
    listed = vendors.XQR.list("limit=1")
    head = f"GET {listed.target} HTTP/1.1\r\nHost: h\r\n{listed.key[0]}: {listed.key[1]}\r\n\r\n".encode()

    def ask(connection):
        connection.sendall(head)
        answer = connection.recv(65536)
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 429")):
            raise SystemExit(f"an idle connection was answered {answer[:40]!r}")

    with servers.assetmock("--fixture", "demo") as server:
        before, held = server.resident_mb(), []
        for _ in range(IDLE):
            held.append(socket.create_connection(("127.0.0.1", server.port)))
            ask(held[-1])
        say("a page beside 10,000 idle connections", [_timed(lambda: server.ask(vendors.FLORA.list()))[0] for _ in range(200)], "ms")
        if before is not None:
            say("memory of an idle connection", [(server.resident_mb() - before) * 1024 / IDLE], "KB")
        for connection in held:
            ask(connection)
            connection.close()


def workspaces(say):
    """A fresh source each time, and the same one each time."""
    picture = {"mime_type": "image/png", "created_at": "2026-03-01T10:00:00Z", "size_bytes": 1}
    inline = {"workspaces": [{"id": "ws_inline", "assets": [{**picture, "name": f"{n}.png"} for n in range(240)]}]}
    kinds = {
        "empty": lambda number: {},
        "240 assets, as before": lambda number: {"generate": {"count": 240, "seed": 1}},
        "240 generated assets, never seen": lambda number: {"generate": {"count": 240, "seed": 1000 + number}},
        "240 inline assets, never seen": lambda number: {"fixture": {**inline, "$schema": str(number)}},
    }
    for where in ("memory", "a file"):
        with _store(where) as server:
            for kind, wanted in kinds.items():
                made, removed = [], []
                for number in range(100):
                    body = {"id": "ws_timed", **wanted(number)}
                    made.append(_timed(lambda: server.steer("POST", "/workspaces", body))[0])
                    removed.append(_timed(lambda: server.steer("DELETE", "/workspaces/ws_timed"))[0])
                say(f"make a workspace in {where}, {kind}", made, "ms", 5)
                say(f"remove it from {where}, {kind}", removed, "ms", 5)


def snapshots(say):
    one = {"assets": [{"name": "one.png", "mime_type": "image/png"}]}
    for where in ("memory", "a file"):
        with _store(where) as server:
            server.steer("POST", "/workspaces", {"id": "ws_large", "generate": {"count": 10_000, "seed": 1}})
            saved, restored = [], []
            for _ in range(20):
                saved.append(_timed(lambda: server.steer("PUT", "/snapshots/large"))[0])
                server.steer("POST", "/workspaces/ws_large/assets", one)
                restored.append(_timed(lambda: server.steer("POST", "/snapshots/large/restore"))[0])
            say(f"save 10,000 assets, {where}", saved, "ms")
            say(f"restore 10,000 assets after a change, {where}", restored, "ms", 200)


def _store(where):
    if where == "memory":
        return servers.assetmock("--fixture", "demo")
    servers.SCRATCH.mkdir(parents=True, exist_ok=True)
    for old in servers.SCRATCH.glob("store.*"):
        old.unlink()
    return servers.assetmock("--fixture", "demo", "--database", str(servers.SCRATCH / "store.sqlite"))


PLACES = {"first": 0, "middle": 0.5, "last": 1}
NEAR = 20


def million(say):
    """A million assets in one workspace: every place costs about the same, whatever the way of paging."""
    file, took = servers.million()
    if took is not None:
        say("generate --count 1000000 --database", [took], "s", 30)
    for vendor in vendors.ALL:
        say(f"first answer, a million assets, {vendor.name}", next(_starts(vendor, 5, "--database", str(file))), "ms", 30)
    with servers.assetmock("--database", str(file)) as server:
        for vendor in vendors.ALL:
            for filter in [""] + ([f"&{vendor.filter}"] if vendor.filter else []):
                _places(say, server, vendor, filter)
        walks(say, server)
    new_filters(say, file)


def _places(say, server, vendor, filter):
    size = min(50, vendor.largest)
    count = _count(server, vendor, filter)
    cold, warm = {}, {}
    for place, part in PLACES.items():
        begin = max(0, int((count - NEAR * size) * part) // size * size)
        queries = [vendor.page(server, vendor, begin + n * size, size, filter) for n in range(NEAR)] \
            if vendor.name != "konpro" else _steps(server, vendor, begin, size, filter)
        cold[place] = statistics.median(_timed(lambda: server.ask(vendor.list(query)))[0] for query in queries)
        again = vendor.list(queries[0])
        server.ask(again)
        warm[place] = statistics.median(_timed(lambda: server.ask(again))[0] for _ in range(200))
    for how, medians in {"never asked": cold, "asked before": warm}.items():
        said = ", ".join(f"{place} {ms:.2f}" for place, ms in medians.items())
        print(f"    {vendor.name}{filter}, {how}: {said} ms")
        say(f"slowest place of three, {how}, {vendor.name}{filter}", [max(medians.values()) / min(medians.values())], "x", 3)


def _steps(server, vendor, begin, size, filter):
    """KonPro's pages from a place on: each names the next."""
    queries = [vendor.page(server, vendor, begin, size, filter)]
    while len(queries) < NEAR:
        token = json.loads(server.ask(vendor.list(queries[-1]))[2])["token"]
        if not token:
            break
        queries.append(f"limit={size}&token={token}{filter}")
    return queries


def _count(server, vendor, filter):
    """How many assets there are: as a page says, or the generator made."""
    body = json.loads(server.ask(vendor.list(filter.lstrip("&")))[2])
    for path in (("meta", "total_estimate"), ("page_info", "total_results"), ("pagination", "total")):
        if path[1] in body.get(path[0], {}):
            return body[path[0]][path[1]]
    return 1_000_000 if vendor.name == "xqr" else 600_000


FRESH = {
    "flora": [f"query={word}" for word in ("summer", "zz", "Blue", "portrait%207", "xyzzy")],
    "twelvelabs": [f"filename={word}" for word in ("summer", "zz", "blue", "9", "xyzzy")] + ["asset_types=audio"],
    "piktid": [f"search={word}" for word in ("summer", "zz", "model", "xyzzy")]
    + ["include_tags=product", "exclude_tags=model,other", "sort_by=filename", "order=asc",
       "created_after=2026-01-01T00:00:00Z"],
    "konpro": ["file_type=audio", "file_type=video", "folder_id=nowhere"],
}


def new_filters(say, file):
    """Each is used for the first time by several servers, one after the other."""
    taken, waits = {}, []
    for _ in range(3):
        with servers.assetmock("--database", str(file)) as server:
            small = server.steer("POST", "/workspaces", {"generate": {"count": 240, "seed": 1}})
            with _neighbour(server, small["keys"]["twelvelabs"], waits):
                for vendor in vendors.ALL:
                    for query in FRESH.get(vendor.name, []):
                        ms, _ = _timed(lambda: server.ask(vendor.list(query)))
                        taken.setdefault(vendor.name, {}).setdefault(query, []).append(ms)
            server.steer("DELETE", f"/workspaces/{small['id']}")
    for name, times in taken.items():
        print("    " + ", ".join(f"{query} {statistics.median(each):.0f}" for query, each in times.items()))
        say(f"first use of a filter, {name}: the slowest", max(times.values(), key=statistics.median), "ms", 500)
    waits.sort()
    say("others meanwhile, p99", [waits[int(len(waits) * 0.99)]], "ms", 50)


@contextmanager
def _neighbour(server, key, waits):
    """Somebody else who lists a small workspace all the time, and how long that takes."""
    listed, done = vendors.TWELVELABS.list("", vendors.TWELVELABS.with_key(key)), threading.Event()

    def watch():
        neighbour = servers.Server(server.port, server.process)
        while not done.is_set():
            waits.append(_timed(lambda: neighbour.ask(listed))[0])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def walks(say, server):
    """Every asset through every provider, in the largest pages."""
    for vendor in vendors.ALL:
        query, seen, began = f"{vendor.size}={vendor.largest}", 0, time.perf_counter()
        while query:
            body = json.loads(server.ask(vendor.list(query))[2])
            rows = body.get("data") or body.get("assets") or []
            seen += len(rows)
            if vendor.name == "konpro":
                query = f"limit=100&token={body['token']}" if body["token"] else None
            else:
                query = vendor.page(server, vendor, seen, vendor.largest) if len(rows) == vendor.largest else None
        print(f"    {vendor.name}: {seen} assets in {time.perf_counter() - began:.1f} s, {server.resident_mb():.0f} MB")
    say("resident, a million assets walked five times", [server.resident_mb()], "MB", 400)


def flat(say, seconds):
    """Resident memory over as many requests as fit in the time: of the last minute over the first after three warm-ups."""
    import tempfile
    with servers.assetmock("--fixture", "demo") as server, tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        requests = [vendor.list(f"{vendor.size}={size}") for vendor in vendors.ALL for size in range(1, 41)]
        file.write("".join(request.line() + "\n" for request in requests))
        file.flush()
        resident, count = [], 0
        for _ in range(seconds // 5):
            count += 5 * load.put_on(server, file.name, 5, 32).per_second
            resident.append(server.resident_mb())
        print(f"    {count / 1e6:.1f} million requests")
        minutes = (resident[3:15], resident[-12:])
        say("growth over a long load", [None if None in resident else statistics.median(minutes[1]) - statistics.median(minutes[0])], "MB", 1)


ALL = {"start": starts, "exec": exec_overhead, "liveness": liveness.liveness, "memory": memory, "single asset": single_asset, "ranges": ranges, "idle": idle, "workspaces": workspaces, "snapshots": snapshots, "uploads": uploads.uploads, "million": million}
