"""
What has been published on the profit of more retention, and what of it could be confirmed.

Conventions: these are data to compare with, and no formula uses them. An uplift is the growth
of the present value of a customer, as a share; it is not that of a firm's yearly profit.
"""

from typing import Literal, TypeAlias

import attrs

__all__ = [
    "QUOTED_PROFIT_CLAIM",
    "REPORTED_CARD_MARGINS",
    "REPORTED_CARD_VALUES",
    "REPORTED_PROFIT_EFFECTS",
    "ReportedEffect",
]

Status: TypeAlias = Literal["confirmed", "reproduced", "unconfirmed"]
"""
How far a figure could be checked: against the publisher's own text, against others who
reproduce it, or not at all.
"""

_ARTICLE = (
    'F. F. Reichheld and W. E. Sasser, "Zero Defections: Quality Comes to Services", Harvard '
    "Business Review 68(5), 105-111, 1990"
)
_BOOK = "F. F. Reichheld, The Loyalty Effect. Boston: Harvard Business School Press, 1996, p. 36"


@attrs.frozen(kw_only=True)
class ReportedEffect:
    """
    A published figure on what fewer losses bring.

    Parameters
    ----------
    business : str
        The business it was reported for.
    uplift : float
        Growth of the value of a customer, as a share of the value before [fraction].
    points : float
        By how much the loss of customers fell, 0.05 for 5 points [fraction].
    source : str
        Where it was published.
    status : {"confirmed", "reproduced", "unconfirmed"}
        Whether the figure was found in the publisher's own text, only in others who
        reproduce it, or neither.
    note : str, default ""
        What to know before quoting it.

    See Also
    --------
    profit_effect : What the caller's own rates and margins make.

    Examples
    --------
    Which figures could be confirmed at their source?

    >>> from loyalkit import REPORTED_PROFIT_EFFECTS
    >>> for effect in REPORTED_PROFIT_EFFECTS:
    ...     if effect.status == "confirmed":
    ...         print(f"{effect.business}: {effect.uplift:.0%}")
    bank branches: 85%
    insurance brokerage: 50%
    auto service: 30%
    credit cards (MBNA): 125%
    """

    business: str
    uplift: float
    points: float = 0.05
    source: str
    status: Status
    note: str = ""


def _effects(
    source: str, status: Status, uplifts: dict[str, float], note: str = ""
) -> tuple[ReportedEffect, ...]:
    return tuple(
        ReportedEffect(business=business, uplift=uplift, source=source, status=status, note=note)
        for business, uplift in uplifts.items()
    )


REPORTED_PROFIT_EFFECTS: tuple[ReportedEffect, ...] = (
    *_effects(
        _ARTICLE,
        "confirmed",
        {"bank branches": 0.85, "insurance brokerage": 0.5, "auto service": 0.3},
        "In the abstract, which says 5 %. Points are meant.",
    ),
    *_effects(
        _ARTICLE,
        "confirmed",
        {"credit cards (MBNA)": 1.25},
        "In the abstract. The loss fell from 10 to 5 % of customers a year.",
    ),
    *_effects(
        _ARTICLE,
        "reproduced",
        {"office-building management": 0.4, "software": 0.35},
        "Found in texts that quote the article.",
    ),
    *_effects(
        _ARTICLE,
        "unconfirmed",
        {
            "credit cards": 0.75,
            "credit insurance": 0.25,
            "industrial distribution": 0.45,
            "industrial laundry": 0.45,
        },
        "Of the exhibit of 1990; not found in a text that could be checked.",
    ),
    *_effects(
        _BOOK,
        "reproduced",
        {
            "advertising agencies": 0.95,
            "branch bank deposits": 0.85,
            "publishing": 0.85,
            "auto and home insurance": 0.84,
            "auto service": 0.81,
            "credit cards": 0.75,
            "industrial distribution": 0.45,
            "software": 0.35,
        },
        "Found in a reproduction of the figure.",
    ),
)
"""Reichheld's and Sasser's figures for 5 points fewer losses, each with what is confirmed."""

QUOTED_PROFIT_CLAIM = ReportedEffect(
    business="any",
    uplift=0.8,
    source='articles on loyalty marketing, which refer to "Reichheld & Sasser"',
    status="unconfirmed",
    note=(
        '"5 % fewer unproductive customers bring up to 80 % more profitability". The article '
        "of 1990 is about customers who leave, and 80 % is none of its confirmed figures; the "
        "highest for 5 points is 85 %. Byron Sharp calls the reading a thought experiment "
        "that halves a loss of 10 %."
    ),
)
"""The sentence that is often quoted: "5 % bring up to 80 %"."""

REPORTED_CARD_MARGINS: tuple[float, ...] = (30.0, 42.0, 44.0, 49.0, 55.0)
"""
Yearly profit of a credit-card customer, year 1 to 5, in dollars of 1990.

After 51 dollars to win the customer. From the article of 1990; not found in a text that could
be checked, except for the first three years, which a newspaper of 1994 reproduces.
"""

REPORTED_CARD_VALUES: tuple[tuple[float, float], ...] = (
    (0.20, 134.0),
    (0.10, 300.0),
    (0.05, 525.0),
)
"""
Yearly loss of credit-card customers, and the value of one at it in dollars of 1990.

From the article of 1990; not found in a text that could be checked. From 10 to 5 % it grows by
the 75 % that are reported for credit cards.
"""
