"""The built pages: GraphiQL, and the files it loads, exactly those that the manifest names."""

import gzip
import json
from functools import cache
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

STATIC = Path(__file__).parent / "static"
GRAPHIQL = "graphiql.html"

# Not asked of the system: its table says text/plain for .js on some machines, and browsers refuse that.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}

# Scripts, workers, fonts and connections are our own only, and nothing is evaluated. Styles may be inline,
# since Monaco writes its theme into <style> elements, places its lines by style attributes and takes no
# nonce; images may be data:, since its style sheet carries its small icons so.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

# On every file, not only on pages: a worker lives under the policy that its own file came with.
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def graphiql_page(request: Request) -> Response:
    """GraphiQL, for whichever address it is asked at: it talks to that same address."""
    return answer(request, GRAPHIQL)


def static_file(request: Request) -> Response:
    """A file that a page loads."""
    return answer(request, request.path_params["name"])


def to_graphiql(request: Request) -> Response:
    """To GraphiQL, relative to where we are, so that it works behind a path prefix."""
    return RedirectResponse("graphql")


routes: list[BaseRoute] = [
    Route("/", to_graphiql),
    Route("/static/{name:path}", static_file),
]


def answer(request: Request, name: str) -> Response:
    if name not in manifest():
        return Response(status_code=HTTPStatus.NOT_FOUND)
    zipped = zips(name) and "gzip" in request.headers.get("accept-encoding", "")
    headers = file_headers(name, zipped=zipped)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content(name, zipped=zipped), headers=headers)


def file_headers(name: str, *, zipped: bool) -> dict[str, str]:
    form = "-gzip" if zipped else ""
    headers = {
        "Content-Type": CONTENT_TYPES[PurePosixPath(name).suffix],
        "Cache-Control": caching(name),
        "ETag": f'"{manifest()[name]}{form}"',
        "Vary": "Accept, Accept-Encoding",  # Accept: the address of GraphiQL also answers GraphQL
        **SECURITY_HEADERS,
    }
    return headers | {"Content-Encoding": "gzip"} if zipped else headers


def caching(name: str) -> str:
    """The names of assets carry a hash of their content; everything else is asked for again."""
    return "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"


def zips(name: str) -> bool:
    return not name.endswith(".ttf")


@cache
def content(name: str, *, zipped: bool) -> bytes:
    plain = (STATIC / name).read_bytes()
    return gzip.compress(plain, mtime=0) if zipped else plain


@cache
def manifest() -> dict[str, str]:
    """Each file's name, and the SHA-256 of its content."""
    names: dict[str, str] = json.loads((STATIC / "manifest.json").read_bytes())
    return names
