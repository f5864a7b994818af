"""
Who could become an ambassador: customers with a bond who do not recommend yet.

Conventions: truth values are 0 or 1, levels of attachment 0 to 2, and -1, NaN or None is
unknown, which is not no. Whether a customer recommends is what the customer did, not what
the customer says to be likely.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyalkit._answers import answer_classes, read_answers
from loyalkit._arrays import Known, levels
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.open_classification import OpenClassification
from loyalkit.scales import SCALE_0_10, Scale

__all__ = ["BrandLover", "potential_brand_lovers"]

_PROMOTER = 2


class BrandLover(IntEnum):
    """Whether a customer recommends, could be won to recommend, or shows no such bond."""

    ADVOCATE = 0
    POTENTIAL = 1
    OTHER = 2


def potential_brand_lovers(
    *,
    attachment: Classification[Attachment] | Known | None = None,
    scores: Known | None = None,
    recommends: Known | None = None,
    attached_from: Attachment = Attachment.LOVE,
    scale: Scale = SCALE_0_10,
    missing_codes: Sequence[int] = (),
) -> OpenClassification[BrandLover]:
    """
    Tell customers with a bond who do not recommend yet from those who do, and from others.

    Who loves the firm or is a promoter, and has not recommended it, could become an
    ambassador. Who is not known to recommend may do so already; so ask before you court
    them.

    Parameters
    ----------
    attachment : Classification of Attachment or array_like, shape (n,), optional
        How strong each customer's bond is. Left out, it is unknown for all.
    scores : array_like, shape (n,), optional
        Answers to how likely they are to recommend. Left out, they are unknown for all.
    recommends : array_like of bool, shape (n,), optional
        Whether each customer has recommended the firm: a referral on record, or the
        answer to whether they did. Left out, it is unknown for all.
    attached_from : Attachment, default Attachment.LOVE
        Lowest level that counts as a bond.
    scale : Scale, default SCALE_0_10
        The scale of the scores.
    missing_codes : sequence of int, default ()
        Codes off the scale that stand for no answer.

    Returns
    -------
    OpenClassification
        One `BrandLover` per customer: ADVOCATE who recommends; POTENTIAL who does not, and
        is attached or a promoter; OTHER the rest. A customer whose evidence leaves more
        than one has the code -1, and counts, shares and intervals say how much hangs on
        that.

    Raises
    ------
    TypeError
        If an argument is of another kind than described.
    ValueError
        If nothing is given, if the columns differ in length, or if a level or a score
        cannot be.

    See Also
    --------
    OpenClassification.customers : Whom to approach, by id.
    Advocacy : What customers say they will do.

    Notes
    -----
    A promoter who said so in a survey recommends more often than others, but many do not:
    a high score is no recommendation. Nor does it follow that a programme can change
    that; draw a control group by lot and compare, with `program_effect`.

    Examples
    --------
    Five customers were asked about their bond and their score, four about whether they
    recommended the shop:

    >>> from loyalkit import BrandLover, potential_brand_lovers
    >>> found = potential_brand_lovers(
    ...     attachment=[2, 0, 1, 2, 0],
    ...     scores=[10, 9, 7, 8, 3],
    ...     recommends=[True, False, False, None, False],
    ... )
    >>> found
    OpenClassification(ADVOCATE=1, POTENTIAL=1, OTHER=2, undetermined=1)
    >>> found.bounds[BrandLover.POTENTIAL]
    (1, 2)
    >>> found.customers(BrandLover.POTENTIAL, ids=["Ana", "Ben", "Cleo", "Dan", "Eva"])
    array(['Ben'], dtype='<U4')
    """
    instance("attached_from", attached_from, Attachment)
    if isinstance(attachment, Classification):
        if attachment.labels is not Attachment:
            refuse_type("attachment", "must carry labels of Attachment", attachment.labels.__name__)
        attachment = attachment.codes
    bond = {
        "attachment": _levels("attachment", attachment, len(Attachment)),
        "scores": None if scores is None else _net_classes(scores, scale, missing_codes),
        "recommends": _levels("recommends", recommends, 2),
    }
    given = {name: codes for name, codes in bond.items() if codes is not None}
    sizes = {codes.size for codes in given.values()}
    if not given:
        raise ValueError("attachment, scores or recommends must be given, got none of them")
    if len(sizes) > 1:
        got = ", ".join(f"{codes.size} {name}" for name, codes in given.items())
        raise ValueError(f"attachment, scores and recommends must have the same length, got {got}")
    attached, not_attached = _reached(bond["attachment"], int(attached_from), *sizes)
    promotes, not_promotes = _reached(bond["scores"], _PROMOTER, *sizes)
    acts, not_acts = _reached(bond["recommends"], 1, *sizes)
    possible = [
        acts,
        not_acts & (attached | promotes),
        not_acts & not_attached & not_promotes,
    ]
    return OpenClassification(labels=BrandLover, possible=np.column_stack(possible))


def _levels(name: str, values: Any, n_levels: int) -> NDArray[np.int8] | None:
    if values is None:
        return None
    found = levels(name, values, n_levels)
    if found.ndim != 1:
        refuse(name, "must be one value for each customer", found.item())
    return found


def _net_classes(scores: Any, scale: Scale, missing_codes: Sequence[int]) -> NDArray[np.int8]:
    return answer_classes(
        "scores", read_answers("scores", scores, scale, "drop", missing_codes), scale
    )


def _reached(
    codes: NDArray[np.int8] | None, lowest: int, n: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who may have reached a level, and who may have not; both if it is unknown."""
    if codes is None:
        return np.ones(n, bool), np.ones(n, bool)
    unknown = codes == -1
    return unknown | (codes >= lowest), np.where(unknown, lowest > 0, codes < lowest)
