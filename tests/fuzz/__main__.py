"""``python -m tests.fuzz``: fuzz for as long as you like, with new seeds, and keep what is found.

The real library is the one that `trtx` finds; the fake one is built when needed. What ends a process is kept as a file
in the folder of ``--keep``, and ``python -m tests.fuzz --replay FILE`` runs it again.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from pathlib import Path

from tests.fuzz.campaign import ROOT, Campaign, fuzz_bytes, fuzz_calls


def main() -> int:
    """Run all fuzzers; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="for all fuzzers together (120)")
    parser.add_argument("--seed", type=int, help="of the first process; random by default")
    parser.add_argument("--keep", type=Path, default=Path("build", "fuzz"), help="folder for findings (build/fuzz)")
    parser.add_argument("--replay", type=Path, help="run one kept input, whose name begins with its target")
    options = parser.parse_args()
    if options.replay is not None:
        target = options.replay.name.split("-")[0]
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.worker", target, "replay"]
        return subprocess.run([*command, str(options.replay.resolve())], cwd=ROOT, check=False).returncode
    seed = random.randrange(1 << 30) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    found = 0
    for run in (
        lambda: fuzz_calls(seed, options.seconds * 0.4),
        lambda: fuzz_bytes("engine", seed, sys.maxsize, options.seconds * 0.1, options.keep),
        lambda: fuzz_bytes("model", seed, sys.maxsize, options.seconds * 0.4, options.keep),
        lambda: fuzz_bytes("cache", seed, sys.maxsize, options.seconds * 0.1, options.keep),
    ):
        campaign: Campaign = run()
        found += len(campaign.findings)
        print(campaign, flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
