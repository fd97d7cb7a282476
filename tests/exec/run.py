#!/usr/bin/env python3
"""Runs `assetmock exec` many times. Checks that the port is open for the first request of a command, that concurrent runs do
not disturb each other, and that signals work with and without a terminal. After each run, no process with its mark in the
environment may be left, and its port must be closed.

ASSETMOCK_BIN names the program. `--full` runs each case ten times as often.
"""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from server import PLAIN  # noqa: E402

TIMEOUT = 30
LIST = 'curl -q -sf "$FLORA_BASE_URL/assets?limit=1" -H "Authorization: Bearer $FLORA_API_KEY"'
# The first line that a command prints: that it runs, where the emulator is, and its process id.
READY = 'echo "ready $ASSETMOCK_URL $$"'
# A command that waits until the test ends it. It sleeps briefly, because a shell runs its traps between two commands.
WAIT = 'while [ -z "$n" ]; do sleep 0.02; done'
# A command that Ctrl-C ends. It is not a shell, since `dash` loses a signal that arrives just before it starts the next
# command. It uses the default action of SIGINT, unless that is ignored, since Python's handler loses a signal that
# arrives just before it sleeps.
SLEEPER = "import os, time; from signal import *; getsignal(SIGINT) == SIG_IGN or signal(SIGINT, SIG_DFL); print('ready', os.environ['ASSETMOCK_URL'], os.getpid(), flush=True); time.sleep(1000)"


class Failure(Exception):
    """A check that failed."""


def check(is_so, what):
    if not is_so:
        raise Failure(what)


def until(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        check(time.monotonic() < deadline, what)
        time.sleep(0.005)


class Run:
    """A run of the program. A mark in its environment finds every process that it starts."""

    def __init__(self):
        self.mark = f"MARK={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.environment = PLAIN | {name: value, "PS1": "prompt> ", "HISTFILE": "/dev/null"}
        self.said, self.address = "", None

    def marked(self):
        """The marked processes that are left, with the state of each."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    state = (folder / "stat").read_text().rsplit(") ", 1)[1][0]
                    if state not in "ZX":
                        found[int(folder.name)] = state
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found

    def read_until(self, pattern):
        """Reads until the pattern occurs, and returns the match. The text up to its end is discarded."""
        deadline = time.monotonic() + TIMEOUT
        while not (found := re.search(pattern, self.said)):
            ready = select.select([self.output], [], [], max(0, deadline - time.monotonic()))[0]
            check(ready, f"`{pattern}` is not in what came: {self.said!r}")
            try:
                more = os.read(self.output, 65536)
            except OSError:
                more = b""
            check(more, f"it ended without `{pattern}`: {self.said!r}")
            self.said += more.decode(errors="replace")
        self.said = self.said[found.end() :]
        return found

    def ready(self):
        """Waits until the command runs, and returns its process id."""
        found = self.read_until(r"ready (http://\S+) (\d+)\r?\n")
        address = urlsplit(found[1])
        self.address = (address.hostname, address.port)
        return int(found[2])

    def rest(self):
        """All that is said until the end, which is there when nobody is left who could say more."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            ready = select.select([self.output], [], [], max(0, deadline - time.monotonic()))[0]
            check(ready, f"it does not end: {self.marked()}, {self.said!r}")
            try:
                more = os.read(self.output, 65536)
            except OSError:
                break
            if not more:
                break
            self.said += more.decode(errors="replace")
        return self.said

    def nothing_is_left(self):
        left = self.marked()
        check(not left, f"left behind: {[Path(f'/proc/{pid}/cmdline').read_bytes() for pid in left]}")
        if self.address:
            with socket.socket() as probe:
                check(probe.connect_ex(self.address) != 0, f"{self.address} is still listened on")


class Terminal(Run):
    """A run with a terminal of its own."""

    def __init__(self, *command):
        super().__init__()
        self.pid, self.output = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(command[0], command, self.environment)
            finally:
                os._exit(99)

    def type(self, text):
        os.write(self.output, text.encode())

    def code(self):
        """Its exit code, once it has ended."""
        self.rest()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.output)
        return os.waitstatus_to_exitcode(status)


class Pipe(Run):
    """A run without a terminal."""

    def __init__(self, *command):
        super().__init__()
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid, self.output = self.process.pid, self.process.stdout.fileno()

    def code(self):
        self.rest()
        code = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        return code


def program(script, *options):
    return [os.environ["ASSETMOCK_BIN"], "exec", *options, "--", "sh", "-c", script]


def first_request():
    """The port is open before the command starts."""
    run = Pipe(*program(f"{LIST} >/dev/null && {READY}"))
    run.ready()
    check(run.code() == 0, run.said)
    run.nothing_is_left()


def pair():
    """Two at once do not get into each other's way."""
    runs = [Pipe(*program(f"{READY}; {LIST} >/dev/null")) for _ in range(2)]
    for run in runs:
        run.ready()
    check(runs[0].address != runs[1].address, f"both are on {runs[0].address}")
    for run in runs:
        check(run.code() == 0, run.said)
        run.nothing_is_left()


def ctrl_c_once_a_press():
    """Each Ctrl-C reaches the command once, and the command decides when to end."""
    run = Terminal(*program(f'trap "echo pressed" INT; trap "n=1" QUIT; {READY}; {WAIT}; exit 7'))
    run.ready()
    for _ in range(3):
        run.type("\x03")
        run.read_until("pressed\r\n")
    run.type("\x1c")
    code = run.code()
    check("pressed" not in run.said, f"a press came twice: {run.said!r}")
    check(code == 7, f"{code}: {run.said!r}")
    run.nothing_is_left()


def ctrl_c_ends():
    """A command without a handler ends, and so do the processes that it started."""
    run = Terminal(*program(f'sleep 1000 & exec "{sys.executable}" -c "{SLEEPER}"'))
    run.ready()
    run.type("\x03")
    check(run.code() == 130, run.said)
    run.nothing_is_left()


def ctrl_c_in_a_script():
    """Those in front get it as they would without us: a script does not go on."""
    run = Terminal("sh", "-c", 'trap "echo script" INT; "$@"; echo "code $?"', "sh", *program(f'exec "{sys.executable}" -c "{SLEEPER}"'))
    run.ready()
    run.type("\x03")
    run.read_until("script\r\n(.*\n)*code 130\r\n")
    run.code()
    run.nothing_is_left()


def ctrl_z_and_fg():
    """The shell gets its terminal back, the emulator stops and goes on with the command, and the command reads afterwards."""
    run = Terminal("bash", "--norc", "--noprofile", "-i")
    run.read_until("prompt> ")
    words = " ".join(f"'{word}'" for word in program(f'{READY}; read line; echo "got $line"; {LIST} >/dev/null; exit 6'))
    run.type(words + "\r")
    run.ready()
    for _ in range(2):
        run.type("\x1a")
        run.read_until(r"Stopped[^\n]*\n")
        run.read_until("prompt> ")
        # The shell waits only for its own child. A process that has not stopped yet could read what is typed next, as
        # it could without `exec`.
        until(lambda: all(state == "T" for pid, state in run.marked().items() if pid != run.pid), "they do not stop")
        run.type("echo in be''tween\r")
        run.read_until("in between\r\n")
        run.type("fg\r")
        run.read_until(r"exec[^\n]*\n")
        # The shell prints the line before it continues the processes.
        until(lambda: "T" not in run.marked().values(), "they do not go on")
    run.type("hello\r")
    run.read_until("got hello\r\n")
    run.read_until("prompt> ")
    run.type("echo co''de $?\r")
    run.read_until("code 6\r\n")
    run.type("exit\r")
    run.code()
    run.nothing_is_left()


def reads_from_the_terminal():
    """The command is in the foreground from its first instruction on, and its streams are the terminal."""
    script = (
        "import os, sys; print('front', os.tcgetpgrp(0) == os.getpgrp(), all(map(os.isatty, (0, 1, 2)))); "
        "print('got', input())"
    )
    run = Terminal(os.environ["ASSETMOCK_BIN"], "exec", "--", sys.executable, "-c", script)
    run.type("hello\r")
    run.read_until("front True True\r\n")
    run.read_until("got hello\r\n")
    check(run.code() == 0, run.said)
    run.nothing_is_left()


def in_both(case):
    """The same with a terminal and without."""

    def both():
        for kind in (Terminal, Pipe):
            case(kind)

    both.__name__, both.__doc__ = case.__name__, case.__doc__
    return both


@in_both
def term_is_passed_on(kind):
    """SIGTERM and SIGHUP reach the command, and we wait for it."""
    for number, name in [(signal.SIGTERM, "TERM"), (signal.SIGHUP, "HUP")]:
        run = kind(*program(f'trap "echo {name}; n=1" {name}; {READY}; {WAIT}; exit 9'))
        run.ready()
        os.kill(run.pid, number)
        code = run.code()
        check(code == 9 and run.said.count(name) == 1, f"{code}: {run.said!r}")
        run.nothing_is_left()


@in_both
def what_does_not_end_is_killed(kind):
    """After the grace period, the command and all that it started are killed."""
    stubborn = "while :; do sleep 1; done"
    run = kind(*program(f"trap '' TERM; ({stubborn}) & {READY}; {stubborn}", "--grace", "0.1"))
    run.ready()
    os.kill(run.pid, signal.SIGTERM)
    check(run.code() == 137, run.said)
    run.nothing_is_left()


@in_both
def the_command_is_killed(kind):
    """The processes that it started do not outlive it."""
    run = kind(*program(f"sleep 1000 & (sleep 1000 | sleep 1000) & {READY}; sleep 1000"))
    os.kill(run.ready(), signal.SIGKILL)
    check(run.code() == 137, run.said)
    run.nothing_is_left()


@in_both
def the_command_leaves_others_behind(kind):
    """They are asked to end, then killed."""
    run = kind(*program(f"sleep 1000 & (trap '' TERM; sleep 1000) & sh -c 'sleep 1000 &'; {READY}; exit 4", "--grace", "0.1"))
    run.ready()
    check(run.code() == 4, run.said)
    run.nothing_is_left()


def the_terminal_goes_away():
    """All of it ends."""
    run = Terminal(*program(f"sleep 1000 & {READY}; sleep 1000"))
    run.ready()
    os.close(run.output)
    os.waitpid(run.pid, 0)
    run.nothing_is_left()


CASES = [
    (first_request, 100),
    (pair, 5),
    (ctrl_c_once_a_press, 10),
    (ctrl_c_ends, 10),
    (ctrl_c_in_a_script, 10),
    (ctrl_z_and_fg, 10),
    (reads_from_the_terminal, 10),
    (term_is_passed_on, 10),
    (what_does_not_end_is_killed, 10),
    (the_command_is_killed, 10),
    (the_command_leaves_others_behind, 10),
    (the_terminal_goes_away, 10),
]


def main():
    if not os.environ.get("ASSETMOCK_BIN"):
        sys.exit("ASSETMOCK_BIN must name the assetmock binary")
    parts = [word for word in sys.argv[1:] if word != "--full"]
    times = 10 if "--full" in sys.argv else 1
    for case, count in CASES:
        if parts and not any(part in case.__name__ for part in parts):
            continue
        began = time.monotonic()
        for number in range(count * times):
            try:
                case()
            except Failure as failure:
                print(f"{case.__name__}, run {number + 1}: {failure}")
                return 1
        print(f"{case.__name__}: {count * times} runs, {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
