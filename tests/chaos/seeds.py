"""Seeds, each run in a process of its own, and the line that tells of each."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chaos.clock import compile_shim, compiler
from chaos.databases import has_postgres, make_template

DATABASES = ("sqlite", "postgres")
_HERE, _ROOT = Path(__file__).parent, Path(__file__).parents[2]
_PATIENCE = 300  # seconds beside those of the run, on a busy machine


def missing(kinds: Sequence[str]) -> str:
    """What is not installed that runs on these databases need; empty where all is there."""
    if not compiler():
        return "a C compiler (cc), for the clock that it gives to the processes"
    if "postgres" in kinds and not has_postgres():
        return "PostgreSQL, of which it starts servers of its own"
    return ""


def prepare(template: Path, kinds: Sequence[str]) -> None:
    """Make what all runs begin with: empty libraries, and the clock."""
    template.chmod(0o755)  # PostgreSQL runs as another user
    compile_shim(template)
    for kind in kinds:
        make_template(kind, template)


def run(seed: int, kind: str, seconds: float, template: Path, keep: Path | None = None) -> tuple[str, bool]:
    """Run a seed; the line that tells of it, and whether all was well. The folder of one that failed is kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{kind}-{seed}-", dir=keep))
    folder.chmod(0o755)
    result = _result(seed, kind, seconds, template, folder)
    problems, figures = result["problems"], result["figures"]
    (folder / "result").write_text("\n".join([json.dumps(figures), *problems]))
    lines = [f"seed {seed:<4} {kind:8} {'  '.join(_words(figures))}  {'FAILED' if problems else 'ok'}"]
    if problems:
        again = f"./check chaos 1 {seconds:g} --database {kind} --seed {seed}"
        lines += [f"    {one}" for one in [*problems, f"again: {again}    see {folder}"]]
    elif keep is None:
        shutil.rmtree(folder)
    return "\n".join(lines), not problems


def _result(seed: int, kind: str, seconds: float, template: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, _HERE, "0", str(seconds), "--database", kind, "--seed", str(seed)]
    try:
        done = subprocess.run(
            [*command, "--one", template, folder], capture_output=True, text=True, check=False, cwd=_ROOT,
            timeout=seconds + _PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"problems": ["the run does not come to an end"], "figures": {}}
    try:
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return {"problems": [f"the run itself failed: {done.stderr[-2000:]}"], "figures": {}}
    return result


def _words(figures: dict[str, Any]) -> Iterator[str]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield f"{name}: {', '.join(f'{number} {kind}' for kind, number in value.items())}"
        else:
            yield f"{value} {name}"
