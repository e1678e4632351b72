"""Run a command and print as JSON what all of its processes used, those it left to others included (Linux).

    python benchmarks/used.py COMMAND...       {"out": ..., "wall_s": ..., "cpu_s": ..., "rss_mb": ..., "status": ...}

`rss_mb` is the peak of the first process. Worker processes that a fork server started are nobody's children once it is
gone; `time` and `wait4` leave out what they used.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become ours
    begun = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, first = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    per_mb = 1024 if sys.platform != "darwin" else 1024 * 1024
    told = {
        "out": out,
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "rss_mb": first.ru_maxrss / per_mb,
        "status": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
