import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_schemas import fits
from planning_strategies import given_plans
from test_planning_data import JSON_VALUES, changed, example, paths

from loyalkit.planning_schema import plan_schema
from loyalkit.program_planner import ProgramPlan

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "plan.schema.json"


class TestPlanSchema:
    @given_plans()
    def test_whatever_is_written_passes(self, plan):
        assert fits(plan_schema(), plan.to_dict())

    @given(st.data(), JSON_VALUES)
    def test_whatever_is_read_passes(self, data, value):
        path = data.draw(st.sampled_from(list(paths(example().to_dict()))))
        entry = changed(path, value)
        try:
            ProgramPlan.from_dict(entry)
        except (TypeError, ValueError):
            return
        assert entry["schema_version"] == 1 or fits(plan_schema(), entry)

    @pytest.mark.parametrize("path", list(paths(example().to_dict())), ids=str)
    def test_wrong_types_and_unknown_keys_do_not_pass(self, path):
        assert not fits(plan_schema(), changed(path, {"surprise": 1}))

    def test_says_what_is_needed(self):
        data = example().to_dict()
        for key in data:
            rest = {name: entry for name, entry in data.items() if name != key}
            needed = key in ("schema_version", "segments", "departments")
            assert fits(plan_schema(), rest) != needed

    def test_another_implementation_agrees(self):
        jsonschema = pytest.importorskip("jsonschema")
        jsonschema.Draft202012Validator.check_schema(plan_schema())
        validator = jsonschema.Draft202012Validator(plan_schema())
        assert validator.is_valid(example().to_dict())
        for path in paths(example().to_dict()):
            assert not validator.is_valid(changed(path, {"surprise": 1}))

    def test_the_page_in_the_docs_is_the_same(self):
        """To write it anew: ``json.dumps(plan_schema(), indent=2)`` and a line break."""
        text = json.dumps(plan_schema(), indent=2) + "\n"
        assert PAGE.read_text(encoding="utf-8") == text

    def test_a_caller_cannot_change_it(self):
        plan_schema()["properties"].clear()
        assert plan_schema()["properties"]
