"""Snapshot: the facts of a world at one version, as sorted arrays that nobody can change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graph.packing import Array, UnreadableError, pack, unpack

FORMAT = 1
"""Raised whenever the arrays of a snapshot, or their meaning, change."""

NOBODY = -1
"""Stands where a player has no alliance."""

TREATY_TYPES = ("confederacy", "nap", "trade_agreement", "vassalage", "war")
"""The types of treaty; a snapshot stores the position in this list."""

PartyKind = Literal["player", "alliance"]
Party = tuple[PartyKind, int]
Ids = NDArray[np.int64]
Indices = NDArray[np.int32]


class SnapshotError(ValueError):
    """The rows contradict each other; the message names the first that does."""


class PlayerColumns(NamedTuple):
    """The players of a world, one value for each in every column, in any order."""

    player_id: ArrayLike
    alliance_id: ArrayLike
    """-1 for a player without alliance."""
    population: ArrayLike


class TrustColumns(NamedTuple):
    """The relationships of a world, one value for each in every column, in any order."""

    truster: ArrayLike
    trusted: ArrayLike
    score: ArrayLike
    """The ledger's trust score, -100..100."""
    interactions: ArrayLike
    """How often the two have met."""
    declared: ArrayLike
    """True where the score was imported or set by hand, and so counts as full experience."""


class BattleColumns(NamedTuple):
    """Battles between two players, one value for each in every column, in any order."""

    attacker: ArrayLike
    defender: ArrayLike
    severity: ArrayLike
    """0..1: how much it hurt."""
    age_days: ArrayLike
    """Days between the battle and the moment of the snapshot."""


NO_BATTLES = BattleColumns((), (), (), ())


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Players are numbered by their position in `player_ids`, alliances by theirs in `alliance_ids`.

    A *node* is a player's number, or, counted on from the last player, an alliance's: so one column can name
    a party of either kind. Ties are sorted by truster, then trusted; all arrays are read-only."""

    world_id: str
    version: int
    taken_at: datetime
    player_ids: Ids
    """Ascending."""
    alliance_ids: Ids
    """Ascending."""
    alliance_of: Indices
    """For each player the number of its alliance, or -1."""
    population: Ids
    truster: Indices
    trusted: Indices
    score: NDArray[np.int8]
    interactions: Indices
    declared: NDArray[np.bool_]
    treaty_type: NDArray[np.int8]
    """Position in `TREATY_TYPES`."""
    treaty_a: Indices
    """A node; the overlord of a vassalage, the side that declared a war."""
    treaty_b: Indices
    attacker: Indices
    defender: Indices
    severity: NDArray[np.float64]
    age_days: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        world_id: str,
        version: int,
        taken_at: datetime,
        players: Iterable[tuple[int, int | None, int]],
        trust: Iterable[tuple[int, int, int, int, bool]] = (),
        treaties: Iterable[tuple[str, Party, Party]] = (),
        alliances: Iterable[int] = (),
        battles: Iterable[tuple[int, int, float, float]] = (),
    ) -> Snapshot:
        """From plain rows, in any order: (player, alliance or None, population), (truster, trusted, score,
        interactions, declared), (type, party, party), (attacker, defender, severity, age in days)."""
        rows = [(player, NOBODY if league is None else league, people) for player, league, people in players]
        return cls.from_columns(
            world_id,
            version,
            taken_at,
            players=PlayerColumns(*_columns(rows, 3)),
            trust=TrustColumns(*_columns(trust, 5)),
            treaties=treaties,
            alliances=np.array(sorted(alliances), dtype=np.int64),
            battles=BattleColumns(*_columns(battles, 4)),
        )

    @classmethod
    def from_columns(
        cls,
        world_id: str,
        version: int,
        taken_at: datetime,
        *,
        players: PlayerColumns,
        trust: TrustColumns,
        treaties: Iterable[tuple[str, Party, Party]] = (),
        alliances: ArrayLike = (),
        battles: BattleColumns = NO_BATTLES,
    ) -> Snapshot:
        """From columns, in any order. `alliances` need name only those that have no members."""
        if taken_at.tzinfo is None:
            raise SnapshotError("taken_at needs a time zone")
        player_ids, league, population = _players(players)
        alliance_ids = np.union1d(_whole("alliances", alliances), league[league != NOBODY])
        parties = _Parties(player_ids, alliance_ids)
        arrays = {
            "player_ids": player_ids,
            "alliance_ids": alliance_ids,
            "alliance_of": _alliance_numbers(alliance_ids, league),
            "population": population,
            **_trust(player_ids, trust),
            **_treaties(parties, treaties),
            **_battles(player_ids, battles),
        }
        return cls(world_id, version, taken_at, **{name: _frozen(array) for name, array in arrays.items()})

    @property
    def player_count(self) -> int:
        return len(self.player_ids)

    @property
    def node_count(self) -> int:
        """Players and alliances together."""
        return len(self.player_ids) + len(self.alliance_ids)

    @cached_property
    def given_starts(self) -> Indices:
        """The ties that player i gives are those numbered `given_starts[i] : given_starts[i + 1]`."""
        return _starts(self.truster, self.player_count)

    @cached_property
    def received(self) -> Indices:
        """Numbers of all ties, sorted by trusted, then truster."""
        return np.argsort(self.trusted, kind="stable").astype(np.int32)

    @cached_property
    def received_starts(self) -> Indices:
        """The ties that player i receives are `received[received_starts[i] : received_starts[i + 1]]`."""
        return _starts(self.trusted, self.player_count)

    @cached_property
    def home(self) -> Indices:
        """For each player the node of its alliance, or -1."""
        return np.where(self.alliance_of == NOBODY, NOBODY, self.alliance_of + self.player_count).astype(
            np.int32
        )

    def player_number(self, player_id: int) -> int | None:
        """Where this player stands in the arrays; None when it is not of this world."""
        return _number(self.player_ids, player_id)

    def alliance_number(self, alliance_id: int) -> int | None:
        """Where this alliance stands in the arrays; None when it is not of this world."""
        return _number(self.alliance_ids, alliance_id)

    def encode(self) -> bytes:
        """As bytes for the cache; equal snapshots give equal bytes."""
        header = {
            "kind": "snapshot",
            "format": FORMAT,
            "world_id": self.world_id,
            "version": self.version,
            "taken_at": self.taken_at.isoformat(),
        }
        return pack(header, {name: getattr(self, name) for name in ARRAYS})

    @classmethod
    def decode(cls, data: bytes) -> Snapshot:
        """What `encode` was given; `UnreadableError` for anything else."""
        header, arrays = unpack(data, kind="snapshot", format_number=FORMAT)
        if tuple(arrays) != ARRAYS:
            raise UnreadableError("these are not the arrays of a snapshot")
        moment = datetime.fromisoformat(header["taken_at"])
        return cls(header["world_id"], header["version"], moment, **arrays)


ARRAYS = tuple(field.name for field in fields(Snapshot))[3:]


class _Parties(NamedTuple):
    player_ids: Ids
    alliance_ids: Ids

    def node(self, party: Party) -> int:
        """The node of a party to a treaty."""
        kind, party_id = party
        ids = self.player_ids if kind == "player" else self.alliance_ids
        if kind not in ("player", "alliance"):
            raise SnapshotError(f"a party is a player or an alliance, not {kind!r}")
        number = _number(ids, party_id)
        if number is None:
            raise SnapshotError(f"a treaty names {kind} {party_id}, which is not of this world")
        return number if kind == "player" else number + len(self.player_ids)


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[ArrayLike]:
    return [list(column) for column in zip(*rows, strict=True)] or [()] * width


def _players(columns: PlayerColumns) -> tuple[Ids, Ids, Ids]:
    player, league, population = _even("players", [_whole("players", column) for column in columns])
    order = np.argsort(player, kind="stable")
    player = player[order]
    twice = np.flatnonzero(player[1:] == player[:-1])
    if len(twice):
        raise SnapshotError(f"player {player[twice[0]]} is listed twice")
    if np.any(league < NOBODY) or np.any(population < 0):
        raise SnapshotError("alliance ids and populations cannot be negative (-1 stands for no alliance)")
    return player, league[order], population[order]


def _alliance_numbers(alliance_ids: Ids, league: Ids) -> Indices:
    numbers = np.searchsorted(alliance_ids, league)
    return np.where(league == NOBODY, NOBODY, numbers).astype(np.int32)


def _trust(player_ids: Ids, columns: TrustColumns) -> dict[str, Array]:
    truster, trusted, score, met, declared = _even("trust", [_whole("trust", column) for column in columns])
    source = _numbers(player_ids, truster, "a relationship names player {}, who is not of this world")
    target = _numbers(player_ids, trusted, "a relationship names player {}, who is not of this world")
    _refuse(source == target, truster, "player {} cannot hold a relationship with itself")
    _refuse((score < -100) | (score > 100), truster, "a trust score of player {} is outside -100..100")
    _refuse(met < 0, truster, "an interaction count of player {} is negative")
    order = _order(source, target, len(player_ids))
    source, target = source[order], target[order]
    twice = np.flatnonzero((source[1:] == source[:-1]) & (target[1:] == target[:-1]))
    if len(twice):
        pair = player_ids[source[twice[0]]], player_ids[target[twice[0]]]
        raise SnapshotError(f"the relationship of player {pair[0]} with player {pair[1]} is listed twice")
    return {
        "truster": source,
        "trusted": target,
        "score": score[order].astype(np.int8),
        "interactions": np.minimum(met[order], np.iinfo(np.int32).max).astype(np.int32),
        "declared": declared[order].astype(np.bool_),
    }


def _treaties(parties: _Parties, treaties: Iterable[tuple[str, Party, Party]]) -> dict[str, Array]:
    rows = sorted(_treaty(parties, *treaty) for treaty in treaties)
    seen: set[tuple[int, int, int]] = set()
    for kind, first, second in rows:
        key = (kind, min(first, second), max(first, second))
        if key in seen:
            raise SnapshotError(f"two treaties of type {TREATY_TYPES[kind]} stand between the same parties")
        seen.add(key)
    kinds, firsts, seconds = _columns(rows, 3)
    return {
        "treaty_type": np.array(kinds, dtype=np.int8),
        "treaty_a": np.array(firsts, dtype=np.int32),
        "treaty_b": np.array(seconds, dtype=np.int32),
    }


def _treaty(parties: _Parties, kind: str, first: Party, second: Party) -> tuple[int, int, int]:
    if kind not in TREATY_TYPES:
        raise SnapshotError(f"{kind!r} is not a type of treaty; known are {', '.join(TREATY_TYPES)}")
    if first == second:
        raise SnapshotError(f"{first[0]} {first[1]} cannot have a treaty with itself")
    return TREATY_TYPES.index(kind), parties.node(first), parties.node(second)


def _battles(player_ids: Ids, columns: BattleColumns) -> dict[str, Array]:
    attacker, defender = (_whole("battles", column) for column in columns[:2])
    severity, age = (np.asarray(column, dtype=np.float64) for column in columns[2:])
    _even("battles", [attacker, defender, severity, age])
    source = _numbers(player_ids, attacker, "a battle names player {}, who is not of this world")
    target = _numbers(player_ids, defender, "a battle names player {}, who is not of this world")
    _refuse(~((severity >= 0) & (severity <= 1)), attacker, "a severity of player {} is outside 0..1")
    _refuse(~((age >= 0) & np.isfinite(age)), attacker, "a battle of player {} lies in the future")
    order = np.lexsort((severity, age, target, source))
    return {
        "attacker": source[order],
        "defender": target[order],
        "severity": severity[order],
        "age_days": age[order],
    }


def _whole(table: str, column: ArrayLike) -> Ids:
    array = np.asarray(column)
    if array.ndim != 1:
        raise SnapshotError(f"{table}: a column is one list of values")
    if array.size and array.dtype.kind not in "iub":
        raise SnapshotError(f"{table}: whole numbers are wanted, not {array.dtype}")
    return array.astype(np.int64)


def _even(table: str, columns: list[Array]) -> list[Array]:
    if len({len(column) for column in columns}) > 1:
        raise SnapshotError(f"{table}: the columns differ in length")
    return columns


def _numbers(ids: Ids, wanted: Ids, message: str) -> Indices:
    found = np.searchsorted(ids, wanted)
    missing = found == len(ids)
    if len(ids):
        missing = missing | (ids[np.minimum(found, len(ids) - 1)] != wanted)
    _refuse(missing, wanted, message)
    return found.astype(np.int32)


def _number(ids: Ids, wanted: int) -> int | None:
    if not len(ids) or not int(ids[0]) <= wanted <= int(ids[-1]):
        return None
    found = int(np.searchsorted(ids, wanted))
    return found if int(ids[found]) == wanted else None


def _refuse(wrong: NDArray[np.bool_], ids: Ids, message: str) -> None:
    if wrong.any():
        raise SnapshotError(message.format(ids[int(np.argmax(wrong))]))


def _order(major: Indices, minor: Indices, count: int) -> NDArray[np.int64]:
    key = major.astype(np.int64) * count + minor
    if np.all(key[1:] >= key[:-1]):
        return np.arange(len(key))
    return np.argsort(key, kind="stable")


def _starts(column: Indices, count: int) -> Indices:
    totals = np.cumsum(np.bincount(column, minlength=count)[:count])
    return np.concatenate(([0], totals)).astype(np.int32)


def _frozen(array: Array) -> Array:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array
