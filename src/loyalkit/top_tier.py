"""
What became of the best customers of one period in the next.

Conventions: shares are fractions; the line between the top tier and the others is taken as
given in each period, so that intervals are about these customers.
"""

import math

import attrs

from loyalkit._estimates import estimated
from loyalkit._scalars import nan_safe, to_int, validate_count
from loyalkit.intervals import Interval, wilson_interval


@attrs.frozen(kw_only=True)
class TopTierMigration:
    """
    What became of last period's top tier, from `ConcentrationChange.top_tier`.

    Parameters
    ----------
    top_before, top_after : int
        Customers in the top tier of each period [customers].
    stayed : int
        Customers in both top tiers [customers].
    lapsed : int
        Customers of the earlier top tier who are worth nothing in the later period
        [customers].
    value_share : float
        Share of the later period's total that the earlier top tier makes; NaN without a
        total [fraction].
    value_share_error : float
        Standard error of that share, the tier taken as given [fraction].

    See Also
    --------
    Migration : All tiers at once, and who entered.

    Examples
    --------
    >>> from loyalkit import TopTierMigration
    >>> tier = TopTierMigration(
    ...     top_before=544,
    ...     top_after=710,
    ...     stayed=350,
    ...     lapsed=47,
    ...     value_share=0.521,
    ...     value_share_error=0.02,
    ... )
    >>> round(tier.stay_rate, 3), round(tier.stay_interval().low, 3)
    (0.643, 0.602)
    """

    top_before: int = attrs.field(converter=to_int, validator=validate_count)
    top_after: int = attrs.field(converter=to_int, validator=validate_count)
    stayed: int = attrs.field(converter=to_int, validator=validate_count)
    lapsed: int = attrs.field(converter=to_int, validator=validate_count)
    value_share: float = attrs.field(eq=nan_safe)
    value_share_error: float = attrs.field(eq=nan_safe)

    @property
    def stay_rate(self) -> float:
        """Share of the earlier top tier in the later one; NaN without a tier [fraction]."""
        return self.stayed / self.top_before if self.top_before else math.nan

    @property
    def moved_down(self) -> int:
        """Customers of the earlier top tier who buy, but less than the later one [customers]."""
        return self.top_before - self.stayed - self.lapsed

    @property
    def moved_up(self) -> int:
        """Customers of the later top tier who were not in the earlier one [customers]."""
        return self.top_after - self.stayed

    def stay_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share of the earlier top tier who stay in it.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval [fraction], the line between the tiers taken as given; NaN
            without a tier.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return wilson_interval(self.stayed, self.top_before, confidence=confidence)

    def value_share_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share of the later total that the earlier top tier makes.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wald interval of a ratio, cut off at 0 and 1 [fraction]; NaN without a total,
            or if all of it or nothing comes from the tier.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        wide = estimated(self.value_share, self.value_share_error, "", confidence).interval
        if wide.low != wide.low:
            return wide
        return Interval(max(0.0, wide.low), min(1.0, wide.high), confidence)
