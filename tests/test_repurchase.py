import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.repurchase import came_back, repurchase_by_level, repurchase_curves
from loyalkit.repurchase_counts import RepurchaseByLevel, RepurchaseCounts
from loyalkit.survival import kaplan_meier
from loyalkit.tiers import UsageTier
from loyalkit.transactions import Transactions

LOW, LIKE, LOVE = Attachment


def levels_of(*codes):
    return Classification(labels=Attachment, codes=np.array(codes, int))


def log_of(*rows):
    customers, days = zip(*rows, strict=True) if rows else ((), ())
    return Transactions.from_arrays(customers=list(customers), times=list(days))


@st.composite
def surveys(draw):
    """A log of days, and some who were asked on some of these days, not all in the log."""
    rows = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), min_size=1, max_size=25))
    asked = draw(st.lists(st.integers(0, 8), unique=True, max_size=8))
    codes = draw(st.lists(st.integers(-1, 2), min_size=len(asked), max_size=len(asked)))
    days = draw(st.lists(st.integers(0, 45), min_size=len(asked), max_size=len(asked)))
    end = max(day for _, day in rows) + draw(st.integers(0, 10))
    return rows, asked, codes, days, end


def plain_status(rows, customer, asked, horizon, end):
    """What became of one customer, by the definition."""
    bought = [day for one, day in rows if one == customer]
    if not bought:
        return "not_in_log"
    if min(bought) > asked:
        return "new_to_log"
    if asked + horizon > end:
        return "unfinished"
    return "returned" if any(0 < day - asked <= horizon for day in bought) else "stayed_away"


class TestCameBack:
    @given(surveys(), st.integers(1, 20))
    def test_agrees_with_one_customer_at_a_time(self, survey, horizon):
        rows, asked, _, days, end = survey
        found = came_back(log_of(*rows), customers=asked, answered=days, horizon=horizon, as_of=end)
        figure = {"returned": 1, "stayed_away": 0}
        expected = [
            figure.get(plain_status(rows, customer, day, horizon, end), math.nan)
            for customer, day in zip(asked, days, strict=True)
        ]
        np.testing.assert_array_equal(found, expected)
        assert not found.flags.writeable

    @given(surveys(), st.integers(1, 20), st.lists(st.booleans(), min_size=1, max_size=25))
    def test_refunds_are_as_if_they_were_not_there(self, survey, horizon, refunded):
        rows, asked, codes, days, end = survey
        refund = np.resize(refunded, len(rows))
        customers, times = zip(*rows, strict=True)
        everything = Transactions.from_arrays(
            customers=customers, times=times, amounts=np.where(refund, -1, 0)
        )
        purchases = log_of(*(row for row, x in zip(rows, refund, strict=True) if not x))
        found, expected = (
            repurchase_by_level(
                log,
                customers=asked,
                levels=levels_of(*codes),
                answered=days,
                horizon=horizon,
                as_of=end,
            )
            for log in (everything, purchases)
        )
        assert found == expected

    def test_nobody_comes_back_to_return_something(self):
        log = Transactions.from_arrays(customers=[1, 1, 2], times=[0, 20, 5], amounts=[9, -9, -1])
        found = came_back(log, customers=[1, 2], answered=10, horizon=30, as_of=60)
        np.testing.assert_equal(found, [0, math.nan])


class TestRepurchaseByLevelFunction:
    @given(surveys(), st.integers(1, 20))
    def test_agrees_with_one_customer_at_a_time(self, survey, horizon):
        rows, asked, codes, days, end = survey
        observed = repurchase_by_level(
            log_of(*rows),
            customers=asked,
            levels=levels_of(*codes),
            answered=days,
            horizon=horizon,
            as_of=end,
        )
        expected = [{}, {}, {}, {}]
        for customer, code, day in zip(asked, codes, days, strict=True):
            status = plain_status(rows, customer, day, horizon, end)
            expected[code][status] = expected[code].get(status, 0) + 1
        low, like, love, undetermined = (RepurchaseCounts(**x) for x in expected)
        assert observed == RepurchaseByLevel(
            low=low, like=like, love=love, undetermined=undetermined, horizon=horizon
        )

    @settings(max_examples=40)
    @given(surveys(), st.integers(1, 20), st.randoms())
    def test_order_of_rows_and_customers_does_not_matter(self, survey, horizon, random):
        rows, asked, codes, days, end = survey
        order = random.sample(range(len(asked)), len(asked))
        plain, mixed = (
            repurchase_by_level(
                log_of(*log),
                customers=[asked[i] for i in chosen],
                levels=levels_of(*(codes[i] for i in chosen)),
                answered=[days[i] for i in chosen],
                horizon=horizon,
                as_of=end,
            )
            for log, chosen in (
                (rows, range(len(asked))),
                (random.sample(rows, len(rows)), order),
            )
        )
        assert mixed == plain

    def test_the_day_of_the_answer_does_not_count_and_the_last_day_does(self):
        log = log_of((1, 10), (2, 3), (2, 11), (3, 3), (3, 40), (4, 3), (4, 41), (5, 99))
        observed = repurchase_by_level(
            log, customers=[1, 2, 3, 4], levels=levels_of(0, 1, 2, -1), answered=10, horizon=30
        )
        assert observed.rates == {LOW: 0, LIKE: 1, LOVE: 1}
        assert observed.undetermined == RepurchaseCounts(stayed_away=1)

    def test_time_of_day_does_not_matter(self):
        log = Transactions.from_arrays(
            customers=[1, 1, 2], times=["2024-03-01T23:59", "2024-03-02T00:01", "2024-05-01T00:00"]
        )
        observed = repurchase_by_level(
            log, customers=[1], levels=levels_of(2), answered="2024-03-01T12:00", horizon=1
        )
        assert observed.love == RepurchaseCounts(returned=1)

    def test_a_horizon_that_is_not_over_keeps_everybody_apart(self):
        log = log_of((1, 3), (1, 12), (2, 3))
        for as_of, field in ((39, "unfinished"), (40, "stayed_away")):
            observed = repurchase_by_level(
                log,
                customers=[1, 2],
                levels=levels_of(2, 2),
                answered=10,
                horizon=30,
                as_of=as_of,
            )
            assert getattr(observed.love, field) == (2 if field == "unfinished" else 1)

    def test_early_days_do_not_flatter_the_rate(self):
        """Half come back, evenly over 30 days; on every day of the horizon the rate is right."""
        ids = np.arange(400)
        log = Transactions.from_arrays(
            customers=np.concatenate([ids, ids[:200]]),
            times=np.concatenate([np.zeros(400, int), 60 + ids[:200] % 30 + ids[:200] % 20]),
        )
        answered = 50 + ids % 20
        for as_of in range(108, 130):
            observed = repurchase_by_level(
                log,
                customers=ids,
                levels=levels_of(*[2] * 400),
                answered=answered,
                horizon=45,
                as_of=as_of,
            )
            assert observed.love.n + observed.love.unfinished == 400
            assert observed.love.rate == pytest.approx(0.5)

    def test_a_log_that_begins_after_the_survey_judges_nobody(self):
        log = log_of((1, 20), (2, 30), (2, 90))
        observed = repurchase_by_level(
            log, customers=[1, 2, 3], levels=levels_of(2, 2, 2), answered=10, horizon=30
        )
        assert observed.love == RepurchaseCounts(new_to_log=2, not_in_log=1)
        assert math.isnan(observed.rates[LOVE])

    def test_nobody_asked_and_an_empty_log(self):
        nobody = repurchase_by_level(
            log_of((1, 2)), customers=[], levels=levels_of(), answered=[], horizon=3
        )
        assert nobody == RepurchaseByLevel(horizon=3)
        nothing = repurchase_by_level(
            log_of(), customers=[4], levels=levels_of(1), answered=10, horizon=3
        )
        assert nothing.like == RepurchaseCounts(not_in_log=1)

    def test_says_what_is_wrong(self):
        log = Transactions.from_arrays(customers=[1, 2], times=["2024-01-01", "2024-03-01"])
        plain = {
            "customers": [1, 2],
            "levels": levels_of(1, 2),
            "answered": "2024-01-05",
            "horizon": 30,
        }
        cases = [
            ({"horizon": 0}, ValueError, r"^horizon must be a whole number of days above 0, got"),
            ({"horizon": 2.5}, ValueError, r"^horizon must be a whole number of at least 0"),
            ({"customers": [1, 1]}, ValueError, r"^customers must be there once: .* at index 0$"),
            ({"customers": [1]}, ValueError, r"^customers and levels must have the same length"),
            ({"customers": ["1", "2"]}, TypeError, r"^customers must hold int labels, got str$"),
            ({"answered": 5}, TypeError, r"^answered must be like the times, datetime64\[D\], got"),
            (
                {"answered": ["2024-01-05"] * 3},
                ValueError,
                r"^answered must be one day, or one for each of 2 customers, got answered=",
            ),
            ({"answered": [None, "2024-01-05"]}, ValueError, r"^answered must not be missing"),
            ({"as_of": "2024-02-01"}, ValueError, r"^as_of must not be before the day of the last"),
            (
                {"as_of": 7},
                TypeError,
                r"^as_of must be like the times, datetime64\[D\], got int64$",
            ),
            ({"levels": [1, 2]}, TypeError, r"^levels must be of type Classification, got list$"),
            (
                {"levels": Classification(labels=UsageTier, codes=[0, 1])},
                TypeError,
                r"^levels must have Attachment labels, got UsageTier$",
            ),
        ]
        for wrong, error, message in cases:
            with pytest.raises(error, match=message):
                repurchase_by_level(log, **{**plain, **wrong})
        with pytest.raises(TypeError, match=r"^log must be of type Transactions, got list$"):
            repurchase_by_level([1, 2], **plain)


class TestRepurchaseCurves:
    @given(surveys())
    def test_agree_with_one_customer_at_a_time(self, survey):
        rows, asked, codes, days, end = survey
        curves = repurchase_curves(
            log_of(*rows), customers=asked, levels=levels_of(*codes), answered=days, as_of=end
        )
        for level in Attachment:
            waits = []
            for customer, code, day in zip(asked, codes, days, strict=True):
                bought = [x for one, x in rows if one == customer]
                if code != level or not bought or min(bought) > day or day > end:
                    continue
                later = [x - day for x in bought if x > day]
                waits.append((min(later), True) if later else (end - day, False))
            expected = kaplan_meier(
                durations=[wait for wait, _ in waits],
                lost=np.array([back for _, back in waits], bool),
            )
            assert curves[level] == expected

    @settings(max_examples=40)
    @given(surveys(), st.integers(1, 20))
    def test_agree_with_the_counts_where_every_horizon_is_over(self, survey, horizon):
        rows, asked, codes, days, end = survey
        given_ = {
            "customers": asked,
            "levels": levels_of(*codes),
            "answered": days,
            "as_of": end + 100,
        }
        log = log_of(*rows)
        observed, curves = (
            repurchase_by_level(log, horizon=horizon, **given_),
            repurchase_curves(log, **given_),
        )
        for level, tally in observed.counts.items():
            if tally.n:
                assert 1 - curves[level].survival(horizon) == pytest.approx(tally.rate)
