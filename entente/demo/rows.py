"""Rows: a history as the tables of a world hold it, with every column that a clock or chance would fill filled in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from db.main.histories import Table
from entente.demo.calendar import DAY, END, moment, moments
from entente.demo.court import Court
from entente.demo.dice import Dice, Ints
from entente.demo.encounters import BATTLE, RAID
from entente.demo.history import History
from entente.demo.land import Land
from entente.demo.ledger import CAUSES
from entente.demo.memories import ATTACKERS, DEFENDERS, FORGOTTEN_AFTER, FORGOTTEN_BELOW, UNKNOWN_TROOPS
from entente.demo.people import PERSONALITIES, TEMPERATURES
from entente.demo.powers import NOBODY
from entente.demo.relationships import TYPES, last_interaction, prediction
from entente.demo.treaties import Party

Row = tuple[Any, ...]


class Book:
    """The rows of one world. NPCs have the ids that they are given; all else is counted from the ids before."""

    def __init__(self, world_id: str, history: History, npc_ids: dict[int, int], seed: int) -> None:
        self.world_id, self.history, self.npc_ids, self.seed = world_id, history, npc_ids, seed
        self.land, self.begins = history.land, history.land.begins
        self.ends = moment(self.begins, END)
        self.player_ids = [player.player_id for player in self.land.players]
        self.ranks = _ranks(history.people.population)

    def _at(self, second: int | None) -> datetime | None:
        return None if second is None else moment(self.begins, second)

    def npcs(self, persons: list[int]) -> Table:
        """Those of the NPCs who were not known before."""
        people = self.history.people
        played = {npc: (battles, villages) for npc, battles, villages, _ in self.played()}
        rows = []
        for person in persons:
            npc, profile = self.npc_ids[person], people.profiles[person]
            template = profile.template
            temperature = TEMPERATURES[people.temper[person]]
            times = self.begins, self.ends, self.ends
            rows.append(
                (npc, profile.uuid, profile.name, profile.tribe, profile.personality, template, temperature, *times)
                + played[npc]
            )
        columns = (
            "id", "uuid", "name", "tribe", "personality", "behavior_template", "llm_temperature", "created_at",
            "last_active", "last_decision", "battles_fought", "villages_founded",
        )  # fmt: skip
        return Table("npcs", columns, rows)

    def played(self) -> list[tuple[int, int, int, datetime]]:
        """What each NPC did here: its id, battles fought, villages founded, when it was last active."""
        encounters = self.history.encounters
        fights = (encounters.kind == BATTLE) | (encounters.kind == RAID)
        fought = np.bincount(encounters.actor[fights], minlength=len(self.land.players))
        fought = fought + np.bincount(encounters.target[fights], minlength=len(self.land.players))
        return [
            (npc, int(fought[person]), max(0, self.land.players[person].village_count - 1), self.ends)
            for person, npc in self.npc_ids.items()
        ]

    def alliances(self) -> Table:
        """The alliances; who leads them and how many they are follows from their members."""
        totals = _totals(self.land)
        by_population = sorted(totals, key=lambda alliance: (-totals[alliance][0], alliance))
        rank = {alliance: place for place, alliance in enumerate(by_population, start=1)}
        stances = {alliance: stance for alliance, *stance in self.stances()}
        rows = [
            (
                self.world_id, each.alliance_id, each.name, each.tag, *stances.get(each.alliance_id, (None, None)),
                rank.get(each.alliance_id), *totals.get(each.alliance_id, (0, 0)), self.begins, self.ends,
            )
            for each in self.land.alliances
        ]  # fmt: skip
        columns = (
            "world_id", "alliance_id", "name", "tag", "alliance_strategy", "diplomatic_stance", "total_rank",
            "total_population", "total_villages", "created_at", "updated_at",
        )  # fmt: skip
        return Table("alliances", columns, rows)

    def stances(self) -> list[tuple[int, str, dict[str, Any]]]:
        """For each power its alliance, what it strives for, and how it stands to the others."""
        court = self.history.court
        return [
            (alliance, _strategy(court, power), _stance(court, power))
            for power, alliance in enumerate(court.powers.alliance_ids)
        ]

    def strengths(self) -> list[tuple[int, int | None, int, int]]:
        """For each player its NPC, if it is one, its offence and its defence."""
        people = self.history.people
        return [
            (player_id, self.npc_ids.get(person), int(people.offence[person]), int(people.defence[person]))
            for person, player_id in enumerate(self.player_ids)
        ]

    def joined(self) -> list[tuple[int, str, datetime, bool]]:
        """For each member its role, when it joined, and whether nothing else is known of where it was before."""
        return [
            (player.player_id, row.role, moment(self.begins, row.joined_at), not player.has_past)
            for row in self.history.memberships.rows
            for player in [self.land.players[row.person]]
            if row.left_at is None
        ]

    def players(self) -> Table:
        """The players; their alliances follow from the memberships."""
        people = self.history.people
        rows = [
            (
                self.world_id, player.player_id, player.name, player.tribe, self.npc_ids.get(person),
                self.ranks[person], player.population, player.village_count, int(people.offence[person]),
                int(people.defence[person]), player.x, player.y, self.begins, self.ends,
            )
            for person, player in enumerate(self.land.players)
        ]  # fmt: skip
        columns = (
            "world_id", "player_id", "name", "tribe", "npc_id", "rank", "population", "village_count",
            "offensive_power", "defensive_power", "capital_x", "capital_y", "first_seen", "last_seen",
        )  # fmt: skip
        return Table("players", columns, rows)

    def members(self, first_id: int = 1, *, only_former: bool = False) -> Table:
        """The memberships, all of them or only those that have ended."""
        rows = []
        for row in self.history.memberships.rows:
            if row.left_at is not None or not only_former:
                times = self._at(row.joined_at), self._at(row.left_at), self._at(row.left_at or row.joined_at)
                who = self.player_ids[row.person]
                rows.append((self.world_id, first_id + len(rows), row.alliance_id, who, row.role, *times))
        columns = ("world_id", "member_id", "alliance_id", "player_id", "role", "joined_at", "left_at", "recorded_at")
        return Table("alliance_members", columns, rows)

    def states(self) -> Table:
        """How the NPCs stand at the end."""
        people, roles = self.history.people, self._roles()
        rows = [
            (
                self.npc_ids[state.person], self.world_id, self.player_ids[state.person], self.ranks[state.person],
                int(people.population[state.person]), self.land.players[state.person].village_count, *state.stores,
                int(people.offence[state.person]), int(people.defence[state.person]), state.troops,
                *state.production, state.strategy, state.goal, state.threat, *roles.get(state.person, (None, None)),
                self.ends, self._at(state.last_login),
            )
            for state in self.history.states
        ]  # fmt: skip
        columns = (
            "npc_id", "world_id", "player_id", "rank", "total_population", "village_count", "total_wood", "total_clay",
            "total_iron", "total_wheat", "offensive_power", "defensive_power", "total_troops", "production_rate_wood",
            "production_rate_clay", "production_rate_iron", "production_rate_wheat", "current_strategy",
            "strategic_goal", "threat_level", "alliance_id", "alliance_role", "state_updated_at", "last_login",
        )  # fmt: skip
        return Table("npc_world_state", columns, rows)

    def _roles(self) -> dict[int, tuple[int, str]]:
        rows = self.history.memberships.rows
        return {row.person: (row.alliance_id, row.role) for row in rows if row.left_at is None}

    def relationships(self) -> Table:
        """What the NPCs hold about players; the scores follow from the ledger."""
        meetings, counts = self.history.meetings, self.history.counts
        known = _known(self.history, self.seed)
        created, began = self._first_meetings(), self.begins
        columns = (
            counts.type, counts.interactions, counts.won, counts.lost, counts.raided, counts.lost_resources,
            counts.sent, counts.received, meetings.truster, meetings.trusted,
        )  # fmt: skip
        rows = []
        for index, (kind, met, won, lost, raided, robbed, sent, received, me, other) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            last, expected = last_interaction(counts, index), prediction(counts, index)
            last_at = self._at(last[1]) if last else None
            rows.append((
                index + 1, self.npc_ids[me], self.player_ids[other], self.world_id, began, TYPES[kind], met,
                last[0] if last else None, last_at, won, lost, raided, robbed, sent, received,
                known.villages[other] if won + lost else [], known.armies[other] if won + lost else None,
                known.habits[other] if met >= 3 else None,
                *(expected or (None, None)), self.ends if expected else None,
                created[index], last_at or created[index],
            ))  # fmt: skip
        return Table("npc_relationships", RELATIONSHIP_COLUMNS, rows)

    def _first_meetings(self) -> list[datetime]:
        encounters = self.history.encounters
        first = np.full(len(self.history.meetings.truster), END, dtype=np.int64)
        for held in (encounters.held_by_actor, encounters.held_by_target):
            np.minimum.at(first, held[held != NOBODY], encounters.at[held != NOBODY])
        return moments(self.begins, np.where(first == END, 0, first).tolist())

    def trust_events(self) -> Table:
        """The ledger."""
        ledger, meetings = self.history.ledger, self.history.meetings
        trusters = [self.npc_ids[person] for person in meetings.truster[ledger.relationship].tolist()]
        trusted = [self.player_ids[person] for person in meetings.trusted[ledger.relationship].tolist()]
        times = moments(self.begins, ledger.at.tolist())
        causes = [(cause.kind, cause.points, float(cause.half_life_days * DAY), cause.source) for cause in CAUSES]
        rows = [
            (self.world_id, number, truster, target, *causes[cause], at, at, source or None, note)
            for number, (truster, target, cause, at, source, note) in enumerate(
                zip(trusters, trusted, ledger.cause.tolist(), times, ledger.source_id.tolist(), ledger.note, strict=True),
                start=1,
            )
        ]
        columns = (
            "world_id", "event_id", "npc_id", "target_player_id", "kind", "points", "half_life_seconds", "source",
            "occurred_at", "recorded_at", "source_id", "note",
        )  # fmt: skip
        return Table("trust_events", columns, rows)

    def treaties(self) -> Table:
        """The treaties, as they stand at the end."""
        rows = [
            (
                self.world_id, number, treaty.type, treaty.status, *self._party(treaty.a), *self._party(treaty.b),
                treaty.overlord, treaty.is_public, treaty.terms, self.player_ids[treaty.by],
                self._at(treaty.proposed_at), self._at(treaty.starts_at), self._at(treaty.ends_at), treaty.broken_by,
                self._at(treaty.broken_at), treaty.peace_offered_by, self.player_ids[treaty.changed_by],
                self._at(treaty.changed_at),
            )
            for number, treaty in enumerate(self.history.treaties, start=1)
        ]  # fmt: skip
        columns = (
            "world_id", "treaty_id", "type", "status", "a_player_id", "a_alliance_id", "b_player_id", "b_alliance_id",
            "overlord", "is_public", "terms", "proposed_by", "proposed_at", "starts_at", "ends_at", "broken_by",
            "broken_at", "peace_offered_by", "changed_by", "changed_at",
        )  # fmt: skip
        return Table("treaties", columns, rows)

    def _party(self, party: Party) -> tuple[int | None, int | None]:
        if party.is_power:
            return None, self.history.powers.alliance_ids[party.number]
        return self.player_ids[party.number], None

    def treaty_events(self) -> Table:
        """What happened to the treaties, in the order of time."""
        events = sorted(
            ((event.at, number, place, event) for number, treaty in enumerate(self.history.treaties, start=1)
             for place, event in enumerate(treaty.events)), key=lambda entry: entry[:3]
        )  # fmt: skip
        rows = []
        for event_id, (second, treaty_id, _, event) in enumerate(events, start=1):
            by, at = None if event.by is None else self.player_ids[event.by], self._at(second)
            rows.append((self.world_id, event_id, treaty_id, event.kind, by, event.note, at, at))
        columns = (
            "world_id", "event_id", "treaty_id", "kind", "by_player_id", "note", "occurred_at", "recorded_at",
        )  # fmt: skip
        return Table("treaty_events", columns, rows)

    def memories(self) -> Table:
        """What the NPCs remember."""
        forgotten = timedelta(seconds=FORGOTTEN_AFTER)
        ids = self.player_ids
        rows = []
        for number, memory in enumerate(self.history.memories, start=1):
            at = moment(self.begins, memory.at)
            rows.append((
                number, self.npc_ids[memory.person], self.world_id, memory.type, memory.event_data, memory.importance,
                memory.emotional_weight, at, memory.at // DAY + 1, [ids[person] for person in memory.people],
                memory.villages, memory.lesson, memory.adjustment,
                at + forgotten if memory.importance < FORGOTTEN_BELOW else None, at,
            ))  # fmt: skip
        columns = (
            "id", "npc_id", "world_id", "memory_type", "event_data", "importance", "emotional_weight", "occurred_at",
            "game_day", "related_player_ids", "related_village_ids", "lesson_learned", "behavior_adjustment",
            "expires_at", "created_at",
        )  # fmt: skip
        return Table("npc_memory", columns, rows)

    def villages(self) -> Table:
        """The villages, for the world's own database."""
        rows = [
            (
                each.village_id, each.tile_id, each.x, each.y, each.name, each.player_id, each.tribe, each.population,
                each.is_capital, self.begins, self.ends,
            )
            for each in self.land.villages
        ]  # fmt: skip
        columns = (
            "id", "tile_id", "x", "y", "name", "player_id", "tribe", "population", "is_capital", "first_seen",
            "last_seen",
        )  # fmt: skip
        return Table("villages", columns, rows)


RELATIONSHIP_COLUMNS = (
    "id", "npc_id", "target_player_id", "world_id", "trust_at", "relationship_type", "total_interactions",
    "last_interaction_type", "last_interaction_at", "battles_won_against", "battles_lost_against",
    "resources_raided_from", "resources_lost_to", "messages_sent", "messages_received", "known_villages",
    "known_army_composition", "activity_pattern", "predicted_next_action", "prediction_confidence", "predicted_at",
    "created_at", "updated_at",
)  # fmt: skip


def _ranks(population: Ints) -> list[int]:
    ranks = np.empty(len(population), dtype=np.int64)
    ranks[np.argsort(-population, kind="stable")] = np.arange(1, len(population) + 1)
    return [int(rank) for rank in ranks]


def _totals(land: Land) -> dict[int, tuple[int, int]]:
    totals: dict[int, tuple[int, int]] = {}
    for player in land.players:
        if player.alliance_id is not None:
            population, villages = totals.get(player.alliance_id, (0, 0))
            totals[player.alliance_id] = population + player.population, villages + player.village_count
    return totals


LEADERS = {
    "aggressive": "military",
    "economic": "trading",
    "balanced": "expansionist",
    "diplomat": "peaceful",
    "assassin": "military",
}


def _strategy(court: Court, power: int) -> str:
    return LEADERS[PERSONALITIES[court.people.temper[court.powers.leader(power)]]]


def _stance(court: Court, power: int) -> dict[str, list[int]]:
    def those(kind: str) -> list[int]:
        others = (other for other in range(len(court.powers)) if kind in court.between(power, other))
        return sorted(court.powers.alliance_ids[other] for other in others)

    return {"allied_alliances": those("confederacy"), "enemy_alliances": those("war"), "nap_alliances": those("nap")}


class _Known:
    """What there is to know of each player."""

    def __init__(self) -> None:
        self.villages: list[list[dict[str, Any]]] = []
        self.armies: list[dict[str, int]] = []
        self.habits: list[dict[str, Any]] = []


def _known(history: History, seed: int) -> _Known:
    dice, known = Dice(seed, "habits"), _Known()
    villages: dict[int, list[dict[str, Any]]] = {}
    for village in history.land.villages:
        seen = villages.setdefault(village.player_id, [])
        if len(seen) < 3:
            seen.append({"village_id": village.village_id, "name": village.name, "x": village.x, "y": village.y})
    for person, player in enumerate(history.land.players):
        known.villages.append(villages.get(player.player_id, []))
        known.armies.append(_army(history, person, player.tribe))
        known.habits.append(_habits(dice))
    return known


def _army(history: History, person: int, tribe: str) -> dict[str, int]:
    people = history.people
    army = {ATTACKERS.get(tribe, UNKNOWN_TROOPS): int(people.offence[person]) // 8}
    army[DEFENDERS.get(tribe, UNKNOWN_TROOPS + "_guard")] = int(people.defence[person]) // 8
    return army


def _habits(dice: Dice) -> dict[str, Any]:
    wakes, hours = dice.below(24), 3 + dice.below(9)
    return {
        "typical_online_hours": sorted((wakes + hour) % 24 for hour in range(hours)),
        "timezone_estimate": f"UTC{dice.below(13) - 5:+d}",
        "activity_level": "high" if hours > 8 else "medium" if hours > 5 else "low",
        "logins_per_day": hours + dice.below(6),
    }
