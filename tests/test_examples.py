"""The examples run as they stand, and print what the real data say."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def printed(request, capsys):
    """What an example prints."""
    runpy.run_path(str(EXAMPLES / request.param), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize("printed", ["quickstart.py"], indirect=True)
class TestQuickstart:
    def test_tells_the_five_parts_in_order(self, printed):
        assert re.findall(r"^(\d)\. .*\n-+$", printed, re.MULTILINE) == list("12345")

    def test_marks_the_unfinished_quarter_and_judges_the_others(self, printed):
        rows = re.findall(r"^(2017Q\d|2018Q1\*).*?(met|missed|cannot tell)$", printed, re.MULTILINE)
        quarters = ["2017Q2", "2017Q3", "2017Q4", "2018Q1*"]
        assert rows == [*zip(quarters, ["met", "cannot tell", "met", "cannot tell"], strict=True)]

    def test_promoters_passives_and_detractors_really_recommended(self, printed):
        # The Carpentries, 2017: 91.6, 72.0 and 23.2 % have recommended.
        rates = re.findall(
            r"^(?:promoters|passives|detractors) .*?([\d.]+)%", printed, re.MULTILINE
        )
        assert rates == ["91.6", "72.0", "23.2"]
        assert "Net promoter score +36.3 points" in printed

    def test_the_log_alone_settles_nobody(self, printed):
        assert "The log settles 0 of 2,469 households" in printed

    def test_the_plan_has_one_criterion_settled_and_names_three_more(self, printed):
        # Five segments, none judged to have hidden potential yet, three departments.
        assert "1 of 68 criteria settled" in printed
        following = printed.partition("Next:\n")[2].splitlines()[:3]
        assert [line.split()[0] for line in following] == ["1.2", "1.3", "1.4"]


@pytest.mark.parametrize("printed", ["shop_from_scratch.py"], indirect=True)
class TestShopFromScratch:
    def test_reports_and_leaves_open_what_nobody_asked(self, printed):
        assert "2024-02: 50%, somewhere from 15% to 85%" in printed
        assert re.findall(r"(Ada|Ben|Cleo|Dai|Eve): (\w+)", printed) == [
            ("Ada", "core"),
            ("Ben", "open"),
            ("Cleo", "undiscovered"),
            ("Dai", "open"),
            ("Eve", "open"),
        ]
