"""
What plain data may look like: one definition that reads them and writes their schema.

Conventions: reading refuses whatever a shape does not allow, with the path of the bad
entry, and goes no deeper than the shape does. A schema asks for no more than reading
does: whatever is read passes it.
"""

import datetime as dt
import math
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias, cast

import attrs

from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import is_bool, number, text
from loyalkit._times import day

Schema: TypeAlias = dict[str, Any]

TEXT_LIMIT = 10_000
"""Longest text [characters]."""

_NO_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Shape(Protocol):
    """What an entry may look like."""

    def read(self, path: str, data: Any) -> Any:
        """Value of the entry, or a refusal with its path."""
        ...

    def schema(self) -> Schema:
        """The same as a JSON Schema."""
        ...


@attrs.frozen
class Text:
    """Text; blank only if it may be."""

    limit: int = TEXT_LIMIT
    may_be_empty: bool = False

    def read(self, path: str, data: Any) -> str:
        """Text as it is."""
        if self.may_be_empty and isinstance(data, str) and not data:
            return ""
        return text(path, data, limit=self.limit)

    def schema(self) -> Schema:
        """Text between two lengths."""
        least = {} if self.may_be_empty else {"minLength": 1}
        return {"type": "string", **least, "maxLength": self.limit}


@attrs.frozen
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, path: str, data: Any) -> str:
        """The word."""
        if not isinstance(data, str):
            refuse_type(path, "must be text", type(data).__name__)
        if data not in self.words:
            refuse(
                path,
                f"must be one of {', '.join(repr(str(word)) for word in self.words)}",
                shortened(data),
            )
        return data

    def schema(self) -> Schema:
        """The words."""
        return {"enum": list(map(str, self.words))}


@attrs.frozen
class Day:
    """A calendar day in ISO text."""

    def read(self, path: str, data: Any) -> dt.date:
        """The day."""
        if not isinstance(data, str):
            refuse_type(path, "must be a date such as 2017-01-31", type(data).__name__)
        return day(path, data)

    def schema(self) -> Schema:
        """Text of that form."""
        pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
        return {"type": "string", "format": "date", "pattern": pattern}


@attrs.frozen
class Whole:
    """A whole number within a range."""

    least: int
    most: int

    def read(self, path: str, data: Any) -> int:
        """The number."""
        if is_bool(data) or not isinstance(data, int | float):
            refuse_type(path, "must be a number", type(data).__name__)
        # Compared first: a huge number has no float, and NaN no int.
        if not (self.least <= data <= self.most and data == int(data)):
            rule = f"must be a whole number from {self.least} to {self.most}"
            refuse(path, rule, shortened(data))
        return int(data)

    def schema(self) -> Schema:
        """Numbers within the range."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@attrs.frozen
class Decimal:
    """A number; what JSON has no number for goes as text, where it may occur."""

    finite: bool = True

    def read(self, path: str, data: Any) -> float:
        """The number."""
        if not self.finite and isinstance(data, str) and data in _NO_NUMBERS:
            return _NO_NUMBERS[data]
        if is_bool(data) or not isinstance(data, int | float):
            words = "" if self.finite else f", or one of {', '.join(_NO_NUMBERS)}"
            refuse_type(path, f"must be a number{words}", type(data).__name__)
        if isinstance(data, int) and abs(data) > 2**1023:
            refuse(path, "must be finite", shortened(data))
        return number(path, data)

    def schema(self) -> Schema:
        """Numbers, and the words for what is none."""
        found = {"type": "number"}
        return found if self.finite else {"anyOf": [found, {"enum": list(_NO_NUMBERS)}]}


def written(value: float) -> float | str:
    """A number as `Decimal` reads it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


@attrs.frozen
class Truth:
    """True or false."""

    def read(self, path: str, data: Any) -> bool:
        """The truth value."""
        if not isinstance(data, bool):
            refuse_type(path, "must be True or False", type(data).__name__)
        return data

    def schema(self) -> Schema:
        """Truth values."""
        return {"type": "boolean"}


@attrs.frozen
class Maybe:
    """Another shape, or nothing."""

    shape: Shape

    def read(self, path: str, data: Any) -> Any:
        """What the shape reads, or None."""
        return None if data is None else self.shape.read(path, data)

    def schema(self) -> Schema:
        """The schema of the shape, or null."""
        return {"anyOf": [self.shape.schema(), {"type": "null"}]}


@attrs.frozen
class ListOf:
    """Entries of one shape."""

    shape: Shape
    most: int
    least: int = 0

    def read(self, path: str, data: Any) -> list[Any]:
        """What the shape reads of each entry."""
        if not isinstance(data, list):
            refuse_type(path, "must be a list", type(data).__name__)
        entries: list[Any] = cast(Any, data)
        if len(entries) > self.most:
            refuse(path, f"must have at most {self.most} entries", len(entries))
        if len(entries) < self.least:
            word = "entry" if self.least == 1 else "entries"
            refuse(path, f"must have at least {self.least} {word}", len(entries))
        return [self.shape.read(f"{path}[{place}]", entry) for place, entry in enumerate(entries)]

    def schema(self) -> Schema:
        """Lists of the shape."""
        least = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.shape.schema(), **least, "maxItems": self.most}


@attrs.frozen
class Record:
    """Named entries, some of which may be left out."""

    title: str
    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = attrs.field(factory=dict[str, Shape])

    def read(self, path: str, data: Any) -> dict[str, Any]:
        """What the shapes read of the entries that are there."""
        if not isinstance(data, dict):
            refuse_type(path or self.title, "must be a dict", type(data).__name__)
        fields: dict[Any, Any] = cast(Any, data)
        shapes = {**self.required, **self.optional}
        for key in fields:
            if key not in shapes:
                rule = f"must have no keys but {', '.join(shapes)}"
                refuse(path or self.title, rule, shortened(key))
        for key in self.required:
            if key not in fields:
                rule = f"must have the keys {', '.join(self.required)}"
                refuse(path or self.title, rule, sorted(fields))
        return {
            key: shapes[key].read(f"{path}.{key}" if path else key, entry)
            for key, entry in fields.items()
        }

    def schema(self) -> Schema:
        """Objects with these properties and no others."""
        shapes = {**self.required, **self.optional}
        return {
            "title": self.title,
            "type": "object",
            "properties": {key: shape.schema() for key, shape in shapes.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


def shortened(value: Any) -> Any:
    """Value as a message may show it, whatever its size and depth."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**20 else "a huge number"
    return value[:40] if isinstance(value, str) else type(value).__name__


@contextmanager
def at(path: str) -> Generator[None]:
    """Put the path before what is refused inside."""
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{path}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def places(path: str, entries: Iterable[Any]) -> list[tuple[str, Any]]:
    """Entries of a list with their paths."""
    return [(f"{path}[{place}]", entry) for place, entry in enumerate(entries)]
