"""The files that worlds were exported to, handed out to admins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from db.viewer import Role
from entente.access import UNKNOWN, Access
from resolvers.exports import Exports

ENDING = ".jsonl.gz"


def files(exports: Callable[[], Exports], access: Access) -> Callable[[Request], Awaitable[Response]]:
    """Answers with the file of an export."""

    async def answer(request: Request) -> Response:
        authorization = request.headers.get("authorization")
        found = access.find(authorization) or await access.find_newly(authorization)
        if found is None or found.viewer.role is not Role.ADMIN:
            return Response(UNKNOWN, 401, {"WWW-Authenticate": "Bearer"}, "text/plain")
        name = str(request.path_params["name"])
        path = exports().file(name.removesuffix(ENDING), datetime.now(UTC)) if name.endswith(ENDING) else None
        if path is None:
            return Response("No export of this name is kept here.", 404, media_type="text/plain")
        return FileResponse(path, media_type="application/gzip", filename=name)

    return answer
