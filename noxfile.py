"""
Everything a change must pass besides the tests that ``python3 tasks.py test`` runs.

``nox`` runs all sessions, ``nox -s lint docs`` some of them, ``nox -l`` lists them.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"

PYPROJECT = nox.project.load_toml()
PYTHONS = nox.project.python_versions(PYPROJECT)
VERSIONS = {"HYPOTHESIS_PROFILE": "versions"}


def install(session: nox.Session, *groups: str) -> None:
    """Install loyalkit, editable, and dependency groups of pyproject.toml."""
    session.install("-e.", *nox.project.dependency_groups(PYPROJECT, *groups))


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and imports that only go down."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Both type checkers, and that every public name has a type."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "loyalkit", "--ignoreexternal")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation: docstrings are complete, references found, pages run."""
    install(session, "docs")
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-q", "docs", "docs/_build/html")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, with columns of every data frame library; coverage on the newest Python."""
    install(session, "test", "interop")
    coverage = ["--cov"] if session.python == PYTHONS[-1] else []
    session.run("python", "-m", "pytest", *coverage, *session.posargs, env=VERSIONS)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """The tests with the oldest versions that pyproject.toml allows."""
    session.install("--resolution=lowest-direct", "-e.[test]")
    session.run("python", "-m", "pytest", *session.posargs, env=VERSIONS)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """The table of the documentation, in some ten minutes on a quiet machine."""
    install(session, "bench")
    page = "docs/explanation/measured.md"
    session.run("python", "-m", "benchmarks", "--output", page, *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Source distribution and wheel, and what they say about themselves."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "package"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, Path().glob("dist/*")))
    session.run("check-wheel-contents", "dist")


@nox.session(requires=["package"], reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """The wheel with its runtime dependencies only: it imports and does its main job."""
    session.install(*map(str, Path().glob("dist/*.whl")))
    session.run("python", "examples/quickstart.py")
