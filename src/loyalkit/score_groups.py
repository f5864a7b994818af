"""
Net promoter scores by group: branch, channel, month, touchpoint of the customer journey.

Conventions: as for `loyalkit.nps`. Groups are in the order of their labels, and no Python
loop runs over them until somebody asks for one.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, cast

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._answers import read_answers, refuse_off_scale
from loyalkit._arrays import (
    Column,
    Missing,
    column,
    drop_missing,
    equal_arrays,
    frozen,
    same_length,
)
from loyalkit._kernels import tally_answers_by_code
from loyalkit._labels import encode, union_labels
from loyalkit._messages import refuse
from loyalkit.net_scores import NetScoreMethod, net_score_interval, wald_moments
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_0_10, Scale

_SHOWN = 20


@attrs.frozen(kw_only=True, eq=False, repr=False)
class NpsByGroup(Mapping[Any, NpsCounts]):
    """
    Answers of each group, counted by class: a read-only dictionary of `NpsCounts`.

    Made by `nps_by_group`. The counts of a group are put together when they are asked for;
    the figures of all groups at once are arrays. Two of these add up, group by group.

    Parameters
    ----------
    labels : ndarray, shape (k,)
        The groups in the order of their labels; None, if there is such a group, is last.
    detractors, passives, promoters : ndarray of int64, shape (k,)
        Answers of each group by class [answers].
    missing : ndarray of int64, shape (k,)
        People of each group who did not answer [people].
    scale : Scale
        The scale of the answers.

    See Also
    --------
    nps_by_group : Makes it from answers.
    compare_scores : Which groups differ.

    Examples
    --------
    >>> from loyalkit import nps_by_group
    >>> found = nps_by_group([10, 6, 9, 8, 7, 3], ["shop", "web", "shop", "web", "phone", "web"])
    >>> found["web"].n, list(found), found.scores.round(1)
    (3, ['phone', 'shop', 'web'], array([  0. , 100. , -66.7]))
    """

    labels: NDArray[Any] = attrs.field(converter=frozen)
    detractors: NDArray[np.int64] = attrs.field(converter=frozen)
    passives: NDArray[np.int64] = attrs.field(converter=frozen)
    promoters: NDArray[np.int64] = attrs.field(converter=frozen)
    missing: NDArray[np.int64] = attrs.field(converter=frozen)
    scale: Scale

    @property
    def n(self) -> NDArray[np.int64]:
        """Answers of each group, the missing ones not included [answers]."""
        return frozen(self.detractors + self.passives + self.promoters)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Net promoter score of each group, -100 to 100; NaN without answers [points]."""
        return frozen(self._moments()[0])

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Standard error of each score; NaN without answers [points]."""
        return frozen(self._moments()[1])

    def interval(
        self, confidence: float = 0.95, method: NetScoreMethod = "score"
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for each score, each for itself.

        Of a hundred groups, five such ranges of 95 % are expected to miss: to say which
        groups differ take `compare_scores`.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of each interval [fraction].
        method : {"score", "adjusted_wald", "wald"}, default "score"
            How they are made, as for `net_score_interval`.

        Returns
        -------
        tuple of ndarray of float64
            The arrays (low, high) [points]; NaN exactly where a group has no answers.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1, or if there is no such method.

        Examples
        --------
        >>> from loyalkit import nps_by_group
        >>> low, high = nps_by_group([10, 6, 9, 8], ["a", "b", "a", "b"]).interval()
        >>> low.round(1), high.round(1)
        (array([-31.5, -90.5]), array([100. ,  48.6]))
        """
        return net_score_interval(
            detractors=self.detractors,
            passives=self.passives,
            promoters=self.promoters,
            confidence=confidence,
            method=method,
        )

    @property
    def total(self) -> NpsCounts:
        """The answers of all groups together."""
        sums = (int(x.sum()) for x in (*self._classes, self.missing))
        return self._counts(*sums)

    @property
    def _classes(self) -> tuple[NDArray[np.int64], ...]:
        return self.detractors, self.passives, self.promoters

    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        d, s, p = (x.astype(np.float64) for x in self._classes)
        d[self.n == 0] = np.nan
        score, error = wald_moments(d, s, p, 0)
        return score, error

    def _counts(self, d: int, s: int, p: int, m: int) -> NpsCounts:
        return NpsCounts(detractors=d, passives=s, promoters=p, missing=m, scale=self.scale)

    @cached_property
    def _positions(self) -> dict[Any, int]:
        return {label: place for place, label in enumerate(_plain(self.labels))}

    @override
    def __getitem__(self, label: Any) -> NpsCounts:
        place = self._positions[label]
        return self._counts(*(int(x[place]) for x in (*self._classes, self.missing)))

    @override
    def __iter__(self) -> Iterator[Any]:
        return iter(self._positions)

    @override
    def __len__(self) -> int:
        return self.labels.size

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NpsByGroup):
            return isinstance(other, Mapping) and dict(self) == dict(cast(Any, other))
        arrays = zip(
            (self.labels, *self._classes, self.missing),
            (other.labels, *other._classes, other.missing),
            strict=True,
        )
        return self.scale == other.scale and all(equal_arrays(a, b) for a, b in arrays)

    @override
    def __repr__(self) -> str:
        shown = [f"{label!r}: {self[label]!r}" for label in list(self)[:_SHOWN]]
        more = [f"... of {len(self)} groups"] if len(self) > _SHOWN else []
        return f"{type(self).__name__}({{{', '.join(shown + more)}}})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    def __add__(self, other: "NpsByGroup") -> "NpsByGroup":
        if not isinstance(other, NpsByGroup):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        if other.scale != self.scale:
            refuse("scale", f"must be the same on both sides, {self.scale!r} here", other.scale)
        labels, codes = _union(self.labels, other.labels)
        sums = [np.zeros(labels.size, np.int64) for _ in range(4)]
        for total, mine, theirs in zip(
            sums, (*self._classes, self.missing), (*other._classes, other.missing), strict=True
        ):
            np.add.at(total, codes, np.concatenate([mine, theirs]))
        d, s, p, m = sums
        return NpsByGroup(
            labels=labels, detractors=d, passives=s, promoters=p, missing=m, scale=self.scale
        )

    def __radd__(self, other: int) -> "NpsByGroup":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def nps_by_group(
    scores: ArrayLike,
    groups: ArrayLike,
    *,
    scale: Scale = SCALE_0_10,
    missing: Missing = "raise",
    missing_codes: Sequence[int] = (),
) -> NpsByGroup:
    """
    Answers counted by class for each group: branch, channel, month, touchpoint.

    Parameters
    ----------
    scores : array_like, shape (n,)
        One answer each, whole numbers on the scale.
    groups : array_like, shape (n,)
        Label of the group each answer belongs to: numbers, text or dates.
    scale : Scale, default SCALE_0_10
        The scale of the answers.
    missing : {"raise", "drop"}, default "raise"
        What to do with missing answers and labels: refuse them, or leave missing answers
        out and count them in their group. Answers without a label then make a group of
        their own, under the key None.
    missing_codes : sequence of int, default ()
        Codes off the scale that a survey writes for no answer. Named here, they are
        counted as missing in their group; unnamed, they are refused.

    Returns
    -------
    NpsByGroup
        A read-only dictionary from label to `NpsCounts` of each group that has a row, in
        the order of the labels, None last. They add up to the counts of all answers. Labels
        are plain Python values; times finer than microseconds stay ``datetime64``.

    Raises
    ------
    TypeError
        If ``scores`` does not hold numbers, or ``groups`` not labels of one kind.
    ValueError
        If there is not one label for each answer, if an answer is not on the scale or
        not whole, if an answer or a label is missing and ``missing`` is not "drop", or if
        a code of missing answers lies on the scale.

    See Also
    --------
    compare_scores : Which groups differ.
    NpsCounts.difference : Two groups chosen beforehand.

    Examples
    --------
    Which channel is the weak one?

    >>> from loyalkit import nps_by_group
    >>> channels = ["shop", "web", "shop", "web", "phone", "web"]
    >>> by_channel = nps_by_group([10, 6, 9, 8, 7, 3], channels)
    >>> {channel: round(counts.score, 1) for channel, counts in by_channel.items()}
    {'phone': 0.0, 'shop': 100.0, 'web': -66.7}
    """
    answers = read_answers("scores", scores, scale, missing, missing_codes)
    given, silent = answers
    belongs = column("groups", groups)
    same_length(scores=given if silent is None else silent, groups=belongs.values)
    if missing == "raise":
        drop_missing(missing, {"groups": belongs})
    labels, codes, first = _codes(belongs)
    answered = codes if silent is None else codes[~silent]
    tally = tally_answers_by_code(given, answered, first, labels.size, **attrs.asdict(scale))
    if tally is None:
        refuse_off_scale("scores", answers, scale)
    unanswered = np.zeros(labels.size, np.int64)
    if silent is not None:
        unanswered += np.bincount(codes[silent].astype(np.int64) - first, minlength=labels.size)
    seen = tally.any(axis=1) | (unanswered > 0)
    d, s, p = tally[seen].T.copy()
    return NpsByGroup(
        labels=labels[seen],
        detractors=d,
        passives=s,
        promoters=p,
        missing=unanswered[seen],
        scale=scale,
    )


def _codes(groups: Column) -> tuple[NDArray[Any], NDArray[np.integer[Any]], int]:
    """Labels, each row's code among them and the code of the first label."""
    values, unlabelled = groups
    if unlabelled is None and values.size and values.dtype.kind in "iu":
        lowest, highest = int(values.min()), int(values.max())
        if highest < 2**63 and highest - lowest < values.size / 8:
            # Whole numbers close together are codes already; some may be nobody's.
            return np.arange(lowest, highest + 1), values, lowest
    labels, codes = encode("groups", values if unlabelled is None else values[~unlabelled])
    if unlabelled is None:
        return labels, codes, 0
    everybody = np.full(values.size, labels.size)
    everybody[~unlabelled] = codes
    return _with_none(labels), everybody, 0


def _with_none(labels: NDArray[Any]) -> NDArray[Any]:
    boxed = np.empty(labels.size + 1, object)
    boxed[:-1] = _plain(labels)
    return boxed


def _plain(labels: NDArray[Any]) -> list[Any]:
    """Labels as Python values; NumPy makes integers of times finer than microseconds."""
    plain: list[Any] = labels.tolist()
    fine = labels.dtype.kind in "mM" and plain and isinstance(plain[0], int)
    return list(labels) if fine else plain


def _without_none(labels: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    if labels.dtype.kind == "O" and labels.size and labels[-1] is None:
        return encode("groups", labels[:-1]).labels, True
    return labels, False


def _union(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Labels of two sets in order, None last, and where those of each stand among them."""
    (one, one_none), (other, other_none) = _without_none(first), _without_none(second)
    labels, *codes = union_labels("groups", one, other)
    if not (one_none or other_none):
        return labels, np.concatenate(codes)
    none = np.array([labels.size])
    parts = (codes[0], none[: int(one_none)], codes[1], none[: int(other_none)])
    return _with_none(labels), np.concatenate(parts)
