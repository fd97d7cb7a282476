#!/usr/bin/env python3
"""Runs README.md, CONTRIBUTING.md and docs/: every fenced block, the tables, the links; and looks for an example of each of
the emulator's own calls. Stops at the first difference. Arguments are parts of names of pages: only these are run then, and
what is about all pages together is left out.

ASSETMOCK_BIN names the program. SDK_PYTHON is a Python that has the packages of tests/sdk/python/requirements.txt, SDK_NODE
a folder that has the node_modules of tests/sdk/node, CLIENTS_NODE one with those of tests/clients/typescript. `tests/run`
sets all four.

Each page is run by itself, from top to bottom, in an empty folder, and starts the servers that it needs. What a block means
depends on its language; a language that is not here is a failure:

console  `$ ` begins a command (a backslash at its end or an open quote carries it on), the lines below are its output, to
         the letter.
         `…` stands for any text within a line; alone on a line, for any lines. A command that starts the server keeps
         it running, in place of the one before, for all that follows. `^C` stops it: the lines below are what it says
         from then on, and a `$ echo $?` behind them its exit code.
sh       Commands without output, each checked as SHELL below says. `export` holds for all that follows.
python   Run with SDK_PYTHON. What a `print` prints stands behind it as a comment. If the text above ends with the name of a
         file, the block is a test for pytest, saved under this name.
js       Run with node in SDK_NODE. What a `console.log` prints stands behind it as a comment.
ts       A test for `node --test`, saved under the name that the text above it ends with. Its types are checked.
json     A fixture, saved under the name that the text above it ends with, and checked.
yaml     A GitHub Actions workflow: its services are started with their environment, then its steps are run.
go, java Shown, not run: neither language is needed to test this program.

Servers take a free port; the port of the pages is replaced by it in commands and expected output. Nothing else is rewritten.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from manual_tables import check_client_variables, check_effects, check_every_call, check_exec_options, check_failures, check_options, check_paging_faults, check_triggers
from markdown import Difference, blocks, check, check_contents, check_links, compare, matches, read
from server import PLAIN, Server
from workflow import read_yaml

ROOT = Path(__file__).resolve().parent.parent
MANUAL = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *MANUAL, ROOT / "CONTRIBUTING.md"]
# Pages that have no commands to run, and links.
LINKED = [ROOT / page for page in ("CHANGELOG.md", "FIDELITY.md", "tests/wire/README.md", "benches/README.md")]
# The README is a front page: what is longer belongs into the manual.
MOST_LINES = 220
PORT = "4750"


def goes_on(command):
    """Whether the next line belongs to a command."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


class Reader:
    """Does what a page says, from top to bottom, in an empty folder."""

    def __init__(self, folder):
        self.folder, self.work = folder, folder / "work"
        self.work.mkdir()
        self.server = self.code = None
        # Method and path of each request to the emulator's own API.
        self.asked = set()
        tools = folder / "bin"
        tools.mkdir()
        (tools / "assetmock").symlink_to(os.environ["ASSETMOCK_BIN"])
        (tools / "pytest").symlink_to(Path(os.environ["SDK_PYTHON"]).with_name("pytest"))
        # curl shows its progress only where output is not a terminal, as here.
        (folder / ".curlrc").write_text("silent\nshow-error\n")
        self.environment = PLAIN | {"PATH": f"{tools}:{os.environ['PATH']}", "CURL_HOME": str(folder), "NO_COLOR": "1"}
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        self.exports = {}

    # The server and the port.

    def serve(self, arguments, environment=()):
        self.stop()
        self.server = Server(arguments, {**self.environment, **self.exports, **dict(environment)}, self.folder)
        done = self.run(["assetmock", "healthcheck", "--listen", f"127.0.0.1:{self.server.port}"])
        check(done.returncode == 0, f"the server is not healthy: {done.stdout}")

    def stop(self):
        if self.server:
            server, self.server = self.server, None
            server.stop()

    def interrupt(self):
        """Stops the server as Ctrl-C does, and gives what it says from then on."""
        check(self.server, "there is no server to stop")
        server, self.server = self.server, None
        said = len(server.output())
        self.code = server.end(signal.SIGINT)
        return server.output()[said:]

    def said(self, expected):
        """What the server says once it starts. A thread of its own writes the log, so the last line may be late."""
        deadline = time.monotonic() + 20
        while not matches([self.here(line) for line in expected], self.server.output()) and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.server.output()

    def requests(self, command):
        """The method and path of each request that curl sends to the emulator itself."""
        command = re.sub(r"\$(\w+)", lambda match: self.exports.get(match[1], match[0]), command)
        reader = shlex.shlex(command, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        words = list(reader)
        for start in (at for at, word in enumerate(words) if word == "curl"):
            method = None
            for word, following in zip(words[start:], [*words[start + 1 :], ""]):
                if re.fullmatch(r"[;&|]+", word):
                    break
                if word == "-X":
                    method = following
                elif word == "-d":
                    method = method or "POST"
            paths = [urlsplit(word).path for word in words[start:] if "/_emulator" in word]
            if paths:
                yield method or "GET", paths[0]

    @property
    def origin(self):
        check(self.server, "no server was started")
        return f"http://127.0.0.1:{self.server.port}"

    def ask(self, path, body=None, *headers):
        """The answer of the running server to `GET path`, or to `POST path` with a body."""
        data = [] if body is None else ["-d", json.dumps(body)]
        headers = [word for header in headers for word in ("-H", header)]
        done = self.run(["curl", f"{self.origin}{path}", *data, *headers])
        check(done.returncode == 0, done.stdout)
        return json.loads(done.stdout)

    def here(self, text):
        """`text` with the port of the running server."""
        if PORT not in text:
            return text
        check(self.server, f"no server was started before this:\n{text}")
        return text.replace(PORT, self.server.port)

    def run(self, command, folder=None):
        environment = self.environment | {name: self.here(value) for name, value in self.exports.items()}
        return subprocess.run(
            command,
            env=environment,
            cwd=folder or self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    # The kinds of blocks.

    def console(self, lines, _):
        commands = []
        for line in lines:
            if commands and not commands[-1][1] and goes_on(commands[-1][0]):
                commands[-1][0] += "\n" + line
            elif line.startswith("$ ") or line == INTERRUPT:
                commands.append([line.removeprefix("$ "), []])
            else:
                check(commands, "the block begins without a command")
                commands[-1][1].append(line)
        check(commands, "the block has no command")
        for command, expected in commands:
            words = shlex.split(command)
            if words[0] == "assetmock" and (len(words) == 1 or words[1] == "serve" or words[1].startswith("-")):
                self.serve(words[1:])
                got = self.said(expected)
            elif command == INTERRUPT:
                got = self.interrupt()
            elif command == "echo $?":
                got = [str(self.code)]
            else:
                self.asked |= set(self.requests(command))
                got = self.run(["bash", "-c", self.here(command)]).stdout.splitlines()
            try:
                compare([self.here(line) for line in expected], got)
            except Difference as difference:
                raise Difference(f"$ {command}\n{difference}") from None

    def sh(self, lines, _):
        for line in lines:
            command = line.partition(" #")[0].strip()
            found = [(re.fullmatch(pattern, command), rule) for pattern, rule in SHELL]
            found = [(match, rule) for match, rule in found if match]
            check(found, f"no rule says how to check `{command}`")
            match, rule = found[0]
            rule(self, *match.groups())

    def python(self, lines, above):
        name = saved_as(above, "py")
        if name:
            (self.work / name).write_text(self.here("\n".join(lines) + "\n"))
            done = self.run(["pytest", "-q", name])
            check(done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}")
        else:
            self.snippet([os.environ["SDK_PYTHON"], "-c"], lines, self.work)

    def ts(self, lines, above):
        name = saved_as(above, "ts")
        check(name, "the text above a test must end with its file name in backticks")
        folder, tools = self.folder / "typescript", Path(os.environ["CLIENTS_NODE"], "node_modules")
        folder.mkdir()
        (folder / "node_modules").symlink_to(Path(os.environ["SDK_NODE"], "node_modules"))
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / name).write_text(self.here("\n".join(lines) + "\n"))
        compiler = [tools / ".bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--outDir", "made"]
        types = ["--typeRoots", tools / "@types", "--types", "node"]
        for command in ([*compiler, *types, name], ["node", "--test", f"made/{Path(name).stem}.js"]):
            done = self.run(list(map(str, command)), folder)
            check(done.returncode == 0, f"{command[0]}: exit code {done.returncode}:\n{done.stdout}")

    def js(self, lines, _):
        self.snippet(["node", "--input-type=module", "--eval"], lines, os.environ["SDK_NODE"])

    def snippet(self, command, lines, folder):
        printing = [line for line in lines if re.match(r"\s*(print|console\.log)\(", line)]
        comments = [re.search(r"\);?\s+(?:#|//) (.+)$", line) for line in printing]
        check(printing and all(comments), "what is printed must stand behind each `print` or `console.log`")
        done = self.run([*command, self.here("\n".join(lines))], folder)
        check(done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}")
        compare([comment[1] for comment in comments], done.stdout.splitlines())

    def json(self, lines, above):
        name = saved_as(above, "json")
        check(name, "the text above a fixture must end with its file name in backticks")
        (self.work / name).write_text("\n".join(lines) + "\n")
        done = self.run(["assetmock", "fixture", "check", name])
        check(done.returncode == 0, done.stdout)

    def yaml(self, lines, _):
        jobs = read_yaml(lines)["jobs"]
        for job in jobs.values():
            for service in job["services"].values():
                check(f"{PORT}:{PORT}" in service["ports"], "the service must publish its port")
                self.serve([], service["env"])
            for step in job["steps"]:
                done = self.run(["bash", "-eo", "pipefail", "-c", self.here(step["run"])])
                check(done.returncode == 0, f"{step['run']}\n{done.stdout}")

    def shown(self, *_):
        """Whoever has the tools tries it."""

    go = java = shown

    # The commands of `sh` blocks.

    def starts(self):
        """`tests/run` has just built what `cargo run --release` would build; here it is only started."""
        self.serve([])
        banner = self.server.output()
        check(banner[0].endswith(self.here(f" on http://127.0.0.1:{PORT}")), banner[0])

    def installs(self):
        package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
        check(package["name"] == "assetmock" and (ROOT / "src/main.rs").exists(), "there is no such program")

    def tests_can_be_run(self):
        script = ROOT / "tests/run"
        check(os.access(script, os.X_OK), "tests/run cannot be executed")
        check(self.run(["bash", "-n", str(script)]).returncode == 0, "tests/run is no valid script")

    def exports_variable(self, name, value):
        self.exports[name] = value

    def image_is_described(self):
        """The image itself is not built here: that takes a container engine."""
        described = (ROOT / "Dockerfile").read_text() if (ROOT / "Dockerfile").exists() else ""
        listens = rf"(?m)^(ENV )?\s*ASSETMOCK_LISTEN=0\.0\.0\.0:{PORT}\b"
        for line in ["(?m)^FROM scratch", f"(?m)^EXPOSE {PORT}$", "(?m)^USER [1-9]", "(?m)^HEALTHCHECK ", listens]:
            check(re.search(line, described), f"Dockerfile has no line like {line}")

    def container_starts(self, volume, name, value):
        """A named volume is a directory here. In the image it must be the user's own, so that a new volume is, too."""
        self.image_is_described()
        if volume:
            owned = f"(?m)^COPY --from=build --chown=(\\d+:\\d+) {volume} {volume}\n(?:.*\n)*USER \\1$"
            check(re.search(owned, (ROOT / "Dockerfile").read_text()), f"{volume} is not the image's user's")
            check(value.startswith(f"{volume}/"), f"{value} is not in {volume}")
            (self.folder / "volume").mkdir(exist_ok=True)
            value = str(self.folder / "volume") + value.removeprefix(volume)
        self.serve([], {name: value} if name else {})


SHELL = [
    (r"cargo run --release", Reader.starts),
    (r"cargo install --locked --path \.", Reader.installs),
    (r"\./tests/run", Reader.tests_can_be_run),
    (r"export (\w+)=(\S+)", Reader.exports_variable),
    (r"docker build -t assetmock \.", Reader.image_is_described),
    (
        rf"docker run --rm -p 127\.0\.0\.1:{PORT}:{PORT}(?: --read-only)?(?: -v [\w-]+:(\S+))?(?: -e (\w+)=(\S+))? assetmock",
        Reader.container_starts,
    ),
]
KINDS = {"console", "sh", "python", "js", "ts", "json", "yaml", "go", "java"}
INTERRUPT = "^C"


def saved_as(above, ending):
    """The file name in backticks with which the line above a block ends."""
    names = re.findall(rf"`([\w.-]+\.{ending})`:?$", above)
    return names[-1] if names else None


def run_page(page, report):
    """Runs the blocks of a page, and gives the requests that it makes of the emulator's own API."""
    with tempfile.TemporaryDirectory(prefix="assetmock-docs-") as folder:
        reader = Reader(Path(folder))
        try:
            for number, language, content, above in blocks(read(page)):
                with report.at(f"{page.relative_to(ROOT)}:{number} ({language})"):
                    check(language in KINDS, f"no rule says how to check a block of `{language}`")
                    getattr(reader, language)(content, above)
            with report.at(f"the last server of {page.relative_to(ROOT)}"):
                reader.stop()
        finally:
            if reader.server:
                reader.server.process.kill()
        return reader.asked


def check_all_together(asked, report):
    """What a page says of the whole program: every call has an example, and the tables are complete."""
    lines = [line for page in PAGES for line in [*read(page), ""]]
    with report.at("the table of options"):
        check_options(lines)
        check_exec_options(lines)
    with tempfile.TemporaryDirectory(prefix="assetmock-docs-") as folder:
        reader = Reader(Path(folder))
        try:
            reader.serve([])
            with report.at("the emulator's own calls"):
                check_every_call(asked, reader)
            for where, rule in [
                ("the table of variables for clients", check_client_variables),
                ("the table of effects", check_effects),
                ("the table of triggers", check_triggers),
                ("the table of failures", check_failures),
                ("the table of paging faults", check_paging_faults),
            ]:
                with report.at(where):
                    rule(lines, reader)
        finally:
            reader.stop()


class Report:
    """How many checks passed, and where the one is that did not."""

    def __init__(self):
        self.passed, self.where = 0, None

    @contextmanager
    def at(self, where):
        self.where = where
        yield
        self.passed += 1


def check_everything(parts, report):
    chosen = [page for page in PAGES if not parts or any(part in page.name for part in parts)]
    with report.at("the length of README.md"):
        check(len(read(PAGES[0])) <= MOST_LINES, f"it has more than {MOST_LINES} lines; what is longer belongs into docs/")
    for page in [*PAGES, *LINKED]:
        with report.at(f"the links of {page.relative_to(ROOT)}"):
            check_links(page)
    for page in MANUAL:
        with report.at(f"the contents of {page.relative_to(ROOT)}"):
            check_contents(page)
    asked = set().union(*(run_page(page, report) for page in chosen))
    if not parts:
        check_all_together(asked, report)


def main():
    for name in ("ASSETMOCK_BIN", "SDK_PYTHON", "SDK_NODE", "CLIENTS_NODE"):
        if not os.environ.get(name):
            sys.exit(f"{name} is not set; `tests/run` sets it, and the first lines of {__file__} say to what")
    os.environ["ASSETMOCK_BIN"] = str(Path(os.environ["ASSETMOCK_BIN"]).resolve())
    report = Report()
    try:
        check_everything(sys.argv[1:], report)
    except Difference as difference:
        print(f"{report.where}\n{difference}\n\n{report.passed} passed, 1 failed")
        return 1
    print(f"{report.passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
