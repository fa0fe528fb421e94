"""Runs the command that follows, silently, and prints the most memory that it held at a time, in KiB.

In a process of its own, which holds little: Linux counts as a process's own what the one that began it held until then
(`setmax_mm_hiwater_rss` in exec).
"""

from __future__ import annotations

import resource
import subprocess
import sys

if __name__ == "__main__":
    code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    sys.exit(code)
