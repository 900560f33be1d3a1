"""Refusal: a request that the rules of the game decline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from resolvers.descriptions import enum


class RefusalCode(Enum):
    """Why a request was declined. An enum and not any text, so that clients are told of every case there is
    and their compilers can check that each is handled; codes are added, never renamed."""

    NOT_FOUND = "NOT_FOUND"
    """There is nothing by that id, or nothing that you may know of."""
    NOT_YOURS = "NOT_YOURS"
    """You may not act for this player, NPC or alliance."""
    GONE = "GONE"
    """The player has left the world, the alliance is disbanded, or the NPC is retired."""
    BUSY = "BUSY"
    """The server is at something else, which has to be over first."""
    NOT_RUNNING = "NOT_RUNNING"
    """The world is paused or over: nobody acts in it."""
    KEY_REUSED = "KEY_REUSED"
    """The idempotency key was used for another change: pass a new one."""
    VERSION_CHANGED = "VERSION_CHANGED"
    """Somebody else changed it since: read it again, and decide anew."""
    NAME_TAKEN = "NAME_TAKEN"
    """There is another of this name."""
    ID_TAKEN = "ID_TAKEN"
    """There is another of this id."""
    ALREADY_IN_WORLD = "ALREADY_IN_WORLD"
    """The NPC takes part in this world already."""
    READ_ONLY = "READ_ONLY"
    """The world is attached: its game's own database is never written."""
    NO_NPC = "NO_NPC"
    """The player is played by no NPC."""
    OUTDATED = "OUTDATED"
    """Something newer was told already."""
    ALREADY_QUEUED = "ALREADY_QUEUED"
    """The building has this level, or will have by what is queued."""
    QUEUE_FULL = "QUEUE_FULL"
    """As much is queued in the village as may be."""
    ALREADY_STARTED = "ALREADY_STARTED"
    """The work has begun already."""
    NOT_STARTED = "NOT_STARTED"
    """The work has not begun."""
    BAD_INPUT = "BAD_INPUT"
    """Of several events, this one makes no sense: see the message."""
    ALREADY_RECORDED = "ALREADY_RECORDED"
    """It is recorded already; nothing is counted twice."""
    NOT_CONCERNED = "NOT_CONCERNED"
    """None of those concerned is an NPC that you may act for, so there is nothing to record."""
    SAME_PARTY = "SAME_PARTY"
    """It takes two, and both are the same."""
    NOT_PROPOSED = "NOT_PROPOSED"
    """The treaty waits for no answer."""
    NOT_IN_FORCE = "NOT_IN_FORCE"
    """The treaty is not in force."""
    ALREADY_PROPOSED = "ALREADY_PROPOSED"
    """The same is proposed already, by you or by them."""
    ALREADY_IN_FORCE = "ALREADY_IN_FORCE"
    """A treaty of this type is in force between the two already."""
    AT_WAR = "AT_WAR"
    """The two are at war, which has to end first."""
    AT_PEACE_BY_TREATY = "AT_PEACE_BY_TREATY"
    """A treaty in force keeps the two from war; it has to be broken first."""
    IS_A_WAR = "IS_A_WAR"
    """The treaty is a war: it ends by peace."""
    NOT_A_WAR = "NOT_A_WAR"
    """The treaty is no war, so there is no peace to make."""
    HAS_OVERLORD = "HAS_OVERLORD"
    """The vassal has an overlord already."""
    NOTHING_TO_PROLONG = "NOTHING_TO_PROLONG"
    """The treaty has no set end, or lasts as long already."""
    TOO_LATE = "TOO_LATE"
    """The moment at which it was to end, or by which it was to be answered, has passed."""
    TOO_MANY_TREATIES = "TOO_MANY_TREATIES"
    """The alliance has as many treaties of this type as the world allows."""
    ALLOWANCE_SPENT = "ALLOWANCE_SPENT"
    """Not so many calls are left in this minute."""
    ALREADY_EXECUTED = "ALREADY_EXECUTED"
    """The decision was carried out already."""
    NOT_CLAIMED = "NOT_CLAIMED"
    """The decision is not in your hands, or not any more."""
    NEEDS_A_LEADER = "NEEDS_A_LEADER"
    """An alliance has one leader: another has to be appointed first."""
    NOT_IN_ALLIANCE = "NOT_IN_ALLIANCE"
    """The player is in no alliance."""
    ALREADY_IN_ALLIANCE = "ALREADY_IN_ALLIANCE"
    """The player is in an alliance already."""
    ALLIANCE_FULL = "ALLIANCE_FULL"
    """The alliance has as many members as the world allows."""


enum(RefusalCode)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the rules decline, and why."""

    code: RefusalCode
    message: str


class RefusedError(Exception):
    """Ends a change whose transaction is then undone; the client gets the refusal as data."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refuse(code: RefusalCode, message: str) -> NoReturn:
    """Decline."""
    raise RefusedError(Refusal(code, message))
