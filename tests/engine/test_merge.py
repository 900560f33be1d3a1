"""Requests that wait for one plan share its batches, and whoever leaves disturbs no other."""

from __future__ import annotations

import asyncio

import pytest

from engine.merge import MOST_IN_FLIGHT, Line, Request
from tests.waiting import becomes


def request(number: int) -> Request:
    return Request(viewer="admin", values=(number,), request_id=str(number))


async def serve(batch: list[Request]) -> None:
    for one in batch:
        one.answer.set_result(len(batch))


async def test_those_of_one_tick_share_a_batch() -> None:
    line, waiting = Line(serve), [request(number) for number in range(3)]
    for one in waiting:
        line.join(one)

    assert [await one.settled() for one in waiting] == [3, 3, 3]


async def test_who_comes_to_an_idle_line_is_served_at_once_and_others_meanwhile() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(batch: list[Request]) -> None:
        begun.set()
        await go_on.wait()
        await serve(batch)

    line, first, others = Line(slowly), request(1), [request(2), request(3)]
    assert line.is_idle
    served = asyncio.create_task(line.serve_alone(first))
    await begun.wait()
    assert not line.is_idle
    for one in others:
        line.join(one)
    go_on.set()
    await served

    assert [await one.settled() for one in (first, *others)] == [1, 2, 2]
    await becomes(lambda: line.is_idle)


async def test_who_leaves_an_idle_line_takes_the_work_along() -> None:
    async def never(_: list[Request]) -> None:
        await asyncio.sleep(60)

    line = Line(never)
    served = asyncio.create_task(line.serve_alone(request(1)))
    await asyncio.sleep(0.01)
    served.cancel()

    with pytest.raises(asyncio.CancelledError):
        await served
    assert line.is_idle


async def test_work_that_is_left_before_it_begins_holds_no_place() -> None:
    line = Line(serve)
    for number in range(2 * MOST_IN_FLIGHT):
        left = request(number)
        line.join(left)
        line._send_off()
        assert left.crew is not None
        left.crew.leave()
        with pytest.raises(asyncio.CancelledError):
            await left.answer
    last = request(99)
    line.join(last)

    assert await asyncio.wait_for(last.settled(), 5) == 1
    assert line.in_flight == 0


async def test_who_leaves_disturbs_nobody_and_the_last_one_ends_the_work() -> None:
    ended = asyncio.Event()

    async def never(_: list[Request]) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    line, one, other = Line(never), request(1), request(2)
    line.join(one)
    line.join(other)
    first, second = (asyncio.create_task(waiting.settled()) for waiting in (one, other))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0.01)
    assert not ended.is_set()
    second.cancel()

    await asyncio.wait_for(ended.wait(), 5)


async def test_what_fails_is_told_to_all() -> None:
    async def fails(_: list[Request]) -> None:
        raise ValueError("broken")

    line, waiting = Line(fails), [request(1), request(2)]
    for one in waiting:
        line.join(one)

    for one in waiting:
        with pytest.raises(ValueError, match="broken"):
            await one.settled()
