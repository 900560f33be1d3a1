"""Numbers: ids taken before the rows that will have them are written, since other rows speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from db.connection import Connection

Ids = Mapping[str, Iterator[int]]

TAKE = """
WITH wanted AS MATERIALIZED (
    SELECT place, many, pg_get_serial_sequence(name, 'id')::regclass AS numbers
      FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS w (name, many, place))
SELECT place, nextval(numbers) FROM wanted, generate_series(1, many) ORDER BY 1, 2
"""


async def take(conn: Connection, wanted: Mapping[str, int]) -> Ids:
    """For each table as many ids as are wanted, in rising order."""
    found: dict[str, list[int]] = {name: [] for name in wanted}
    if any(wanted.values()):
        names = list(wanted)
        for place, number in await conn.fetch(TAKE, names, list(wanted.values())):
            found[names[place - 1]].append(number)
    return {name: iter(numbers) for name, numbers in found.items()}
