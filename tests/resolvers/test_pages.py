"""Pages: whichever way one turns them, every row comes once, in order; and counting is for those who ask."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from db.main import players
from db.main.players import PlayerOrder
from db.paging import cursor
from db.reads import Read
from db.viewer import ADMIN
from resolvers.loaders import Loaders
from resolvers.pages import Page, page_ask
from tests.asking import Ask, lists
from tests.crowds import WORLD, Place
from tests.world import World

EVERY_LIST = [
    pytest.param(read, order, id=f"{name} {order.name}")
    for read, name in lists().items()
    for order in read.orders or ()
]

KEY = {
    "world_id": WORLD,
    "target_player_id": 3,
    "opponent_id": 3,
    "partner_id": 3,
    "other_player_id": 3,
    "village_id": 101,
}
"""What a list is asked by, where it is not 1."""

PLAYERS = """
query (
  $world: String!, $first: Int, $after: String, $last: Int, $before: String, $orderBy: PlayerOrder! = NAME
) {
  players(worldId: $world, first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def turned(place: Place, read: Read[Any], order: Enum, **way: Any) -> tuple[list[Any], int]:
    """The rows of a list, page by page, and how many pages that took."""
    key = tuple(KEY.get(column, 1) for column in read.key)
    size, goes_on = ("last", "before") if "last" in way else ("first", "after")
    rows: list[Any] = []
    for number in range(1, 1000):
        ask = page_ask(read, {"order_by": order, **way})
        page = Page(Loaders(place.stores, ADMIN), read, key, ask)
        found = await page.rows()
        rows = [*found, *rows] if size == "last" else [*rows, *found]
        if not await (page.has_previous() if size == "last" else page.has_next()):
            return rows, number
        way[goes_on] = page.cursor(found[0] if size == "last" else found[-1])
    raise AssertionError("it never ends")


@pytest.mark.parametrize(("read", "order"), EVERY_LIST)
async def test_every_row_comes_once_whichever_way_one_turns(
    read: Read[Any], order: Enum, crowded: Place
) -> None:
    whole, _ = await turned(crowded, read, order, first=100)
    size = max(3, len(whole) // 50)
    forwards, pages = await turned(crowded, read, order, first=size)
    backwards, _ = await turned(crowded, read, order, last=size)

    assert len(whole) >= 2
    assert len({cursor(read, order, row) for row in whole}) == len(whole)
    assert forwards == whole
    assert backwards == whole
    assert pages == -(-len(whole) // size)


@pytest.mark.parametrize(("read", "order"), EVERY_LIST)
async def test_a_list_is_in_its_order(read: Read[Any], order: Enum, crowded: Place) -> None:
    rows, _ = await turned(crowded, read, order, first=100)
    column, _, direction = str(order.value).partition(" ")
    values = [getattr(row, column) for row in rows]

    assert values == sorted(values, reverse=direction == "DESC")


async def test_rows_that_come_meanwhile_shift_nothing(world: World, ask: Ask) -> None:
    at_first = [
        (await world.player(f"Player {number}", population=100 + number % 2)).name for number in range(7)
    ]

    seen: list[str] = []
    after = None
    for turn in range(10):
        page = (await ask(PLAYERS, world=world.world_id, first=2, after=after, orderBy="POPULATION"))[
            "players"
        ]
        seen += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        await world.player(f"Greater {turn}", population=200)
        await world.player(f"Equal {turn}", population=100)

    assert sorted(name for name in seen if name.startswith("Player")) == sorted(at_first)
    assert len(seen) == len(set(seen))


async def test_a_page_says_where_it_stands(world: World, ask: Ask) -> None:
    for name in ("Anna", "Bela", "Cili"):
        await world.player(name)

    async def around(**way: Any) -> tuple[list[str], bool, bool]:
        page = (await ask(PLAYERS, world=world.world_id, **way))["players"]
        names = [node["name"].split()[0] for node in page["nodes"]]
        return names, page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]

    first = (await ask(PLAYERS, world=world.world_id, first=1))["players"]["pageInfo"]["endCursor"]

    assert await around() == (["Anna", "Bela", "Cili"], False, False)
    assert await around(first=2) == (["Anna", "Bela"], False, True)
    assert await around(first=3) == (["Anna", "Bela", "Cili"], False, False)
    assert await around(first=1, after=first) == (["Bela"], True, True)
    assert await around(first=2, after=first) == (["Bela", "Cili"], True, False)
    assert await around(last=2) == (["Bela", "Cili"], True, False)
    assert await around(last=1, before=first) == ([], False, True)
    assert await around(last=9, after=first) == (["Bela", "Cili"], False, False)
    assert await around(first=0) == ([], False, True)


async def test_an_empty_list_has_no_cursors(world: World, ask: Ask) -> None:
    page = (await ask(PLAYERS, world=world.world_id))["players"]

    nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page == {"nodes": [], "pageInfo": nothing}


@pytest.mark.parametrize(
    ("asked", "statements_run"),
    [
        ("nodes { name }", 1),
        ("nodes { name } totalCount", 2),
        ("totalCount", 1),
        ("edges { cursor } nodes { name }", 1),
    ],
)
async def test_counting_costs_a_statement_only_where_it_is_asked_for(
    asked: str, statements_run: int, world: World, ask: Ask, statements: list[str]
) -> None:
    await world.player("Anna")

    await ask(f'{{ players(worldId: "{world.world_id}", first: 1) {{ {asked} pageInfo {{ __typename }} }} }}')

    assert len([one for one in statements if "count(*)" in one]) == asked.count("totalCount")
    assert len(statements) <= statements_run + (asked == "totalCount")


async def test_the_count_is_of_the_whole_list_with_its_filters(world: World, ask: Ask) -> None:
    for name in ("Anna", "Bela", "Cili"):
        await world.player(name, population=100 if name == "Anna" else 50)
    query = """query ($world: String!) {
      all: players(worldId: $world, first: 1) { totalCount }
      small: players(worldId: $world, last: 1, minPopulation: 60) { totalCount nodes { population } }
    }"""

    assert await ask(query, world=world.world_id) == {
        "all": {"totalCount": 3},
        "small": {"totalCount": 1, "nodes": [{"population": 100}]},
    }


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ({"first": -1}, "first must be between 0 and 100, not -1."),
        ({"first": 101}, "first must be between 0 and 100, not 101."),
        ({"last": -1}, "last must be between 0 and 100, not -1."),
        ({"first": 1, "last": 1}, "Pass either first or last, not both."),
        ({"after": "x"}, "The cursor 'x' is malformed: pass one that this list gave."),
        ({"before": ""}, "The cursor '' is malformed: pass one that this list gave."),
        ({"after": "\N{PILE OF POO}"}, "is malformed: pass one that this list gave."),
        ({"after": "bm90IGpzb24"}, "is malformed: pass one that this list gave."),
        ({"after": "A" * 9_000}, "is malformed: pass one that this list gave."),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    way: dict[str, Any], told: str, world: World, ask: Ask
) -> None:
    answer = await ask.anyway(PLAYERS, world=world.world_id, **way)

    assert answer.data is None
    assert answer.codes == ["BAD_USER_INPUT"]
    assert told in answer.messages[0]
    assert len(answer.messages[0]) < 300


async def test_a_short_list_has_limits_too(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")

    answer = await ask.anyway(f"{{ npc(npcId: {bela.npc_id}) {{ players(first: 101) {{ name }} }} }}")

    assert answer.messages == ["first must be between 0 and 100, not 101."]


async def test_a_cursor_leads_nowhere_in_another_list(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    await world.trusts(bela, bela, 5)
    theirs = f'relationships(worldId: "{world.world_id}") {{ edges {{ cursor }} }}'
    of_npc = await ask(f"{{ npc(npcId: {bela.npc_id}) {{ {theirs} }} }}")
    given = of_npc["npc"]["relationships"]["edges"][0]["cursor"]

    truncated = await ask.anyway(PLAYERS, world=world.world_id, after=given[:-3])
    of_another = await ask.anyway(
        f'{{ relationships(worldId: "{world.world_id}", after: "{given}") {{ nodes {{ trustScore }} }} }}'
    )

    assert truncated.codes == of_another.codes == ["BAD_USER_INPUT"]
    assert "was not given by this list in the order TRUST" in of_another.messages[0]


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, -(2**63)])
async def test_a_cursor_beyond_all_rows_is_just_beyond_all_rows(number: int, crowded: Place) -> None:
    anna = (await turned(crowded, players.OF_WORLD, PlayerOrder.PLAYER_ID, first=1))[0][0]
    beyond = type(anna)(**{name: getattr(anna, name) for name in anna.__slots__} | {"player_id": number})
    ask = page_ask(
        players.OF_WORLD,
        {"order_by": PlayerOrder.PLAYER_ID, "after": cursor(players.OF_WORLD, PlayerOrder.PLAYER_ID, beyond)},
    )
    page = Page(Loaders(crowded.stores, ADMIN), players.OF_WORLD, (WORLD,), ask)

    assert bool(await page.rows()) == (number < 0)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("relationships(worldId: $world, minTrust: 500)", "minTrust must be between -100 and 100, not 500."),
        (
            "relationships(worldId: $world, maxTrust: -101)",
            "maxTrust must be between -100 and 100, not -101.",
        ),
        (
            "memories(worldId: $world, npcId: 1, minImportance: 1.5)",
            "minImportance must be between 0 and 1, not 1.5.",
        ),
    ],
)
async def test_a_filter_beyond_its_range_is_refused(asked: str, told: str, world: World, ask: Ask) -> None:
    query = f"query ($world: String!) {{ {asked} {{ totalCount }} }}"

    assert (await ask.anyway(query, world=world.world_id)).messages == [told]
