"""
The question asked: which answers there are, and whom each of them makes.

Conventions: an answer is a whole number on a stated scale, which is never guessed from the
data; answers on different scales are never mixed.
"""

import attrs

from loyalkit._messages import refuse
from loyalkit._scalars import to_int, validate_whole


@attrs.frozen
class Scale:
    """
    Which answers a question takes, and where detractors end and promoters begin.

    Parameters
    ----------
    lowest : int, default 0
        Smallest answer.
    detractor_max : int, default 6
        Largest answer of a detractor.
    passive_max : int, default 8
        Largest answer of a passive; promoters give a larger one.
    highest : int, default 10
        Largest answer.

    Raises
    ------
    TypeError
        If a bound is not a number.
    ValueError
        If a bound is not whole, or if a class has no answers.

    See Also
    --------
    NpsCounts : Answers on a scale, counted by class.

    Notes
    -----
    ``SCALE_0_10`` is the eleven-point question of [1]_, ``SCALE_1_5`` the usual
    reading of five points: 5 promotes, 4 is passive. The same people score differently on
    the two, so there is no conversion.

    References
    ----------
    .. [1] F. F. Reichheld, "The One Number You Need to Grow", Harvard Business Review
       81 (12), 46-54, 2003.

    Examples
    --------
    A seven-point scale on which only the top answer promotes:

    >>> from loyalkit import NpsCounts, Scale
    >>> NpsCounts.from_scores([7, 7, 6, 2], scale=Scale(1, 5, 6, 7)).score
    25.0
    """

    lowest: int = attrs.field(default=0, converter=to_int, validator=validate_whole)
    detractor_max: int = attrs.field(default=6, converter=to_int, validator=validate_whole)
    passive_max: int = attrs.field(default=8, converter=to_int, validator=validate_whole)
    highest: int = attrs.field(default=10, converter=to_int, validator=validate_whole)

    def __attrs_post_init__(self) -> None:
        if self.detractor_max < self.lowest:
            refuse("detractor_max", f"must be at least lowest={self.lowest}", self.detractor_max)
        if self.passive_max <= self.detractor_max:
            rule = f"must exceed detractor_max={self.detractor_max}"
            refuse("passive_max", rule, self.passive_max)
        if self.highest <= self.passive_max:
            refuse("highest", f"must exceed passive_max={self.passive_max}", self.highest)


SCALE_0_10 = Scale()
"""The question of the net promoter score: 0-6 detractors, 7-8 passives, 9-10 promoters."""

SCALE_1_5 = Scale(lowest=1, detractor_max=3, passive_max=4, highest=5)
"""Five points: 1-3 detractors, 4 passives, 5 promoters."""
