"""Starts and stops the program under test, and says in which environment."""

import os
import re
import signal
import subprocess
import time

from markdown import Difference, check

# Variables that change what the program or its clients do, or print: settings, keys, proxies, CAs, colours, language.
FOREIGN = re.compile(
    "(?i)(ASSETMOCK|GITHUB|FLORA|TWELVE_?LABS)_.*|.*_(API_KEY|BASE_URL)|(https?|all|no)_proxy"
    "|.*_CERT_(FILE|DIR)|.*_CA_(CERTS|BUNDLE)|PIP_CERT"
    "|FORCE_COLOR|CLICOLOR_FORCE|PY_COLORS|PYTEST_ADDOPTS|LANGUAGE|PROMPT_COMMAND|TMOUT"
)
# The environment without them, and in English.
PLAIN = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)} | {"LC_ALL": "C.UTF-8"}


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
