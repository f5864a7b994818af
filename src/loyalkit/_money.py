"""
The door for amounts: integers as they are, or major units as exact minor units.

Conventions: 2 decimals turn 12.34 into 1234; a value with more of them is refused.
"""

from decimal import Decimal
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import as_exact, as_numbers, integers
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import count


def money(name: str, array: NDArray[Any], decimals: int | None) -> NDArray[Any]:
    """Amounts as `as_exact` takes them, or major units as int64 minor units."""
    decimal = array.dtype.kind == "O" and any(isinstance(x, Decimal) for x in array.tolist())
    if decimals is None:
        if decimal:
            advice = "decimals=2 turns them into exact hundredths"
            refuse_type(
                name, f"must hold ints or floats unless decimals is given: {advice}", "Decimal"
            )
        return as_exact(name, array)
    places = count("decimals", decimals)
    if places > 18:
        refuse("decimals", "must be at most 18", places)
    if decimal:
        return _minor_units_of_decimals(name, array, places)
    array = as_numbers(name, array)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind != "f":
        # They could be major or minor units.
        refuse("decimals", f"must be left out where {name} are integers already", places)
    return _minor_units_of_floats(name, array, places)


def _minor_units_of_decimals(name: str, array: NDArray[Any], places: int) -> NDArray[np.int64]:
    listed = cast("list[Any]", array.tolist())
    for index, value in enumerate(listed):
        if not isinstance(value, Decimal):
            refuse_type(name, "must hold Decimals only", f"{value!r} at index {index}")
        if not value.is_finite():
            refuse(name, "must be finite", value, index)
    # Exact fractions: the precision of the caller's decimal context plays no part.
    ratios = [value.as_integer_ratio() for value in listed]
    wrong = np.array([10**places % below != 0 for _, below in ratios], bool)
    refuse_first(name, f"must have at most {places} decimals", array, wrong)
    units = np.array([above * (10**places // below) for above, below in ratios] + [None], object)
    return integers(name, units[:-1])


def _minor_units_of_floats(name: str, array: NDArray[Any], places: int) -> NDArray[np.int64]:
    refuse_first(name, "must be finite", array, ~np.isfinite(array))
    major = array.astype(np.float64)
    # From there on the tolerance below is half a minor unit or more.
    spacing = float(np.finfo(array.dtype).eps)
    inexact = np.abs(major) >= 0.125 / spacing / 10.0**places
    advice = "pass Decimals or integers"
    refuse_first(name, f"must be exact to {places} decimals: {advice}", array, inexact)
    scaled = major * 10.0**places
    units = np.rint(scaled)
    wrong = np.abs(scaled - units) > 4 * spacing * np.abs(units)
    refuse_first(name, f"must have at most {places} decimals", array, wrong)
    return units.astype(np.int64)
