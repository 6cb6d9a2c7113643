"""The study of scale at a hundredth of its size."""

from studies.scale import demand, reached, tables


def test_more_requests_reach_more_and_the_young_come_first() -> None:
    of = demand(media=30_000, creators=500)
    assert abs(of.media / 30_000 - 1) < 0.02
    slow, fast = (reached(of, rate) for rate in (1, 20))
    assert 0 < slow.observed < fast.observed
    assert slow.shares["young"] >= slow.shares["old"]
    assert all(0 <= share <= 1 for share in fast.shares.values())
    assert slow.rows_a_year < fast.rows_a_year
    assert "| 20 |" in tables(of, [slow, fast])
