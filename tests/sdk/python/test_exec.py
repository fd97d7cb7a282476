"""The SDK finds the emulator by the environment that `assetmock exec` gives it, with nothing in its constructor but the key, which
it requires there."""

import subprocess
import sys

SCRIPT = """
import os
from twelvelabs import TwelveLabs

print(len(list(TwelveLabs(api_key=os.environ["TWELVE_LABS_API_KEY"]).assets.list())))
"""


def test_the_sdk_lists_through_exec(binary):
    done = subprocess.run([binary, "exec", "--", sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
    assert ", 0 refused\n" in done.stderr
