"""The history of an invented world: plausible, within the rules, and the same for the same seed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from entente.demo import history, map
from entente.demo.calendar import BEGINS, DAYS, END, day_of
from entente.demo.court import CONFEDERACIES_AT_MOST
from entente.demo.encounters import BATTLE, RAID, TRADED
from entente.demo.history import History
from entente.demo.land import Size
from entente.demo.people import PERSONALITIES
from entente.demo.powers import NOBODY
from entente.demo.treaties import Party, Treaty
from graph.blocs import Grouping, alliance_blocs
from graph.snapshot import Snapshot

SEEDS = (1, 2, 3)
DIGEST = """
import hashlib
from entente.demo import history, map
from entente.demo.land import Size
from entente.demo.rows import alliances, estates, ledger, memories, people, relationships, treaties
from entente.demo.rows.book import Book
lived = history.happen(5, map.invent(5, Size(12, 60)), 12, {}, lambda day: None)
ids = {person: number for number, person in enumerate(lived.people.profiles)}
book = Book("w", 5, lived, ids, frozenset())
tables = [people.players(book), people.states(book), people.villages(book), alliances.alliances(book),
          alliances.members(book), relationships.relationships(book), ledger.trust_events(book),
          treaties.treaties(book), treaties.treaty_events(book), memories.memories(book),
          *(make(book) for make in (estates.resources, estates.buildings, estates.troops, estates.configs,
                                    estates.queue, estates.builds))]
print(hashlib.sha256("".join(repr(list(table.rows)) for table in tables).encode()).hexdigest(), lived.story)
"""


def lived(seed: int, size: Size) -> History:
    """The history of an invented world."""
    return history.happen(seed, map.invent(seed, size), size.npcs, {}, lambda day: None)


@pytest.fixture(scope="module", params=SEEDS)
def past(request: pytest.FixtureRequest) -> History:
    """The history of a demo world."""
    return lived(request.param, Size())


def digest(hash_seed: str) -> str:
    """Everything that happens, worked out by another process."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_a_history_does_not_depend_on_the_order_of_hashes() -> None:
    assert digest("1") == digest("2")


def test_another_seed_is_another_history() -> None:
    assert lived(1, Size(12, 60)).story != lived(2, Size(12, 60)).story


@pytest.mark.parametrize("size", [Size(2, 2), Size(3, 3), Size(2, 30), Size(30, 30), Size(20, 500)])
def test_worlds_of_every_size_have_a_history(size: Size) -> None:
    past = lived(9, size)
    assert len(past.people.profiles) == size.npcs
    assert len(past.meetings.truster) > 0


def test_nobody_knows_themselves_and_npcs_know_each_other(past: History) -> None:
    meetings, is_npc = past.meetings, past.people.is_npc
    pairs = set(zip(meetings.truster.tolist(), meetings.trusted.tolist(), strict=True))
    assert len(pairs) == len(meetings.truster)
    assert all(one != other for one, other in pairs)
    assert all(is_npc[one] for one, _ in pairs)
    assert all((other, one) in pairs for one, other in pairs if is_npc[other])


def test_everything_happens_within_the_history(past: History) -> None:
    assert past.encounters.at.min() >= 0
    assert past.encounters.at.max() < END
    assert past.ledger.at.max() <= END
    for treaty in past.treaties:
        times = [event.at for event in treaty.events]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= END


# The rules --------------------------------------------------------------------------------------------------


def in_force(treaty: Treaty) -> tuple[int, int] | None:
    """From when to when a treaty bound its parties."""
    if treaty.starts_at is None:
        return None
    return treaty.starts_at, END if treaty.ends_at is None else treaty.ends_at


def by_parties(past: History) -> dict[frozenset[Party], list[Treaty]]:
    """The treaties that were ever in force, by their parties."""
    found = defaultdict(list)
    for treaty in past.treaties:
        if in_force(treaty):
            found[frozenset((treaty.a, treaty.b))].append(treaty)
    return found


def overlap(one: Treaty, other: Treaty) -> bool:
    """Whether two treaties were ever in force together."""
    a, b = in_force(one), in_force(other)
    return a is not None and b is not None and a[0] < b[1] and b[0] < a[1]


def test_nothing_is_promised_to_an_enemy(past: History) -> None:
    for between in by_parties(past).values():
        for one, other in combinations(between, 2):
            if "war" in (one.type, other.type):
                assert not overlap(one, other), (one, other)


def test_the_same_is_not_promised_twice(past: History) -> None:
    for between in by_parties(past).values():
        for one, other in combinations(between, 2):
            assert one.type != other.type or not overlap(one, other), (one, other)


def test_no_alliance_ever_has_more_than_three_confederates(past: History) -> None:
    pacts = [treaty for treaty in past.treaties if treaty.type == "confederacy" and in_force(treaty)]
    for power in range(len(past.powers)):
        mine = [treaty for treaty in pacts if Party(True, power) in (treaty.a, treaty.b)]
        for begun in mine:
            together = [each for each in mine if overlap(begun, each) and overlap(each, begun)]
            at_once = [
                each for each in together if (in_force(each) or (0, 0))[0] <= (in_force(begun) or (0, 0))[0]
            ]
            assert len(at_once) <= CONFEDERACIES_AT_MOST


def test_those_who_are_bound_do_not_fight_until_one_breaks_it(past: History) -> None:
    broken = {
        (frozenset((treaty.a.number, treaty.b.number)), treaty.broken_at)
        for treaty in past.treaties
        if treaty.status == "broken" and not treaty.a.is_power
    }
    peaces = [
        treaty
        for treaty in past.treaties
        if treaty.type == "nap" and not treaty.a.is_power and in_force(treaty)
    ]
    encounters = past.encounters
    fights = np.flatnonzero((encounters.kind == RAID) | (encounters.kind == BATTLE))
    for treaty in peaces:
        two = {treaty.a.number, treaty.b.number}
        begun, ended = in_force(treaty) or (0, 0)
        at = [
            int(encounters.at[fight])
            for fight in fights.tolist()
            if {int(encounters.actor[fight]), int(encounters.target[fight])} == two
        ]
        assert not [second for second in at if begun <= second < ended]
        if treaty.status == "broken":
            assert (frozenset(two), ended) in broken
            assert ended + 1_800 in at


def test_every_status_of_a_treaty_occurs(past: History) -> None:
    assert {treaty.status for treaty in past.treaties} == {
        "proposed", "active", "declined", "expired", "cancelled", "broken",
    }  # fmt: skip
    assert {treaty.type for treaty in past.treaties} == {
        "nap", "confederacy", "trade_agreement", "vassalage", "war",
    }  # fmt: skip


# What should show -------------------------------------------------------------------------------------------


def test_personalities_show(past: History) -> None:
    encounters, temper = past.encounters, past.people.temper
    shares = {}
    for kind, name in enumerate(PERSONALITIES):
        mine = encounters.kind[temper[encounters.actor] == kind]
        shares[name] = {
            "fights": np.isin(mine, (RAID, BATTLE)).mean(),
            "trades": (mine == TRADED).mean(),
        }
    assert shares["aggressive"]["fights"] > 2 * shares["economic"]["fights"]
    assert shares["aggressive"]["fights"] > 1.5 * shares["diplomat"]["fights"]
    assert shares["economic"]["trades"] > 1.5 * shares["aggressive"]["trades"]


def test_the_faithless_break_more_treaties_than_the_faithful() -> None:
    breaches, promises = np.zeros(5), np.zeros(5)
    for seed in range(1, 9):
        past = lived(seed, Size())
        for treaty in past.treaties:
            if treaty.starts_at is not None and not treaty.a.is_power and treaty.type != "war":
                for side, party in (("a", treaty.a), ("b", treaty.b)):
                    promises[past.people.temper[party.number]] += 1
                    breaches[past.people.temper[party.number]] += treaty.broken_by == side
    rate = dict(zip(PERSONALITIES, breaches / promises, strict=True))
    assert rate["assassin"] > 3 * rate["diplomat"]
    assert rate["assassin"] > 3 * rate["economic"]


def test_trust_follows_the_camps(past: History) -> None:
    meetings, powers, score = past.meetings, past.powers, past.counts.score
    mine, theirs = powers.power_of[meetings.truster], powers.power_of[meetings.trusted]
    known = (mine != NOBODY) & (theirs != NOBODY)
    mates = known & (mine == theirs)
    at_war = known & (mine != theirs) & (past.court.stance[DAYS, mine, theirs] == 4)
    camp = known & (mine != theirs) & (powers.camp[mine] == powers.camp[theirs])
    far = known & (powers.camp[mine] != powers.camp[theirs])
    assert score[mates].mean() > 25
    assert score[at_war].mean() < -10
    assert score[camp].mean() > score[far].mean() + 5


def test_there_is_a_war_a_traitor_and_a_feud(past: History) -> None:
    assert any("declared war on" in sentence for sentence in past.story)
    assert any("broke its confederacy" in sentence for sentence in past.story)
    assert any("bitterest feud" in sentence for sentence in past.story)
    assert past.counts.score.min() == -100
    assert past.counts.score.max() > 60


def snapshot(past: History) -> Snapshot:
    """The world at the end, as its blocs are worked out from it."""
    land, meetings, counts = past.land, past.meetings, past.counts
    pairs = zip(meetings.truster, meetings.trusted, counts.score, counts.interactions, strict=True)
    treaties = [treaty for treaty in past.treaties if treaty.status == "active" and treaty.a.is_power]
    ids = past.powers.alliance_ids
    return Snapshot.of(
        "demo",
        1,
        BEGINS,
        players=[(player.player_id, player.alliance_id, player.population) for player in land.players],
        trust=[
            (int(one) + 1, int(other) + 1, int(score), int(met), False) for one, other, score, met in pairs
        ],
        treaties=[
            (each.type, ("alliance", ids[each.a.number]), ("alliance", ids[each.b.number]))
            for each in treaties
        ],
        alliances=ids,
    )


def test_blocs_show(past: History) -> None:
    free = alliance_blocs(snapshot(past))[Grouping.FREE]
    bloc = dict(zip(free.ids.tolist(), free.labels.tolist(), strict=True))
    assert 2 <= len(set(bloc.values())) <= 5
    assert free.balance > 0.85
    [war] = [sentence for sentence in past.story if "declared war on" in sentence]
    attacker, defender = re.findall(r"day \d+ (.+?) declared war on (.+?)[;.]", war)[0]
    called = dict(zip(past.powers.names, past.powers.alliance_ids, strict=True))
    assert bloc[called[attacker]] != bloc[called[defender]]


def test_memberships_do_not_overlap_and_end_as_the_land_says(past: History) -> None:
    rows = defaultdict(list)
    for row in past.memberships.rows:
        rows[row.person].append(row)
    for person, player in enumerate(past.land.players):
        own = sorted(rows[person], key=lambda row: row.joined_at)
        assert [row.alliance_id for row in own if row.left_at is None] == (
            [] if player.alliance_id is None else [player.alliance_id]
        )
        for one, other in pairwise(own):
            assert one.left_at is not None
            assert one.joined_at < one.left_at <= other.joined_at
    former = [row for row in past.memberships.rows if row.left_at is not None]
    assert former
    assert all(day_of(row.left_at or 0) < DAYS for row in former)
    leaders = [row for row in past.memberships.rows if row.role == "leader"]
    assert len(leaders) == len(past.powers) == len({row.alliance_id for row in leaders})


def test_memories_are_of_something(past: History) -> None:
    kinds = {memory.type for memory in past.memories}
    assert kinds == {
        "battle", "trade", "message", "alliance_event", "strategic_decision", "building_completed",
        "village_founded", "treaty_signed", "treaty_broken", "player_interaction",
    }  # fmt: skip
    assert all(0 <= memory.importance <= 1 and -1 <= memory.emotional_weight <= 1 for memory in past.memories)
    assert all(past.people.is_npc[memory.person] for memory in past.memories)
    assert 0.03 < sum(memory.lesson is not None for memory in past.memories) / len(past.memories) < 0.5


def test_what_villages_have_adds_up_to_how_their_owners_stand(past: History) -> None:
    for state in past.states:
        own = [estate for estate in past.estates if estate.person == state.person]
        assert len(own) == past.land.players[state.person].village_count
        assert [sum(column) for column in zip(*(one.stores for one in own), strict=True)] == state.stores
        assert [
            sum(column) for column in zip(*(one.production for one in own), strict=True)
        ] == state.production
        assert sum(home + away for one in own for _, home, away in one.troops) == state.troops


def test_what_was_built_stands_and_what_is_queued_comes_next(past: History) -> None:
    for estate in past.estates:
        standing = {building.slot: building for building in estate.buildings}
        assert len(standing) == len(estate.buildings)
        for built in estate.built:
            assert built.queued_at <= (built.started_at or 0) <= (built.done_at or 0) <= END
            assert standing[built.building.slot] == built.building
        for queued in estate.queued:
            assert standing[queued.building.slot].level + 1 == queued.building.level
        assert max(estate.stores) <= estate.capacity
