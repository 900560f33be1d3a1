"""Players: how they come into a world, change and leave it."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from db.main import alliances, npc_worlds, players, treaties
from db.main.parties import PartyKey
from db.main.players import NewPlayer, PlayerRow, Tribe
from resolvers.alliances import go_on_without
from resolvers.changes import Change, change, only_those_who_run_it
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import HIGHEST_INT, amounts, called, told, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt

LONGEST_NAME = 100
AMOUNTS = ("population", "village_count", "offensive_power", "defensive_power")
OTHERS = ("name", "tribe", "rank", "capital_x", "capital_y")
# As a map that misses a player leaves it.
NOTHING_LEFT = {"rank": None, "population": 0, "village_count": 0, "capital_x": None, "capital_y": None}

enum(Tribe)


@input_type
class AddPlayerInput(OfWorld):
    """Someone who comes into a world."""

    player_id: int | None = None
    """The player's id in that world, 1 or more; a free one unless told."""
    name: str
    """The player's name, at most 100 characters; no other player who is still there has it."""
    tribe: Tribe
    """The tribe that the player plays."""
    rank: int | None = None
    """The rank by population; 1 is the largest."""
    population: BigInt = BigInt(0)
    """The people in all villages of the player; 0 or more."""
    village_count: int = 0
    """How many villages there are; 0 or more."""
    offensive_power: BigInt = BigInt(0)
    """The strength of the attackers, as far as known; 0 or more."""
    defensive_power: BigInt = BigInt(0)
    """The strength of the defenders, as far as known; 0 or more."""
    capital_x: int | None = None
    """Where the capital is, from west to east; with capitalY."""
    capital_y: int | None = None
    """Where the capital is, from south to north; with capitalX."""


async def add_player(
    info: Info, input: Annotated[AddPlayerInput, strawberry.argument(description="Who comes.")]
) -> PlayerRow | Refusal:
    """Let a human player take part in a world. NPCs take part by `enterWorld`."""
    _check({name: getattr(input, name) for name in AMOUNTS + OTHERS})
    return await change(info, input, lambda under_way: _add(under_way, input))


async def _add(change: Change, input: AddPlayerInput) -> PlayerRow:
    only_those_who_run_it(change.viewer, "add players")
    known = {name: getattr(input, name) for name in AMOUNTS + OTHERS if name != "name"}
    new = NewPlayer(
        player_id=await free_id(change, input.player_id), name=await free_name(change, input.name), **known
    )
    return await players.add(change.conn, change.world_id, new, change.now)


def _check(given: dict[str, Any]) -> None:
    """Refuse what no player may have."""
    amounts(given, AMOUNTS)
    if "name" in given:
        called("name", given["name"], LONGEST_NAME)
    if given.get("rank") is not None:
        within("rank", given["rank"], 1, HIGHEST_INT)
    if ("capital_x" in given) != ("capital_y" in given) or (
        (given.get("capital_x") is None) != (given.get("capital_y") is None)
    ):
        raise bad_input("Pass both capitalX and capitalY, or neither.")


async def free_id(change: Change, wanted: int | None) -> int:
    """The id that a new player is to have, refused where there is one already."""
    if wanted is None:
        return await _next_id(change)
    within("playerId", wanted, 1, HIGHEST_INT)
    if await players.lock(change.conn, change.world_id, wanted) is not None:
        refuse(RefusalCode.ID_TAKEN, f"There is a player {wanted} already: pass another id, or none.")
    return wanted


async def _next_id(change: Change) -> int:
    found = await players.next_id(change.conn, change.world_id)
    if found > HIGHEST_INT:
        refuse(RefusalCode.ID_TAKEN, f"There is a player {HIGHEST_INT}, so no higher id: pass a playerId.")
    return found


async def free_name(change: Change, wanted: str) -> str:
    """The name that a player is to have, refused where another one has it."""
    found = await players.named(change.conn, change.world_id, wanted)
    if found is not None:
        refuse(RefusalCode.NAME_TAKEN, f"Player {found} has the name {wanted} already: pass another one.")
    return wanted


@input_type
class ChangePlayerInput(OfWorld):
    """What is to be changed of a player; what is left out stays as it is."""

    player_id: int
    """The player."""
    name: str | None = strawberry.UNSET
    """The name, at most 100 characters; no other player who is still there has it."""
    tribe: Tribe | None = strawberry.UNSET
    """The tribe."""
    rank: int | None = strawberry.UNSET
    """The rank by population; 1 is the largest. Null: there is none."""
    population: BigInt | None = strawberry.UNSET
    """The people in all villages of the player; 0 or more."""
    village_count: int | None = strawberry.UNSET
    """How many villages there are; 0 or more."""
    offensive_power: BigInt | None = strawberry.UNSET
    """The strength of the attackers, as far as known; 0 or more."""
    defensive_power: BigInt | None = strawberry.UNSET
    """The strength of the defenders, as far as known; 0 or more."""
    capital_x: int | None = strawberry.UNSET
    """Where the capital is, from west to east; with capitalY. Null: there is none."""
    capital_y: int | None = strawberry.UNSET
    """Where the capital is, from south to north; with capitalX. Null: there is none."""
    is_gone: bool | None = strawberry.UNSET
    """True: the player leaves the world, and with it its alliance and its treaties; the past still speaks of
    it. False: it is back."""


async def change_player(
    info: Info, input: Annotated[ChangePlayerInput, strawberry.argument(description="What to change.")]
) -> PlayerRow | Refusal:
    """Change what everybody sees of a player. Of an NPC's player, how the NPC stands follows."""
    given = told(input, AMOUNTS + OTHERS + ("is_gone",), clearable=("rank", "capital_x", "capital_y"))
    _check(given)
    return await change(info, input, lambda under_way: _change(under_way, input.player_id, given))


async def _change(change: Change, player_id: int, given: dict[str, Any]) -> PlayerRow:
    only_those_who_run_it(change.viewer, "change players")
    player = await players.lock(change.conn, change.world_id, player_id)
    if player is None:
        refuse(RefusalCode.NOT_FOUND, f"There is no player {player_id} in this world: see `players`.")
    if given.get("name", player.name) != player.name:
        await free_name(change, given["name"])
    columns = {**given, "last_seen": max(player.last_seen, change.now)}
    is_gone = columns.pop("is_gone", None)
    if is_gone is True and player.gone_at is None:
        await _leave_everything(change, player)
        columns |= {"gone_at": change.now, **NOTHING_LEFT}
    elif is_gone is False:
        columns["gone_at"] = None
    changed = await players.changed(change.conn, player, columns)
    await npc_worlds.follow(change.conn, change.world_id, player_id, change.now)
    return changed


async def _leave_everything(change: Change, player: PlayerRow) -> None:
    key = PartyKey(player.player_id, None)
    await treaties.all_ended(change.conn, change.world_id, key, None, change.now)
    membership = await alliances.left(change.conn, change.world_id, player.player_id, change.now)
    if membership is not None:
        alliance = await alliances.find(change.conn, change.world_id, membership.alliance_id)
        assert alliance is not None
        await go_on_without(change, player.player_id, membership.role, alliance)
