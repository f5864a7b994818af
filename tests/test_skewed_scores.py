import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loyalkit._distributions import normal_two_sided_p
from loyalkit._skewed_scores import gap_deviate, reaches
from loyalkit.net_scores import score_reaches

class_counts = st.one_of(st.integers(0, 3), st.integers(0, 60), st.integers(0, 10**5))
triples = st.tuples(class_counts, class_counts, class_counts).filter(any)
deviates = st.floats(0.1, 6)
STANDARD = 1.959963984540054


def score(triple):
    return 100 * (triple[2] - triple[0]) / sum(triple)


def deviation_and_skewness(triple, theta):
    """Tango's statistic of a true score, and its skewness, from the shares that fit it best."""
    n = sum(triple)
    d, _, p = (x / n for x in triple)
    a, b, c = 2, -d - p + (2 - p + d) * theta, -d * theta * (1 - theta)
    detractors = (math.sqrt(max(0, b * b - 4 * a * c)) - b) / (2 * a)
    shares = {-1: detractors, 1: detractors + theta}
    shares[0] = 1 - sum(shares.values())
    second, third = (sum(q * (x - theta) ** k for x, q in shares.items()) for k in (2, 3))
    return (p - d - theta) / math.sqrt(second / n), third / second**1.5 / math.sqrt(n)


class TestReaches:
    @given(triples, deviates)
    def test_lower_limit_is_where_the_formula_says(self, triple, z):
        limit = score(triple) - reaches(*triple, z)[0]
        if -99.99 < limit < 99.99 and score(triple) - limit > 1e-4:
            deviation, skewness = deviation_and_skewness(triple, limit / 100)
            # Beyond that, the formula has turned back: no distribution is so skewed.
            assume(1 + 2 * skewness / 3 * (deviation + skewness / 6) > 0.01)
            assert deviation == pytest.approx(z + skewness * (z * z - 1) / 6, rel=1e-5)

    @given(triples, deviates)
    def test_stay_in_range(self, triple, z):
        down, up = reaches(*triple, z)
        assert 0 <= down <= 100 + score(triple) + 1e-12
        assert 0 <= up <= 100 - score(triple) + 1e-12

    @given(triples, deviates)
    def test_swapping_detractors_and_promoters_mirrors_them(self, triple, z):
        assert reaches(*triple[::-1], z) == reaches(*triple, z)[::-1]

    @given(triples, deviates, deviates)
    def test_grow_with_the_deviate(self, triple, one, other):
        near, far = (reaches(*triple, z) for z in sorted((one, other)))
        assert near[0] <= far[0] * (1 + 1e-8) + 1e-9
        assert near[1] <= far[1] * (1 + 1e-8) + 1e-9

    @given(st.integers(1, 10**6))
    def test_skewness_does_not_matter_one_deviation_away(self, n):
        """There z^2 - 1 is 0."""
        assert reaches(n, 2 * n, 5 * n, 1.0) == pytest.approx(score_reaches(n, 2 * n, 5 * n, 1.0))

    def test_many_answers_make_them_those_without_skewness(self):
        n = 10**7
        plain = score_reaches(2 * n, 3 * n, 5 * n, STANDARD)
        assert reaches(2 * n, 3 * n, 5 * n, STANDARD) == pytest.approx(plain, rel=1e-4)
        assert reaches(2, 3, 5, STANDARD) != pytest.approx(plain, rel=1e-2)

    @pytest.mark.parametrize("n, lost", [(10, 1), (20, 1), (20, 3), (50, 2)])
    def test_leave_half_of_the_last_answer_beyond(self, n, lost):
        """Of two classes they are close to binomial limits that count ties by half."""
        down, up = reaches(lost, 0, n - lost, STANDARD)
        for share, beyond in (
            (1 - lost / n - down / 200, range(lost)),
            (1 - lost / n + up / 200, range(lost + 1, n + 1)),
        ):
            chance = [math.comb(n, k) * (1 - share) ** k * share ** (n - k) for k in range(n + 1)]
            tail = sum(chance[k] for k in beyond) + chance[lost] / 2
            assert tail == pytest.approx(0.025, abs=0.005)

    def test_are_none_where_there_is_no_room_or_no_deviate(self):
        assert reaches(3, 0, 0, STANDARD)[0] == 0
        assert reaches(0, 0, 3, STANDARD)[1] == 0
        assert reaches(1, 2, 3, 0.0) == (0, 0)

    def test_are_none_where_skewness_alone_explains_the_score(self):
        """Of scores like this one, more than half lie lower still."""
        assert reaches(0, 0.01, 0.99, 0.3)[1] == 0
        assert reaches(0, 0.01, 0.99, 0.3)[0] > 0


class TestGapDeviate:
    @given(triples, triples)
    def test_is_where_the_reaches_make_up_the_gap(self, a, b):
        gap = score(a) - score(b)
        assume(gap > 1e-3)
        z = gap_deviate(a, b, gap)
        if z > 0.01:
            for side, beyond in ((1 - 1e-4, False), (1 + 1e-4, True)):
                reached = math.hypot(reaches(*a, z * side)[0], reaches(*b, z * side)[1])
                # Where a score hardly can lie further out, its reach hardly grows any more.
                assert (reached > gap * (1 - 1e-6)) if beyond else (reached < gap * (1 + 1e-6))

    @given(triples, triples)
    def test_seen_in_a_mirror_it_is_the_same(self, a, b):
        gap = score(a) - score(b)
        assume(gap > 1e-3)
        mirrored = gap_deviate(b[::-1], a[::-1], gap)
        assert gap_deviate(a, b, gap) == pytest.approx(mirrored, rel=1e-6, abs=1e-6)

    @given(st.integers(1, 10**9))
    def test_one_answer_never_proves_much(self, n):
        """Its skewness is so large that no distance from the others makes up for it."""
        assert normal_two_sided_p(gap_deviate((0, 0, n), (1, 0, 0), 200.0)) > 0.008

    def test_is_not_above_0_where_skewness_explains_more_than_the_gap(self):
        assert gap_deviate((0, 0, 1), (0, 1, 49), 2.0) < 0
