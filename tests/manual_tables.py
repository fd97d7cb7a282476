"""Checks the tables of the manual against the program: options, effects, triggers, failures and paging faults; and that each
call of the emulator's own API has an example."""

import itertools
import json
import os
import re
import subprocess

from markdown import check, compare, quoted, table

EFFECTS = "| `effect` | `X-Emulator-Fault` | what the client gets |"
TRIGGERS = "| `trigger` | fires for, of the requests that match |"
FAILURES = "| provider | failures |"
EXEC_OPTIONS = "| option | default | meaning |"
CLIENT_VARIABLES = "| provider | base URL | key | the names are |"
PAGING_FAULTS = "| `paging` | what happens | xQR | FLORA | TwelveLabs | PiktID | KonPro |"


def options_table(help_text):
    """The table of options, from what `serve --help` says."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    for part in re.split(r"\n {6}(?=--)", help_text.split("\nOptions:")[1].partition("\nExamples:")[0])[1:]:
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
    head = "| option | variable | default | meaning |"
    check(head in lines, f"there is no table `{head}`")
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[lines.index(head) :])
    done = subprocess.run([os.environ["ASSETMOCK_BIN"], "serve", "--help"], capture_output=True, text=True, check=True)
    compare(list(table), options_table(done.stdout))


def check_exec_options(lines):
    """Each option that `exec` has and `serve` has not, with its meaning and default."""
    shown = {
        command: subprocess.run([os.environ["ASSETMOCK_BIN"], command, "--help"], capture_output=True, text=True, check=True).stdout
        for command in ("exec", "serve")
    }
    flags = {command: set(re.findall(r"(?m)^ {6}(--\S+)", text)) for command, text in shown.items()}
    rows = {option.split()[0].strip("`"): (default, meaning) for option, default, meaning in table(lines, EXEC_OPTIONS)}
    compare(sorted(flags["exec"] - flags["serve"]), sorted(rows))
    check(flags["serve"] <= flags["exec"], "`exec` lacks options of `serve`")
    for flag, (default, meaning) in rows.items():
        said = re.search(rf"(?m)^ {{6}}{flag}\b.*\n +(.+)\n(?:\n? +\[default: (.+)\])?", shown["exec"])
        compare([said[1].rstrip(".")], [meaning.rstrip(".")])
        check(said[2] is None or default == f"`{said[2]}`", f"the default of {flag} is {said[2]}")


def check_client_variables(lines, reader):
    """Each provider's variables, and whether its clients read them."""
    done = subprocess.run([os.environ["ASSETMOCK_BIN"], "providers", "--json"], capture_output=True, text=True, check=True)
    rows = table(lines, CLIENT_VARIABLES)
    words = {"client": "read by the official SDKs", "inferred": "ours"}
    expected = [
        [one["title"], f"`{env['base_url']}`", f"`{env['key']}`", words[env["evidence"]]]
        for one in json.loads(done.stdout)
        for env in [one["client_env"]]
    ]
    check(rows == expected, f"the table of variables is not {expected}")


def check_every_call(asked, reader):
    """Each route and method of the OpenAPI document has an example that was run."""
    for path, item in reader.ask("/_emulator/openapi.json")["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            called = any(method.upper() == of and re.fullmatch(pattern, at) for of, at in asked)
            check(called, f"there is no example of {method.upper()} {path}")


def check_effects(lines, reader):
    """The JSON of each effect makes a rule, each header is understood, and no effect is left out."""
    document = reader.ask("/_emulator/openapi.json")["components"]["schemas"]["FaultEffect"]["oneOf"]
    missing = {name for one in document for name in one.get("properties", {}) or one["enum"]}

    def ask_with(fault):
        done = reader.run(["curl", f"{reader.origin}/flora/api/v1/assets?limit=1", "-H", f"X-Emulator-Fault: {fault}"])
        # Faults that break the connection: part of an answer, none, or a reset.
        check(done.returncode in (0, 18, 52, 56), f"`{fault}`: {done.stdout}")
        return done.stdout

    check("no_such_fault" in ask_with("nothing"), "an unknown fault is no error")
    for effect, header, _ in table(lines, EFFECTS):
        for text in quoted(effect):
            read = json.loads(text)
            made = reader.ask("/_emulator/faults", {"match": {"provider": "flora"}, "effect": read})
            check("id" in made, f"`{text}`: {made}")
            reader.run(["curl", "-X", "DELETE", f"{reader.origin}/_emulator/faults"])
            missing.discard(read if isinstance(read, str) else next(iter(read)))
        for text in quoted(header):
            answered = ask_with(text)
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
    check(PAGING_FAULTS.endswith(f"| {' | '.join(one['title'] for one in providers)} |"), "the table of paging faults has others")
    for fault, _, *expected in table(lines, PAGING_FAULTS):
        for provider, word in zip(providers, expected, strict=True):
            rule = {"match": {"provider": provider["name"]}, "effect": {"paging": fault.strip("`")}}
            got = reader.ask("/_emulator/faults", rule).get("realism", {provider["name"]: "–"})
            check(got == {provider["name"]: word}, f"{fault} of {provider['title']} is {got}, not {word}")
