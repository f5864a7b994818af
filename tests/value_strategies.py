"""What customers bring and how they stay, for the tests of their value."""

import math

from hypothesis import strategies as st

BOOKINGS = ("at_once", "period_end", "after_first")

rates = st.floats(0, 1)
discounts = st.floats(0, 1)
growths = st.floats(-1, 1)
horizons = st.integers(1, 60)
maybe_horizons = st.none() | horizons
margins = st.floats(-1000, 1000, allow_subnormal=False)
bookings = st.sampled_from(BOOKINGS)

# Away from where payments do not shrink, so that values are finite.
lossy_rates = st.floats(0, 0.99)


def value_by_hand(margins, survival, discount, booking):
    """Payments one by one: who is left, times the margin, discounted."""
    payments = zip(margins, survival, strict=True)
    later = booking == "period_end"
    values = [m * s / (1 + discount) ** (t + later) for t, (m, s) in enumerate(payments)]
    return math.fsum(values[booking == "after_first" :])


def constant(rate, n):
    return [rate**t for t in range(n)]
