"""Runs of the program in which all that can fail fails; what arrived is compared with what the database says.

./check chaos [SEEDS] [SECONDS] [--database sqlite|postgres] [--seed N] [--jobs N] [--keep FOLDER]

So many seeds (10) of so many seconds (10) on each database, or on one; with --seed, that one, or so many from it on.
What happens is chosen by the seed, and when exactly by the machine. The folder of a seed that fails is kept: `log` says
what happened when, and `logs` what each process said.
"""

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]  # instead of this folder

from chaos.seeds import DATABASES, missing, prepare, run  # noqa: E402


def main() -> int:
    options = _options()
    if options.one:
        return _tell(options)
    kinds = [options.database] if options.database else list(DATABASES)
    if lacks := missing(kinds):
        sys.exit(f"check: `chaos` needs {lacks}.")
    runs = [(seed, kind) for kind in kinds for seed in range(options.seed, options.seed + options.seeds)]
    begin, failed = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(options.jobs) as pool:
        prepare(Path(name), kinds)
        for line, is_good in pool.map(lambda one: run(*one, options.seconds, Path(name), options.keep), runs):
            print(line, flush=True)
            failed += not is_good
    print(f"{len(runs) - failed} of {len(runs)} seeds passed in {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./check chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("seeds", nargs="?", type=int, default=10)
    parser.add_argument("seconds", nargs="?", type=float, default=10)
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the folders of all seeds here")
    parser.add_argument("--one", nargs=2, type=Path, help=argparse.SUPPRESS)  # the template, the folder of the run
    return parser.parse_args()


def _tell(options: argparse.Namespace) -> int:
    """Be the process of one run; the last line says what came of it."""
    from chaos.story import Story

    template, folder = options.one
    story, begin = Story(options.seed, options.seconds, options.database, folder, template), time.monotonic()
    story.tell()
    figures = {**story.figures, "s": round(time.monotonic() - begin)}
    print(json.dumps({"problems": story.problems, "figures": figures}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
