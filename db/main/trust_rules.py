"""Trust rules: what a world's settings say about how far an act moves trust, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from db.main.npcs import Personality

MOST_POINTS = 1000
LEAST_DAYS, MOST_DAYS = 0.001, 36_500
EVENTS = "trust_events"
BY_PERSONALITY = "trust_events_by_personality"
PERSONALITIES = {one.value: one for one in Personality}


@dataclass(frozen=True, slots=True)
class TrustRule:
    """What is said of one act; what is not said stays as usual."""

    points: float | None = None
    half_life_days: float | None = None
    """Infinite where it does not fade."""

    def over(self, other: TrustRule) -> TrustRule:
        """What this one says, and what the other one says beside it."""
        return TrustRule(
            other.points if self.points is None else self.points,
            other.half_life_days if self.half_life_days is None else self.half_life_days,
        )


SILENT = TrustRule()
RulesByName = Mapping[str, TrustRule]


@dataclass(frozen=True, slots=True)
class TrustRules:
    """What a world says of acts by their names, of all NPCs and of those of one personality."""

    of_all: RulesByName = field(default_factory=dict)
    of_personality: Mapping[Personality, RulesByName] = field(default_factory=dict)

    def rule(self, name: str, personality: Personality | None) -> TrustRule:
        """What is said of an act; of a personality first."""
        theirs = self.of_personality.get(personality, {}) if personality else {}
        return theirs.get(name, SILENT).over(self.of_all.get(name, SILENT))


def read(settings: Mapping[str, Any]) -> TrustRules:
    """The rules in a world's settings; whatever makes no sense there is passed over."""
    return Reading().rules(settings)


@dataclass(slots=True)
class Reading:
    """One reading of settings, which notes what makes no sense in them."""

    problems: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    """Every act that something is said of, and where."""

    def rules(self, settings: Mapping[str, Any]) -> TrustRules:
        """The rules that do make sense."""
        of_personality = {}
        for name, value in self._entries(BY_PERSONALITY, settings.get(BY_PERSONALITY)):
            if name in PERSONALITIES:
                of_personality[PERSONALITIES[name]] = self._by_name(f"{BY_PERSONALITY}.{name}", value)
            else:
                self.problems.append(f"{BY_PERSONALITY}.{name} is no personality: {', '.join(PERSONALITIES)}")
        return TrustRules(self._by_name(EVENTS, settings.get(EVENTS)), of_personality)

    def _by_name(self, place: str, value: Any) -> RulesByName:
        found = {}
        for name, said in self._entries(place, value):
            self.names.append((f"{place}.{name}", name))
            found[name] = self._rule(f"{place}.{name}", said)
        return found

    def _entries(self, place: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict):
            yield from value.items()
        elif value is not None:
            self.problems.append(f"{place} must be an object")

    def _rule(self, place: str, said: Any) -> TrustRule:
        if not isinstance(said, dict):
            return TrustRule(points=self._points(place, said))
        for name in said.keys() - {"points", "half_life_days"}:
            self.problems.append(f"{place}.{name} says nothing: points and half_life_days do")
        return TrustRule(
            points=self._points(f"{place}.points", said["points"]) if "points" in said else None,
            half_life_days=self._days(f"{place}.half_life_days", said) if "half_life_days" in said else None,
        )

    def _points(self, place: str, value: Any) -> float | None:
        if type(value) in (int, float) and abs(value) <= MOST_POINTS:
            return float(value)
        self.problems.append(f"{place} must be a number from −{MOST_POINTS} to {MOST_POINTS}")
        return None

    def _days(self, place: str, said: Mapping[str, Any]) -> float | None:
        value = said["half_life_days"]
        if value is None:
            return inf
        if type(value) in (int, float) and LEAST_DAYS <= value <= MOST_DAYS:
            return float(value)
        days = f"{LEAST_DAYS} to {MOST_DAYS}"
        self.problems.append(f"{place} must be a number from {days}, or null: it never fades")
        return None
