"""The built pages: what is served, and with which headers."""

import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from entente import pages

ASSETS = sorted(name for name in pages.manifest() if name.startswith("assets/"))
SCRIPT = next(name for name in ASSETS if name.endswith(".js"))
PACKAGES = Path(__file__).parents[2] / "web" / "package-lock.json"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = httpx.ASGITransport(Starlette(routes=[*pages.routes, Route("/graphql", pages.graphiql_page)]))
    plain = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=app, base_url="http://here", headers=plain) as client:
        yield client


def test_the_manifest_names_every_file_and_its_content() -> None:
    files = [file for file in pages.STATIC.rglob("*") if file.is_file() and file.name != "manifest.json"]
    names = [file.relative_to(pages.STATIC).as_posix() for file in files]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    assert dict(zip(names, hashes, strict=True)) == pages.manifest()


def test_every_file_has_a_content_type() -> None:
    assert {Path(name).suffix for name in pages.manifest()} <= set(pages.CONTENT_TYPES)


@pytest.mark.parametrize("name", pages.manifest())
async def test_every_file_is_served_as_it_was_built(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/static/{name}")

    assert answer.content == (pages.STATIC / name).read_bytes()
    assert answer.headers["content-type"] == pages.CONTENT_TYPES[Path(name).suffix]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_else_is_served(client: httpx.AsyncClient) -> None:
    for name in ["manifest.json", "../pages.py", "%2e%2e/pages.py", "assets/", "", "assets/none.js"]:
        assert (await client.get(f"/static/{name}")).status_code == 404, name


async def test_assets_are_kept_for_ever_and_the_page_is_asked_for_again(client: httpx.AsyncClient) -> None:
    assert "immutable" in (await client.get(f"/static/{SCRIPT}")).headers["cache-control"]
    assert (await client.get("/graphql")).headers["cache-control"] == "no-cache"


async def test_an_unchanged_file_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/graphql")
    again = await client.get("/graphql", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_file_is_zipped_for_those_who_can_read_it(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", f"/static/{SCRIPT}", headers={"Accept-Encoding": "br, gzip"}) as answer:
        zipped = b"".join([part async for part in answer.aiter_raw()])

    assert gzip.decompress(zipped) == (pages.STATIC / SCRIPT).read_bytes()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"] != (await client.get(f"/static/{SCRIPT}")).headers["etag"]


@pytest.mark.parametrize("address", ["/graphql", f"/static/{SCRIPT}"])
async def test_a_page_and_its_workers_may_only_turn_to_us(client: httpx.AsyncClient, address: str) -> None:
    headers = (await client.get(address)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == "'self'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


async def test_the_page_has_no_script_or_style_of_its_own(client: httpx.AsyncClient) -> None:
    page = (await client.get("/graphql")).text

    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page) == []


async def test_the_page_loads_only_files_of_ours_by_relative_addresses(client: httpx.AsyncClient) -> None:
    page = (await client.get("/graphql")).text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)

    assert addresses
    assert {address.removeprefix("static/") for address in addresses} <= set(ASSETS)


@pytest.mark.parametrize("name", [name for name in ASSETS if name.endswith(".css")])
def test_styles_load_nothing_from_elsewhere(name: str) -> None:
    styles = (pages.STATIC / name).read_text()
    addresses = [address.strip("\"'") for address in re.findall(r"url\(([^)]*)\)", styles)]

    assert "@import" not in styles
    assert [address for address in addresses if not address.startswith(("data:", "#", "./codicon"))] == []


def test_no_source_map_is_shipped() -> None:
    assert [name for name in ASSETS if name.endswith(".map")] == []


async def test_the_root_leads_to_graphiql_also_behind_a_prefix(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "graphql")


def test_the_locked_packages_name_no_place_and_carry_their_hashes() -> None:
    packages = {path: entry for path, entry in json.loads(PACKAGES.read_text())["packages"].items() if path}

    assert [path for path, entry in packages.items() if "resolved" in entry] == []
    assert [path for path, entry in packages.items() if "integrity" not in entry] == []
