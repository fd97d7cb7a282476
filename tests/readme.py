#!/usr/bin/env python3
"""Runs README.md: every fenced block, the tables, the links; and looks for an example of each of the emulator's own calls.
Stops at the first difference.

ASSETMOCK_BIN names the program. SDK_PYTHON is a Python that has the packages of tests/sdk/python/requirements.txt,
SDK_NODE a folder that has the node_modules of tests/sdk/node. `tests/run` sets all three.

What a block means depends on its language; a language that is not here is a failure:

console  `$ ` begins a command (a backslash at its end or an open quote carries it on), the lines below are its output, to
         the letter.
         `…` stands for any text within a line; alone on a line, for any lines. A command that starts the server keeps
         it running, in place of the one before, for all that follows. `^C` stops it: the lines below are what it says
         from then on, and a `$ echo $?` behind them its exit code.
sh       Commands without output, each checked as SHELL below says. `export` holds for all that follows.
python   Run with SDK_PYTHON. What a `print` prints stands behind it as a comment.
js       Run with node in SDK_NODE. What a `console.log` prints stands behind it as a comment.
json     A fixture, saved under the name that the text above it ends with, and checked.
yaml     A GitHub Actions workflow: its services are started with their environment, then its steps are run.

Servers take a free port; the README's port is replaced by it in commands and expected output. Nothing else is rewritten.
"""

import difflib
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
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PORT = "4750"


class Difference(Exception):
    """What the README says is not so."""


def check(holds, message):
    if not holds:
        raise Difference(message)


def compare(expected, got):
    """Both are lists of lines; `expected` may have masks."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line.strip() == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in expected
    )
    if not re.fullmatch(pattern, "".join(line + "\n" for line in got)):
        raise Difference("\n".join(difflib.unified_diff(expected, got, "README.md", "the program", lineterm="")))


def goes_on(command):
    """Whether the next line belongs to a command."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


class Server:
    """The program, serving on a free port, with its output in a file."""

    def __init__(self, arguments, environment, folder):
        port_file, self.log = folder / "port", folder / "log"
        port_file.unlink(missing_ok=True)
        settings = {"ASSETMOCK_LISTEN": "127.0.0.1:0", "ASSETMOCK_PORT_FILE": str(port_file)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [os.environ["ASSETMOCK_BIN"], *arguments],
                env={**environment, **settings},
                cwd=folder / "work",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 20
        while not port_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise Difference(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.005)
        self.port = port_file.read_text().strip()

    def output(self):
        return self.log.read_text().splitlines()

    def end(self, asked=signal.SIGTERM):
        """Its exit code, after this signal."""
        if self.process.poll() is None:
            self.process.send_signal(asked)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Difference("the server did not stop when asked to") from None

    def stop(self):
        code = self.end()
        check(code == 0, f"the server ended with code {code}:\n{self.log.read_text()}")


class Reader:
    """Someone who does what the README says, from top to bottom, in an empty folder."""

    def __init__(self, folder):
        self.folder, self.work = folder, folder / "work"
        self.work.mkdir()
        self.server = self.code = None
        self.asked = set()
        tools = folder / "bin"
        tools.mkdir()
        (tools / "assetmock").symlink_to(os.environ["ASSETMOCK_BIN"])
        # curl shows its progress only where output is not a terminal, as here.
        (folder / ".curlrc").write_text("silent\nshow-error\n")
        foreign = re.compile("(?i)(ASSETMOCK|TWELVE_?LABS|FLORA)_|(http|https|all|no)_proxy$")
        self.environment = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        self.environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "CURL_HOME": str(folder), "NO_COLOR": "1"}
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        self.exports = {}

    # The server and the port.

    def serve(self, arguments, environment=()):
        self.stop()
        self.server = Server(arguments, {**self.environment, **self.exports, **dict(environment)}, self.folder)
        done = self.run(["assetmock", "healthcheck", "--listen", f"127.0.0.1:{PORT}"])
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

    def ask(self, path, body=None, *headers):
        """The answer of the running server to `GET path`, or to `POST path` with a body."""
        data = [] if body is None else ["-d", json.dumps(body)]
        headers = [word for header in headers for word in ("-H", header)]
        done = self.run(["curl", f"http://127.0.0.1:{PORT}{path}", *data, *headers])
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
            [self.here(word) for word in command],
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
                got = self.server.output()
            elif command == INTERRUPT:
                got = self.interrupt()
            elif command == "echo $?":
                got = [str(self.code)]
            else:
                self.asked |= set(self.requests(command))
                got = self.run(["bash", "-c", command]).stdout.splitlines()
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

    def python(self, lines, _):
        self.snippet([os.environ["SDK_PYTHON"], "-c"], lines, self.work)

    def js(self, lines, _):
        self.snippet(["node", "--input-type=module", "--eval"], lines, os.environ["SDK_NODE"])

    def snippet(self, command, lines, folder):
        printing = [line for line in lines if re.match(r"\s*(print|console\.log)\(", line)]
        comments = [re.search(r"\);?\s+(?:#|//) (.+)$", line) for line in printing]
        check(printing and all(comments), "what is printed must stand behind each `print` or `console.log`")
        done = self.run([*command, "\n".join(lines)], folder)
        check(done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}")
        compare([comment[1] for comment in comments], done.stdout.splitlines())

    def json(self, lines, above):
        names = re.findall(r"`([\w-]+\.json)`:?$", above)
        check(names, "the text above a fixture must end with its file name in backticks")
        (self.work / names[-1]).write_text("\n".join(lines) + "\n")
        done = self.run(["assetmock", "fixture", "check", names[-1]])
        check(done.returncode == 0, done.stdout)

    def yaml(self, lines, _):
        jobs = read_yaml(lines)["jobs"]
        for job in jobs.values():
            for service in job["services"].values():
                check(f"{PORT}:{PORT}" in service["ports"], "the service must publish its port")
                self.serve([], service["env"])
            for step in job["steps"]:
                done = self.run(["bash", "-eo", "pipefail", "-c", step["run"]])
                check(done.returncode == 0, f"{step['run']}\n{done.stdout}")

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
        rf"docker run --rm -p {PORT}:{PORT}(?: --read-only)?(?: -v [\w-]+:(\S+))?(?: -e (\w+)=(\S+))? assetmock",
        Reader.container_starts,
    ),
]
KINDS = {"console", "sh", "python", "js", "json", "yaml"}
INTERRUPT = "^C"


def read_yaml(lines):
    """The part of YAML that workflows need: maps, lists, block and flow scalars. Anything else is an error."""
    rows = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]

    def scalar(text):
        if text[0] in "[{\"":
            return json.loads(text)
        check(not re.search(r": | #|^['&*!%@`|>]", text), f"this must be quoted in YAML: {text}")
        return text

    def block(at, least):
        while at < len(rows) and not rows[at][1]:
            at += 1
        check(at < len(rows) and rows[at][0] >= least, "a value is missing in the YAML")
        indent, text = rows[at]
        value = [] if text.startswith("- ") else {}
        while at < len(rows) and (not rows[at][1] or rows[at][0] == indent):
            text = rows[at][1]
            if not text:
                at += 1
            elif isinstance(value, list):
                check(text.startswith("- "), f"not an item of the list: {text}")
                rows[at] = (indent + 2, text[2:])
                item, at = block(at, indent + 2)
                value.append(item)
            else:
                at = entry(at, indent, value)
        check(at == len(rows) or rows[at][0] < indent, f"wrong indentation in the YAML: {rows[min(at, len(rows) - 1)]}")
        return value, at

    def entry(at, indent, value):
        match = re.fullmatch(r"([\w.-]+):(?: (.+))?", rows[at][1])
        check(match, f"not a line of YAML: {rows[at][1]}")
        key, rest = match.groups()
        check(key not in value, f"twice in the YAML: {key}")
        at += 1
        if rest is None:
            value[key], at = block(at, indent + 1)
        elif rest in ("|", ">-"):
            end = at
            while end < len(rows) and (not rows[end][1] or rows[end][0] > indent):
                end += 1
            value[key] = ("\n" if rest == "|" else " ").join(text for _, text in rows[at:end])
            at = end
        else:
            value[key] = scalar(rest)
        return at

    value, end = block(0, 0)
    check(end == len(rows), "the YAML goes on after its end")
    return value


def blocks(lines):
    """The fenced blocks: line number, language, lines, and the text above."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and line.lstrip().startswith(("```", "~~~")):
            fence = re.fullmatch(r"```(\w*)", line)
            check(fence, f"line {number}: a block begins with ``` and its language, at the margin")
            start, language = number, fence[1]
            above = next((before for before in reversed(lines[: number - 1]) if before), "")
        elif start is not None and line == "```":
            yield start, language, lines[start : number - 1], above
            start = None
    check(start is None, f"the block in line {start} has no end")


def options_table(help_text):
    """The README's table of options, from what `serve --help` says."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    for part in re.split(r"\n {6}(?=--)", help_text.split("\nOptions:")[1].partition("\n  -h, --help")[0])[1:]:
        flag, meaning, *rest = [line.strip() for line in part.splitlines() if line.strip()]
        inner = re.search(r" \[default: (.+)\]$", meaning)
        meaning = meaning[: inner.start()] if inner else meaning
        named = dict(re.findall(r"^\[(env|default): (.*?)=?\]$", "\n".join(rest), re.MULTILINE))
        values = re.findall(r"^- (\w+):", "\n".join(rest), re.MULTILINE)
        default = f"`{named['default']}`" if "default" in named else inner[1] if inner else "none" if "<" in flag else "off"
        one_of = f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
        rows.append(f"| `{flag}` | `{named['env']}` | {default} | {meaning.rstrip('.')}.{one_of} |")
    return rows


def check_options(lines):
    table = [line for line in lines[lines.index("## Options") :] if line.startswith("|")]
    done = subprocess.run([os.environ["ASSETMOCK_BIN"], "serve", "--help"], capture_output=True, text=True, check=True)
    compare(table, options_table(done.stdout))


def table(lines, head):
    """The rows of the table that begins with this line, as cells."""
    check(head in lines, f"there is no table `{head}`")
    start = lines.index(head) + 2
    end = next(at for at in range(start, len(lines)) if not lines[at].startswith("|"))
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in lines[start:end]]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def check_every_call(lines, reader):
    """Each route and method of the OpenAPI document has an example that was run."""
    for path, item in reader.ask("/_emulator/openapi.json")["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            called = any(method.upper() == of and re.fullmatch(pattern, at) for of, at in reader.asked)
            check(called, f"there is no example of {method.upper()} {path}")


def check_effects(lines, reader):
    """The JSON of each effect makes a rule, each header is understood, and no effect is left out."""
    document = reader.ask("/_emulator/openapi.json")["components"]["schemas"]["FaultEffect"]["oneOf"]
    missing = {name for one in document for name in one.get("properties", {}) or one["enum"]}
    for effect, header, _ in table(lines, EFFECTS):
        for text in quoted(effect):
            read = json.loads(text)
            made = reader.ask("/_emulator/faults", {"match": {"provider": "flora"}, "effect": read})
            check("id" in made, f"`{text}`: {made}")
            reader.run(["curl", "-X", "DELETE", f"http://127.0.0.1:{PORT}/_emulator/faults"])
            missing.discard(read if isinstance(read, str) else next(iter(read)))
        for text in quoted(header):
            address = f"http://127.0.0.1:{PORT}/flora/api/v1/assets?limit=1"
            answered = reader.run(["curl", address, "-H", f"X-Emulator-Fault: {text}"]).stdout
            check("no_such_fault" not in answered, f"`{text}`: {answered}")
    check(not missing, f"the table of effects lacks {', '.join(sorted(missing))}")


def check_triggers(lines, reader):
    for trigger, _ in table(lines, TRIGGERS):
        for text in quoted(trigger):
            made = reader.ask("/_emulator/faults", {"effect": "empty", "trigger": json.loads(text)})
            check("id" in made, f"`{text}`: {made}")


def check_failures(lines, reader):
    """The names that the emulator lists when asked for one it does not know."""
    rows = {name: quoted(failures) for name, failures in table(lines, FAILURES)}
    for provider in reader.ask("/_emulator/providers")["providers"]:
        said = reader.ask("/_emulator/faults", {"match": {"provider": provider["name"]}, "effect": {"failure": "?"}})
        names = quoted(said["error"]["message"].partition("; it has ")[2])
        compare(sorted(rows["all"] + rows.get(provider["title"], [])), sorted(names))


def check_paging_faults(lines, reader):
    """How likely each vendor is to do it by itself."""
    providers = reader.ask("/_emulator/providers")["providers"]
    titles = " | ".join(one["title"] for one in providers)
    check(PAGING_FAULTS.endswith(f"| {titles} |"), "the table of paging faults has others")
    for fault, _, *expected in table(lines, PAGING_FAULTS):
        for provider, word in zip(providers, expected, strict=True):
            rule = {"match": {"provider": provider["name"]}, "effect": {"paging": fault.strip("`")}}
            got = reader.ask("/_emulator/faults", rule).get("plausibility", {provider["name"]: "–"})
            check(got == {provider["name"]: word}, f"{fault} of {provider['title']} is {got}, not {word}")


EFFECTS = "| `effect` | `X-Emulator-Fault` | what the client gets |"
TRIGGERS = "| `trigger` | strikes, of the requests that match |"
FAILURES = "| provider | failures |"
PAGING_FAULTS = "| `paging` | what happens | xQR | FLORA | TwelveLabs | PiktID | KonPro |"


def check_links(lines):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", "\n".join(lines)):
        check("://" in target or (ROOT / target).exists(), f"the link to {target} leads nowhere")


def main():
    for name in ("ASSETMOCK_BIN", "SDK_PYTHON", "SDK_NODE"):
        if not os.environ.get(name):
            sys.exit(f"{name} is not set; `tests/run` sets it, and the first lines of {__file__} say to what")
    os.environ["ASSETMOCK_BIN"] = str(Path(os.environ["ASSETMOCK_BIN"]).resolve())
    lines = README.read_text(encoding="utf-8").splitlines()
    passed = 0
    where = "README.md"
    with tempfile.TemporaryDirectory(prefix="assetmock-readme-") as folder:
        reader = Reader(Path(folder))
        try:
            for where, rule in [("the links", check_links), ("the table of options", check_options)]:
                rule(lines)
                passed += 1
            for number, language, content, above in blocks(lines):
                where = f"README.md:{number} ({language})"
                check(language in KINDS, f"no rule says how to check a block of `{language}`")
                getattr(reader, language)(content, above)
                passed += 1
            reader.serve([])
            for where, rule in [
                ("the emulator's own calls", check_every_call),
                ("the table of effects", check_effects),
                ("the table of triggers", check_triggers),
                ("the table of failures", check_failures),
                ("the table of paging faults", check_paging_faults),
            ]:
                rule(lines, reader)
                passed += 1
            where = "the last server"
            reader.stop()
        except Difference as difference:
            print(f"{where}\n{difference}\n\n{passed} passed, 1 failed")
            return 1
        finally:
            if reader.server:
                reader.server.process.kill()
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
