"""Wars: the two strongest camps come to blows, allies are pulled in, one ally turns at the worst moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from entente.demo.calendar import at
from entente.demo.court import Court
from entente.demo.dice import Dice

POWERS_FOR_A_SIDE_WAR = 4
"""One smaller war for so many powers."""


@dataclass(slots=True)
class Wars:
    """What is planned, and what came of it."""

    dice: Dice
    attacker: int | None = None
    defender: int | None = None
    begins: int = 0
    turns: int = 0
    traitor: int | None = None
    betrayed: int | None = None
    calls: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Who will be asked to join when: day, caller, ally, enemy."""
    smaller: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First day, last day (which the history may not live to see), attacker, defender."""

    @classmethod
    def plan(cls, seed: int, court: Court) -> Wars:
        """The war between the two strongest camps, and some between neighbours of other camps."""
        wars = cls(Dice(seed, "wars"))
        camps = _camps_by_strength(court)
        if len(camps) < 2:
            return wars
        wars.attacker, wars.defender = camps[0][0], camps[1][0]
        wars.begins = 24 + wars.dice.below(6)
        wars.turns = wars.begins + 9 + wars.dice.below(6)
        for _ in range(len(court.powers) // POWERS_FOR_A_SIDE_WAR):
            wars._plan_smaller(court)
        return wars

    def live(self, court: Court, day: int) -> None:
        """What this day brings."""
        if self.attacker is not None and self.defender is not None:
            if day == self.begins:
                self._break_out(court, day, self.attacker, self.defender)
            if day == self.turns:
                self._betray(court, day, self.attacker, self.defender)
        for due, caller, ally, enemy in self.calls:
            if due == day:
                self._answer_call(court, day, caller, ally, enemy)
        for first, last, attacker, defender in self.smaller:
            if day == first and court.may("war", attacker, defender):
                court.declare_war(attacker, defender, self._evening(day), self.dice.pick(QUARRELS))
            if day == last and court.at_war(attacker, defender):
                court.make_peace(defender, attacker, self._evening(day))
            if day == last + 3:
                court.agree("nap", attacker, defender, at(day, 15), notice_hours=24)

    def _evening(self, day: int) -> int:
        return at(day, 18 + 3 * self.dice.one())

    def _break_out(self, court: Court, day: int, attacker: int, defender: int) -> None:
        court.declare_war(attacker, defender, self._evening(day), "Who rules the middle of the map.")
        for caller, enemy, haste in ((defender, attacker, 2), (attacker, defender, 3)):
            for ally in court.confederates(caller):
                self.calls.append((day + 1 + self.dice.below(haste), caller, ally, enemy))

    def _answer_call(self, court: Court, day: int, caller: int, ally: int, enemy: int) -> None:
        """An ally joins, unless it has promised the enemy peace and keeps its word."""
        treachery = float(court.people.treachery[court.powers.leader(ally)])
        bound = "nap" in court.between(ally, enemy) or "confederacy" in court.between(ally, enemy)
        if not court.may("war", ally, enemy) or not self.dice.chance(treachery if bound else 0.95):
            return
        court.declare_war(ally, enemy, self._evening(day), f"Called by {court.powers.names[caller]}.")
        for friend in court.confederates(enemy):
            if court.at_war(friend, caller) and court.may("war", ally, friend) and self.dice.chance(0.6):
                court.declare_war(ally, friend, self._evening(day), "One war, one front.")

    def _betray(self, court: Court, day: int, attacker: int, defender: int) -> None:
        """The least faithful ally changes sides: it breaks its word, and stands with the enemy."""
        chances = [
            (self._unfaithfulness(court, ally), -ally, ally, head, enemy)
            for head, enemy in ((defender, attacker), (attacker, defender))
            for ally in court.confederates(head)
            if ally not in (attacker, defender)
        ]
        if not chances:
            return
        *_, traitor, head, enemy = max(chances)
        self.traitor, self.betrayed = traitor, head
        evening = self._evening(day)
        if court.at_war(traitor, enemy):
            court.make_peace(traitor, enemy, evening - 50_000)
        court.declare_war(traitor, head, evening, "A better offer.")
        for friend in court.confederates(traitor):
            court.cancel(friend, traitor, "confederacy", evening + 3_600, "We do not stand with traitors.")
        court.agree("nap", enemy, traitor, evening + 7_200, notice_hours=48)

    def _unfaithfulness(self, court: Court, ally: int) -> float:
        leader = court.powers.leader(ally)
        return float(court.people.treachery[leader]) + (0.4 if court.people.is_npc[leader] else 0.0)

    def _plan_smaller(self, court: Court) -> None:
        powers = court.powers
        attacker = self.dice.below(len(powers))
        foes = [
            other for other in powers.neighbours(attacker)[:6] if powers.camp[other] != powers.camp[attacker]
        ]
        busy = {self.attacker, self.defender} | {
            power for *_, one, two in self.smaller for power in (one, two)
        }
        if attacker in busy or not (foes := [foe for foe in foes if foe not in busy]):
            return
        first = 12 + self.dice.below(38)
        self.smaller.append((first, first + 8 + self.dice.below(10), attacker, foes[0]))


QUARRELS = (
    "Stolen caravans.",
    "A border that both drew differently.",
    "Raids that nobody would answer for.",
    "An insult at the spring fair.",
)


def _camps_by_strength(court: Court) -> list[list[int]]:
    powers = court.powers
    camps: dict[int, list[int]] = {}
    for power in range(len(powers)):
        camps.setdefault(int(powers.camp[power]), []).append(power)
    return sorted(camps.values(), key=lambda camp: -sum(int(powers.strength[power]) for power in camp))
