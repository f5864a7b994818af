import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import bookings, discounts, growths, horizons, lossy_rates, rates

from loyalkit.downturn import Cushion, DownturnGroup, downturn_cost
from loyalkit.economics import customer_lifetime_value

CORE = DownturnGroup(customers=200, margin=120, retention=0.9, downturn_retention=0.88)
OTHERS = DownturnGroup(customers=800, margin=60, retention=0.7, downturn_retention=0.55)
GROUPS = {"core": CORE, "others": OTHERS}

sizes = st.integers(0, 1000)


@st.composite
def groups(draw):
    """A group that a downturn makes less loyal."""
    retention = draw(lossy_rates)
    return DownturnGroup(
        customers=draw(sizes),
        margin=draw(st.floats(0, 100)),
        retention=retention,
        downturn_retention=retention * draw(rates),
    )


bases = st.dictionaries(st.sampled_from("abc"), groups(), min_size=1)
recoveries = st.lists(rates, max_size=3)


def by_hand(group, drops, *, discount, growth, horizon, booking):
    """Value of a group whose retention is down by these shares of the drop, one by one."""
    left, total = 1.0, 0.0
    for t in range(horizon):
        if t or booking != "after_first":
            total += left * (1 + growth) ** t / (1 + discount) ** (t + (booking == "period_end"))
        drop = drops[t] if t < len(drops) else 0.0
        left *= group.retention - drop * (group.retention - group.downturn_retention)
    return group.customers * group.margin * total


class TestDownturnCost:
    def test_worked_example(self):
        # 100 customers more are lost at the next renewal; each would have paid, one period
        # from now, 100 and then as others do: 100 x 1.25 / 0.45.
        group = DownturnGroup(customers=1000, margin=100, retention=0.8, downturn_retention=0.7)
        crisis = downturn_cost({"all": group}, periods=1, discount=0.25)
        assert crisis.customers_lost == pytest.approx(100)
        assert crisis.loss == pytest.approx(100 * 100 / 0.45)
        assert crisis.losses_per_customer == pytest.approx({"all": 10 / 0.45})
        assert crisis.loss_share == pytest.approx(10 / 0.45 / (100 * 1.25 / 0.45))

    @given(
        bases,
        st.integers(0, 4),
        recoveries,
        discounts,
        growths,
        horizons,
        bookings,
    )
    def test_is_the_payments_that_are_missing(
        self, base, periods, recovery, discount, growth, horizon, booking
    ):
        drops = [1.0] * periods + recovery
        if not drops:
            return
        terms = {"discount": discount, "growth": growth, "horizon": horizon, "booking": booking}
        crisis = downturn_cost(base, periods=periods, recovery=recovery, **terms)
        for label, group in base.items():
            before, after = (by_hand(group, d, **terms) for d in ([], drops))
            assert crisis.values_before[label] == pytest.approx(before, rel=1e-9, abs=1e-6)
            assert crisis.values_after[label] == pytest.approx(after, rel=1e-9, abs=1e-6)
        assert crisis.loss == sum(crisis.losses.values())
        assert crisis.loss >= -1e-6

    @given(groups(), st.floats(0.01, 1), bookings)
    def test_value_before_is_the_lifetime_value(self, group, discount, booking):
        crisis = downturn_cost({0: group}, periods=3, discount=discount, booking=booking)
        value = customer_lifetime_value(
            margin=group.margin, retention=group.retention, discount=discount, booking=booking
        )
        assert crisis.values_before[0] == pytest.approx(group.customers * value, abs=1e-9)

    @given(bases, st.integers(1, 5), recoveries)
    def test_longer_and_slower_to_recover_costs_more(self, base, periods, recovery):
        short, long, slow = (
            downturn_cost(base, periods=n, recovery=r, discount=0.1).loss
            for n, r in ((periods, []), (periods + 1, []), (periods, recovery))
        )
        assert short <= long + 1e-6
        assert short <= slow + 1e-6

    @given(bases)
    def test_for_ever_is_another_rate(self, base):
        crisis = downturn_cost(base, periods=600, discount=0.1)
        for label, group in base.items():
            value = customer_lifetime_value(
                margin=group.margin, retention=group.downturn_retention, discount=0.1
            )
            assert crisis.values_after[label] == pytest.approx(group.customers * value, abs=1e-6)

    @given(bases, st.integers(1, 4), recoveries, bookings)
    def test_shares_of_customers_serve_as_well(self, base, periods, recovery, booking):
        terms = {"periods": periods, "recovery": recovery, "discount": 0.1, "booking": booking}
        total = sum(g.customers for g in base.values())
        if not total:
            return
        parts = {
            label: DownturnGroup(
                customers=g.customers / total,
                margin=g.margin,
                retention=g.retention,
                downturn_retention=g.downturn_retention,
            )
            for label, g in base.items()
        }
        whole, shares = downturn_cost(base, **terms), downturn_cost(parts, **terms)
        assert shares.loss == pytest.approx(whole.loss / total, abs=1e-9)
        assert shares.loss_share == pytest.approx(whole.loss_share, nan_ok=True, abs=1e-12)

    def test_no_drop_costs_nothing(self):
        same = DownturnGroup(customers=9, margin=5, retention=0.8, downturn_retention=0.8)
        crisis = downturn_cost({"all": same}, periods=3, discount=0.1)
        assert (crisis.loss, crisis.loss_share) == (0, 0)
        assert crisis.customers_lost == pytest.approx(0)

    def test_customers_lost_after_recovery(self):
        crisis = downturn_cost({"all": OTHERS}, periods=1, recovery=[0.5], discount=0.1)
        assert crisis.customers_lost == pytest.approx(800 * (0.7**2 - 0.55 * 0.625))

    def test_what_is_not_known(self):
        nobody = DownturnGroup(customers=0, margin=5, retention=0.8, downturn_retention=0.5)
        crisis = downturn_cost({"all": nobody}, periods=1)
        assert crisis.loss == 0
        assert math.isnan(crisis.loss_share)
        assert math.isnan(crisis.losses_per_customer["all"])
        stays = DownturnGroup(customers=1, margin=5, retention=1, downturn_retention=0.5)
        assert math.isnan(downturn_cost({"all": stays}, periods=1).loss)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"groups": {}}, "groups must hold at least one group"),
            ({"periods": 0}, "periods must last from 1 to 1000000 renewals, recovery included"),
            ({"periods": -1}, "periods must be a whole number of at least 0"),
            ({"recovery": [0.5, 2]}, "recovery must be a fraction .*, got recovery=2.0 at index 1"),
            ({"discount": 10}, "discount must be a fraction from 0 to 1: 0.1 for 10 %"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        given_arguments = {"groups": GROUPS, "periods": 1} | wrong
        base = given_arguments.pop("groups")
        with pytest.raises(ValueError, match=f"^{message}"):
            downturn_cost(base, **given_arguments)

    def test_says_which_group_is_wrong(self):
        with pytest.raises(TypeError, match=r"^groups\['a'\] must be of type DownturnGroup, got d"):
            downturn_cost({"a": {}}, periods=1)
        for name, value in [("retention", 80), ("downturn_retention", 80)]:
            with pytest.raises(ValueError, match=f"^{name} must be a fraction .*: 0.8 for 80 %"):
                DownturnGroup(
                    **{"customers": 1, "margin": 1, "retention": 0.5, "downturn_retention": 0.5}
                    | {name: value}
                )


class TestWithout:
    @given(bases, st.integers(1, 4), recoveries)
    def test_loss_share_is_that_of_the_parts_weighted_by_value(self, base, periods, recovery):
        crisis = downturn_cost(base, periods=periods, recovery=recovery, discount=0.1)
        label = next(iter(base))
        if len(base) == 1:
            with pytest.raises(ValueError, match="^labels must leave a group"):
                crisis.without(label)
            return
        others = crisis.without(label)
        value = sum(crisis.values_before.values())
        if not value:
            return
        parts = others.loss + crisis.losses[label]
        assert crisis.loss == pytest.approx(parts, rel=1e-9, abs=1e-9)
        assert crisis.loss_share == pytest.approx(parts / value, rel=1e-9, abs=1e-12)
        assert others.severity == crisis.severity

    def test_loyal_customers_make_the_share_smaller(self):
        crisis = downturn_cost(GROUPS, periods=2, discount=0.1)
        assert crisis.loss_share < crisis.without("core").loss_share

    def test_says_which_group_there_is_not(self):
        with pytest.raises(ValueError, match=r"^labels must be among \['core', 'others'\], got"):
            downturn_cost(GROUPS, periods=1).without("gold")


class TestCushion:
    def test_worked_example(self):
        # Of the others who would stay, 0.55 / 0.7 still do; the core's 0.9 would fall to that.
        crisis = downturn_cost(GROUPS, periods=2, discount=0.1)
        found = crisis.cushion("core")
        like_others = DownturnGroup(
            customers=200, margin=120, retention=0.9, downturn_retention=0.9 * 0.55 / 0.7
        )
        expected = downturn_cost({"core": like_others, "others": OTHERS}, periods=2, discount=0.1)
        assert found.loss == crisis.loss
        assert found.loss_without == pytest.approx(expected.loss)
        assert found.by_group == pytest.approx({"core": expected.loss - crisis.loss})

    @given(bases, st.integers(1, 4), recoveries, st.data())
    def test_adds_up_to_the_loss_without_it(self, base, periods, recovery, data):
        crisis = downturn_cost(base, periods=periods, recovery=recovery, discount=0.1)
        loyal = data.draw(st.lists(st.sampled_from(sorted(base)), unique=True))
        rest = [g for label, g in base.items() if label not in loyal]
        staying = sum(g.customers * g.retention for g in rest)
        if not staying:
            with pytest.raises(ValueError, match="^labels must leave customers who stay"):
                crisis.cushion(*loyal)
            return
        found = crisis.cushion(*loyal)
        kept = sum(g.customers * g.downturn_retention for g in rest) / staying
        alike = {
            label: DownturnGroup(
                customers=g.customers,
                margin=g.margin,
                retention=g.retention,
                downturn_retention=min(1, g.retention * kept)
                if label in loyal
                else g.downturn_retention,
            )
            for label, g in base.items()
        }
        expected = downturn_cost(alike, periods=periods, recovery=recovery, discount=0.1)
        assert found.loss_without == pytest.approx(expected.loss, rel=1e-9, abs=1e-6)
        assert found.loss_without - found.loss == pytest.approx(
            sum(found.by_group.values()), rel=1e-9, abs=1e-6
        )
        assert set(found.by_group) == set(loyal)

    def test_naming_a_group_twice_counts_it_once(self):
        crisis = downturn_cost(GROUPS, periods=2, discount=0.1)
        assert crisis.cushion("core", "core") == crisis.cushion("core")

    def test_who_is_less_steady_makes_the_loss_larger(self):
        crisis = downturn_cost(GROUPS, periods=2, discount=0.1)
        assert crisis.cushion("others").total < 0 < crisis.cushion("core").total

    def test_without_loyal_groups_there_is_none(self):
        crisis = downturn_cost(GROUPS, periods=2, discount=0.1)
        assert crisis.cushion() == Cushion(loss=crisis.loss, labels=(), parts=())
        assert crisis.cushion().total == 0


def test_results_compare_hash_and_pickle():
    first, second = (downturn_cost(GROUPS, periods=2, discount=0.1) for _ in range(2))
    assert first == second == pickle.loads(pickle.dumps(first))
    assert hash(first) == hash(second)
    assert first.groups == GROUPS
    first.groups.clear()
    assert first.groups == GROUPS
    assert hash(first.cushion("core")) == hash(second.cushion("core"))
