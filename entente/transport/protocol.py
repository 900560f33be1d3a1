"""The HTTP protocol of the server: uvicorn's, with bounds for what it would wait for without end."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
HEAD_SECONDS = 10
"""For the head of a request to arrive, and for the rest of a body that nobody wants to be thrown away."""
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


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
