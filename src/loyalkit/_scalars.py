"""
The door for single values: counts, fractions, confidences, words.

Conventions: whole floats are whole numbers, truth values are no numbers. Functions
named ``to_`` and ``validate_`` serve as converters and validators of attrs fields.
"""

import math
import operator
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, SupportsIndex, TypeAlias, cast

import numpy as np

from loyalkit._messages import refuse, refuse_type

Number: TypeAlias = int | float | np.integer[Any] | np.floating[Any]
"""A scalar that a formula takes."""


def is_bool(value: Any) -> bool:
    """Whether this is a truth value, which Python and NumPy would count as 0 or 1."""
    return isinstance(value, bool | np.bool_)


def is_float(value: Any) -> bool:
    """Whether this is a scalar with a fractional part, be it 0."""
    return isinstance(value, float | np.floating)


def transition_at(name: str, value: SupportsIndex, n_transitions: int) -> int:
    """Position of a transition; a negative one counts from the end."""
    try:
        return range(n_transitions)[operator.index(value)]
    except TypeError:
        refuse_type(name, "must be the position of a transition, from 0 on", repr(value))
    except IndexError:
        rule = f"must be the position of one of {n_transitions} transitions"
        raise IndexError(f"{name} {rule}, got {name}={value!r}") from None


def to_int(value: SupportsIndex | float) -> int:
    """Turn a whole number into an int and leave the rest for `validate_count` to refuse."""
    given: Any = value
    if type(given) is int or is_bool(given):
        return cast(int, given)
    if is_float(given):
        return int(given) if math.isfinite(given) and given == int(given) else cast(int, given)
    try:
        return operator.index(given)
    except TypeError:
        return cast(int, given)


def to_float(value: Any) -> float:
    """Turn a number into a float and leave the rest for `validate_figure` to refuse."""
    if type(value) is float or not is_number_kind(type(value)):
        return cast(float, value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def to_amount(value: Any) -> int | float:
    """Turn a number into an int if it is one, else a float; leave the rest to be refused."""
    return to_float(value) if is_float(value) else to_int(value)


def validate_count(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a number of customers, answers or rows."""
    _check_count(attribute.name, value)


def validate_whole(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a whole number of either sign."""
    if type(value) is not int:
        if is_float(value):
            refuse(attribute.name, "must be a whole number", value)
        refuse_type(attribute.name, "must be a number", type(value).__name__)


def validate_figure(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a measure, which may be NaN where nobody can know it."""
    _check_figure(attribute.name, value)


def validate_amount(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of an amount of money of at least 0."""
    if type(value) not in (int, float):
        refuse_type(attribute.name, "must be a number", type(value).__name__)
    if not 0 <= value < math.inf:
        refuse(attribute.name, "must be finite and at least 0", value)


def count(name: str, value: Any) -> int:
    """Whole number of at least 0, from any scalar number."""
    whole = to_int(value)
    _check_count(name, whole)
    return whole


def _check_count(name: str, value: Any) -> None:
    if type(value) is not int:
        if is_float(value):
            refuse(name, "must be a whole number of at least 0", value)
        refuse_type(name, "must be a number", type(value).__name__)
    if value < 0:
        refuse(name, "must be a whole number of at least 0", value)


def number(name: str, value: Any) -> float:
    """Finite scalar, as float."""
    result = to_float(value)
    _check_figure(name, result)
    if not math.isfinite(result):
        refuse(name, "must be finite", value)
    return result


def _check_figure(name: str, value: Any) -> None:
    if type(value) is not float:
        refuse_type(name, "must be a number", type(value).__name__)


def at_least_0(name: str, value: Any) -> float:
    """Finite scalar of at least 0, as float."""
    result = number(name, value)
    if result < 0:
        refuse(name, "must be at least 0", value)
    return result


def fraction(name: str, value: Any) -> float:
    """Scalar from 0 to 1; whoever passes 20 for 20 % is told what to write."""
    result = number(name, value)
    if not 0 <= result <= 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result <= 100 else ""
        refuse(name, f"must be a fraction from 0 to 1{advice}", value)
    return result


def simple_fraction(name: str, value: Any) -> Fraction:
    """
    Scalar from 0 to 1 as the fraction it stands for: 4/5 for 0.8 and for 1 - 0.2.

    The float 0.8 is a little more than 4/5, so that 80 of 100 would not be enough.
    """
    given = Fraction(fraction(name, value))
    simple = given.limit_denominator(10**6)
    # A few rounding errors, as 1 - 0.9 makes them; the next simple fraction is far away.
    return simple if simple and abs(simple - given) < Fraction(1, 2**51) else given


def two_fractions(name: str, values: Any) -> tuple[Fraction, Fraction]:
    """Two numbers from 0 to 1, the smaller first."""
    pair: tuple[Any, ...] = tuple(values) if hasattr(values, "__iter__") else ()
    if len(pair) != 2:
        refuse_type(name, "must be two fractions, the smaller first", repr(values))
    low, high = (simple_fraction(name, value) for value in pair)
    if low > high:
        refuse(name, "must be two fractions, the smaller first", values)
    return low, high


def confidence_level(value: Any) -> float:
    """Confidence strictly between 0 and 1."""
    result = number("confidence", value)
    if not 0 < result < 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result < 100 else ""
        refuse("confidence", f"must be a fraction between 0 and 1{advice}", value)
    return result


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        refuse(name, f"must be one of {', '.join(repr(str(word)) for word in choices)}", value)
    return value


def text(name: str, value: Any, *, limit: int = 10_000) -> str:
    """Text that says something, in at most so many characters, as a plain str."""
    if not isinstance(value, str):
        refuse_type(name, "must be text", type(value).__name__)
    if len(value) > limit:
        refuse(name, f"must have at most {limit} characters", f"{value[:40]}…")
    if not value.strip():
        refuse(name, "must not be blank", value[:40])
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        refuse(name, "must not hold half a surrogate pair", value[:40])
    return str.__str__(value)


def is_scalar(value: Any) -> bool:
    """Whether a formula answers with a float rather than an array."""
    return type(value) in (int, float, bool) or is_number_kind(type(value))


def is_number_kind(kind: Any) -> bool:
    # NumPy counts durations as integers, Python counts truth values.
    numeric = issubclass(kind, int | float | np.integer | np.floating)
    return numeric and kind not in (bool, np.timedelta64)


def nan_safe(value: float) -> float | None:
    """Key by which value objects compare a measure: two that nobody can know are equal."""
    return value if value == value else None


def nan_safe_each(values: Iterable[float]) -> tuple[float | None, ...]:
    """The same of several measures."""
    return tuple(map(nan_safe, values))
