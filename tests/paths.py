"""Where the data that may not be committed lie, if they are there."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


def shared_file(name):
    """Path of a file of reference data; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return path


def shared_json(name):
    return json.loads(shared_file(f"reference/{name}").read_text())
