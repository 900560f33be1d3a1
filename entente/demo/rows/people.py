"""Rows of the people: NPCs, players, how NPCs stand in the world, and everybody's villages."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from db.main.histories import Table
from entente.demo.encounters import BATTLE, RAID
from entente.demo.people import TEMPERATURES
from entente.demo.rows.book import Book

NPCS = (
    "id", "uuid", "name", "tribe", "personality", "behavior_template", "llm_temperature", "created_at",
    "last_active", "last_decision", "battles_fought", "villages_founded",
)  # fmt: skip
PLAYERS = (
    "world_id", "player_id", "name", "tribe", "npc_id", "rank", "population", "village_count",
    "offensive_power", "defensive_power", "capital_x", "capital_y", "first_seen", "last_seen",
)  # fmt: skip
STATES = (
    "npc_id", "world_id", "player_id", "rank", "total_population", "village_count", "total_wood",
    "total_clay", "total_iron", "total_wheat", "offensive_power", "defensive_power", "total_troops",
    "production_rate_wood",
    "production_rate_clay", "production_rate_iron", "production_rate_wheat", "current_strategy",
    "strategic_goal", "threat_level", "alliance_id", "alliance_role", "state_updated_at", "last_login",
)  # fmt: skip
VILLAGES = (
    "id", "tile_id", "x", "y", "name", "player_id", "tribe", "population", "is_capital", "first_seen",
    "last_seen",
)  # fmt: skip


def npcs(book: Book) -> Table:
    """Those of the NPCs who were not known before."""
    people = book.history.people
    done = {npc: (battles, villages) for npc, battles, villages, _ in played(book)}
    rows = []
    for person, profile in people.profiles.items():
        if (npc := book.npc_ids[person]) in book.known:
            continue
        rows.append((
            npc, profile.uuid, profile.name, profile.tribe, profile.personality, profile.template,
            TEMPERATURES[people.temper[person]], book.begins, book.ends, book.ends, *done[npc],
        ))  # fmt: skip
    return Table("npcs", NPCS, rows, len(rows), max((row[0] for row in rows), default=0))


def played(book: Book) -> list[tuple[int, int, int, datetime]]:
    """What each NPC did here: its id, battles fought, villages founded, when it was last active."""
    encounters, land = book.history.encounters, book.history.land
    fights = (encounters.kind == BATTLE) | (encounters.kind == RAID)
    fought = np.bincount(encounters.actor[fights], minlength=len(land.players))
    fought = fought + np.bincount(encounters.target[fights], minlength=len(land.players))
    return [
        (npc, int(fought[person]), max(0, land.players[person].village_count - 1), book.ends)
        for person, npc in book.npc_ids.items()
    ]


def players(book: Book) -> Table:
    """The players; their alliances follow from the memberships."""
    people, land = book.history.people, book.history.land
    rows = [
        (
            book.world_id, player.player_id, player.name, player.tribe, book.npc_ids.get(person),
            book.ranks[person], player.population, player.village_count, int(people.offence[person]),
            int(people.defence[person]), player.x, player.y, book.begins, book.ends,
        )
        for person, player in enumerate(land.players)
    ]  # fmt: skip
    return Table("players", PLAYERS, rows, len(rows))


def strengths(book: Book) -> list[tuple[int, int | None, int, int]]:
    """For each player its NPC, if it is one, its offence and its defence."""
    people = book.history.people
    return [
        (player_id, book.npc_ids.get(person), int(people.offence[person]), int(people.defence[person]))
        for person, player_id in enumerate(book.player_ids)
    ]


def states(book: Book) -> Table:
    """How the NPCs stand at the end."""
    people, land = book.history.people, book.history.land
    members = book.history.memberships.rows
    roles = {row.person: (row.alliance_id, row.role) for row in members if row.left_at is None}
    rows = [
        (
            book.npc_ids[state.person], book.world_id, book.player_ids[state.person],
            book.ranks[state.person], int(people.population[state.person]),
            land.players[state.person].village_count, *state.stores,
            int(people.offence[state.person]), int(people.defence[state.person]), state.troops,
            *state.production, state.strategy, state.goal, state.threat,
            *roles.get(state.person, (None, None)), book.ends, book.at(state.last_login),
        )
        for state in book.history.states
    ]  # fmt: skip
    return Table("npc_world_state", STATES, rows, len(rows))


def villages(book: Book) -> Table:
    """The villages, for the world's own database."""
    rows = [
        (
            each.village_id, each.tile_id, each.x, each.y, each.name, each.player_id, each.tribe,
            each.population, each.is_capital, book.begins, book.ends,
        )
        for each in book.history.land.villages
    ]  # fmt: skip
    return Table("villages", VILLAGES, rows, len(rows))
