"""
What callers read when something is wrong: *argument, rule, value, place*.

Conventions: what is not of the right kind at all is a ``TypeError``; a value that
cannot be is a ``ValueError``.
"""

import datetime as dt
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray


def refuse(name: str, rule: str, value: Any, place: object = None) -> NoReturn:
    """Raise the ValueError that every wrong value gets."""
    where = "" if place is None else f" at index {place}"
    raise ValueError(f"{name} {rule}, got {name}={_plain(value)!r}{where}")


def refuse_type(name: str, rule: str, got: object) -> NoReturn:
    """Raise the TypeError that everything gets which is not of the right kind."""
    raise TypeError(f"{name} {rule}, got {got}")


def refuse_first(name: str, rule: str, values: NDArray[Any], wrong: NDArray[np.bool_]) -> None:
    """Raise for the first wrong element, if there is one."""
    if wrong.any():
        place, index = first_marked(wrong)
        refuse(name, rule, values[place], index)


def refuse_together(rule: str, wrong: Any, **given: Any) -> None:
    """Raise for the first place where arguments contradict one another, if there is one."""
    if wrong is False or not np.any(wrong):
        return
    place, index = first_marked(np.asarray(wrong))
    got = ", ".join(f"{name}={_plain(np.asarray(x)[place])!r}" for name, x in given.items())
    raise ValueError(f"{rule}, got {got}" + ("" if index is None else f" at index {index}"))


def first_marked(wrong: NDArray[np.bool_]) -> tuple[tuple[int, ...], object]:
    """First marked element, as an index and as a message writes it (None for a scalar)."""
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return place, None if not place else place[0] if len(place) == 1 else place


def _plain(value: Any) -> Any:
    # repr(np.float64(2.5)) is 'np.float64(2.5)', which no caller wrote.
    if isinstance(value, dt.date | np.datetime64 | np.timedelta64):
        return str(cast(Any, value))
    scalar = isinstance(value, np.number | np.bool_ | np.str_ | np.bytes_)
    return cast(Any, value).item() if scalar else value


def instance(name: str, value: object, kind: type) -> None:
    """Refuse what is not an object of this class."""
    if not isinstance(value, kind):
        refuse_type(name, f"must be of type {kind.__name__}", type(value).__name__)
