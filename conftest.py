"""The Python in README.md and in the pages of docs/ is run with the tests."""

from doctest import NORMALIZE_WHITESPACE

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

collect_ignore = ["docs/_build", "docs/conf.py", "tests/typing_api.py"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=NORMALIZE_WHITESPACE), SkipParser()],
    patterns=["README.md", "docs/**/*.md"],
).pytest()
