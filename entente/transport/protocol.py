"""The HTTP protocol of the server: uvicorn's, with bounds for what it would wait for without end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from entente.transport.problems import Header

LARGEST_HEAD = 64 * 1024
HEAD_SECONDS = 10
"""For the head of a request to arrive, and for the rest of a body that nobody wants to be thrown away."""
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

WHOLE = "entente.whole"
"""In the extensions of a scope: what sends a response in one piece, or says that it cannot be."""


class BoundedProtocol(HttpToolsProtocol):
    """Takes heads of requests that are not too large, and that arrive soon.

    Who is refused in the middle of a sentence may finish it for a while: closed at once, the connection would
    be reset, and the answer lost.
    """

    _unfinished = _in_head = _refused = False
    _head = 0
    """Bytes of a head after those it came in with; a head that arrives whole is never counted."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, for some time."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._unfinished = self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._unfinished = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what arrives, and look at the clock while nobody else does."""
        if self._refused:
            return
        goes_on = self._in_head
        super().data_received(data)
        self._head = self._head + len(data) if goes_on and self._in_head else 0
        if self._head > LARGEST_HEAD:
            self._refuse()
        elif self._in_head or (self._unfinished and self.cycle.response_complete):
            self._wait()
        else:
            self._stop_waiting()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        extensions: dict[str, Any] = {WHOLE: partial(_send_whole, cycle)}
        cycle.scope["extensions"] = extensions
        super()._start_asgi_task(cycle, app)

    def _refuse(self) -> None:
        self._refused = True
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(TOO_LARGE)
            self.transport.write_eof()
        else:
            self.transport.close()

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _send_whole(cycle: RequestResponseCycle, status: int, headers: Sequence[Header], body: bytes) -> bool:
    """Send head and body together. As two messages they would be two system calls and two packets, and the
    client would wake up twice.

    The headers are taken as they are: none may come from a client.
    """
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or not cycle.keep_alive:
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    lines = [b"%s: %s\r\n" % header for header in (*cycle.default_headers, *headers)]
    cycle.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
    cycle.message_event.set()
    cycle.on_response()
    return True
