"""The prompt over random worlds: whatever people are called and do, it fits, it grows, and it keeps its
form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from db.main.alliances import AllianceRole, AllianceRow
from db.main.diplomacy import Who
from db.main.memories import MemoryRow, MemoryType
from db.main.npcs import NpcRow, NpcTribe, NpcWorldStateRow, Personality, Strategy
from db.main.players import PlayerRow, Tribe
from db.main.relationships import (
    RelationshipRow,
    RelationshipType,
    TrustEventKind,
    TrustEventRow,
    TrustEventSource,
)
from db.main.treaties import Side, TreatyRow, TreatyStatus, TreatyType
from db.main.worlds import WorldRow, WorldStatus
from resolvers.diplomacy.context import context_of
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.facts import Facts
from resolvers.diplomacy.identity import identity_of
from resolvers.diplomacy.leagues import Sides
from resolvers.diplomacy.lines import HEADING, Section
from resolvers.diplomacy.pacts import pacts_of
from resolvers.diplomacy.prompt import PromptRow, prompt
from resolvers.diplomacy.stakes import Around, ranked
from resolvers.diplomacy.tokens import count

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"')
LINES = re.compile(r"- .*|## .*|You .*|Character: .*|Strategy: .*|Goal: .*|Words in .*|#n is .*")
HEADINGS = [HEADING + section.value for section in Section if section is not Section.YOU]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=100)
moments = st.integers(-6_000, 100).map(lambda days: NOW + timedelta(days=days, hours=days % 24))
maybe_moments = st.none() | moments
shares = st.floats(0, 1)
counts = st.integers(0, 2**40)
json_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | texts
    | st.lists(texts, max_size=2)
)
NAMES = [
    "type", "event", "with", "kind", "role", "gave", "received", "direction", "x", "level", "parties"
]  # fmt: skip
json_objects = st.dictionaries(
    st.sampled_from(
        ["type", "event", "with", "kind", "role", "gave", "received", "direction", "x", "level", "parties"]
    )
    | texts,
    json_values | st.dictionaries(texts, json_values, max_size=2),
    max_size=5,
)
PLAYERS = range(1, 8)
ALLIANCES = range(1, 5)
player_ids, alliance_ids = st.sampled_from(PLAYERS), st.sampled_from(ALLIANCES)


def alliance(alliance_id: int) -> st.SearchStrategy[AllianceRow]:
    """Any alliance of this id."""
    return st.builds(
        AllianceRow, world_id=st.just("w"), alliance_id=st.just(alliance_id), name=texts, tag=texts,
        leader_id=st.none() | player_ids, total_members=st.integers(0, 60), npc_members=st.integers(0, 60),
        npc_leader_id=st.none(), diplomatic_stance=st.none(), total_rank=st.none() | counts,
        total_population=counts,
        total_villages=counts, created_at=moments, updated_at=moments, disbanded_at=st.none(),
    )  # fmt: skip


def player(player_id: int) -> st.SearchStrategy[PlayerRow]:
    """Any player of this id."""
    place = st.none() | st.integers(-400, 400)
    return st.builds(
        PlayerRow, world_id=st.just("w"), player_id=st.just(player_id), name=texts,
        tribe=st.sampled_from(Tribe), npc_id=st.none(), alliance_id=st.none() | alliance_ids,
        rank=st.none() | counts, population=counts,
        village_count=counts, offensive_power=counts, defensive_power=counts, capital_x=place,
        capital_y=place,
        first_seen=moments, last_seen=moments, gone_at=st.none() | moments,
    )  # fmt: skip


TRAITS = ("aggression", "economy", "diplomacy", "risk_tolerance", "patience", "adaptability")
npcs = st.builds(
    NpcRow, npc_id=st.just(1), uuid=st.just(UUID(int=1)), name=texts, tribe=st.sampled_from(NpcTribe),
    personality=st.sampled_from(Personality), llm_temperature=shares, notes=st.none(),
    behavior_template=st.fixed_dictionaries(
        dict.fromkeys(("aggression", "economy", "diplomacy", "risk_tolerance", "patience", "adaptability"),
        shares),
        optional={"goals": st.lists(texts, max_size=7)},
    ),
)  # fmt: skip
states = st.none() | st.builds(
    NpcWorldStateRow, npc_id=st.just(1), world_id=st.just("w"), current_strategy=st.none() |
    st.sampled_from(Strategy), strategic_goal=st.none() | texts, threat_level=shares,
    alliance_role=st.none() | st.sampled_from([role.value for role in AllianceRole]),
)  # fmt: skip


def relationship(player_id: int) -> st.SearchStrategy[RelationshipRow]:
    """Any relationship with this player."""
    return st.builds(
        RelationshipRow, world_id=st.just("w"), npc_id=st.just(1), target_player_id=st.just(player_id),
        trust_score=st.integers(-100, 100), trust_at=moments,
        relationship_type=st.sampled_from(RelationshipType),
        last_interaction_type=st.none() | texts, last_interaction_at=maybe_moments,
        battles_won_against=counts,
        battles_lost_against=counts, resources_raided_from=counts, resources_lost_to=counts,
        known_villages=st.just([]),
        known_army_composition=st.none(), activity_pattern=st.none(), predicted_next_action=st.none() | texts,
        prediction_confidence=st.none(), updated_at=moments, created_at=moments,
    )  # fmt: skip


def event(player_id: int) -> st.SearchStrategy[TrustEventRow]:
    """Any cause that moved the trust in this player."""
    return st.builds(
        TrustEventRow, world_id=st.just("w"), npc_id=st.just(1), target_player_id=st.just(player_id),
        kind=st.sampled_from(TrustEventKind), points=st.floats(-1000, 1000), occurred_at=moments,
        half_life_seconds=st.none() | st.floats(1, 1e9), expires_at=maybe_moments, recorded_at=moments,
        source=st.sampled_from(TrustEventSource), source_id=st.none(), note=st.none() | texts,
    )  # fmt: skip


memories = st.builds(
    MemoryRow, world_id=st.just("w"), npc_id=st.just(1), memory_type=st.sampled_from(MemoryType),
    event_data=json_objects, importance=shares, emotional_weight=st.floats(-1, 1), occurred_at=moments,
    related_player_ids=st.lists(st.integers(0, 9), max_size=4), lesson_learned=st.none() | texts,
    behavior_adjustment=st.none(), game_day=st.none(), last_accessed=st.none(), expires_at=st.none(),
    created_at=moments,
)  # fmt: skip


@st.composite
def treaties(draw: st.DrawFn, me: PlayerRow) -> TreatyRow:
    """Any open treaty of a player, or of its alliance."""
    as_alliance = me.alliance_id is not None and draw(st.booleans())
    mine = (None, me.alliance_id) if as_alliance else (me.player_id, None)
    others: list[tuple[int | None, int | None]] = [(one, None) for one in PLAYERS if one != me.player_id]
    others += [(None, one) for one in ALLIANCES if one != me.alliance_id]
    theirs = draw(st.sampled_from(others))
    a, b = (mine, theirs) if draw(st.booleans()) else (theirs, mine)
    kind = draw(st.sampled_from(TreatyType))
    return TreatyRow(
        world_id="w", treaty_id=draw(st.integers(1, 2**40)), type=kind,
        status=draw(st.sampled_from([TreatyStatus.ACTIVE, TreatyStatus.PROPOSED])),
        a_player_id=a[0], a_alliance_id=a[1], b_player_id=b[0], b_alliance_id=b[1],
        overlord=draw(st.sampled_from(Side)) if kind is TreatyType.VASSALAGE else None,
        is_public=draw(st.booleans()), terms=draw(json_objects), proposed_by=None, proposed_at=draw(moments),
        starts_at=draw(maybe_moments), ends_at=draw(maybe_moments), broken_by=None, broken_at=None,
        peace_offered_by=draw(st.none() | st.sampled_from(Side)), changed_at=draw(moments),
        answer_by=None, offer=None, offered_by=None, offered_ends_at=None, is_in_force=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """All that an NPC may know, of any kind."""
    people = {one: draw(player(one)) for one in PLAYERS}
    leagues = {one: draw(alliance(one)) for one in ALLIANCES}
    me = people[1]
    mine = leagues.get(me.alliance_id or 0)
    world = WorldRow("w", "W", 1.0, WorldStatus.RUNNING, BEGAN, {}, 7, 1)
    who = Who(world, draw(npcs), me, draw(states), mine)
    days, identity = Days(BEGAN, NOW), identity_of(who)
    some = draw(st.lists(treaties(me), max_size=6))
    pacts = pacts_of(who, identity.role, some, people, leagues, days)
    known = [draw(relationship(one)) for one in draw(st.sets(player_ids, max_size=6)) if one != 1]
    stakes = ranked(Around(me, pacts, leagues, days), known, people)
    events = {row.player.player_id: draw(st.lists(event(row.player.player_id), max_size=4)) for row in stakes}
    sides = Sides((mine.alliance_id,), tuple(draw(st.sets(alliance_ids)))) if mine else None
    remembered = draw(st.lists(memories, max_size=6))
    return Facts(who, identity, days, pacts, stakes, events, remembered, sides, people, leagues)


def told(facts: Facts, budget: int) -> PromptRow:
    """The prompt of this world."""
    row: Any = context_of(facts, budget)
    return prompt(row)


@settings(max_examples=60)
@given(worlds(), st.integers(100, 8_000), st.integers(0, 3_000))
def test_every_world_fits_every_budget(facts: Facts, budget: int, more: int) -> None:
    made, larger = told(facts, budget), told(facts, budget + more)
    assert made.tokens == count(made.text) <= budget
    assert larger.tokens >= made.tokens
    lines = made.text.split("\n")
    assert all(LINES.fullmatch(line) and line.isprintable() for line in lines)
    shown = [line for line in lines if line.startswith(HEADING)]
    assert shown == [heading for heading in HEADINGS if heading in shown]
    assert '"' not in QUOTED.sub("", made.text)
    assert min(made.relationships_left_out, made.treaties_left_out, made.memories_left_out) >= 0
    assert told(facts, budget) == made


def test_a_day_changes_the_day_alone() -> None:
    days = Days(BEGAN, NOW)
    assert (days.today, days.named(BEGAN), days.named(NOW)) == (84, "day 1", "day 84")
    assert days.named(BEGAN - timedelta(days=1)) == "2026-08-31"
    assert days.since(NOW + timedelta(days=3)) == 0
    assert days.freshness(NOW - timedelta(days=14), 14) == 0.5
