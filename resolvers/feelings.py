"""Feelings: how far each act moves the trust of an NPC that it concerns, and for how long.

A world may set other points and half-lives, by the names here, in `settings.trust_events`, and for the NPCs
of one personality in `settings.trust_events_by_personality`: see docs/trust-rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any

from db.main.npcs import Personality
from db.main.relationships import TrustEventKind
from db.main.treaties import TreatyType
from db.main.trust_rules import Reading, TrustRules


@dataclass(frozen=True, slots=True)
class Feeling:
    """How an NPC takes an act."""

    name: str
    kind: TrustEventKind
    usual_points: float
    usual_days: float
    """After how many days it counts half."""
    note: str

    def points(self, rules: TrustRules, personality: Personality | None) -> float:
        """By how much it moves the score of such an NPC under these rules."""
        said = rules.rule(self.name, personality).points
        return self.usual_points if said is None else said

    def half_life(self, rules: TrustRules, personality: Personality | None) -> timedelta | None:
        """After how long it counts half for such an NPC; None where it does not fade."""
        said = rules.rule(self.name, personality).half_life_days
        days = self.usual_days if said is None else said
        return None if days == inf else timedelta(days=days)


# Treaties and wars ------------------------------------------------------------------------------------------

CONFEDERATES = Feeling("alliance_formed", TrustEventKind.ALLIANCE_FORMED, 30, 120, "We are confederates now.")
# No kind of its own: all of these are ways of joining forces, of which a confederacy is the strongest.
NON_AGGRESSION = Feeling(
    "nap_signed", TrustEventKind.ALLIANCE_FORMED, 10, 60, "We promised not to attack each other."
)
TRADE = Feeling("trade_agreement_signed", TrustEventKind.ALLIANCE_FORMED, 10, 60, "We agreed to trade.")
VASSALAGE = Feeling(
    "vassalage_signed", TrustEventKind.ALLIANCE_FORMED, 15, 60, "We are overlord and vassal now."
)
SIGNED = {
    TreatyType.CONFEDERACY: CONFEDERATES,
    TreatyType.NAP: NON_AGGRESSION,
    TreatyType.TRADE_AGREEMENT: TRADE,
    TreatyType.VASSALAGE: VASSALAGE,
}
HONOURED = Feeling("treaty_honoured", TrustEventKind.TREATY_HONOURED, 10, 90, "Kept a treaty to its end.")
PROLONGED = Feeling("treaty_prolonged", TrustEventKind.TREATY_HONOURED, 5, 90, "Prolonged a treaty with us.")
# The same whatever was broken. BACKSTABBED is for an attack while bound, which a battle brings.
BROKEN = Feeling("treaty_broken", TrustEventKind.TREATY_BROKEN, -50, 120, "Broke a treaty with us.")
BROKEN_WITH_A_FRIEND = Feeling(
    "treaty_broken_with_a_friend",
    TrustEventKind.TREATY_BROKEN,
    -15,
    60,
    "Broke a treaty with a friend of ours.",
)
# ATTACKED_ME is for battles; a declaration is a threat until then.
WAR = Feeling("war_declared", TrustEventKind.WAR_DECLARED, -30, 60, "Declared war on us.")
WAR_ON_A_FRIEND = Feeling(
    "war_declared_on_a_friend", TrustEventKind.WAR_DECLARED, -10, 30, "Declared war on a friend of ours."
)
PEACE = Feeling("peace_made", TrustEventKind.PEACE_MADE, 10, 60, "Made peace with us.")
TOGETHER = Feeling("alliance_joined", TrustEventKind.ALLIANCE_FORMED, 10, 120, "We are in one alliance.")
LEFT = Feeling("alliance_left", TrustEventKind.ALLIANCE_LEFT, -10, 60, "Left our alliance.")
EXPELLED = Feeling(
    "expelled_from_alliance", TrustEventKind.ALLIANCE_LEFT, -20, 60, "Expelled us from the alliance."
)

# Battles, trades and words ----------------------------------------------------------------------------------

HELPED = Feeling("helped_in_battle", TrustEventKind.HELPED_IN_BATTLE, 20, 60, "Fought at our side.")
ATTACKED = Feeling("attacked_me", TrustEventKind.ATTACKED_ME, -40, 45, "Attacked us.")
ATTACKED_AN_ALLY = Feeling(
    "attacked_my_ally", TrustEventKind.ATTACKED_MY_ALLY, -30, 30, "Attacked one of our own."
)
BACKSTABBED = Feeling(
    "backstabbed", TrustEventKind.BACKSTABBED, -100, 180, "Struck us while bound by a treaty."
)
FAIR_TRADE = Feeling("traded_fairly", TrustEventKind.TRADED_FAIRLY, 5, 60, "Traded fairly with us.")
INTELLIGENCE = Feeling(
    "shared_intelligence", TrustEventKind.SHARED_INTELLIGENCE, 15, 45, "Told us something useful."
)
LIED = Feeling("lied_to_me", TrustEventKind.LIED_TO_ME, -60, 60, "Was found lying to us.")

ALL = (
    *SIGNED.values(), HONOURED, PROLONGED, BROKEN, BROKEN_WITH_A_FRIEND, WAR, WAR_ON_A_FRIEND, PEACE,
    TOGETHER, LEFT, EXPELLED, HELPED, ATTACKED, ATTACKED_AN_ALLY, BACKSTABBED, FAIR_TRADE, INTELLIGENCE, LIED,
)  # fmt: skip
BY_NAME = {feeling.name: feeling for feeling in ALL}
BY_KIND = {kind: BY_NAME[kind.value] for kind in TrustEventKind if kind.value in BY_NAME}
"""What an event of a kind is usually worth, where nothing more is known of it."""


def problems(settings: Mapping[str, Any]) -> list[str]:
    """What makes no sense in the trust rules of a world's settings, each in a few words."""
    reading = Reading()
    reading.rules(settings)
    unknown = [place for place, name in reading.names if name not in BY_NAME]
    return [*reading.problems, *(f"{place} is none of {', '.join(sorted(BY_NAME))}" for place in unknown)]
