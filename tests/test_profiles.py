import html
import re

import attrs
import pytest
from hypothesis import given
from planning_strategies import texts

from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.profiles import GERMAN_SEGMENT_PROFILES, SEGMENT_PROFILES
from loyalkit.segments import SegmentAssignment

PROFILES = (SEGMENT_PROFILES, GERMAN_SEGMENT_PROFILES)


@pytest.mark.parametrize("profiles", PROFILES)
class TestProfiles:
    def test_every_segment_has_one_that_is_complete(self, profiles):
        assert list(profiles) == list(Segment)
        for segment, profile in profiles.items():
            assert profile.segment is segment
            texts = attrs.asdict(profile, filter=lambda field, _: field.type is str)
            assert len(texts) == 6
            assert all(text.strip() for text in texts.values())
            assert len(profile.actions) >= 2
            assert isinstance(profile.actions, tuple)

    def test_next_levels_lead_to_the_core_and_on_to_advocacy(self, profiles):
        for segment in Segment:
            steps = [segment]
            while steps[-1] != "advocate":
                steps.append(profiles[steps[-1]].next_level)
                assert len(steps) <= 4
            assert steps[-2] is Segment.CORE

    def test_next_level_is_called_by_its_name(self, profiles):
        for profile in profiles.values():
            if profile.next_level != "advocate":
                assert profile.next_name == profiles[profile.next_level].name

    def test_low_customers_are_first_checked_for_undiscovered_loyalty(self, profiles):
        assert profiles[Segment.LOW].next_level is Segment.UNDISCOVERED

    def test_every_part_says_what_it_is_traced_to(self, profiles):
        for profile in profiles.values():
            assert list(profile.phrases) == ["definition", "objective", "actions", "danger_sign"]
            # What the article does not say is our reading, and only danger signs are.
            assert all(profile.phrases[x] for x in ("definition", "objective", "actions"))
            assert all(words in profile.phrase for words in profile.phrases.values())

    def test_definitions_are_traced_to_the_words_of_a_row(self, profiles):
        for segment, profile in profiles.items():
            rows = [rule.phrase for rule in LOYALTY_RULES.rules if rule.label is segment]
            assert any(profile.phrases["definition"] in phrase for phrase in rows)

    def test_flags_that_are_named_exist(self, profiles):
        described = SegmentAssignment.flags.__doc__
        named = re.findall(r"\w+_\w+", " ".join(x.danger_sign for x in profiles.values()))
        assert named
        assert all(name in described for name in named)

    def test_cannot_be_changed(self, profiles):
        with pytest.raises(TypeError):
            profiles[Segment.LOW] = None
        with pytest.raises(AttributeError):
            profiles[Segment.LOW].objective = ""

    def test_markdown_holds_every_part(self, profiles):
        for profile in profiles.values():
            text = profile.to_markdown()
            parts = [*profile.headings, *profile.actions, profile.next_name, profile.name]
            assert all(part in text for part in parts)
            assert text.startswith(f"## {profile.name} ({profile.segment.name})\n\n- **")
            assert all(words in text for words in profile.phrases.values())
            assert all(x in text for x in (profile.definition, profile.objective))
            assert profile.danger_sign.replace("_", "\\_") in text

    def test_html_holds_every_part(self, profiles):
        for profile in profiles.values():
            text = html.unescape(profile._repr_html_())
            parts = [*profile.headings, *profile.actions, profile.next_name, profile.name]
            assert all(part in text for part in parts)


class TestSegmentProfile:
    def test_both_languages_say_the_same_of_the_same(self):
        for segment in Segment:
            english, german = SEGMENT_PROFILES[segment], GERMAN_SEGMENT_PROFILES[segment]
            assert english.german_name == german.name
            assert english.next_level == german.next_level
            assert english.phrases == german.phrases
            assert len(english.actions) == len(german.actions)
            assert english.definition != german.definition
            assert not set(english.headings) & set(german.headings)

    @given(texts)
    def test_no_text_breaks_out_of_its_place(self, text):
        profile = attrs.evolve(
            SEGMENT_PROFILES[Segment.CORE], name=text, definition=text, actions=(text, text)
        )
        plain = SEGMENT_PROFILES[Segment.CORE]
        lines = profile.to_markdown().splitlines()
        assert len(lines) == len(plain.to_markdown().splitlines()) - 1
        marks = ("## ", "", "- **Def", "- **Obj", "- **Wha", "  1. ", "  2. ", "- **Nex", "- **Dan")
        assert all(line.startswith(mark) for line, mark in zip(lines, marks, strict=True))
        tags = re.findall(r"<[^>]*>", profile._repr_html_())
        assert len(tags) == len(re.findall(r"<[^>]*>", plain._repr_html_())) - 2

    def test_markup_in_a_text_is_text(self):
        profile = attrs.evolve(SEGMENT_PROFILES[Segment.LOW], definition="<b>x</b>\n# y")
        assert "&lt;b&gt;x&lt;/b&gt; # y" in profile._repr_html_()
        assert r"\<b\>x\</b\> \# y" in profile.to_markdown()

    def test_translation_is_a_change_of_texts(self):
        french = attrs.evolve(SEGMENT_PROFILES[Segment.LOW], name="Peu fidèles")
        assert french.to_markdown().startswith("## Peu fidèles (LOW)")
        assert french.phrases == SEGMENT_PROFILES[Segment.LOW].phrases
