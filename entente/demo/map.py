"""The map of an invented world: alliances settle around their homes, players around their alliance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from entente.demo import names
from entente.demo.calendar import BEGINS
from entente.demo.dice import Dice
from entente.demo.land import RADIUS, Alliance, Land, Player, Size, Village

TRIBES = ("Romans", "Gauls", "Teutons")
MEMBERS_AT_MOST = 60
TILES_FOR_A_VILLAGE = 9
CANDIDATES_FOR_A_HOME = 12
SHARE_IN_AN_ALLIANCE = 0.84

Tile = tuple[int, int]


def invent(seed: int, size: Size) -> Land:
    """A land with players and alliances of its own."""
    dice = Dice(seed, "map")
    populations = [_population(dice) for _ in range(size.players)]
    reach = _reach(sum(_villages(population) for population in populations))
    alliances = _alliances(seed, size)
    homes = _homes(dice, len(alliances), reach)
    places = _memberships(dice, size, len(alliances))
    taken: set[Tile] = set()
    players: list[Player] = []
    villages: list[Village] = []
    called = names.players(Dice(seed, f"player names {size}"))
    village_names = Dice(seed, f"village names {size}")
    for index, (population, home) in enumerate(zip(populations, places, strict=True)):
        wanted = _anywhere(dice, reach) if home is None else _near(dice, homes[home], reach // 4)
        capital = _free(wanted, taken)
        player = Player(
            player_id=index + 1,
            name=next(called),
            tribe=dice.pick(TRIBES),
            x=capital[0],
            y=capital[1],
            population=population,
            village_count=_villages(population),
            alliance_id=None if home is None else alliances[home].alliance_id,
        )
        players.append(player)
        villages += _settle(dice, village_names, player, taken, len(villages) + 1)
    return Land(BEGINS, tuple(players), tuple(alliances), tuple(villages))


def alliance_count(players: int) -> int:
    """Twelve alliances for three hundred players, and one more for every sixty."""
    return max(2, players // 25) if players <= 300 else 12 + (players - 300) // 60


def _alliances(seed: int, size: Size) -> list[Alliance]:
    called = islice(names.alliances(Dice(seed, f"alliance names {size}")), alliance_count(size.players))
    return [Alliance(number, name, tag) for number, (name, tag) in enumerate(called, start=1)]


def _population(dice: Dice) -> int:
    # A few are large and most are small; a quotient, since powers and logarithms differ between machines.
    return 40 + int(200 / (1.06 - dice.one()))


def _villages(population: int) -> int:
    return 1 + population // 420


def _reach(villages: int) -> int:
    reach = 12
    while reach < RADIUS - 4 and 3 * reach * reach < villages * TILES_FOR_A_VILLAGE:
        reach += 1
    return reach


def _homes(dice: Dice, count: int, reach: int) -> list[Tile]:
    """Each home is the most remote of some places, so that alliances keep apart."""
    homes: list[Tile] = []
    for _ in range(count):
        candidates = [_anywhere(dice, reach * 4 // 5) for _ in range(CANDIDATES_FOR_A_HOME)]
        homes.append(max(candidates, key=lambda tile: min((_apart(tile, home) for home in homes), default=0)))
    return homes


def _memberships(dice: Dice, size: Size, alliances: int) -> list[int | None]:
    """Older alliances are larger; some players stay alone."""
    weights = [10_000 // (rank + 4) for rank in range(alliances)]
    room = [MEMBERS_AT_MOST] * alliances
    return [_membership(dice, weights, room) for _ in range(size.players)]


def _membership(dice: Dice, weights: list[int], room: list[int]) -> int | None:
    if not dice.chance(SHARE_IN_AN_ALLIANCE):
        return None
    still_open = [weight if left else 0 for weight, left in zip(weights, room, strict=True)]
    point = dice.below(sum(still_open) or 1)
    for alliance, weight in enumerate(still_open):
        point -= weight
        if point < 0:
            room[alliance] -= 1
            return alliance
    return None


def _settle(dice: Dice, called: Dice, player: Player, taken: set[Tile], first_id: int) -> Iterator[Village]:
    left = player.population
    for number in range(player.village_count):
        remaining = player.village_count - number
        share = left if remaining == 1 else int(left * min(0.8, (0.8 + 0.4 * dice.one()) / remaining + 0.1))
        left -= share
        near = (player.x, player.y) if number == 0 else _free(_near(dice, (player.x, player.y), 5), taken)
        name = names.village(called, player.tribe)
        yield Village(first_id + number, *near, name, player.player_id, player.tribe, share, number == 0)


def _anywhere(dice: Dice, reach: int) -> Tile:
    while True:
        tile = dice.below(2 * reach + 1) - reach, dice.below(2 * reach + 1) - reach
        if _apart(tile, (0, 0)) <= reach * reach:
            return tile


def _near(dice: Dice, centre: Tile, spread: int) -> Tile:
    """Close to the centre more often than far from it."""
    return tuple(  # type: ignore[return-value]
        max(-RADIUS, min(RADIUS, middle + round((dice.one() + dice.one() - 1) * spread))) for middle in centre
    )


def _free(wanted: Tile, taken: set[Tile]) -> Tile:
    """The wanted tile, or the next free one in rings around it."""
    tile = next(tile for tile in _rings(wanted) if tile not in taken and max(map(abs, tile)) <= RADIUS)
    taken.add(tile)
    return tile


def _rings(centre: Tile) -> Iterator[Tile]:
    x, y = centre
    yield centre
    for ring in range(1, 2 * RADIUS):
        for step in range(2 * ring):
            yield x - ring + step, y - ring
            yield x + ring, y - ring + step
            yield x + ring - step, y + ring
            yield x - ring, y + ring - step


def _apart(one: Tile, other: Tile) -> int:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2
