"""`python -m bench.ingest`: how many events a second are recorded through the whole server, durably.

The mix: 40 % trades, 30 % messages, 20 % battles with up to five allied NPCs each, 10 % memories, in batches.
Everything that production has on is on. On a busy machine, compare microseconds of processor, not events per
second.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench import usage
from bench.contenders import entente
from bench.running import NotServingError, Server, running
from bench.world import WHERE, Ground
from db.connection import connect, open_stores
from db.viewer import ADMIN
from engine.asking import Asked
from entente.commands.load_demo import load_demo
from entente.commands.migrate import migrate_all
from entente.demo.land import Size
from entente.operations import service
from entente.settings import Settings
from entente.stores import StoreUrls, urls
from resolvers.analyses import Analyses
from resolvers.context import Caller
from schema.build import build
from tests.statements import overheard, recorded

WORLD = "ticks"
INGEST = """mutation Ingest($input: IngestInput!) { ingest(input: $input) {
  ... on Ingested { accepted refused outcomes(refusedOnly: true) { place code message } }
  ... on Refusal { code message } } }"""
KINDS, MIX = ("trade", "message", "battle", "memory"), (40, 30, 20, 10)
MOST_ALLIES = 5
ACQUAINTED = 0.8
"""The part of events that passes between those who know each other already."""
KNOWN = """
SELECT p.player_id, array_agg(r.target_player_id ORDER BY r.target_player_id)
  FROM npc_relationships r JOIN players p USING (world_id, npc_id)
  JOIN players other ON other.world_id = r.world_id AND other.player_id = r.target_player_id
 WHERE r.world_id = $1 AND other.gone_at IS NULL GROUP BY p.player_id
"""
WORDS = (
    "we",
    "saw",
    "your",
    "riders",
    "near",
    "the",
    "old",
    "mill",
    "and",
    "would",
    "rather",
    "trade",
    "clay",
)


@dataclass(frozen=True, slots=True)
class People:
    """Whom events befall: NPCs with the players that they are, and all players."""

    npcs: Sequence[tuple[int, int]]
    players: Sequence[int]
    known: Mapping[int, Sequence[int]]
    """Whom the NPC that plays as a player holds something about."""


@dataclass(slots=True)
class Ticks:
    """Makes batches of events, the same ones for the same seed."""

    people: People
    dice: random.Random
    battles: int = field(default_factory=lambda: time.time_ns() // 1000)

    def body(self, size: int) -> bytes:
        """A request with so many events."""
        given = {"worldId": WORLD, "events": [self._event() for _ in range(size)]}
        return json.dumps({"query": INGEST, "variables": {"input": given}}).encode()

    def _event(self) -> dict[str, Any]:
        (kind,) = self.dice.choices(KINDS, MIX)
        return {kind: getattr(self, f"_{kind}")()}

    def _npc(self) -> tuple[int, int]:
        return self.dice.choice(self.people.npcs)

    def _other(self, player_id: int, without: Collection[int] = ()) -> int:
        """Somebody else: mostly one that the NPC knows, as neighbours are."""
        known = self.people.known.get(player_id, ())
        while True:
            among = known if known and self.dice.random() < ACQUAINTED else self.people.players
            one = self.dice.choice(among)
            if one != player_id and one not in without:
                return one

    def _words(self, most: int) -> str:
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(5, most)))

    def _trade(self) -> dict[str, Any]:
        _, player_id = self._npc()
        offered, requested = self.dice.sample(("WOOD", "CLAY", "IRON", "WHEAT"), 2)
        amounts = {"offeredAmount": self.dice.randint(50, 900), "requestedAmount": self.dice.randint(50, 900)}
        who = {"playerId": player_id, "partnerPlayerId": self._other(player_id)}
        return {
            **who,
            "offeredResource": offered,
            "requestedResource": requested,
            **amounts,
            "marketRate": 1.1,
        }

    def _message(self) -> dict[str, Any]:
        _, player_id = self._npc()
        kind = self.dice.choice(("DIPLOMATIC_MESSAGE", "FRIENDLY_CHAT", "TRADE_OFFER", "THREAT"))
        who = {"fromPlayerId": player_id, "toPlayerId": self._other(player_id)}
        return {**who, "messageType": kind, "subject": self._words(6), "messageBody": self._words(40)}

    def _battle(self) -> dict[str, Any]:
        fighters = self.dice.sample(self.people.npcs, self.dice.randint(1, MOST_ALLIES))
        ids = {player_id for _, player_id in fighters}
        target = self._other(fighters[0][1], ids)
        self.battles += 1
        return {
            "battleId": self.battles,
            "attackerPlayerId": fighters[0][1],
            "defenderPlayerId": target,
            "outcome": self.dice.choice(("ATTACKER_WON", "DEFENDER_WON", "DRAW")),
            "isRaid": self.dice.random() < 0.5,
            "participants": [self._fighter(npc_id) for npc_id, _ in fighters],
        }

    def _fighter(self, npc_id: int) -> dict[str, Any]:
        sent = {"legionnaire": self.dice.randint(10, 90), "ram": self.dice.randint(0, 9)}
        left = {unit: number // 2 for unit, number in sent.items()}
        troops = {
            "myTroopsSent": sent,
            "myTroopsSurvived": left,
            "resourcesGained": self.dice.randint(0, 900),
        }
        return {"npcId": npc_id, "role": "ATTACKER", **troops}

    def _memory(self) -> dict[str, Any]:
        npc_id, player_id = self._npc()
        what = {"memoryType": "PLAYER_INTERACTION", "eventData": {"heard": self._words(12)}}
        return {"npcId": npc_id, **what, "importance": 0.4, "relatedPlayerIds": [self._other(player_id)]}


@dataclass(slots=True)
class Measured:
    """What was recorded, in how many seconds, and what it took of the processor."""

    accepted: int
    refused: int
    wall: float
    server: float
    postgres: float
    statements: int


@contextmanager
def ground(size: Size) -> Iterator[Ground]:
    """Stores of their own with a demo world of this size, durable as in production."""
    usual = Settings.read({name: os.environ[name] for name in WHERE if name in os.environ})
    name = f"entente-bench-ingest-{size.npcs}x{size.players}"
    with urls(replace(usual, state=usual.state.parent / name)) as known:
        yield Ground(known, asyncio.run(_prepare(known, size)))


async def _prepare(known: StoreUrls, size: Size) -> int:
    await migrate_all(known)
    conn = await connect(known.main)
    if not await conn.fetchval("SELECT EXISTS (SELECT FROM worlds WHERE world_id = $1)", WORLD):
        await load_demo(known, 1, world_id=WORLD, size=size)
    durable = [await conn.fetchval(f"SHOW {one}") for one in ("fsync", "synchronous_commit")]
    assert durable == ["on", "on"], durable
    backend: int = await conn.fetchval("SELECT pg_backend_pid()")
    postgres = usage.parent(backend)
    await conn.close()
    return postgres


async def people(known: Ground) -> People:
    """Who is in the world."""
    conn = await connect(known.urls.main)
    found = await conn.fetch(
        "SELECT npc_id, player_id FROM players WHERE world_id = $1 AND gone_at IS NULL ORDER BY player_id",
        WORLD,
    )
    held = await conn.fetch(KNOWN, WORLD)
    await conn.close()
    npcs = [(record[0], record[1]) for record in found if record[0] is not None]
    acquainted = {record[0]: record[1] for record in held}
    return People(npcs, [record[1] for record in found], acquainted)


async def statements(known: Ground, body: bytes) -> int:
    """How many statements a batch takes: one is recorded in this process, where they are heard."""
    asked = json.loads(body)
    stores_of = open_stores(known.urls.main, known.urls.worlds, known.urls.redis)
    with overheard(), recorded() as heard:
        async with stores_of as stores, Analyses.over(stores) as analyses:
            answering = service(build()._schema, lambda _: None, stores=stores)
            question = Asked(asked["query"], variables=asked["variables"])
            await answering.answer(question, Caller(ADMIN, stores, analyses))
    return len(heard)


def send(server: Server, bodies: Sequence[bytes]) -> tuple[int, int]:
    """How many events of these batches were accepted and refused."""
    key = next(iter(server.contender.keys.values()))
    told = [_told(server.ask((body.decode(), key))) for body in bodies]
    return sum(one["accepted"] for one in told), sum(one["refused"] for one in told)


def _told(answer: Any) -> Any:
    if "errors" in answer:
        raise NotServingError(f"A batch was not recorded: {answer['errors'][0]['message']}")
    return answer["data"]["ingest"]


def measure(known: Ground, server: Server, ticks: Ticks, size: int, batches: int, at_once: int) -> Measured:
    """Send batches on as many connections at once, after a few that warm everything."""
    send(server, [ticks.body(size) for _ in range(3)])
    lots = [[ticks.body(size) for _ in range(batches // at_once)] for _ in range(at_once)]
    before, of_postgres = usage.seconds(server.pid), usage.seconds(known.postgres)
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        told = list(pool.map(lambda bodies: send(server, bodies), lots))
    wall = time.perf_counter() - began
    used = usage.between(before, usage.seconds(server.pid))
    by_postgres = usage.between(of_postgres, usage.seconds(known.postgres))
    accepted, refused = (sum(one[place] for one in told) for place in (0, 1))
    return Measured(
        accepted, refused, wall, used, by_postgres, asyncio.run(statements(known, ticks.body(size)))
    )


def main(
    size: Annotated[str, typer.Option(help="NPCs and players of the world.")] = "500x5000",
    events: Annotated[int, typer.Option(min=1, max=1000, help="Events in a batch.")] = 1000,
    batches: Annotated[int, typer.Option(min=1, help="How many batches are measured.")] = 30,
    at_once: Annotated[int, typer.Option(min=1, max=8, help="How many are under way at once.")] = 2,
) -> None:
    """Measure, and print a table."""
    npcs, _, players = size.partition("x")
    with ground(Size(int(npcs), int(players))) as known, tempfile.TemporaryDirectory() as logs:
        ticks = Ticks(asyncio.run(people(known)), random.Random(7))  # noqa: S311
        with running([entente(known)], None, Path(logs)) as [server]:
            show(measure(known, server, ticks, events, batches, at_once), events)


def show(found: Measured, events: int) -> None:
    """Print what was measured."""
    table = Table(title=f"ingest, batches of {events:,}, load average {os.getloadavg()[0]:.1f}")
    per_event = 1e6 / max(found.accepted, 1)
    for name in ("events", "refused", "events/s", "server µs/event", "Postgres µs/event", "statements/event"):
        table.add_column(name, justify="right")
    table.add_row(
        f"{found.accepted:,}",
        f"{found.refused:,}",
        f"{found.accepted / found.wall:,.0f}",
        f"{found.server * per_event:,.0f}",
        f"{found.postgres * per_event:,.0f}",
        f"{found.statements / events:.3f}",
    )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
