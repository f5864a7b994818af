"""
What the Pareto rule says: how few make most of it, whether that is usual, and how sure it is.

Conventions: shares and fractions are fractions, never percent, except in sentences.
"""

import math
from typing import Literal, TypeAlias

import attrs
from typing_extensions import override

from loyalkit._concentration_measures import TOLERANCE
from loyalkit._scalars import nan_safe
from loyalkit.intervals import Interval

Reading: TypeAlias = Literal["below", "typical", "above", "unknown"]
"""Where a fraction of customers lies against a band; "unknown" without a total."""


def _rounded(fraction: float, digits: int) -> float:
    return float(f"{100 * fraction:.{digits}g}") / 100


def _percent(fraction: float, digits: int) -> str:
    return f"{float(f'{100 * fraction:.{digits}g}'):.15g} %"


@attrs.frozen(kw_only=True)
class ParetoRule:
    """
    What the Pareto rule says about a customer base, from `Concentration.rule`.

    Its text is a sentence for those who do not read tables.

    Parameters
    ----------
    share : float
        Share of the total that was asked for [fraction].
    band : (float, float)
        Fractions of customers between which this usually lies, both included [fraction].
    fraction : float
        Smallest fraction of customers who make that share [fraction].
    interval : Interval
        Range for that fraction.
    joint_ratio : float
        The fraction p of customers who hold the share 1 - p [fraction].
    caution : bool, default False
        Whether customers are so few, or one so large, that even the interval may be too
        narrow; see `Concentration.caution`.
    window : str, default ""
        Label of the time over which values were summed.

    Examples
    --------
    A true 80/20 sits on the edge of the band, so a small base reads typical without
    being certainly so:

    >>> from loyalkit import Concentration
    >>> rule = Concentration.from_values([400, 400, *[25] * 8]).rule()
    >>> rule.reading, rule.certain
    ('typical', False)
    >>> rule.headline
    '20 % of customers make 80 % of the total'
    """

    share: float
    band: tuple[float, float]
    fraction: float = attrs.field(eq=nan_safe)
    interval: Interval
    joint_ratio: float = attrs.field(eq=nan_safe)
    caution: bool = False
    window: str = ""

    @property
    def reading(self) -> Reading:
        """
        Where the fraction lies against the band, whatever chance may have done.

        "below" if fewer customers than usual make the share (more hangs on fewer),
        "above" if more do, "typical" within the band; "unknown" exactly if the total
        is 0.
        """
        return self._place(self.fraction)

    @property
    def certain(self) -> bool:
        """
        Whether the whole interval reads the same, from customers who can tell.

        False where `caution` is: customers so few, or one so large, settle nothing.
        """
        ends = {self._place(self.interval.low), self._place(self.interval.high)}
        return not self.caution and ends == {self.reading} != {"unknown"}

    @property
    def headline(self) -> str:
        """The joint ratio as a sentence: what "80/20" is here."""
        if math.isnan(self.joint_ratio):
            return "There is no total to share"
        few = float(f"{100 * self.joint_ratio:.2g}")
        return f"{few:g} % of customers make {100 - few:g} % of the total"

    def _place(self, fraction: float) -> Reading:
        low, high = self.band
        if math.isnan(fraction):
            return "unknown"
        if fraction < low * (1 - TOLERANCE):
            return "below"
        return "above" if fraction > high * (1 + TOLERANCE) else "typical"

    @override
    def __str__(self) -> str:
        share, low, high = (_percent(x, 4) for x in (self.share, *self.band))
        usual = {"below": "fewer than the usual", "above": "more than the usual"}
        window = f"{self.window}: " if self.window else ""
        if self.reading == "unknown":
            return f"{window}There is no total of which customers could make {share}"
        # As many digits as show on which side of the band's edges the fraction lies.
        digits = next(
            (n for n in (2, 3, 4, 6) if self._place(_rounded(self.fraction, n)) == self.reading),
            15,
        )
        sentence = (
            f"{window}{_percent(self.fraction, digits)} of customers make {share} of the total, "
            f"{usual.get(self.reading, 'within the usual')} {low} to {high}"
        )
        return sentence if self.certain else f"{sentence}; with these customers that may be chance"
