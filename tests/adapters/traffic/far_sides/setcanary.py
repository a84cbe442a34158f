"""A provider's command line, as small as can be: `setcanary set NAME=VALUE`, `setcanary unset NAME`, `setcanary show`.

It keeps its values as lines in the file that SETCANARY_STATE names; `SETCANARY_TOKEN` must be what the file
beside it says. The file `STATE.trouble` makes it go wrong. It is started so often that it imports next to nothing.
"""

import os
import sys
import time


def read(path: str) -> str:
    with open(path) as file:
        return file.read()


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


state = os.environ["SETCANARY_STATE"]
trouble = read(f"{state}.trouble") if os.path.exists(f"{state}.trouble") else ""
verb, *words = sys.argv[1:]

if trouble == "hang":
    grandchild = os.posix_spawnp("sleep", ["sleep", "300"], os.environ)
    write(f"{state}.pids", f"{os.getpid()} {grandchild}")
    time.sleep(300)
if trouble == "fail":
    print("connection refused", file=sys.stderr)
    sys.exit(75)
if trouble == "deny" or os.environ.get("SETCANARY_TOKEN") != read(f"{state}.token"):
    print(f"error: forbidden\nuser with token {os.environ.get('SETCANARY_TOKEN')} can't patch", file=sys.stderr)
    sys.exit(1)

values = dict(line.split("=", 1) for line in read(state).splitlines())
if verb == "show":
    print("???" if trouble == "garbage" else read(state), end="")
    sys.exit(0)
if trouble != "lie":
    name, _, value = words[0].partition("=")
    if verb == "set":
        values[name] = value
    else:
        values.pop(name, None)
    write(state, "".join(f"{name}={value}\n" for name, value in values.items()))
if trouble == "half":
    sys.exit(75)
