#!/usr/bin/env python3
"""Tests the server's TLS with curl, Python and Node. Each accepts the server's certificate and others that its certificate
authority (CA) may sign, and rejects those that the CA has signed for names outside its constraints.

ASSETMOCK_BIN names the program, IMPOSTOR the one of `impostor.rs`; `tests/run` sets both. If `openssl` is installed, it
also verifies the certificates, as strictly as it can.
"""

import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from server import PLAIN, Server  # noqa: E402

# Why a certificate is rejected: OpenSSL's messages, which all three clients use, or Node's codes.
REFUSAL = r"permitted subtree violation|PERMITTED_VIOLATION"


def run(command, **environment):
    done = subprocess.run(command, env=PLAIN | environment, capture_output=True, text=True, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr


def by_curl(url, authority):
    return run(["curl", "--disable", "--silent", "--show-error", "--fail", "--cacert", authority, url])


def by_python(url, authority):
    context = ssl.create_default_context(cafile=authority)
    # The default from Python 3.13 on.
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        return True, opener.open(url, timeout=60).read().decode()
    except OSError as error:
        return False, str(error)


def by_node(url, authority):
    script = "fetch(process.argv[1]).then((a) => a.text()).then(console.log, (e) => { console.log(e.cause ?? e); process.exit(1) })"
    return run(["node", "--eval", script, url], NODE_EXTRA_CA_CERTS=authority)


CLIENTS = {"curl": by_curl, "python": by_python, "node": by_node}


def check(holds, message):
    if not holds:
        sys.exit(f"failed: {message}")


def try_all(what, url, authority, is_good):
    for name, ask in CLIENTS.items():
        answered, said = ask(url, authority)
        check(answered == is_good, f"{name}, {what}: {said}")
        check(is_good or re.search(REFUSAL, said), f"{name} refuses {what} for another reason: {said}")
        print(f"{name}: {'answered by' if is_good else 'refuses'} {what}")


class Impostor:
    """A server with a certificate for these names, signed by the CA in this directory."""

    def __init__(self, directory, names):
        self.process = subprocess.Popen([os.environ["IMPOSTOR"], directory, *names], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def check_certificate(directory, port):
    """The certificate has key usage and authority key identifier, and `openssl` accepts the chain in its strict mode."""
    if not shutil.which("openssl"):
        print("left out: openssl is not installed")
        return
    leaf, authority = directory / "leaf.pem", directory / "ca.pem"
    leaf.write_text(ssl.get_server_certificate(("localhost", int(port)), ca_certs=str(authority)))
    text = run(["openssl", "x509", "-in", str(leaf), "-noout", "-text"])[1]
    for wanted in ["Authority Key Identifier", "Key Usage: critical", "Digital Signature", "TLS Web Server Authentication", "CA:FALSE"]:
        check(wanted in text, f"the certificate has no `{wanted}`:\n{text}")
    text = run(["openssl", "x509", "-in", str(authority), "-noout", "-text"])[1]
    for wanted in ["Name Constraints: critical", "IP:127.0.0.0/255.0.0.0", "DNS:localhost", "Certificate Sign", "CA:TRUE, pathlen:0"]:
        check(wanted in text, f"the authority has no `{wanted}`:\n{text}")
    good, said = run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(authority), str(leaf)])
    check(good, said)
    print("openssl: the certificate is good, strictly")


def main():
    with tempfile.TemporaryDirectory(prefix="assetmock-tls-") as folder:
        directory = Path(folder, "tls")
        authority = str(directory / "ca.pem")
        Path(folder, "work").mkdir()
        server = Server(["--tls-dir", str(directory)], PLAIN, Path(folder))
        try:
            for host in ["localhost", "127.0.0.1"]:
                try_all(f"the server as {host}", f"https://{host}:{server.port}/_emulator/health", authority, True)
            check_certificate(directory, server.port)
            # The same server, so that only the additional name can be the reason for the refusal.
            for names, is_good in [(["localhost"], True), (["localhost", "example.com"], False), (["localhost", "192.0.2.1"], False)]:
                with Impostor(directory, names) as impostor:
                    url = f"https://localhost:{impostor.port}/"
                    try_all(f"a certificate for {', '.join(names)}", url, authority, is_good)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
