"""Reasons: why an NPC stands with a player as it does, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.main.diplomacy import MOST_EVENTS_OF_A_PAIR
from db.main.players import PlayerRow
from db.main.relationships import RelationshipRow, RelationshipType, TrustEventKind, TrustEventRow
from db.main.treaties import TreatyType
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.pacts import Matter, PactRow
from resolvers.diplomacy.quoting import SENTENCE, label, number, quoted
from resolvers.diplomacy.stakes import StakeRow, last_contact

MOST_CAUSES = 3
MOST_BUSINESS = 2
DEEDS = {
    TrustEventKind.ALLIANCE_FORMED: "joined forces with you",
    TrustEventKind.TREATY_HONOURED: "kept a treaty to its end",
    TrustEventKind.TREATY_BROKEN: "broke a treaty",
    TrustEventKind.HELPED_IN_BATTLE: "helped you in battle",
    TrustEventKind.ATTACKED_ME: "attacked you",
    TrustEventKind.ATTACKED_MY_ALLY: "attacked your ally",
    TrustEventKind.TRADED_FAIRLY: "traded fairly",
    TrustEventKind.SHARED_INTELLIGENCE: "shared intelligence",
    TrustEventKind.LIED_TO_ME: "lied to you",
    TrustEventKind.BACKSTABBED: "stabbed you in the back",
    TrustEventKind.WAR_DECLARED: "declared war",
    TrustEventKind.PEACE_MADE: "made peace",
    TrustEventKind.ALLIANCE_LEFT: "left your alliance",
    TrustEventKind.ADJUSTED: "was judged anew",
    TrustEventKind.IMPORTED: "was rated from outside",
}
TIES = {
    RelationshipType.ALLY: "ally",
    RelationshipType.ENEMY: "enemy",
    RelationshipType.TRADING_PARTNER: "trading partner",
    RelationshipType.VASSAL: "your vassal",
    RelationshipType.OVERLORD: "your overlord",
}
NAMES = {
    TreatyType.NAP: "NAP",
    TreatyType.CONFEDERACY: "confederacy",
    TreatyType.TRADE_AGREEMENT: "trade agreement",
    TreatyType.VASSALAGE: "vassalage",
    TreatyType.WAR: "war",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """All events of one kind between two, and what they weigh in the score."""

    kind: TrustEventKind
    events: Sequence[TrustEventRow]
    points: float


def causes_of(known: RelationshipRow, events: Sequence[TrustEventRow]) -> list[Cause]:
    """The kinds of events behind a score, the weightiest first, as they weigh at the moment it was worked
    out for."""
    kinds: dict[TrustEventKind, list[TrustEventRow]] = {}
    for event in events:
        kinds.setdefault(event.kind, []).append(event)
    causes = [Cause(kind, some, sum(_weight(known, one) for one in some)) for kind, some in kinds.items()]
    weighty = [one for one in causes if round(one.points)]
    return sorted(weighty, key=lambda one: (-abs(one.points), one.kind.value))


def _weight(known: RelationshipRow, event: TrustEventRow) -> float:
    if event.expires_at is not None and event.expires_at <= known.trust_at:
        return 0.0
    age = max(0.0, (known.trust_at - event.occurred_at).total_seconds())
    return event.points * (math.exp2(-age / event.half_life_seconds) if event.half_life_seconds else 1.0)


def reasons_of(row: StakeRow, events: Sequence[TrustEventRow], days: Days) -> tuple[str, ...]:
    """What is open between the two, what moved the trust, what they did to each other: parts of a
    sentence."""
    return (*business(row, days), *deeds(row, events, days), *record(row, days))


def business(row: StakeRow, days: Days) -> list[str]:
    """What is open between the two."""
    found = [_business(pact, days) for pact in row.pacts[:MOST_BUSINESS]]
    return [*found, "member of your alliance"] if row.is_comrade else found


def _business(pact: PactRow, days: Days) -> str:
    """The player is the one meant; where a treaty is between alliances, that is said."""
    what, mark = NAMES[pact.treaty.type], f"T#{pact.treaty.treaty_id}"
    who, whose = _sides(pact)
    left = f"in {pact.days_left} days" if pact.days_left else "today"
    return {
        Matter.ANSWER: f"{what} proposed, {whose}, {mark}: answer it",
        Matter.PEACE: f"{who} at war, peace is offered, {mark}: answer it",
        Matter.WAR: f"{who} at war since {days.named(pact.treaty.starts_at or pact.treaty.proposed_at)}",
        Matter.ENDING: f"{what} {whose} ends {left}, {mark}",
        Matter.WAITING: f"{what} {whose} proposed, {mark}",
        Matter.IN_FORCE: f"{what} {whose}",
    }[pact.matter]


US = ("with you", "with you")
OUR_ALLIANCE = ("with your alliance", "with your alliance")
THEIR_ALLIANCE = ("its alliance and you", "of its alliance with you")
BOTH_ALLIANCES = ("your alliances", "between your alliances")


def _sides(pact: PactRow) -> tuple[str, str]:
    """Who is at war, and between whom a treaty is."""
    in_person = isinstance(pact.partner, PlayerRow)
    if pact.is_my_alliances:
        return OUR_ALLIANCE if in_person else BOTH_ALLIANCES
    return US if in_person else THEIR_ALLIANCE


def deeds(row: StakeRow, events: Sequence[TrustEventRow], days: Days) -> Iterator[str]:
    """What the player did that moved the trust most."""
    if row.relationship is None:
        return
    all_read = len(events) < MOST_EVENTS_OF_A_PAIR
    for cause in causes_of(row.relationship, events)[:MOST_CAUSES]:
        count, latest = len(cause.events), cause.events[0]
        when = f"{'last ' if count > 1 else ''}on {days.named(latest.occurred_at)}"
        yield f"{DEEDS[cause.kind]}{_times(count, all_read)}{_note(latest)} ({when}, {cause.points:+.0f})"


def _note(event: TrustEventRow) -> str:
    """What was said to it, where the kind of the event says nothing."""
    told = event.note if event.kind is TrustEventKind.ADJUSTED else None
    return f" saying {quoted(told, SENTENCE)}" if told else ""


def _times(count: int, all_read: bool) -> str:
    if count == 1:
        return ""
    if not all_read:
        return " many times"
    return " twice" if count == 2 else f" {count} times"


def record(row: StakeRow, days: Days) -> Iterator[str]:
    """Fights and loot, and the last contact."""
    known = row.relationship
    if known is None:
        return
    if known.battles_won_against or known.battles_lost_against:
        won, lost = known.battles_won_against or 0, known.battles_lost_against or 0
        yield f"fights won {number(won)}, lost {number(lost)}"
    if known.resources_raided_from or known.resources_lost_to:
        taken, given = known.resources_raided_from or 0, known.resources_lost_to or 0
        yield f"loot taken {number(taken)}, lost {number(given)}"
    if known.last_interaction_at is not None:
        what = f", {label(known.last_interaction_type)}" if known.last_interaction_type else ""
        yield f"last contact {days.named(last_contact(known))}{what}"
    if known.predicted_next_action:
        yield f"expected next: {label(known.predicted_next_action)}"
