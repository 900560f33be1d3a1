"""World: builds a small world in a sentence or two."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import asyncpg

from db.connection import Connection
from db.timeseries import npc_metrics
from db.world import databases
from entente.stores import StoreUrls

TRAITS = ("aggression", "economy", "diplomacy", "risk_tolerance", "patience", "adaptability")

ADD_NPC = """
INSERT INTO npcs (name, tribe, personality, behavior_template) VALUES ($1, 'Gauls', $2, $3) RETURNING id
"""
LEAVE = """
UPDATE alliance_members SET left_at = now() WHERE world_id = $1 AND player_id = $2 AND left_at IS NULL
"""
VERSION = "SELECT version FROM worlds WHERE world_id = $1"
TRUST = """
SELECT trust_score FROM npc_relationships WHERE world_id = $1 AND npc_id = $2 AND target_player_id = $3
"""
CHANGES = """
SELECT seq, version, kind, npc_id, player_id, alliance_id, treaty_id, data
  FROM graph_changes WHERE world_id = $1 ORDER BY seq
"""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Player:
    """Someone who takes part in the world."""

    player_id: int
    name: str

    @property
    def side(self) -> tuple[int | None, int | None]:
        """The player and the alliance of a party of treaties; here the player."""
        return self.player_id, None


@dataclass(frozen=True, slots=True)
class Npc(Player):
    """A player whom an NPC plays."""

    npc_id: int


@dataclass(frozen=True, slots=True)
class Alliance:
    """A league of players."""

    alliance_id: int
    name: str

    @property
    def side(self) -> tuple[int | None, int | None]:
        """The player and the alliance of a party of treaties; here the alliance."""
        return None, self.alliance_id


Party = Player | Alliance


@dataclass(frozen=True, slots=True)
class Treaty:
    """A promise between two parties, or a war."""

    treaty_id: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What an NPC remembers of a moment."""

    memory_id: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What one player wrote to another."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Village:
    """A village on the map of the world's own database."""

    village_id: int
    name: str
    owner: Player


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the world's change feed."""

    seq: int
    version: int
    kind: str
    npc_id: int | None
    player_id: int | None
    alliance_id: int | None
    treaty_id: int | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A world of one test. Names get the world's id, since those of NPCs are unique across worlds."""

    pool: asyncpg.Pool[asyncpg.Record]
    urls: StoreUrls
    world_id: str
    _ids: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    async def new(cls, pool: asyncpg.Pool[asyncpg.Record], urls: StoreUrls) -> World:
        """A world in which there is nobody yet."""
        world = cls(pool, urls, f"w{next(_numbers)}")
        await pool.execute("INSERT INTO worlds (world_id, name) VALUES ($1, $1)", world.world_id)
        return world

    async def player(self, name: str, *, alliance: Alliance | None = None, **columns: Any) -> Player:
        """A player, by default with a population of 100."""
        player = Player(next(self._ids), f"{name} of {self.world_id}")
        await self._add_player(player, {"population": 100, **columns})
        if alliance is not None:
            await self.joins(player, alliance)
        return player

    async def npc(
        self,
        name: str,
        *,
        alliance: Alliance | None = None,
        personality: str = "balanced",
        traits: Mapping[str, float] | None = None,
        **columns: Any,
    ) -> Npc:
        """An NPC and the player as whom it takes part; every trait that is not given is 0.5."""
        full_name = f"{name} of {self.world_id}"
        template = dict.fromkeys(TRAITS, 0.5) | dict(traits or {})
        npc_id = await self.value(ADD_NPC, full_name, personality, json.dumps(template))
        npc = Npc(next(self._ids), full_name, npc_id)
        await self._add_player(npc, {"population": 100, "npc_id": npc_id, **columns})
        await self._insert("npc_world_state", {"npc_id": npc_id, "player_id": npc.player_id})
        if alliance is not None:
            await self.joins(npc, alliance)
        return npc

    async def alliance(
        self, name: str, members: Iterable[Player] = (), *, leader: Player | None = None, **columns: Any
    ) -> Alliance:
        """An alliance of these players; the leader is one of the members without being named twice."""
        alliance = Alliance(next(self._ids), name)
        await self._insert(
            "alliances", {"alliance_id": alliance.alliance_id, "name": name, "tag": name, **columns}
        )
        if leader is not None:
            await self.joins(leader, alliance, role="leader")
        for member in members:
            if member != leader:
                await self.joins(member, alliance)
        return alliance

    async def joins(self, player: Player, alliance: Alliance, role: str = "member") -> None:
        """A player becomes a member."""
        row = {"alliance_id": alliance.alliance_id, "player_id": player.player_id, "role": role}
        await self._insert("alliance_members", row)

    async def leaves(self, player: Player) -> None:
        """A player leaves its alliance."""
        await self.run(LEAVE, self.world_id, player.player_id)

    async def village(self, owner: Player, name: str = "Village", **columns: Any) -> Village:
        """A village, by default of 50 people and in a place of its own."""
        await databases.create(self.urls.main, self.urls.worlds, self.world_id)
        number = next(self._ids)
        place = {"id": number, "tile_id": number, "x": number, "y": -number}
        row = {
            "name": name,
            "player_id": owner.player_id,
            "tribe": "Gauls",
            "population": 50,
            **place,
            **columns,
        }
        await self.in_its_database(_insert("villages", row), *row.values())
        return Village(number, name, owner)

    async def village_has(self, village: Village, table: str, **columns: Any) -> None:
        """A row of one of the tables of what a village has, or of what its NPC wants of it."""
        owner = village.owner
        of_npc = {"npc_id": owner.npc_id} if isinstance(owner, Npc) else {}
        whose = of_npc if table.startswith("npc_") else {"player_id": owner.player_id}
        row = {"village_id": village.village_id, **whose, **columns}
        values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
        await self.in_its_database(_insert(table, row), *values)

    async def in_its_database(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Run a statement on the world's own database as another program would."""
        conn = await asyncpg.connect(self.urls.world(self.world_id))
        try:
            return await conn.fetch(sql, *values)
        finally:
            await conn.close()

    async def treaty(
        self, kind: str, a: Party, b: Party, *, status: str = "active", secret: bool = False, **columns: Any
    ) -> Treaty:
        """A treaty that a proposed, or a war that a declared; the overlord of a vassalage is a."""
        (a_player, a_alliance), (b_player, b_alliance) = a.side, b.side
        row: dict[str, Any] = {
            "type": kind,
            "status": status,
            "is_public": not secret,
            "proposed_by": a_player,
        }
        row |= {"a_player_id": a_player, "a_alliance_id": a_alliance}
        row |= {"b_player_id": b_player, "b_alliance_id": b_alliance}
        if kind == "vassalage":
            row["overlord"] = "a"
        if status not in ("proposed", "declined"):
            row["starts_at"] = datetime.now(UTC)
        if status == "broken":
            row |= {"broken_by": "b", "broken_at": datetime.now(UTC)}
        return Treaty(await self._insert("treaties", row | columns, returning="treaty_id"))

    async def trusts(self, truster: Npc, trusted: Player, points: float, **columns: Any) -> None:
        """An event of the ledger, by default one that does not fade."""
        row = {
            "npc_id": truster.npc_id,
            "target_player_id": trusted.player_id,
            "kind": "adjusted",
            "points": points,
        }
        await self._insert("trust_events", row | columns)

    async def regards(self, truster: Npc, trusted: Player, **columns: Any) -> None:
        """Sets columns of the relationship, which is made if there is none."""
        row = {"npc_id": truster.npc_id, "target_player_id": trusted.player_id, **columns}
        changes = ", ".join(f"{name} = excluded.{name}" for name in row)
        sql = _insert("npc_relationships", {"world_id": self.world_id, **row})
        sql += f" ON CONFLICT (world_id, npc_id, target_player_id) DO UPDATE SET {changes}"
        await self.run(sql, self.world_id, *row.values())

    async def memory(
        self, npc: Npc, *about: Player, occurred_at: datetime | None = None, **columns: Any
    ) -> Memory:
        """Something an NPC remembers, by default of now and of a meeting."""
        at = occurred_at or datetime.now(UTC)
        row = {"npc_id": npc.npc_id, "occurred_at": at, "memory_type": "player_interaction", "event_data": {}}
        row |= {"related_player_ids": [player.player_id for player in about], **columns}
        return Memory(await self._insert("npc_memory", row, returning="id"), at)

    async def decision(self, npc: Npc, **columns: Any) -> int:
        """Something an NPC decided, by default of strategy and without a language model."""
        row = {"npc_id": npc.npc_id, "decision_type": "strategic", "situation_summary": "Quiet."}
        made: int = await self._insert("npc_decisions", {**row, "final_decision": {}} | columns, "id")
        return made

    async def message(
        self, sender: Player, recipient: Player, body: str = "Hello", **columns: Any
    ) -> Message:
        """What one player wrote to another."""
        row: dict[str, Any] = {"from_player_id": sender.player_id, "to_player_id": recipient.player_id}
        row |= {
            "from_npc_id": getattr(sender, "npc_id", None),
            "to_npc_id": getattr(recipient, "npc_id", None),
        }
        return Message(await self._insert("npc_messages", {**row, "message_body": body} | columns, "id"))

    async def battle(self, npc: Npc, opponent: Player, **columns: Any) -> int:
        """A battle as an NPC went through it, by default an attack that it won."""
        row = {"npc_id": npc.npc_id, "battle_type": "attack", "npc_role": "attacker", "result": "victory"}
        sides = {"attacker_id": npc.player_id, "defender_id": opponent.player_id}
        at = {"occurred_at": datetime.now(UTC)}
        made: int = await self._insert("npc_battle_history", row | sides | at | columns, "id")
        return made

    async def trade(self, npc: Npc, partner: Player | None = None, **columns: Any) -> int:
        """A trade of an NPC, by default an offer that waits."""
        row = {"npc_id": npc.npc_id, "trade_type": "offer_created", "trade_status": "pending"}
        terms = {
            "partner_id": partner and partner.player_id,
            "offered_resource": "wood",
            "offered_amount": 100,
        }
        made: int = await self._insert("npc_trade_history", row | terms | columns, "id")
        return made

    async def measured(self, npc: Npc, at: datetime, **measures: Any) -> None:
        """A sample of how an NPC fared at a moment."""
        assert measures.keys() <= set(npc_metrics.MEASURES)
        sample = (npc.npc_id, at, *(measures.get(one) for one in npc_metrics.MEASURES))
        async with self.transaction() as conn:
            await npc_metrics.record(conn, self.world_id, [sample])

    async def version(self) -> int:
        """How many changes were committed to this world."""
        return int(await self.value(VERSION, self.world_id))

    async def trust(self, truster: Npc, trusted: Player) -> int | None:
        """The trust score as it stands in the relationship; None where there is no relationship."""
        score: int | None = await self.value(TRUST, self.world_id, truster.npc_id, trusted.player_id)
        return score

    async def changes(self) -> list[Change]:
        """The change feed, from its beginning."""
        records = await self.run(CHANGES, self.world_id)
        return [Change(**{**record, "data": json.loads(record["data"])}) for record in records]

    async def run(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Run a statement on the global database as another program would."""
        return await self.pool.fetch(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """Run a statement on the global database; the first value that comes back."""
        return await self.pool.fetchval(sql, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction of another program, for several statements."""
        async with self.pool.acquire() as conn, conn.transaction():
            yield conn

    async def _add_player(self, player: Player, columns: Mapping[str, Any]) -> None:
        await self._insert(
            "players", {"player_id": player.player_id, "name": player.name, "tribe": "Gauls", **columns}
        )

    async def _insert(self, table: str, row: Mapping[str, Any], returning: str = "world_id") -> Any:
        full = {"world_id": self.world_id, **row}
        values = [json.dumps(value) if isinstance(value, dict) else value for value in full.values()]
        return await self.value(f"{_insert(table, full)} RETURNING {returning}", *values)


def _insert(table: str, row: Mapping[str, Any]) -> str:
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
