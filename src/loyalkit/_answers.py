"""
The door for answers to a survey: which rows hold one, which none, which one that cannot be.

Conventions: a missing answer is no answer. Codes of missing answers are named by the
caller, never guessed, and never lie on the scale.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import Column, Missing, column, drop_missing, present_numbers
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import one_of, to_int
from loyalkit.scales import Scale


class Answers(NamedTuple):
    """The answers that were given, and which rows hold none (None if all hold one)."""

    given: NDArray[Any]
    silent: NDArray[np.bool_] | None

    @property
    def n_silent(self) -> int:
        """Rows that hold no answer."""
        return 0 if self.silent is None else int(np.count_nonzero(self.silent))


def check_scale(scale: object) -> None:
    """Refuse what is not a scale."""
    if not isinstance(scale, Scale):
        refuse_type("scale", "must be a Scale", type(scale).__name__)


def validate_scale(_instance: object, _attribute: object, value: object) -> None:
    """Serve as attrs validator of a scale."""
    check_scale(value)


def check_missing(missing: str) -> None:
    """Refuse what is not a way to deal with missing answers."""
    one_of("missing", missing, ("raise", "drop"))


def missing_values(codes: Any, scale: Scale) -> tuple[int, ...]:
    """Codes that stand for no answer, as ints; none of them is an answer."""
    if isinstance(codes, str | bytes) or not isinstance(codes, Iterable):
        refuse_type("missing_codes", "must be a sequence of whole numbers", repr(codes))
    listed: list[Any] = list(cast(Any, codes))
    whole = tuple(map(to_int, listed))
    for place, code in enumerate(whole):
        if type(code) is not int:
            refuse_type("missing_codes", "must hold whole numbers", repr(code))
        if scale.lowest <= code <= scale.highest:
            rule = f"must not lie on the scale {scale.lowest} to {scale.highest}"
            refuse("missing_codes", rule, code, place)
    return whole


def read_answers(
    name: str, values: Any, scale: Scale, missing: Missing, missing_codes: Any = ()
) -> Answers:
    """Answers of a column, not yet held against the scale; coded ones are silent."""
    check_scale(scale)
    check_missing(missing)
    codes = missing_values(missing_codes, scale)
    found = column(name, values)
    if missing == "raise":
        drop_missing(missing, {name: found})
    return _without_codes(present_numbers(name, found), found, codes)


def _without_codes(numbers: NDArray[Any], found: Column, codes: tuple[int, ...]) -> Answers:
    coded = np.zeros(numbers.size, bool)
    for code in codes:
        coded |= numbers == code
    if not coded.any():
        return Answers(numbers, found.missing)
    silent = np.zeros(found.values.size, bool) if found.missing is None else found.missing.copy()
    silent[~silent] = coded
    return Answers(numbers[~coded], silent)


def answer_classes(name: str, answers: Answers, scale: Scale) -> NDArray[np.int8]:
    """0 for each detractor, 1 for each passive, 2 for each promoter."""
    given = answers.given
    wrong = (given < scale.lowest) | (given > scale.highest) | (given != np.floor(given))
    if wrong.any():
        refuse_off_scale(name, answers, scale)
    return np.add(given > scale.detractor_max, given > scale.passive_max, dtype=np.int8)


def refuse_off_scale(name: str, answers: Answers, scale: Scale) -> NoReturn:
    """Raise for the first answer that is not on the scale, or else not whole."""
    given, silent = answers
    rule = f"must lie on the scale {scale.lowest} to {scale.highest}"
    refuse_row(name, rule, given, (given < scale.lowest) | (given > scale.highest), silent)
    refuse_row(name, "must be whole numbers", given, given != np.floor(given), silent)
    raise AssertionError(name)


def refuse_row(
    name: str,
    rule: str,
    values: NDArray[Any],
    wrong: NDArray[np.bool_],
    absent: NDArray[np.bool_] | None,
) -> None:
    """Raise for the first wrong value of those that are there, with its place among all rows."""
    if wrong.any():
        first = int(np.argmax(wrong))
        place = first if absent is None else int(np.flatnonzero(~absent)[first])
        refuse(name, rule, values[first], place)
