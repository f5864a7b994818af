"""
Published and independently computed numbers, and real data that may not be committed.

``tests/reference`` holds results of computations with pandas, SciPy and exact
fractions, made apart from this library. The raw data behind some of them have no
licence that lets them be shipped; tests that read those are skipped where they are
absent.
"""

import csv
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RAW = HERE.parents[1] / "shared" / "data"


def reference(name):
    """Content of a reference file: parsed JSON, or the rows of a CSV file."""
    path = HERE / "reference" / name
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return json.loads(path.read_text())


def raw_data(name):
    """Path of a file of raw data; the calling test is skipped where it is absent."""
    path = RAW / name
    if not path.exists():
        pytest.skip(f"{name} may not be committed and is not here")
    return path
