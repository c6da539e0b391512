"""Mutation testing of the domain with mutmut: `./test.sh mutate`. What survives is in MUTANTS.md.

    ./test.sh mutate                            all mutants, from scratch
    ./test.sh mutate 'habit_tracker.habits.*'   these only, with what the last run found out

mutmut works on a copy, outside the repository, with the settings in pyproject.toml.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.file_utils import walk_mutatable_files

FOLDER = Path(__file__).parents[1]

# pytest's and mutmut's exit codes.
KILLED, TYPES, TIMEOUT, SURVIVED, UNTESTED = "tests", "types", "time-out", "survived", "no test"
OUTCOMES = {
    0: SURVIVED, 1: KILLED, 2: KILLED, 3: KILLED, 5: UNTESTED, 33: UNTESTED, 37: TYPES,
    -24: TIMEOUT, -9: TIMEOUT,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="./test.sh mutate")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutant; * stands for anything")
    parser.add_argument("--max-children", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--work", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    prepare(options.work, afresh=not options.names)
    os.chdir(options.work)
    environment = {
        **os.environ,
        # For mypy, which mutmut starts by name.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MYPY_CACHE_DIR": str(options.work / "mypy"),
    }
    # Not `-m mutmut`, which would import it twice.
    program = "from mutmut.__main__ import cli; cli()"
    arguments = ["--max-children", str(options.max_children), *options.names]
    command = [sys.executable, "-c", program, "run", *arguments]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with subprocess.Popen(command, env=environment, process_group=0) as mutmut:
        try:
            status = mutmut.wait()
        except KeyboardInterrupt:
            os.killpg(mutmut.pid, signal.SIGTERM)  # its workers, too
            return 143
    return status or report()


def prepare(work: Path, *, afresh: bool) -> None:
    if afresh:
        shutil.rmtree(work, ignore_errors=True)
    for name in ("src", "tests"):
        shutil.rmtree(work / name, ignore_errors=True)
        shutil.copytree(FOLDER / name, work / name)
    shutil.copy2(FOLDER / "pyproject.toml", work)


def outcomes() -> Iterator[tuple[Path, str, str]]:
    """Each mutant's file, name and outcome."""
    for path in sorted(walk_mutatable_files()):
        meta = Path("mutants", f"{path}.meta")
        codes = json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
        for name, code in codes.items():
            if code is not None:
                yield path, name, OUTCOMES.get(code, f"exit code {code}")


def report() -> int:
    """Print the survivors, then a table of the modules."""
    table: dict[str, Counter[str]] = {}
    for path, name, outcome in outcomes():
        table.setdefault(str(path.relative_to("src/habit_tracker")), Counter())[outcome] += 1
        if outcome not in (KILLED, TYPES):
            print(f"\n{name}: {outcome}\n{get_diff_for_mutant(name, path=path)}")
    table["all"] = sum(table.values(), Counter())
    columns = sorted(table["all"])
    print("\n| module | mutants |", " | ".join(columns), "| score |")
    print("| --- |" + " --: |" * (len(columns) + 2))
    for module, row in table.items():
        killed = row[KILLED] + row[TYPES] + row[TIMEOUT]
        counts = [row.total(), *(row[column] for column in columns)]
        print(f"| {module} |", " | ".join(map(str, counts)), f"| {killed / row.total():.1%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
