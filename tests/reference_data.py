"""
Published and independently computed numbers, and real data that may not be committed.

``tests/reference`` holds results of computations with pandas, SciPy and exact
fractions, made apart from this library. The raw data behind some of them have no
licence that lets them be shipped; tests that read those are skipped where they are
absent.
"""

import csv
import gzip
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


def raw_columns(name):
    """Columns of a CSV file of raw data, as lists of text."""
    path = raw_data(name)
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as file:
        rows = csv.reader(file)
        return dict(zip(next(rows), map(list, zip(*rows, strict=True)), strict=True))
