"""Scene: all that the rules must know of a world to record some events, read at once; and what comes of them.

The rules read and write only this, in the order of the events: so an event sees what the one before it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from db.main import battles, decisions, messages, numbers, players, trades, treaties
from db.main.battles import NewBattle
from db.main.decisions import NewDecision
from db.main.messages import Answered, KnownMessage, NewMessage
from db.main.npcs import Personality
from db.main.parties import PartyKey
from db.main.players import Person
from db.main.trades import NewTrade, Settled, TradeStatus
from db.main.worlds import WorldStatus
from resolvers.changes import Change, speaks_for
from resolvers.consequences import Consequences
from resolvers.refusal import RefusalCode, refuse


@dataclass(slots=True)
class Wanted:
    """What some events name: players and NPCs, those who struck and were struck, and records of before; and
    how many rows they may need."""

    players: set[int] = field(default_factory=set)
    npcs: set[int] = field(default_factory=set)
    foes: set[int] = field(default_factory=set)
    battles: set[int] = field(default_factory=set)
    trades: set[int] = field(default_factory=set)
    messages: set[int] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)

    def row(self, table: str, most: int = 1) -> None:
        """An event may need as many rows of a table."""
        self.rows[table] = self.rows.get(table, 0) + most


@dataclass(slots=True)
class Scene:
    """Who is concerned, what was recorded before, and what is to be written."""

    change: Change
    made: Consequences
    players: dict[int, Person]
    of_npc: dict[int, Person]
    bound: set[frozenset[PartyKey]]
    battles: set[tuple[int, int]]
    trades: dict[tuple[int, int], tuple[int, TradeStatus]]
    messages: dict[int, KnownMessage]
    ids: numbers.Ids
    new_battles: list[NewBattle] = field(default_factory=list)
    new_trades: list[NewTrade] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    new_messages: list[NewMessage] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    new_decisions: list[NewDecision] = field(default_factory=list)

    def player(self, player_id: int) -> Person:
        """A player of the world."""
        found = self.players.get(player_id)
        if found is None:
            refuse(RefusalCode.NOT_FOUND, f"There is no player {player_id} in this world: see `players`.")
        return found

    def npc(self, npc_id: int) -> Person:
        """The player as which an NPC of the viewer's takes part in the world."""
        found = self.of_npc.get(npc_id)
        if found is None:
            refuse(RefusalCode.NOT_FOUND, f"NPC {npc_id} does not play in this world: see `World.npcs`.")
        if not self.is_mine(npc_id):
            refuse(RefusalCode.NOT_YOURS, f"You may not decide for {found.name}: pass your own NPC.")
        if found.gone_at is not None:
            refuse(RefusalCode.GONE, f"{found.name} has left this world.")
        return found

    def actor(self, player_id: int) -> Person:
        """A player who acts now: one the viewer may act as, in a world that is being played."""
        found = self.player(player_id)
        if not self.is_mine(found.npc_id):
            refuse(RefusalCode.NOT_YOURS, f"You may not act as {found.name}: pass your own player.")
        self.present(found)
        status = self.change.rules.status
        if status is not WorldStatus.RUNNING:
            refuse(RefusalCode.NOT_RUNNING, f"This world is {status.value}: act when it runs again.")
        return found

    def present(self, player: Person) -> None:
        """Refuse a player who is no longer there."""
        if player.gone_at is not None:
            refuse(RefusalCode.GONE, f"{player.name} has left this world.")

    def is_mine(self, npc_id: int | None) -> bool:
        """Whether the viewer may say what befell this NPC."""
        return speaks_for(self.change.viewer, npc_id)

    def are_bound(self, one: Person, other: Person) -> bool:
        """Whether a treaty in force forbids the two to attack each other."""
        return any(frozenset((mine, his)) in self.bound for mine in _sides(one) for his in _sides(other))

    async def write(self) -> None:
        """Write everything, each kind of row in one statement."""
        conn, world_id = self.change.conn, self.change.world_id
        await battles.ADD.add(conn, world_id, self.new_battles)
        await trades.ADD.add(conn, world_id, self.new_trades)
        await trades.settled(conn, world_id, self.settled)
        await messages.ADD.add(conn, world_id, self.new_messages)
        await messages.answered(conn, world_id, self.answered)
        await decisions.ADD.add(conn, world_id, self.new_decisions)
        await self.made.write()


def _sides(player: Person) -> list[PartyKey]:
    """The parties of treaties that bind a player: itself, and its alliance."""
    alone = PartyKey(player.player_id, None)
    return [alone] if player.alliance_id is None else [alone, PartyKey(None, player.alliance_id)]


async def scene(change: Change, wanted: Wanted) -> Scene:
    """The state of the world that these events meet."""
    conn, world_id = change.conn, change.world_id
    found = await players.people(conn, world_id, list(wanted.players), list(wanted.npcs))
    of_npc = {one.npc_id: one for one in found if one.npc_id is not None}
    return Scene(
        change,
        Consequences(change, _personalities(found)),
        {one.player_id: one for one in found},
        of_npc,
        await _bound(change, [one for one in found if one.player_id in wanted.foes]),
        await battles.known(conn, world_id, list(wanted.battles)),
        await trades.known(conn, world_id, list(wanted.trades)),
        await messages.known(conn, world_id, list(wanted.messages)),
        await numbers.take(conn, wanted.rows),
    )


def _personalities(people: Sequence[Person]) -> dict[int, Personality]:
    own = [(one.npc_id, one.personality) for one in people]
    of_leaders = [(one.leading_npc_id, one.leading_personality) for one in people]
    known = [*own, *of_leaders]
    return {npc_id: one for npc_id, one in known if npc_id is not None and one is not None}


async def _bound(change: Change, foes: Iterable[Person]) -> set[frozenset[PartyKey]]:
    ids = [one.player_id for one in foes]
    alliances = {one.alliance_id for one in foes if one.alliance_id is not None}
    if not ids:
        return set()
    pairs = await treaties.peaceful(change.conn, change.world_id, change.now, ids, list(alliances))
    return {frozenset((PartyKey(*one), PartyKey(*other))) for one, other in pairs}
