"""
Who would recommend: net promoter scores combined with the likelihood of sharing.

Conventions: the likelihood of sharing is how likely a customer is to tell others of a
*positive* experience, from 0 to 1. Whoever holds answers from 0 to 10 divides them by 10,
which reads "7" as seven in ten. What is expected holds if stated likelihoods hold; people
overstate them, so `loyalkit.SharingCalibration` holds them against what people did.
"""

import math
from collections.abc import Sequence
from enum import IntEnum
from functools import partial
from typing import Any, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._answers import answer_classes, read_answers, refuse_row
from loyalkit._arrays import (
    Missing,
    as_float64,
    column,
    drop_missing,
    frozen,
    present_numbers,
    same_length,
)
from loyalkit._scalars import fraction
from loyalkit._unsettled import likelihood_interval
from loyalkit.intervals import Interval
from loyalkit.open_classification import OpenClassification
from loyalkit.scales import SCALE_0_10, Scale
from loyalkit.weighted_scores import WeightedNps, weighted_nps

__all__ = ["Advocacy", "AdvocacyClass"]

_DETRACTOR, _PASSIVE, _PROMOTER = range(3)


class AdvocacyClass(IntEnum):
    """
    What score and likelihood of sharing say together, best first.

    A detractor is at risk whatever the likelihood: the question is about a positive
    experience, so that its answer says nothing about bad talk. Who warns others has to be
    asked in a question of its own.
    """

    ADVOCATE = 0
    SILENT_PROMOTER = 1
    POTENTIAL = 2
    QUIET = 3
    AT_RISK = 4


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Advocacy:
    r"""
    Scores and likelihoods of sharing of the same customers, taken together.

    Made by `from_answers`.

    Parameters
    ----------
    net_classes : ndarray of int8, shape (n,)
        0 for a detractor, 1 for a passive, 2 for a promoter; -1 without a score.
    sharing : ndarray of float64, shape (n,)
        Likelihood of sharing a positive experience [fraction]; NaN if not stated.
    likely : float
        Likelihood from which a customer counts as likely to share [fraction].
    scale : Scale
        The scale of the scores.

    See Also
    --------
    SharingCalibration : What stated likelihoods are worth.
    potential_brand_lovers : Who could become an ambassador, by what customers did.

    Notes
    -----
    With :math:`x_i = 1` for promoters, 0 for passives, -1 for detractors and likelihoods
    :math:`s_i`, there are :math:`\sum_i s_i [x_i = 1]` expected advocates, and the
    sharing-weighted score is :math:`100 \sum_i s_i x_i / \sum_i s_i`: the score of what
    will be told, if people tell as often as they say. It flatters: detractors answer low to
    a question about good experiences, so that their voices weigh little, whatever they
    tell about bad ones.

    The threshold of 0.9 is a convention, made parallel to the 9 of promoters. Bad talk is
    another matter: in one study 16 % were detractors, and 4 % of all had warned others [1]_.

    References
    ----------
    .. [1] C. Stahlkopf, "Where Net Promoter Score Goes Wrong", Harvard Business Review,
       18 October 2019.

    Examples
    --------
    Ten customers said how likely they are to recommend the shop, and how likely they are
    to tell others when something was good. How many advocates are there?

    >>> import numpy as np
    >>> from loyalkit import Advocacy
    >>> sharing = np.array([9, 2, 8, 10, 5, 1, 10, 9, 6, 0]) / 10
    >>> advocacy = Advocacy.from_answers([10, 9, 9, 8, 7, 6, 10, 3, 9, 10], sharing)
    >>> round(advocacy.expected_advocates, 6), round(advocacy.advocate_rate, 6)
    (3.5, 0.35)
    >>> interval = advocacy.interval()
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.14, 0.65)
    >>> advocacy.classes
    OpenClassification(ADVOCATE=2, SILENT_PROMOTER=4, POTENTIAL=1, QUIET=1, AT_RISK=2)
    >>> round(advocacy.sharing_weighted_score, 2)
    41.67
    """

    net_classes: NDArray[np.int8] = attrs.field(converter=frozen)
    sharing: NDArray[np.float64] = attrs.field(converter=frozen)
    likely: float
    scale: Scale

    @classmethod
    def from_answers(
        cls,
        scores: ArrayLike,
        sharing: ArrayLike,
        *,
        likely: float = 0.9,
        scale: Scale = SCALE_0_10,
        missing: Missing = "raise",
        missing_codes: Sequence[int] = (),
    ) -> Self:
        """
        Take two answers of each customer together.

        Parameters
        ----------
        scores : array_like, shape (n,)
            How likely each customer is to recommend: whole numbers on the scale.
        sharing : array_like, shape (n,)
            How likely each is to tell others of a positive experience, from 0 to 1
            [fraction]; divide answers from 0 to 10 by 10.
        likely : float, default 0.9
            Likelihood from which a customer counts as likely to share [fraction].
        scale : Scale, default SCALE_0_10
            The scale of the scores.
        missing : {"raise", "drop"}, default "raise"
            What to do with missing answers: refuse them, or leave customers without both
            out of the figures and count them. They stay in `classes`, with the classes
            that are left to them.
        missing_codes : sequence of int, default ()
            Codes off the scale that stand for no score. They count as missing.

        Returns
        -------
        Advocacy
            Both answers of each customer.

        Raises
        ------
        TypeError
            If an argument does not hold numbers.
        ValueError
            If a score is not whole or not on the scale, if a likelihood is not a fraction,
            if there is not one of each per customer, or if an answer is missing and
            ``missing`` is not "drop".

        Examples
        --------
        A promoter who was not asked about sharing is an advocate or a silent promoter:

        >>> from loyalkit import Advocacy, AdvocacyClass
        >>> advocacy = Advocacy.from_answers([10, 3, 9], [0.9, 0.1, None], missing="drop")
        >>> advocacy.n, advocacy.missing, advocacy.classes.bounds[AdvocacyClass.ADVOCATE]
        (2, 1, (1, 2))
        """
        answers = read_answers("scores", scores, scale, missing, missing_codes)
        known = answer_classes("scores", answers, scale)
        net_classes = known
        if answers.silent is not None:
            net_classes = np.full(answers.silent.size, -1, np.int8)
            net_classes[~answers.silent] = known
        stated = _likelihoods(sharing, missing)
        same_length(scores=net_classes, sharing=stated)
        return cls(
            net_classes=net_classes, sharing=stated, likely=fraction("likely", likely), scale=scale
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    def __repr__(self) -> str:
        expected = f"expected_advocates={self.expected_advocates:.6g}"
        return f"Advocacy(n={self.n}, missing={self.missing}, {expected})"

    @property
    def n(self) -> int:
        """Customers who gave both answers [customers]."""
        return int(np.count_nonzero(self._complete))

    @property
    def missing(self) -> int:
        """Customers who did not give both answers [customers]."""
        return self.sharing.size - self.n

    @property
    def expected_advocates(self) -> float:
        """
        Promoters who will tell others, if stated likelihoods hold [customers].

        Of the customers who gave both answers. 0 without any.
        """
        return float(self.sharing[self._complete & (self.net_classes == _PROMOTER)].sum())

    @property
    def expected_advocates_bounds(self) -> tuple[float, float]:
        """The fewest and the most there can be, whatever is missing [customers]."""
        told = np.isfinite(self.sharing)
        fewest = self.expected_advocates
        no_score = float(self.sharing[told & (self.net_classes == -1)].sum())
        # Who told nothing about sharing, and is or may be a promoter.
        nothing = ~told & ((self.net_classes == -1) | (self.net_classes == _PROMOTER))
        return fewest, fewest + no_score + float(np.count_nonzero(nothing))

    @property
    def advocate_rate(self) -> float:
        """Expected advocates over customers who gave both answers; NaN without any [fraction]."""
        return self.expected_advocates / self.n if self.n else math.nan

    def interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the advocate rate of all customers, if stated likelihoods hold.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            The range [fraction]; NaN exactly if nobody gave both answers.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        See Also
        --------
        SharingCalibration.expected_advocates : If they do not hold.

        Notes
        -----
        It is Wilson's interval, as if so many of the customers had told others as are
        expected to. A likelihood varies less than a yes or no, so the interval errs on the
        wide side: in simulations with 10 to 1000 customers 95 % held the truth in 97 to
        100 % of samples, where few but very likely advocates make it 94 to 97 %. An interval
        from the spread of the likelihoods would be a tenth narrower for usual answers, but
        held the truth in as few as 59 % where a few customers differ from all others. It
        is about customers like those who answered.
        """
        return likelihood_interval(self.expected_advocates, self.n, confidence)

    @property
    def sharing_weighted_nps(self) -> WeightedNps:
        """
        Net promoter score in which customers weigh as much as they are likely to share.

        With error, interval and effective size. It flatters: detractors answer low to a
        question about good experiences. NaN exactly if nobody will share anything.
        """
        complete = self._complete
        # One answer for each class, since weights meet classes only.
        answer = np.array([self.scale.lowest, self.scale.passive_max, self.scale.highest])
        return weighted_nps(
            answer[self.net_classes[complete]], self.sharing[complete], scale=self.scale
        )

    @property
    def sharing_weighted_score(self) -> float:
        """Score of `sharing_weighted_nps`, -100 to 100 [points]."""
        return self.sharing_weighted_nps.score

    @property
    def classes(self) -> OpenClassification[AdvocacyClass]:
        """
        The class of each customer, in the order given.

        Promoters are ADVOCATE or SILENT_PROMOTER, passives POTENTIAL or QUIET, each as they
        are likely to share or not; detractors are AT_RISK. A customer who did not give both
        answers has the classes that are left.
        """
        net, stated = self.net_classes, self.sharing
        # 0.3 * 3 is a little less than 0.9.
        least = self.likely * (1 - 1e-12)
        # Who stated nothing may be likely or not, unless everybody is likely enough.
        likely, unlikely = ~(stated < least), ~(stated >= least) & (least > 0)
        promoter, passive, detractor = (
            (net == kind) | (net == -1) for kind in (_PROMOTER, _PASSIVE, _DETRACTOR)
        )
        possible = [
            promoter & likely,
            promoter & unlikely,
            passive & likely,
            passive & unlikely,
            detractor,
        ]
        return OpenClassification(labels=AdvocacyClass, possible=np.column_stack(possible))

    @property
    def _complete(self) -> NDArray[np.bool_]:
        complete: NDArray[np.bool_] = (self.net_classes != -1) & np.isfinite(self.sharing)
        return complete


def _likelihoods(values: Any, missing: Missing) -> NDArray[np.float64]:
    """Likelihoods, NaN where missing."""
    given = column("sharing", values)
    if missing == "raise":
        drop_missing(missing, {"sharing": given})
    known = as_float64(present_numbers("sharing", given))
    rule = "must be a fraction from 0 to 1: divide answers from 0 to 10 by 10"
    refuse_row("sharing", rule, known, ~((known >= 0) & (known <= 1)), given.missing)
    stated = np.full(given.values.size, np.nan)
    stated[slice(None) if given.missing is None else ~given.missing] = known
    return stated
