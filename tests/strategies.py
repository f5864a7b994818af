"""How loyalty data come about: causes are drawn, reports derived, so nothing is filtered out."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

head_counts = st.integers(0, 10**6)
small_counts = st.integers(0, 50)
confidences = st.floats(0.5, 0.999)
fractions = st.floats(0, 1)


@st.composite
def successes_and_trials(draw, max_trials=10**6):
    """Some of some customers."""
    trials = draw(st.integers(0, max_trials))
    return draw(st.integers(0, trials)), trials


@st.composite
def purchase_logs(draw, max_customers=12, max_rows=60, days=400):
    """Rows of (customer, day, cents): a few customers, many ties, in no order."""
    n = draw(st.integers(1, max_rows))
    customers = draw(npst.arrays(np.int64, n, elements=st.integers(1, max_customers)))
    day = draw(npst.arrays(np.int64, n, elements=st.integers(0, days - 1)))
    cents = draw(npst.arrays(np.int64, n, elements=st.integers(0, 5000)))
    return customers, np.datetime64("2016-11-20") + day.astype("m8[D]"), cents
