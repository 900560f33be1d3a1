"""Diplomacy: day by day powers court their neighbours, answer, keep their word, and are drawn into wars."""

from __future__ import annotations

from collections.abc import Callable

from entente.demo.calendar import DAY, DAYS, at
from entente.demo.court import Court
from entente.demo.people import DIPLOMACY, ECONOMY, People
from entente.demo.powers import Powers
from entente.demo.treaties import Treaty
from entente.demo.wars import Wars

FIRST_DAY = 3
EAGERNESS = 0.16
"""How often a perfect diplomat approaches another power on a day."""
NEIGHBOURS = 8
RESERVE = 0.5
"""How often a power thinks better of approaching one of another camp."""


def conduct(seed: int, people: People, powers: Powers, told: Callable[[int], None]) -> tuple[Court, Wars]:
    """The diplomacy of a whole history."""
    court = Court(seed, people, powers)
    wars = Wars.plan(seed, court)
    for day in range(FIRST_DAY, DAYS):
        court.expire(day)
        for treaty in list(court.pending):
            _answer(court, treaty, day)
        _gather_camps(court, day)
        _approach(court, day)
        wars.live(court, day)
        told(day)
    return court, wars


def _gather_camps(court: Court, day: int) -> None:
    """In the first two weeks those of a camp find together, the strongest first."""
    if not FIRST_DAY + 1 <= day < 16:
        return
    powers = court.powers
    for power in range(len(powers)):
        mates = [other for other in powers.neighbours(power) if powers.camp[other] == powers.camp[power]]
        for mate in mates[:4]:
            if (
                court.may("confederacy", power, mate)
                and court.dice.chance(0.15)
                and not court.is_awaited(power, mate)
            ):
                court.propose("confederacy", power, mate, at(day, 9 + 3 * court.dice.one()), defence="mutual")


def _approach(court: Court, day: int) -> None:
    for power in range(len(court.powers)):
        traits = court.people.traits[court.powers.leader(power)]
        if not court.dice.chance(EAGERNESS * (0.3 + float(traits[DIPLOMACY]))):
            continue
        other = court.dice.pick(court.powers.neighbours(power)[:NEIGHBOURS])
        if not _same_camp(court, power, other) and court.dice.chance(RESERVE):
            continue
        kind = _kind(court, power, other)
        if court.may(kind, power, other) and not court.is_awaited(power, other):
            court.propose(kind, power, other, at(day, 9 + 6 * court.dice.one()), **_terms(court, kind))


def _kind(court: Court, power: int, other: int) -> str:
    leader = court.powers.leader(power)
    trade = 0.25 + 0.3 * float(court.people.traits[leader, ECONOMY])
    if _same_camp(court, power, other):
        return "trade_agreement" if court.dice.chance(trade) else "confederacy"
    return "trade_agreement" if court.dice.chance(trade * 0.6) else "nap"


def _terms(court: Court, kind: str) -> dict[str, object]:
    if kind == "nap":
        return {"notice_hours": court.dice.pick((12, 24, 48))}
    if kind == "trade_agreement":
        return {
            "rate": court.dice.pick(("1:1", "1:1", "2:3")),
            "daily_limit": 5_000 * (1 + court.dice.below(8)),
        }
    return {"defence": "mutual"}


def _answer(court: Court, treaty: Treaty, day: int) -> None:
    """The next day the other side says yes or no, or keeps silent until the offer is withdrawn."""
    one, other = treaty.a.number, treaty.b.number
    when = at(day, 12 + 5 * court.dice.one())
    if not court.may(treaty.type, one, other):
        court.pending.remove(treaty)
        treaty.cancel(court.powers.leader(one), when, "Overtaken by events.")
    elif court.dice.chance(_welcome(court, treaty)):
        court.pending.remove(treaty)
        court.sign(treaty, when, _lasts(court, treaty, day))
    elif court.dice.chance(0.7):
        court.pending.remove(treaty)
        treaty.decline(court.powers.leader(other), when, court.dice.pick(REFUSALS))
    elif when - treaty.proposed_at > 4 * DAY:
        court.pending.remove(treaty)
        treaty.cancel(court.powers.leader(one), when, "Withdrawn: no answer came.")


REFUSALS = (
    "We keep our hands free.",
    "Not while your raiders ride through our fields.",
    "Our friends would not like it.",
    "Ask again when you have something to offer.",
)


def _welcome(court: Court, treaty: Treaty) -> float:
    one, other = treaty.a.number, treaty.b.number
    openness = float(court.people.traits[court.powers.leader(other), DIPLOMACY])
    kinship = 0.65 if _same_camp(court, one, other) else 0.15
    return kinship + 0.4 * openness - (0.6 if _would_offend(court, one, other) else 0)


def _same_camp(court: Court, one: int, other: int) -> bool:
    return bool(court.powers.camp[one] == court.powers.camp[other])


def _would_offend(court: Court, one: int, other: int) -> bool:
    """Whether either fights a confederate of the other."""
    return any(
        set(court.enemies(each)) & set(court.confederates(friend))
        for each, friend in ((one, other), (other, one))
    )


def _lasts(court: Court, treaty: Treaty, day: int) -> int | None:
    """Pacts between camps are for a few weeks; what would outlive the history holds until further notice."""
    if _same_camp(court, treaty.a.number, treaty.b.number):
        return None
    days = 10 + court.dice.below(15)
    return days * DAY if day + days < DAYS - 1 else None
