"""A provider's command line, as small as can be: `setcanary set NAME=VALUE`, `setcanary unset NAME`, `setcanary show`.

It keeps its values as lines in the file that SETCANARY_STATE names; `SETCANARY_TOKEN` must be what the file
beside it says. The file `STATE.trouble` makes it go wrong.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

state = Path(os.environ["SETCANARY_STATE"])
trouble_file = Path(f"{state}.trouble")
trouble = trouble_file.read_text() if trouble_file.exists() else ""
verb, *words = sys.argv[1:]

if trouble == "hang":
    grandchild = subprocess.Popen(["sleep", "300"])
    Path(f"{state}.pids").write_text(f"{os.getpid()} {grandchild.pid}")
    time.sleep(300)
if trouble == "fail":
    print("connection refused", file=sys.stderr)
    sys.exit(75)
if trouble == "deny" or os.environ.get("SETCANARY_TOKEN") != Path(f"{state}.token").read_text():
    print(f"error: forbidden\nuser with token {os.environ.get('SETCANARY_TOKEN')} can't patch", file=sys.stderr)
    sys.exit(1)

values = dict(line.split("=", 1) for line in state.read_text().splitlines())
if verb == "show":
    print("???" if trouble == "garbage" else state.read_text(), end="")
    sys.exit(0)
if trouble != "lie":
    name, _, value = words[0].partition("=")
    if verb == "set":
        values[name] = value
    else:
        values.pop(name, None)
    state.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
if trouble == "half":
    sys.exit(75)
