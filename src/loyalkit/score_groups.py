"""
Net promoter scores by group: branch, channel, month, touchpoint of the customer journey.

Conventions: as for `loyalkit.nps`.
"""

from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._answers import Answers, check_missing, check_scale, refuse_off_scale
from loyalkit._arrays import Column, Missing, column, drop_missing, present_numbers, same_length
from loyalkit._kernels import tally_answers_by_code
from loyalkit._labels import encode
from loyalkit.nps import SCALE_0_10, NpsCounts, Scale


def nps_by_group(
    scores: ArrayLike,
    groups: ArrayLike,
    *,
    scale: Scale = SCALE_0_10,
    missing: Missing = "raise",
) -> dict[Any, NpsCounts]:
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

    Returns
    -------
    dict of label to NpsCounts
        The counts of each group that has a row, in the order of the labels, None last.
        They add up to the counts of all answers. Labels are plain Python values; times
        finer than microseconds stay ``datetime64``.

    Raises
    ------
    TypeError
        If ``scores`` does not hold numbers, or ``groups`` not labels of one kind.
    ValueError
        If there is not one label for each answer, if an answer is not on the scale or
        not whole, or if an answer or a label is missing and ``missing`` is not "drop".

    See Also
    --------
    NpsCounts.difference : Two of the groups compared.

    Examples
    --------
    Which channel is the weak one?

    >>> from loyalkit import nps_by_group
    >>> channels = ["shop", "web", "shop", "web", "phone", "web"]
    >>> by_channel = nps_by_group([10, 6, 9, 8, 7, 3], channels)
    >>> {channel: round(counts.score, 1) for channel, counts in by_channel.items()}
    {'phone': 0.0, 'shop': 100.0, 'web': -66.7}
    """
    check_scale(scale)
    check_missing(missing)
    given, belongs = column("scores", scores), column("groups", groups)
    same_length(scores=given.values, groups=belongs.values)
    if missing == "raise":
        drop_missing(missing, {"scores": given, "groups": belongs})
    answers, unanswered = present_numbers("scores", given), given.missing
    labels, codes, first = _codes(belongs)
    answered = codes if unanswered is None else codes[~unanswered]
    tally = tally_answers_by_code(answers, answered, first, len(labels), **attrs.asdict(scale))
    if tally is None:
        refuse_off_scale("scores", Answers(answers, unanswered), scale)
    silent = np.zeros(len(labels), np.int64)
    if unanswered is not None:
        silent += np.bincount(codes[unanswered].astype(np.int64) - first, minlength=len(labels))
    return {
        label: NpsCounts(detractors=d, passives=s, promoters=p, missing=m, scale=scale)
        for label, (d, s, p), m in zip(labels, tally.tolist(), silent.tolist(), strict=True)
        if d or s or p or m
    }


def _codes(groups: Column) -> tuple[list[Any], NDArray[np.integer[Any]], int]:
    """Labels, each row's code among them and the code of the first label."""
    values, unlabelled = groups
    if unlabelled is None and values.size and values.dtype.kind in "iu":
        lowest, highest = int(values.min()), int(values.max())
        if highest < 2**63 and highest - lowest < values.size / 8:
            # Whole numbers close together are codes already; some may be nobody's.
            return list(range(lowest, highest + 1)), values, lowest
    distinct, codes = encode("groups", values if unlabelled is None else values[~unlabelled])
    labels: list[Any] = distinct.tolist()
    if distinct.dtype.kind in "mM" and labels and isinstance(labels[0], int):
        labels = list(distinct)
    if unlabelled is None:
        return labels, codes, 0
    everybody = np.full(values.size, len(labels))
    everybody[~unlabelled] = codes
    return [*labels, None], everybody, 0
