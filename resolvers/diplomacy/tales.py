"""Tales: a memory in a sentence. What a memory holds is free JSON, so every value is looked at before it is
told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from db.main.memories import MemoryRow, MemoryType
from db.main.players import PlayerRow
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.quoting import label, listed, number, quoted

Data = Mapping[str, Any]
UNSAID = ("treaty_id", "battle_id", "trade_id", "village_id", "prediction_accuracy")
"""Numbers that mean nothing to a mind."""


def named(player: PlayerRow) -> str:
    """A player as prompts call it."""
    return f"{quoted(player.name)} #{player.player_id}"


def tale(memory: MemoryRow, players: Mapping[int, PlayerRow], days: Days) -> str:
    """What happened, and when."""
    data = memory.event_data
    first = next((players[one] for one in memory.related_player_ids if one in players), None)
    told = TELLERS[memory.memory_type](data, named(first) if first else _who(data)) or _shown(memory, first)
    return f"{days.named(memory.occurred_at).capitalize()}: {told}."


def _shown(memory: MemoryRow, first: PlayerRow | None) -> str:
    """What its data holds, where it is in no form that we know."""
    shown = listed({name: value for name, value in memory.event_data.items() if name not in UNSAID})
    about = f" with {named(first)}" if first else ""
    return f"{label(memory.memory_type.value)}{about}" + (f": {shown}" if shown else "")


def _who(data: Data) -> str | None:
    for name in ("opponent", "partner", "ally", "with", "who", "player"):
        if isinstance(data.get(name), str):
            return quoted(data[name])
    return None


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _battle(data: Data, who: str | None) -> str | None:
    kind, role, result = (_text(data, name) for name in ("kind", "role", "result"))
    if who is None:
        return None
    if role in ("reinforced", "was reinforced"):
        return f"you sent troops to {who}" if role == "reinforced" else f"{who} sent you troops"
    verb = "raided" if kind == "raid" else "attacked"
    if role not in ("attacker", "defender"):
        return None
    deed = f"you {verb} {who}" if role == "attacker" else f"{who} {verb} you"
    outcome = {"victory": ", you won", "defeat": ", you lost"}.get(result, "")
    return deed + outcome + _loot(data)


def _loot(data: Data) -> str:
    for name, words in (("resources_gained", "took"), ("resources_lost", "they took")):
        if type(data.get(name)) is int and data[name]:
            return f", {words} {number(data[name])} resources"
    return ""


def _trade(data: Data, who: str | None) -> str | None:
    gave, got = data.get("gave"), data.get("received")
    if who is None or not isinstance(gave, dict) or not isinstance(got, dict):
        return None
    verdict = "a fair trade" if data.get("fair", True) else "an unfair trade"
    return f"{verdict} with {who}: gave {_goods(gave)}, got {_goods(got)}"


def _goods(goods: Data) -> str:
    counts = [(name, count) for name, count in goods.items() if type(count) is int and count]
    return " and ".join(f"{number(count)} {label(name)}" for name, count in counts[:4]) or "nothing"


def _message(data: Data, who: str | None) -> str | None:
    direction, tone, subject = (_text(data, name) for name in ("direction", "tone", "subject"))
    if who is None or direction not in ("sent", "received"):
        return None
    what = "a threat" if tone == "threat" else "a message"
    about = f" about {quoted(subject)}" if subject else ""
    return f"you sent {who} {what}{about}" if direction == "sent" else f"{who} sent you {what}{about}"


def _meeting(data: Data, who: str | None) -> str | None:
    direction, subject = _text(data, "direction"), _text(data, "subject")
    if who is not None and direction in ("told", "was told"):
        about = f" of {quoted(_text(data, 'about'))}" if _text(data, "about") else ""
        told = f"{quoted(subject or 'news')}{about}"
        return f"you told {who} about {told}" if direction == "told" else f"{who} told you about {told}"
    return _league(data, who)


def _league(data: Data, who: str | None) -> str | None:
    event, alliance = _text(data, "event"), _text(data, "alliance")
    if event == "deserted" and who is not None:
        return f"{who} deserted to {quoted(_text(data, 'to'))}"
    if event in ("joined", "left") and alliance:
        player = f"{who} {event}" if "player" in data and who else f"you {event}"
        return f"{player} {quoted(alliance)}"
    return _treaty(data, who)


def _treaty(data: Data, who: str | None) -> str | None:
    kind, event = _text(data, "type"), _text(data, "event")
    parties = data.get("parties")
    if not kind or not event:
        return None
    if isinstance(parties, list) and parties:
        other = " and ".join(quoted(str(party)) for party in parties[:2])
        by = f" by {quoted(_text(data, 'by'))}" if _text(data, "by") else ""
        return f"{label(kind)} between {other}: {_event(event)}{by}"
    partner = quoted(_text(data, "with")) if _text(data, "with") else who
    by = {"us": " by your side", "them": " by them"}.get(_text(data, "broken_by"), "")
    return f"{label(kind)} with {partner}: {_event(event)}{by}" if partner else None


def _event(event: str) -> str:
    """Our own words for turns of treaties have spaces."""
    return event if event in TURNS else label(event)


TURNS = (
    "war declared", "peace offered", "peace made", "kept to its end", "treaty signed", "treaty broken",
    "treaty kept to its end",
)  # fmt: skip


def _village(data: Data, _: str | None) -> str | None:
    x, y = data.get("x"), data.get("y")
    if not _text(data, "name"):
        return None
    place = f" at ({x}|{y})" if type(x) is int and type(y) is int else ""
    return f"you founded {quoted(_text(data, 'name'))}{place}"


def _building(data: Data, _: str | None) -> str | None:
    level = data.get("level")
    if not _text(data, "building"):
        return None
    return f"you built {label(_text(data, 'building'))}" + (f" level {level}" if type(level) is int else "")


def _decision(data: Data, _: str | None) -> str | None:
    return f"you decided {quoted(_text(data, 'decision'), 40)}" if _text(data, "decision") else None


TELLERS: dict[MemoryType, Callable[[Data, str | None], str | None]] = {
    MemoryType.BATTLE: _battle,
    MemoryType.TRADE: _trade,
    MemoryType.MESSAGE: _message,
    MemoryType.ALLIANCE_EVENT: _league,
    MemoryType.STRATEGIC_DECISION: _decision,
    MemoryType.BUILDING_COMPLETED: _building,
    MemoryType.VILLAGE_FOUNDED: _village,
    MemoryType.TREATY_SIGNED: _treaty,
    MemoryType.TREATY_BROKEN: _treaty,
    MemoryType.PLAYER_INTERACTION: _meeting,
}
