"""
Two commands for a machine that has git and Python 3.11, and nothing else.

``python3 tasks.py demo`` prints a loyalty report from the log and the survey in
examples/data; ``python3 tasks.py test`` runs the tests. What follows the name is
passed on. Both work in .venv beside this file, which they make, and refresh when
pyproject.toml has changed.
"""

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "loyalkit-installed-for"
TASKS = {"demo": ["examples/quickstart.py"], "test": ["-m", "pytest"]}


def run(*command: object) -> None:
    """Run a command at the top of the checkout; end with its exit code if it fails."""
    code = subprocess.call([str(part) for part in command], cwd=HOME)
    if code:
        sys.exit(code)


def prepare() -> None:
    """Make .venv hold loyalkit, editable, and what its tests need."""
    wanted = f"{HOME}\n{(HOME / 'pyproject.toml').read_text(encoding='utf-8')}"
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    print(f"Preparing {VENV} (only once, takes under a minute) ...", flush=True)
    run(sys.executable, "-m", "venv", *([] if PYTHON.exists() else ["--clear"]), VENV)
    install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--editable"]
    run(PYTHON, *install, f"{HOME}[test]")
    STAMP.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        sys.exit(f"loyalkit needs Python 3.11 or newer, this is {sys.version.split()[0]}")
    if len(sys.argv) < 2 or sys.argv[1] not in TASKS:
        sys.exit(f"usage: python3 tasks.py {' | '.join(TASKS)} [arguments passed on]")
    prepare()
    run(PYTHON, *TASKS[sys.argv[1]], *sys.argv[2:])
