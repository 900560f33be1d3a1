"""The court: every treaty between powers, and how they stand to each other on each day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.demo.calendar import DAYS, at, day_of
from entente.demo.dice import Dice
from entente.demo.people import People
from entente.demo.powers import Powers
from entente.demo.treaties import Party, Treaty

NOTHING, TRADE, NAP, CONFEDERACY, WAR = range(5)
STANCES = {"trade_agreement": TRADE, "vassalage": NAP, "nap": NAP, "confederacy": CONFEDERACY, "war": WAR}
CONFEDERACIES_AT_MOST = 3

Pair = tuple[int, int]


class Court:
    """What is in force between powers; a change of a day shows in the stance from the next day on."""

    def __init__(self, seed: int, people: People, powers: Powers) -> None:
        self.dice = Dice(seed, "diplomacy")
        self.people, self.powers = people, powers
        self.treaties: list[Treaty] = []
        self.pending: list[Treaty] = []
        self.in_force: dict[Pair, dict[str, Treaty]] = {}
        self.stance: NDArray[np.int8] = np.zeros((DAYS + 1, len(powers), len(powers)), dtype=np.int8)

    def between(self, one: int, other: int) -> dict[str, Treaty]:
        """The treaties in force between two powers, by type."""
        return self.in_force.setdefault((min(one, other), max(one, other)), {})

    def at_war(self, one: int, other: int) -> bool:
        """Whether two powers are at war."""
        return "war" in self.between(one, other)

    def confederates(self, power: int) -> list[int]:
        """Those who stand by this power."""
        return [other for other in range(len(self.powers)) if "confederacy" in self.between(power, other)]

    def enemies(self, power: int) -> list[int]:
        """Those whom this power is at war with."""
        return [other for other in range(len(self.powers)) if self.at_war(power, other)]

    def may(self, kind: str, one: int, other: int) -> bool:
        """Whether the rules allow a treaty of this type between the two now."""
        held = self.between(one, other)
        if one == other or kind in held or (kind != "war" and "war" in held):
            return False
        full = (len(self.confederates(power)) >= CONFEDERACIES_AT_MOST for power in (one, other))
        return kind != "confederacy" or not any(full)

    def is_awaited(self, one: int, other: int) -> bool:
        """Whether a proposal between the two waits for its answer."""
        return any({treaty.a.number, treaty.b.number} == {one, other} for treaty in self.pending)

    def propose(self, kind: str, one: int, other: int, when: int, **terms: Any) -> Treaty:
        """One power offers a treaty to another."""
        treaty = Treaty(
            kind, Party(True, one), Party(True, other), self.powers.leader(one), when, terms=terms
        )
        self.treaties.append(treaty)
        self.pending.append(treaty)
        return treaty

    def sign(self, treaty: Treaty, when: int, lasts: int | None = None) -> None:
        """The other side accepts."""
        treaty.accept(self.powers.leader(treaty.b.number), when, lasts)
        self._enter(treaty, when)

    def agree(self, kind: str, one: int, other: int, when: int, **terms: Any) -> None:
        """Two powers that have already talked propose and sign within the day, where the rules allow it."""
        if self.may(kind, one, other):
            treaty = self.propose(kind, one, other, when, **terms)
            self.pending.remove(treaty)
            self.sign(treaty, when + 2_400 + self.dice.below(7_200))

    def declare_war(self, one: int, other: int, when: int, reason: str) -> Treaty:
        """One power declares war; what held between the two is broken by it."""
        self.break_all(one, other, when, "Torn up with the declaration of war.")
        self.withdraw(one, other, when)
        leader = self.powers.leader(one)
        war = Treaty(
            "war", Party(True, one), Party(True, other), leader, when + 600, terms={"reason": reason}
        )
        war.accept(leader, when + 600)
        self.treaties.append(war)
        self._enter(war, when)
        return war

    def break_all(self, one: int, other: int, when: int, note: str) -> None:
        """One power breaks whatever it promised another."""
        for kind, treaty in list(self.between(one, other).items()):
            if kind != "war":
                side = treaty.side_of(Party(True, one))
                treaty.break_(side, self.powers.leader(one), when, note)
                self._leave(treaty, when)

    def cancel(self, one: int, other: int, kind: str, when: int, note: str) -> None:
        """One power gives notice, without a breach."""
        treaty = self.between(one, other).get(kind)
        if treaty is not None:
            treaty.cancel(self.powers.leader(one), when, note)
            self._leave(treaty, when)

    def withdraw(self, one: int, other: int, when: int) -> None:
        """What was proposed between the two and not answered is taken back."""
        for treaty in [
            treaty for treaty in self.pending if {treaty.a.number, treaty.b.number} == {one, other}
        ]:
            self.pending.remove(treaty)
            treaty.cancel(self.powers.leader(treaty.a.number), when, "Withdrawn before it was answered.")

    def make_peace(self, one: int, other: int, when: int) -> None:
        """One power offers the other peace, which is accepted the next morning."""
        war = self.between(one, other).get("war")
        if war is not None:
            war.offer_peace(war.side_of(Party(True, one)), self.powers.leader(one), when)
            accepted = min(when + 46_800, at(DAYS, 0) - 1)
            war.cancel(self.powers.leader(other), accepted, "Peace.")
            self._leave(war, accepted)

    def expire(self, day: int) -> None:
        """Treaties whose time ends on this day were kept."""
        for held in list(self.in_force.values()):
            for treaty in list(held.values()):
                if treaty.ends_at is not None and day_of(treaty.ends_at) == day:
                    treaty.expire()
                    self._leave(treaty, treaty.ends_at)

    def _enter(self, treaty: Treaty, when: int) -> None:
        self.between(treaty.a.number, treaty.b.number)[treaty.type] = treaty
        self._show(treaty.a.number, treaty.b.number, when)

    def _leave(self, treaty: Treaty, when: int) -> None:
        del self.between(treaty.a.number, treaty.b.number)[treaty.type]
        self._show(treaty.a.number, treaty.b.number, when)

    def _show(self, one: int, other: int, when: int) -> None:
        now = max((STANCES[kind] for kind in self.between(one, other)), default=NOTHING)
        self.stance[day_of(when) + 1 :, one, other] = now
        self.stance[day_of(when) + 1 :, other, one] = now
