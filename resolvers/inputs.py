"""Inputs that more than one mutation takes, and checks of what a caller sent."""

from __future__ import annotations

import inspect
from collections.abc import Container, Iterable, Mapping, Sized
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import strawberry
from strawberry.utils.str_converters import to_camel_case

from db.main.parties import PartyKey
from resolvers.descriptions import attribute_docstrings, describe_fields
from resolvers.errors import bad_input

LONGEST_WORLD_ID = 50
LONGEST_NOTE = 2000
LARGEST_JSON = 32 * 1024
LARGEST_AMOUNT = 10**15
# What is recorded as it happens may seem to lie ahead.
LEEWAY = timedelta(minutes=1)


class PartyInput:
    """A player or an alliance, as one side of a treaty: pass one of the two."""

    player_id: int | None = strawberry.UNSET
    """A player's id."""
    alliance_id: int | None = strawberry.UNSET
    """An alliance's id."""

    @property
    def key(self) -> PartyKey:
        """The id that was given."""
        ids = (self.player_id, self.alliance_id)
        return PartyKey(*(None if one is strawberry.UNSET else one for one in ids))


_below = attribute_docstrings(PartyInput)
strawberry.input(PartyInput, one_of=True, description=inspect.getdoc(PartyInput))
describe_fields(PartyInput, _below)


def short(name: str, value: str | None, longest: int) -> str | None:
    """A text, refused where the tables do not hold it."""
    if value is not None and len(value) > longest:
        raise bad_input(f"{name} must have at most {longest} characters, not {len(value)}.")
    return value


def called(name: str, value: str, longest: int) -> str:
    """The name of something, refused where it is empty or the tables do not hold it."""
    if not value.strip():
        raise bad_input(f"{name} must not be empty.")
    short(name, value, longest)
    return value


def few(name: str, values: Sized, most: int) -> None:
    """Refuse a list that is too long."""
    if len(values) > most:
        raise bad_input(f"{name} must name at most {most}, not {len(values)}.")


def within(name: str, value: float, lowest: float, highest: float) -> float:
    """A number, refused unless it is in range."""
    if not lowest <= value <= highest:
        raise bad_input(f"{name} must be between {lowest:,g} and {highest:,g}, not {value:,g}.")
    return value


HIGHEST_INT, HIGHEST_BIG_INT = 2**31 - 1, 2**63 - 1


def amounts(given: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse amounts below zero among what is told."""
    for name in names:
        if given.get(name) is not None:
            within(to_camel_case(name), given[name], 0, HIGHEST_BIG_INT)


def moment(name: str, value: datetime) -> datetime:
    """A moment in UTC, refused at the edges of the calendar, which a shift to UTC would cross."""
    if not 1 < value.year < 9999:
        raise bad_input(f"{name} must lie between the years 2 and 9998.")
    return value.astimezone(UTC)


def later(name: str, value: datetime | None, than: datetime) -> datetime | None:
    """A moment, refused unless it lies after another one."""
    if value is None:
        return None
    if moment(name, value) <= than:
        raise bad_input(f"{name} must be later than {than:%Y-%m-%dT%H:%M:%SZ}.")
    return moment(name, value)


def json_object(name: str, value: Any) -> dict[str, Any]:
    """An object of JSON, refused where it is another value or too large to keep."""
    if not isinstance(value, dict):
        raise bad_input(f'{name} must be an object, such as {{"notice_hours": 24}}.')
    try:
        size = len(orjson.dumps(value))
    except TypeError as error:
        raise bad_input(f"{name} must be JSON with numbers of at most 64 bits, at most 200 deep.") from error
    if size > LARGEST_JSON:
        raise bad_input(f"{name} must be at most {LARGEST_JSON} bytes of JSON, not {size}.")
    return cast(dict[str, Any], value)


def told(input: object, names: Iterable[str], clearable: Container[str] = ()) -> dict[str, Any]:
    """What an input tells of these fields; null is a value only of those that may be cleared."""
    given = {name: value for name in names if (value := getattr(input, name)) is not strawberry.UNSET}
    for name, value in given.items():
        if value is None and name not in clearable:
            raise bad_input(f"{to_camel_case(name)} must not be null: leave it out to keep it as it is.")
    return given


def json_object_or_none(name: str, value: Any) -> dict[str, Any] | None:
    """An object of JSON, or nothing."""
    return None if value is None else json_object(name, value)


def as_object(value: Any) -> dict[str, Any]:
    """What was checked to be an object."""
    return cast(dict[str, Any], value)


def as_object_or_none(value: Any) -> dict[str, Any] | None:
    """What was checked to be an object, or nothing."""
    return cast(dict[str, Any] | None, value)


def amount(name: str, value: int) -> int:
    """A number of resources, refused where it is negative or more than any game has."""
    if not 0 <= value <= LARGEST_AMOUNT:
        raise bad_input(f"{name} must be between 0 and {LARGEST_AMOUNT:,}, not {value:,}.")
    return value


def past(name: str, value: datetime | None, now: datetime) -> datetime:
    """A moment that is over, now unless given; clocks differ a little."""
    at = now if value is None else moment(name, value)
    if at > now + LEEWAY:
        raise bad_input(f"{name} must not lie in the future.")
    return at
