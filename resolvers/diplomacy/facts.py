"""Facts: what one NPC may know of its world, all read at one version, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection, Pool
from db.main import diplomacy
from db.main.alliances import AllianceRow
from db.main.diplomacy import Who
from db.main.memories import MemoryRow
from db.main.players import PlayerRow
from db.main.relationships import TrustEventRow
from db.main.treaties import TreatyRow
from db.outages import naming_the_store
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.identity import IdentityRow, identity_of
from resolvers.diplomacy.leagues import Sides, sides_of
from resolvers.diplomacy.pacts import PactRow, pacts_of, sides
from resolvers.diplomacy.recollections import people_of
from resolvers.diplomacy.stakes import Around, StakeRow, ranked

EXPLAINED = 30
"""Towards so many, those with the greatest stakes, the ledger is read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a context is made of."""

    who: Who
    identity: IdentityRow
    days: Days
    pacts: list[PactRow]
    stakes: list[StakeRow]
    events: Mapping[int, list[TrustEventRow]]
    memories: list[MemoryRow]
    sides: Sides | None
    players: Mapping[int, PlayerRow]
    alliances: Mapping[int, AllianceRow]


async def read(pool: Pool, world_id: str, npc_id: int, now: datetime) -> Facts | None:
    """What an NPC may know of a world, or None where it takes no part in it: at most eight statements."""
    with naming_the_store("The global database"):
        async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            who = await diplomacy.who(conn, world_id, npc_id)
            return None if who is None else await _read(conn, who, now)


async def _read(conn: Connection, who: Who, now: datetime) -> Facts:
    me, days, identity = who.player, Days(who.world.started_at, now), identity_of(who)
    world_id, npc_id = me.world_id, who.npc.npc_id
    treaties = await diplomacy.open_treaties(conn, world_id, me.player_id, me.alliance_id, now)
    partners, leagues = _parties(treaties)
    known = await diplomacy.chosen_relationships(conn, world_id, npc_id, partners)
    memories = await diplomacy.chosen_memories(conn, world_id, npc_id, now)
    bloc = await _sides(conn, me, now)
    leader = [who.alliance.leader_id] if who.alliance and who.alliance.leader_id is not None else []
    met = {row.target_player_id for row in known}
    people = {*partners, *met, *people_of(memories), *leader}
    players = await diplomacy.players_of(conn, world_id, people)
    homes = {row.alliance_id for row in players.values() if row.alliance_id is not None}
    stood = {*bloc.with_it, *bloc.against_it} if bloc else set[int]()
    alliances = await diplomacy.alliances_of(conn, world_id, {*leagues, *homes, *stood})
    pacts = pacts_of(who, identity.role, treaties, players, alliances, days)
    around = Around(me, pacts, alliances, days)
    stakes = ranked(around, known, players)
    explained = [row.player.player_id for row in stakes[:EXPLAINED]]
    events = await diplomacy.latest_events(conn, world_id, npc_id, explained)
    return Facts(who, identity, days, pacts, stakes, events, memories, bloc, players, alliances)


async def _sides(conn: Connection, me: PlayerRow, now: datetime) -> Sides | None:
    if me.alliance_id is None:
        return None
    return await sides_of(await diplomacy.siding_treaties(conn, me.world_id, now), me.alliance_id)


def _parties(treaties: Iterable[TreatyRow]) -> tuple[set[int], set[int]]:
    """The players and the alliances that treaties name."""
    parties = [party for treaty in treaties for party in sides(treaty)]
    return {one for one, _ in parties if one is not None}, {one for _, one in parties if one is not None}
