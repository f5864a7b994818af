import re

import pytest
from hypothesis import given
from planning_strategies import texts

from loyalkit._markup import escape_html, escape_markdown


class TestEscapeMarkdown:
    @given(texts)
    def test_escaped_text_holds_no_live_mark(self, text):
        escaped = escape_markdown(text)
        assert not set(re.sub(r"\\.", "", escaped)) & set("`*_[]<>&|#~$\\\n\r\x00\x85\u2028")

    @pytest.mark.parametrize(
        "text, escaped",
        [
            ("- [x] done", r"\- \[x\] done"),
            ("+ more", r"\+ more"),
            ("# title", r"\# title"),
            ("1. first", r"1\. first"),
            ("12) first", r"12\) first"),
            ("1.1", "1.1"),
            ("===", r"\==="),
            ("a|b", r"a\|b"),
            ("a\n\nb", "a b"),
            ("a\x00\u2028b", "a b"),
            ("<b>&amp;", r"\<b\>\&amp;"),
            (r"\*", r"\\\*"),
            ("core - first", "core - first"),
        ],
    )
    def test_escapes_what_markdown_reads(self, text, escaped):
        assert escape_markdown(text) == escaped


class TestEscapeHtml:
    @given(texts)
    def test_escaped_text_holds_no_live_mark(self, text):
        escaped = escape_html(text)
        assert not set(escaped) & set("<>\"'\n\r\x00\x85\u2028")

    def test_escapes_what_html_reads(self):
        assert escape_html("<b a='c'>\n& more") == "&lt;b a=&#x27;c&#x27;&gt; &amp; more"
