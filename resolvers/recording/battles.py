"""Battles: what each NPC that fought in one remembers of it, and how far it trusts the others afterwards.

Who was attacked trusts the attackers less, and those who stood by it more; who stood by it, and the NPC that
leads its alliance, trust the attackers less; and who led an attack trusts those more who joined it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry.scalars import JSON

from db.main.battles import BattleResult, BattleRole, BattleType, NewBattle
from db.main.memories import MemoryType, NewMemory
from db.main.players import Person
from db.main.relationships import TrustEventSource
from resolvers.consequences import Cause
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.feelings import ATTACKED, ATTACKED_AN_ALLY, BACKSTABBED, HELPED
from resolvers.inputs import amount, as_object_or_none, few, json_object_or_none, past, short, within
from resolvers.recording.scene import Scene, Wanted
from resolvers.refusal import RefusalCode, refuse
from resolvers.scalars import BigInt

TABLE = "npc_battle_history"
MOST_PARTICIPANTS = 50
LONGEST_LESSON = 10_000
STRUCK = {
    BattleResult.VICTORY: (0.6, 0.4),
    BattleResult.DEFEAT: (0.8, -0.6),
    BattleResult.DRAW: (0.5, -0.1),
}
"""How important a battle is to an NPC, and how it feels."""

enum(BattleRole)


class BattleOutcome(Enum):
    """Who won a battle."""

    ATTACKER_WON = "attacker_won"
    """Those who attacked."""
    DEFENDER_WON = "defender_won"
    """The one attacked, and those who stood by it."""
    DRAW = "draw"
    """Nobody."""


enum(BattleOutcome)


@input_type
class BattleParticipantInput:
    """An NPC that fought in a battle, and how it went through it."""

    npc_id: int
    """The NPC."""
    role: BattleRole
    """On which side it stood."""
    my_troops_sent: JSON | None = None
    """Its troops: an object of numbers by unit, such as {"legionnaire": 50}."""
    my_troops_survived: JSON | None = None
    """Those of them that were left."""
    enemy_troops_estimated: JSON | None = None
    """The other side's troops, as far as it knew."""
    enemy_troops_killed: JSON | None = None
    """The other side's losses."""
    resources_gained: BigInt = BigInt(0)
    """What it took, of all resources together."""
    resources_lost: BigInt = BigInt(0)
    """What was taken from it, of all resources together."""
    prediction_made: JSON | None = None
    """What it had expected: an object."""
    prediction_accuracy: float | None = None
    """How right it was, 0 to 1."""
    tactical_lesson: str | None = None
    """What it learned from it, at most 10,000 characters."""
    strategy_adjustment: JSON | None = None
    """What it will do otherwise: an object."""


@input_type
class BattleInput:
    """A battle that took place."""

    battle_id: BigInt | None = None
    """The game's own id of it. With an id, a battle that is told again counts nothing twice."""
    attacker_player_id: int
    """Who attacked; of several, who led them."""
    defender_player_id: int
    """Who was attacked."""
    outcome: BattleOutcome
    """Who won."""
    is_raid: bool = False
    """Whether it was for loot alone."""
    from_village_id: int | None = None
    """The village that the attack came from."""
    to_village_id: int | None = None
    """The village that was attacked."""
    participants: list[BattleParticipantInput] = strawberry.field(default_factory=list)
    """NPCs that fought in it, at most 50. Attacker and defender take part without being named, if they are
    NPCs that you may act for."""
    occurred_at: datetime | None = None
    """When it took place; now unless told."""

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""
        if self.attacker_player_id == self.defender_player_id:
            raise bad_input("attackerPlayerId and defenderPlayerId must differ.")
        few("participants", self.participants, MOST_PARTICIPANTS)
        past("occurredAt", self.occurred_at, now)
        for one in self.participants:
            _check(one)
        if len({one.npc_id for one in self.participants}) < len(self.participants):
            raise bad_input("participants must name each NPC once.")

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""
        foes = (self.attacker_player_id, self.defender_player_id)
        wanted.players.update(foes)
        wanted.foes.update(foes)
        wanted.npcs.update(one.npc_id for one in self.participants)
        if self.battle_id is not None:
            wanted.battles.add(self.battle_id)
        wanted.row(TABLE, len(self.participants) + 2)

    def record(self, scene: Scene) -> list[int]:
        """Record it for each NPC that fought in it; the ids of the records."""
        at = scene.change.now if self.occurred_at is None else self.occurred_at
        battle = _Battle(
            self, at, scene.player(self.attacker_player_id), scene.player(self.defender_player_id), scene
        )
        return battle.record(_fighters(self, battle, scene))


def _check(one: BattleParticipantInput) -> None:
    json_object_or_none("myTroopsSent", one.my_troops_sent)
    json_object_or_none("myTroopsSurvived", one.my_troops_survived)
    json_object_or_none("enemyTroopsEstimated", one.enemy_troops_estimated)
    json_object_or_none("enemyTroopsKilled", one.enemy_troops_killed)
    json_object_or_none("predictionMade", one.prediction_made)
    json_object_or_none("strategyAdjustment", one.strategy_adjustment)
    amount("resourcesGained", one.resources_gained)
    amount("resourcesLost", one.resources_lost)
    short("tacticalLesson", one.tactical_lesson, LONGEST_LESSON)
    if one.prediction_accuracy is not None:
        within("predictionAccuracy", one.prediction_accuracy, 0, 1)


@dataclass(frozen=True, slots=True)
class Fighter:
    """An NPC in a battle, as the player that it is there."""

    told: BattleParticipantInput
    person: Person

    @property
    def npc_id(self) -> int:
        """The NPC."""
        return self.told.npc_id

    @property
    def player_id(self) -> int:
        """The player."""
        return self.person.player_id

    @property
    def role(self) -> BattleRole:
        """On which side it stands."""
        return self.told.role


def _fighters(told: BattleInput, battle: _Battle, scene: Scene) -> list[Fighter]:
    """Those that are named, each in a role that it can have; and the two whose battle it is, if they are
    NPCs that the viewer may act for."""
    found = [Fighter(one, scene.npc(one.npc_id)) for one in told.participants]
    for one in found:
        _refuse_other_roles(one, battle)
    named = {one.npc_id for one in found}
    for person, role in ((battle.attacker, BattleRole.ATTACKER), (battle.defender, BattleRole.DEFENDER)):
        npc_id = person.npc_id
        if npc_id is not None and npc_id not in named and scene.is_mine(npc_id):
            found.append(Fighter(BattleParticipantInput(npc_id=npc_id, role=role), person))
    if not found:
        refuse(RefusalCode.NOT_CONCERNED, "None of those who fought is an NPC that you may act for.")
    return found


def _refuse_other_roles(one: Fighter, battle: _Battle) -> None:
    defends = one.player_id == battle.defender.player_id
    leads = one.player_id == battle.attacker.player_id
    if defends != (one.role is BattleRole.DEFENDER) or (leads and one.role is not BattleRole.ATTACKER):
        role = "DEFENDER" if defends else "ATTACKER" if leads else "ATTACKER or REINFORCEMENT"
        refuse(RefusalCode.BAD_INPUT, f"The role of {one.person.name} in this battle must be {role}.")


@dataclass(frozen=True, slots=True)
class _Battle:
    """A battle that is being recorded."""

    told: BattleInput
    at: datetime
    attacker: Person
    defender: Person
    scene: Scene

    def record(self, fighters: list[Fighter]) -> list[int]:
        new = [one for one in fighters if self._is_new(one)]
        if not new:
            message = f"Battle {self.told.battle_id} is recorded already for all who fought in it."
            refuse(RefusalCode.ALREADY_RECORDED, message)
        self._tell_their_leader(fighters)
        return [self._of(one, fighters) for one in new]

    def _is_new(self, one: Fighter) -> bool:
        known, battle_id = self.scene.battles, self.told.battle_id
        if battle_id is None:
            return True
        if (battle_id, one.npc_id) in known:
            return False
        known.add((battle_id, one.npc_id))
        return True

    def _of(self, one: Fighter, fighters: list[Fighter]) -> int:
        """What the battle leaves with one who fought in it."""
        row = self._row(one)
        self.scene.new_battles.append(row)
        self.scene.made.does(one.npc_id, self.at).battles += 1
        self._count(one, row)
        self._feel(one, fighters, Cause(self.at, TrustEventSource.BATTLE, row.id))
        self.scene.made.remembered.append(self._memory(one, row))
        return row.id

    def _row(self, one: Fighter) -> NewBattle:
        told = one.told
        return NewBattle(
            id=next(self.scene.ids[TABLE]),
            npc_id=one.npc_id,
            battle_id=self.told.battle_id,
            battle_type=self._type(one.role),
            attacker_id=self.attacker.player_id,
            defender_id=self.defender.player_id,
            npc_role=one.role,
            from_village_id=self.told.from_village_id,
            to_village_id=self.told.to_village_id,
            my_troops_sent=as_object_or_none(told.my_troops_sent),
            my_troops_survived=as_object_or_none(told.my_troops_survived),
            enemy_troops_estimated=as_object_or_none(told.enemy_troops_estimated),
            enemy_troops_killed=as_object_or_none(told.enemy_troops_killed),
            result=self._result(one.role),
            resources_gained=told.resources_gained,
            resources_lost=told.resources_lost,
            prediction_made=as_object_or_none(told.prediction_made),
            prediction_accuracy=told.prediction_accuracy,
            tactical_lesson=told.tactical_lesson,
            strategy_adjustment=as_object_or_none(told.strategy_adjustment),
            occurred_at=self.at,
        )

    def _type(self, role: BattleRole) -> BattleType:
        attack = BattleType.RAID if self.told.is_raid else BattleType.ATTACK
        others = {
            BattleRole.DEFENDER: BattleType.DEFENSE,
            BattleRole.REINFORCEMENT: BattleType.REINFORCEMENT,
        }
        return others.get(role, attack)

    def _result(self, role: BattleRole) -> BattleResult:
        if self.told.outcome is BattleOutcome.DRAW:
            return BattleResult.DRAW
        attackers_won = self.told.outcome is BattleOutcome.ATTACKER_WON
        return BattleResult.VICTORY if attackers_won == _attacks(role) else BattleResult.DEFEAT

    def _opponent(self, role: BattleRole) -> Person:
        return self.defender if _attacks(role) else self.attacker

    def _count(self, one: Fighter, row: NewBattle) -> None:
        what, opponent = row.battle_type.value, self._opponent(one.role)
        met = self.scene.made.meets(one.npc_id, opponent.player_id, what, self.at)
        met.won += row.result is BattleResult.VICTORY
        met.lost += row.result is BattleResult.DEFEAT
        met.raided += row.resources_gained
        met.lost_to += row.resources_lost

    def _feel(self, one: Fighter, fighters: list[Fighter], cause: Cause) -> None:
        feels = self.scene.made.feels
        if one.role is BattleRole.DEFENDER:
            for attacker in self._attackers(fighters):
                bound = self.scene.are_bound(one.person, attacker)
                feels(one.npc_id, attacker.player_id, BACKSTABBED if bound else ATTACKED, cause)
            for other in _in_role(fighters, BattleRole.REINFORCEMENT):
                feels(one.npc_id, other.player_id, HELPED, cause)
        elif one.role is BattleRole.REINFORCEMENT:
            for attacker in self._attackers(fighters):
                feels(one.npc_id, attacker.player_id, ATTACKED_AN_ALLY, cause)
        elif one.player_id == self.attacker.player_id:
            for other in _in_role(fighters, BattleRole.ATTACKER):
                if other is not one:
                    feels(one.npc_id, other.player_id, HELPED, cause)

    def _attackers(self, fighters: list[Fighter]) -> Iterator[Person]:
        yield self.attacker
        for one in _in_role(fighters, BattleRole.ATTACKER):
            if one.player_id != self.attacker.player_id:
                yield one.person

    def _tell_their_leader(self, fighters: list[Fighter]) -> None:
        """The NPC that leads the alliance of the one attacked hears of it, unless it was there."""
        leader, npc_id = self.defender.leader_id, self.defender.leading_npc_id
        there = {self.attacker.player_id, self.defender.player_id, *(one.player_id for one in fighters)}
        if leader is None or npc_id is None or leader in there or not self.scene.is_mine(npc_id):
            return
        cause = Cause(self.at, TrustEventSource.BATTLE)
        for attacker in self._attackers(fighters):
            if attacker.player_id != leader and attacker.alliance_id != self.defender.alliance_id:
                self.scene.made.feels(npc_id, attacker.player_id, ATTACKED_AN_ALLY, cause)

    def _memory(self, one: Fighter, row: NewBattle) -> NewMemory:
        importance, weight = STRUCK[row.result]
        villages = (row.from_village_id, row.to_village_id)
        return NewMemory(
            npc_id=one.npc_id,
            memory_type=MemoryType.BATTLE,
            event_data=self._data(one, row),
            importance=importance,
            emotional_weight=weight,
            occurred_at=self.at,
            related_player_ids=[self._opponent(one.role).player_id],
            related_village_ids=[village for village in villages if village is not None],
            lesson_learned=row.tactical_lesson,
            behavior_adjustment=row.strategy_adjustment,
        )

    def _data(self, one: Fighter, row: NewBattle) -> dict[str, Any]:
        told = {
            "battle_id": row.battle_id,
            "role": row.npc_role.value,
            "opponent": self._opponent(one.role).name,
            "result": row.result.value,
            "my_losses": _losses(row),
            "enemy_losses": row.enemy_troops_killed,
            "resources_gained": row.resources_gained,
            "resources_lost": row.resources_lost,
            "prediction_accuracy": row.prediction_accuracy,
        }
        return {name: value for name, value in told.items() if value is not None}


def _attacks(role: BattleRole) -> bool:
    return role is BattleRole.ATTACKER


def _in_role(fighters: list[Fighter], role: BattleRole) -> Iterator[Fighter]:
    return (one for one in fighters if one.role is role)


def _losses(row: NewBattle) -> dict[str, Any] | None:
    sent, left = row.my_troops_sent, row.my_troops_survived
    if sent is None or left is None:
        return None
    counted = {unit: _number(number) - _number(left.get(unit)) for unit, number in sent.items()}
    return {unit: number for unit, number in counted.items() if number > 0}


def _number(value: Any) -> int:
    return value if type(value) is int else 0
