"""`entente serve`: the stores, their schema, a world to look at, and the server over them."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from rich.console import Console

from db.connection import Connection, connect
from db.main import api_keys, worlds
from entente.app import create_app
from entente.commands.migrate import migrate_all
from entente.settings import SHORTEST_KEY, Settings, SettingsError
from entente.stores import StoreUrls, urls
from entente.telemetry import set_up_logs
from entente.transport.origins import ANY
from entente.transport.protocol import BoundedProtocol

SEED = 1
GRACE_SECONDS = 5


def serve(settings: Settings, demo: bool) -> None:
    """Serve until interrupted."""
    _refuse_to_be_open(settings)
    began = time.perf_counter()
    console = Console(stderr=True, highlight=False)
    if settings.has_weak_key:
        console.print(f"[yellow]The admin key is short: take one of at least {SHORTEST_KEY} characters.")
    with _taken(settings) as listening:
        console.print("Starting the stores …")
        with urls(settings, serve=True) as known:
            has_keys = asyncio.run(_prepare(known, demo, console))
            _run(settings, known, listening, console, began, has_keys)


def _refuse_to_be_open(settings: Settings) -> None:
    """Without a key whoever reaches the server is its admin: so nobody must reach it from elsewhere."""
    reached = not settings.loopback or ANY in settings.allowed_origins
    if settings.admin_key is not None or not reached or _has_keys(settings):
        return
    if not settings.loopback:
        raise SettingsError(
            f"Without a key the server is open, so it listens on this machine only, not on {settings.host}: "
            "make one with `entente keys create`, set ENTENTE_ADMIN_KEY or ENTENTE_ADMIN_KEY_FILE, "
            "or HOST=127.0.0.1."
        )
    raise SettingsError(
        "ALLOWED_ORIGINS=* lets every web page ask, so it needs a key: make one with "
        "`entente keys create`, set ENTENTE_ADMIN_KEY, or name the origins."
    )


def _has_keys(settings: Settings) -> bool:
    with urls(settings) as known:
        return asyncio.run(_asked(known, api_keys.any_there))


def _taken(settings: Settings) -> socket.socket:
    """The socket to listen on, taken first, so that an occupied port is told at once."""
    # Named TCP, the loop knows to send small answers at once; else each would wait 40 ms for company.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
    except OSError as error:
        taken.close()
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be used ({error.strerror}). "
            "Does another program listen there? Set PORT to another number, such as PORT=8001."
        ) from None
    return taken


async def _prepare(known: StoreUrls, demo: bool, console: Console) -> bool:
    """Make everything ready; whether there are keys."""
    for done in await migrate_all(known):
        if done.problem:
            console.print(f"[yellow]{done.database} is left out: {done.problem}")
    if demo and not await _has_a_world(known):
        await _load_demo(known, console)
    return await _asked(known, api_keys.any_there)


async def _has_a_world(known: StoreUrls) -> bool:
    return await _asked(known, worlds.any_there)


async def _asked(known: StoreUrls, question: Callable[[Connection], Awaitable[bool]]) -> bool:
    conn = await connect(known.main)
    try:
        return await question(conn)
    finally:
        await conn.close()


async def _load_demo(known: StoreUrls, console: Console) -> None:
    from entente.commands.load_demo import load_demo
    from entente.demo.progress import bars

    console.print("Making the demo world …")
    with bars(console) as told:
        console.print(str(await load_demo(known, SEED, told=told)))


def _run(
    settings: Settings,
    known: StoreUrls,
    listening: socket.socket,
    console: Console,
    began: float,
    has_keys: bool,
) -> None:
    set_up_logs(settings.log_format)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    app = create_app(settings, known, has_keys=has_keys)

    def announce() -> None:
        console.print(_welcome(settings, listening, time.perf_counter() - began, app.access.is_open))

    config = uvicorn.Config(app, **options())
    server = Server(config, announce, app.streams.end_all)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:  # uvloop, where there is one
        runner.run(server.serve([listening]))


def options() -> dict[str, Any]:
    """How uvicorn is to serve."""
    return {
        "http": BoundedProtocol,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # nobody here asks where a request came from
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "ws_max_size": 1_000_000,
    }


def _welcome(settings: Settings, listening: socket.socket, seconds: float, is_open: bool) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    address = f"http://{host}:{listening.getsockname()[1]}"
    access = "open to this machine" if is_open else "needs a key"
    return "\n".join(
        [
            f"Ready in {seconds:.1f} s ({access}). Stop with Ctrl-C.",
            f"  GraphiQL  {address}/graphql",
            f"  Health    {address}/readyz",
        ]
    )


def _calm_the_collector() -> None:
    """What is there by now stays for good; answers leave few cycles behind, and a pause is felt by all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Server(uvicorn.Server):
    """A server that says when it is ready and when it ends."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], take_leave: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._announce, self._take_leave = announce, take_leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            _calm_the_collector()
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; what would go on without end is told to."""
        self._take_leave()
        await super().shutdown(sockets)
