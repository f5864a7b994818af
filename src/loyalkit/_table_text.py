"""
Tables of counts as people read them: aligned text, and HTML for notebooks.

Conventions: labels are shown as text in one line, long ones cut; of a large table the
first rows and columns are shown, and how many there are beyond.
"""

import math
from collections.abc import Sequence
from enum import Enum
from typing import Any

from loyalkit._markup import escape_html

_MOST_ROWS = 30
_MOST_COLUMNS = 12
_WIDEST = 24


def label_text(label: Any) -> str:
    """Label in one short line; members of an enumeration by name."""
    text = " ".join(str(label.name if isinstance(label, Enum) else label).split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def percent_text(rate: float) -> str:
    """Rate as a cell, in percent; empty where nobody can know it."""
    return "" if math.isnan(rate) else f"{rate:.1%}"


def text_table(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[int | str]]
) -> str:
    """Counts, or what stands for them, under the labels of columns, beside those of rows."""
    lines = _shown(rows, columns, cells)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(x.rjust(w) for x, w in zip(line[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for line in lines
    )


def html_of_table(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[int | str]]
) -> str:
    """The same as an HTML table; labels are escaped."""
    head, *body = [[escape_html(cell) for cell in line] for line in _shown(rows, columns, cells)]
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join(
        f"<tr><th>{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>"
        for first, *rest in body
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _shown(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[int | str]]
) -> list[list[str]]:
    tall, wide = len(rows) > _MOST_ROWS, len(columns) > _MOST_COLUMNS
    beyond = [f"+{len(columns) - _MOST_COLUMNS}"] if wide else []
    lines = [["", *columns[:_MOST_COLUMNS], *beyond]]
    for row, numbers in zip(rows[:_MOST_ROWS], cells, strict=False):
        shown = [x if isinstance(x, str) else f"{x:,}" for x in numbers[:_MOST_COLUMNS]]
        lines.append([row, *shown, *(["…"] if wide else [])])
    if tall:
        lines.append([f"+{len(rows) - _MOST_ROWS} more", *["…"] * (len(lines[0]) - 1)])
    return lines
