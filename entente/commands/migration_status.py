"""`entente migrate --status`: which revisions every database has and lacks; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from db import migrations
from db.migrations import Store, history
from db.migrations.history import Applied
from db.world import databases
from entente.stores import StoreUrls


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one database stands."""

    database: str
    applied: list[Applied]
    pending: list[str]
    problem: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.database}: {self.problem or self._summary}"]
        lines += [
            f"  {one.version}  {one.applied_at:%Y-%m-%d %H:%M}  {one.description}" for one in self.applied
        ]
        return "\n".join(lines)

    @property
    def _summary(self) -> str:
        return f"lacks {', '.join(self.pending)}" if self.pending else "has everything"


async def status(urls: StoreUrls) -> list[Standing]:
    """Where the main database stands, that of the metrics, and every world's of our own."""
    standing = [await _standing("main", urls.main, "main")]
    if standing[0].problem is None:
        standing.append(await _standing("metrics", urls.metrics, "metrics"))
    if standing[0].applied:
        worlds = [one for one in await databases.world_ids(urls.main) if one not in urls.attached]
        standing += [await _standing(f"world {one}", urls.world(one), "world") for one in worlds]
    return standing


async def _standing(name: str, url: str, store: Store) -> Standing:
    try:
        return Standing(name, await history.applied(url, store), await migrations.pending(url, store))
    except databases.FAILURES as error:
        return Standing(name, [], [], problem=str(error) or type(error).__name__)
