"""Where the stores are: at the URLs of the settings, or embedded servers, running while they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from entente.child import EmbeddedError
from entente.settings import Settings


@dataclass(frozen=True, slots=True)
class StoreUrls:
    """`worlds` is a pattern, in which `{world_id}` stands for the world."""

    main: str = field(repr=False)
    worlds: str = field(repr=False)
    redis: str = field(repr=False)
    attached: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Worlds that are read from their games' own databases."""
    metrics_apart: str | None = field(default=None, repr=False)
    """A database for the metrics alone."""

    @property
    def metrics(self) -> str:
        """Where the metrics are: in the global database, unless they have one of their own."""
        return self.metrics_apart or self.main

    def world(self, world_id: str) -> str:
        """The URL of a world's own database."""
        return self.attached.get(world_id) or self.worlds.replace("{world_id}", world_id)


@contextmanager
def urls(settings: Settings, *, serve: bool = False) -> Iterator[StoreUrls]:
    """The stores of these settings. `serve` locks the state folder: embedded stores have one server."""
    given = {"postgres": settings.database_url, "valkey": settings.redis_url}
    absent = [kind for kind, url in given.items() if url is None]
    with _embedded(absent, settings, serve) as embedded:
        main = settings.database_url or embedded["postgres"]
        yield StoreUrls(
            main=main,
            worlds=settings.world_database_url or worlds_beside(main),
            redis=settings.redis_url or embedded["valkey"],
            attached=settings.attached_worlds,
            metrics_apart=settings.metrics_database_url,
        )


def worlds_beside(main: str) -> str:
    """A database for each world, in the server of the main one."""
    address, _, query = main.partition("?")
    scheme, _, rest = address.partition("://")
    server = rest.partition("/")[0]
    options = "&".join(
        option for option in query.split("&") if not option.startswith(("dbname=", "database="))
    )
    return f"{scheme}://{server}/world_{{world_id}}" + (options and f"?{options}")


@contextmanager
def _embedded(kinds: list[str], settings: Settings, serve: bool) -> Iterator[dict[str, str]]:
    if not kinds:
        yield {}
        return
    try:
        from entente import sharing  # needs what only Unix has
    except ImportError:
        raise EmbeddedError(
            "This platform has no embedded servers. Set DATABASE_URL and REDIS_URL to servers of your own."
        ) from None
    sharing.make_state(settings.state)
    with ExitStack() as stack:
        if serve:
            stack.enter_context(sharing.only_server(settings.state))
        yield stack.enter_context(sharing.shared(kinds, settings.state))
