"""The ledger of trust is the truth: scores follow it, and a score that is set from outside enters it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import Npc, World

DAY = 86400.0
START = datetime(2025, 1, 1, tzinfo=UTC)

PAIR = "world_id = $1 AND npc_id = $2 AND target_player_id = $3"
KINDS = f"SELECT kind FROM trust_events WHERE {PAIR} ORDER BY event_id"
TRUST_AT = f"SELECT trust_at FROM npc_relationships WHERE {PAIR}"
SUM = f"SELECT ledger_sum(world_id, npc_id, target_player_id, trust_at) FROM npc_relationships WHERE {PAIR}"
COUNT_ONE = "UPDATE npc_relationships SET messages_sent = messages_sent + 1 WHERE world_id = $1"
JUDGE = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points)
SELECT world_id, npc_id, target_player_id, 'adjusted', 1 FROM npc_relationships WHERE world_id = $1
"""
TRADE_THRICE_WITH_EVERYBODY = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points)
SELECT world_id, $2, player_id, 'traded_fairly', 5 FROM players, generate_series(1, 3)
 WHERE world_id = $1 AND npc_id <> $2
"""

NewWorld = Callable[[], Awaitable[World]]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, counted in days from the start."""

    points: float
    day: float
    half_life: float | None = None
    lasts: float | None = None

    def columns(self) -> dict[str, object]:
        """As the ledger has it."""
        return {
            "points": self.points,
            "occurred_at": _moment(self.day),
            "half_life_seconds": None if self.half_life is None else self.half_life * DAY,
            "expires_at": None if self.lasts is None else _moment(self.day + self.lasts),
        }


def _moment(day: float) -> datetime:
    return START + timedelta(days=day)


def expected_sum(events: list[Event], day: float) -> float:
    """The ledger's sum at a moment, worked out the slow way."""
    total = 0.0
    for event in events:
        if event.day <= day and (event.lasts is None or event.day + event.lasts > day):
            total += event.points * (0.5 ** ((day - event.day) / event.half_life) if event.half_life else 1)
    return total


def expected_score(total: float) -> int:
    """Rounded half away from zero, then limited."""
    rounded = Decimal(f"{total:.15g}").quantize(Decimal(1), ROUND_HALF_UP)
    return max(-100, min(100, int(rounded)))


async def _record(world: World, truster: Npc, trusted: Npc, events: list[Event]) -> None:
    for event in events:
        await world.trusts(truster, trusted, **event.columns())  # type: ignore[arg-type]


days = st.integers(0, 40)
all_events = st.lists(
    st.builds(
        Event,
        points=st.one_of(st.integers(-100, 100), st.floats(-1000, 1000, allow_nan=False)),
        day=days,
        half_life=st.one_of(st.none(), st.integers(1, 30)),
        lasts=st.one_of(st.none(), st.integers(1, 30)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=all_events)
async def test_the_score_is_the_sum_of_what_has_not_faded(new_world: NewWorld, events: list[Event]) -> None:
    world = await new_world()
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await _record(world, bela, otto, events)

    newest = max(event.day for event in events)
    total = expected_sum(events, newest)
    assert abs((await _sum(world, bela, otto)) - total) < 1e-6
    assert await world.trust(bela, otto) in {expected_score(total - 1e-9), expected_score(total + 1e-9)}
    assert await _trust_at(world, bela, otto) == _moment(newest)


async def test_points_fade_by_half_in_a_half_life(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await _record(world, bela, otto, [Event(-80, day=0, half_life=10), Event(0, day=20)])

    assert await world.trust(bela, otto) == -20


async def test_what_has_expired_no_longer_counts(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await _record(world, bela, otto, [Event(50, day=0, lasts=10), Event(5, day=9)])
    assert await world.trust(bela, otto) == 55
    await _record(world, bela, otto, [Event(5, day=10)])
    assert await world.trust(bela, otto) == 10


@pytest.mark.parametrize(
    ("points", "half_life"), [(5e-324, 10.0), (1e-300, 1e-300), (-1000, 1e-300), (1, 1e300)]
)
async def test_no_number_is_too_small_or_too_large(world: World, points: float, half_life: float) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await _record(world, bela, otto, [Event(points, day=0, half_life=half_life), Event(3, day=20)])

    assert await world.trust(bela, otto) == (4 if half_life == 1e300 else 3)


async def test_a_late_report_counts_from_when_it_happened(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await _record(world, bela, otto, [Event(10, day=20), Event(-40, day=0, half_life=10)])

    assert await world.trust(bela, otto) == 0
    assert await _trust_at(world, bela, otto) == _moment(20)


async def test_halves_round_away_from_zero_and_scores_stay_within_a_hundred(world: World) -> None:
    bela, otto, ida, uma = [await world.npc(name) for name in ("Bela", "Otto", "Ida", "Uma")]

    await world.trusts(bela, otto, 2.5)
    await world.trusts(bela, ida, -2.5)
    for _ in range(3):
        await world.trusts(bela, uma, -50)

    assert [await world.trust(bela, each) for each in (otto, ida, uma)] == [3, -3, -100]


async def test_what_goes_beyond_a_hundred_is_not_forgotten(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    for points in (90, 60, -20):
        await world.trusts(bela, otto, points)

    assert await world.trust(bela, otto) == 100


async def test_events_of_one_statement_move_each_pair_once(world: World) -> None:
    bela, otto, ida = [await world.npc(name) for name in ("Bela", "Otto", "Ida")]

    await world.run(TRADE_THRICE_WITH_EVERYBODY, world.world_id, bela.npc_id)

    assert [await world.trust(bela, each) for each in (otto, ida)] == [15, 15]
    assert [change.kind for change in await world.changes()] == ["trust"] * 6


async def test_events_recorded_at_the_same_time_all_count(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await asyncio.gather(*(world.trusts(bela, otto, 7) for _ in range(10)))

    assert await world.trust(bela, otto) == 70


async def test_who_locks_the_world_first_can_count_and_judge_at_the_same_time(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 1)

    async def change(sql: str) -> None:
        async with world.transaction() as conn:
            await conn.execute("SELECT FROM worlds WHERE world_id = $1 FOR NO KEY UPDATE", world.world_id)
            await conn.execute(sql, world.world_id)

    await asyncio.gather(*(change(sql) for sql in [COUNT_ONE, JUDGE] * 8))

    assert await world.trust(bela, otto) == 9


async def test_a_program_that_does_not_may_have_to_try_again_but_the_sums_stay_right(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 1)

    outcomes = await asyncio.gather(
        *(world.regards(bela, otto, trust_score=score) for score in range(10, 16)),
        *(world.trusts(bela, otto, 1) for _ in range(6)),
        return_exceptions=True,
    )

    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncpg.DeadlockDetectedError}
    assert await world.trust(bela, otto) == round(await _sum(world, bela, otto))


async def test_a_score_set_from_outside_enters_the_ledger_once_and_stays(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await _record(world, bela, otto, [Event(30, day=0), Event(-90, day=1, half_life=7)])

    await world.regards(bela, otto, trust_score=42)

    assert await world.trust(bela, otto) == 42
    assert await _kinds(world, bela, otto) == ["adjusted", "adjusted", "imported"]
    assert [change.kind for change in await world.changes()] == ["trust"] * 3

    await world.trusts(bela, otto, 10)
    assert await world.trust(bela, otto) == 52


async def test_a_relationship_loaded_with_a_score_enters_as_one_event(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await world.regards(bela, otto, trust_score=-35, trust_at=_moment(3))

    assert await _kinds(world, bela, otto) == ["imported"]
    assert (await world.trust(bela, otto), await _trust_at(world, bela, otto)) == (-35, _moment(3))
    await _record(world, bela, otto, [Event(5, day=4)])
    assert await world.trust(bela, otto) == -30


async def test_a_score_far_from_what_the_ledger_says_can_still_be_set(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    for _ in range(3):
        await world.trusts(bela, otto, 900)

    await world.regards(bela, otto, trust_score=-100)

    assert await world.trust(bela, otto) == -100
    await world.trusts(bela, otto, 10)
    assert await world.trust(bela, otto) == -90


async def test_a_relationship_that_was_removed_can_be_loaded_again(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 30)

    for score in (20, 0):
        await world.run("DELETE FROM npc_relationships WHERE world_id = $1", world.world_id)
        await world.regards(bela, otto, trust_score=score)
        assert await world.trust(bela, otto) == score
        assert round(await _sum(world, bela, otto)) == score


async def test_a_counter_is_no_reason_for_an_event(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 30)

    await world.regards(bela, otto, battles_won_against=3, trust_score=30)

    assert await _kinds(world, bela, otto) == ["adjusted"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=all_events, score=st.integers(-100, 100), after=st.integers(-50, 50))
async def test_whatever_came_before_a_set_score_stays_and_later_events_add_to_it(
    new_world: NewWorld, events: list[Event], score: int, after: int
) -> None:
    world = await new_world()
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    lasting = [Event(event.points, event.day) for event in events]
    await _record(world, bela, otto, lasting)

    await world.regards(bela, otto, trust_score=score)
    assert await world.trust(bela, otto) == score

    await world.trusts(bela, otto, after)
    total = expected_sum(lasting, 99)
    set_anew = expected_score(total) != score
    assert await world.trust(bela, otto) == expected_score((score if set_anew else total) + after)


async def _kinds(world: World, truster: Npc, trusted: Npc) -> list[str]:
    records = await world.run(KINDS, world.world_id, truster.npc_id, trusted.player_id)
    return [record["kind"] for record in records]


async def _sum(world: World, truster: Npc, trusted: Npc) -> float:
    return float(await world.value(SUM, world.world_id, truster.npc_id, trusted.player_id))


async def _trust_at(world: World, truster: Npc, trusted: Npc) -> datetime:
    found: datetime = await world.value(TRUST_AT, world.world_id, truster.npc_id, trusted.player_id)
    return found
