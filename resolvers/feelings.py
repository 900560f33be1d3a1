"""Feelings: how far each act of diplomacy moves the trust of an NPC that it concerns, and for how long.

A world may set other points in `settings.trust_events`, by the names here: {"treaty_broken": -80}.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from db.main.relationships import TrustEventKind
from db.main.rules import Rules
from db.main.treaties import TreatyType


@dataclass(frozen=True, slots=True)
class Feeling:
    """How an NPC takes an act."""

    name: str
    kind: TrustEventKind
    usual_points: float
    half_life: timedelta
    note: str

    def points(self, rules: Rules) -> float:
        """By how much it moves a score in a world with these rules."""
        return rules.trust_events.get(self.name, self.usual_points)


CONFEDERATES = Feeling(
    "alliance_formed", TrustEventKind.ALLIANCE_FORMED, 30, timedelta(days=120), "We are confederates now."
)
# No kind of its own: all of these are ways of joining forces, of which a confederacy is the strongest.
NON_AGGRESSION = Feeling(
    "nap_signed",
    TrustEventKind.ALLIANCE_FORMED,
    10,
    timedelta(days=60),
    "We promised not to attack each other.",
)
TRADE = Feeling(
    "trade_agreement_signed", TrustEventKind.ALLIANCE_FORMED, 10, timedelta(days=60), "We agreed to trade."
)
VASSALAGE = Feeling(
    "vassalage_signed",
    TrustEventKind.ALLIANCE_FORMED,
    15,
    timedelta(days=60),
    "We are overlord and vassal now.",
)
SIGNED = {
    TreatyType.CONFEDERACY: CONFEDERATES,
    TreatyType.NAP: NON_AGGRESSION,
    TreatyType.TRADE_AGREEMENT: TRADE,
    TreatyType.VASSALAGE: VASSALAGE,
}
HONOURED = Feeling(
    "treaty_honoured", TrustEventKind.TREATY_HONOURED, 10, timedelta(days=90), "Kept a treaty to its end."
)
# The same whatever was broken. BACKSTABBED is for an attack while bound, which a battle brings.
BROKEN = Feeling(
    "treaty_broken", TrustEventKind.TREATY_BROKEN, -50, timedelta(days=120), "Broke a treaty with us."
)
BROKEN_WITH_A_FRIEND = Feeling(
    "treaty_broken_with_a_friend",
    TrustEventKind.TREATY_BROKEN,
    -15,
    timedelta(days=60),
    "Broke a treaty with a friend of ours.",
)
# ATTACKED_ME is for battles; a declaration is a threat until then.
WAR = Feeling("war_declared", TrustEventKind.WAR_DECLARED, -30, timedelta(days=60), "Declared war on us.")
WAR_ON_A_FRIEND = Feeling(
    "war_declared_on_a_friend",
    TrustEventKind.WAR_DECLARED,
    -10,
    timedelta(days=30),
    "Declared war on a friend of ours.",
)
PEACE = Feeling("peace_made", TrustEventKind.PEACE_MADE, 10, timedelta(days=60), "Made peace with us.")
TOGETHER = Feeling(
    "alliance_joined", TrustEventKind.ALLIANCE_FORMED, 10, timedelta(days=120), "We are in one alliance."
)
LEFT = Feeling("alliance_left", TrustEventKind.ALLIANCE_LEFT, -10, timedelta(days=60), "Left our alliance.")
