"""GraphiQL as a reader meets it, in headless Chromium that can reach nothing but this machine."""

import asyncio
import re
import shutil
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, Locator, Page, Request, async_playwright, expect

from entente.app import create_app
from entente.commands.load_demo import load_demo
from entente.commands.serve import SEED
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.conftest import missing
from tests.servers import Servers

EXAMPLES = Path(__file__).parents[2] / "web" / "graphiql" / "examples"
QUERIES = [file.read_text() for file in sorted(EXAMPLES.glob("*.graphql"))]
TITLES = [re.findall(r"^(?:query|mutation|subscription) (\w+)", query, re.MULTILINE)[0] for query in QUERIES]

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NOTE_REFUSALS = """
    window.refused = [];
    document.addEventListener('securitypolicyviolation', event =>
        window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
KEPT_WITHIN_FIVE_SECONDS = """
    new Promise(done => {
        setInterval(() => JSON.stringify(localStorage).includes('Bearer') && done(true), 50);
        setTimeout(done, 5000, false);
    })
"""


@dataclass
class Visit:
    """GraphiQL, opened in a fresh browser profile, and all that it did."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("request", self.note_key)
        self.page.on("websocket", lambda opened: self.sockets.append(opened.url))

    def note_key(self, request: Request) -> None:
        """Of questions alone: a file that a worker loads late has no key, and may come last."""
        if request.method == "POST":
            self.keys.append(request.headers.get("authorization"))

    @property
    def tabs(self) -> Locator:
        return self.page.locator(".graphiql-tab-button")

    @property
    def editor(self) -> Locator:
        return self.page.locator(".graphiql-query-editor .monaco-editor")

    @property
    def answer(self) -> Locator:
        return self.page.get_by_role("region", name="Result Window")

    async def reload(self) -> None:
        """Until the schema has come: before that, what is typed may be lost. Not until the network is idle:
        the file of a worker, taken from the cache, never counts as finished."""
        async with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            await self.page.reload()
        await expect(self.editor).to_be_visible()

    async def run(self) -> None:
        await self.page.get_by_role("button", name="Execute query").click()

    async def write_in_new_tab(self, text: str) -> None:
        await self.page.get_by_role("button", name="New tab").click()
        await self.editor.click()
        await self.page.keyboard.type(text)

    async def write_headers(self, text: str) -> None:
        await self.page.get_by_role("button", name="Headers").click()
        await self.page.locator(".graphiql-editor-tool .monaco-editor").last.click()
        await self.page.keyboard.type(text)

    async def choose(self, name: str) -> None:
        await self.page.get_by_role("button", name="Open settings dialog").click()
        await self.page.get_by_role("button", name=name, exact=True).click()
        await self.page.keyboard.press("Escape")

    async def was_quiet(self, url: str) -> None:
        """Nothing on the console, nothing that the page's policy had to refuse, and nobody else was asked."""
        assert self.said == []
        assert await self.page.evaluate("window.refused") == []
        assert {urlsplit(asked).netloc for asked in self.asked} == {urlsplit(url).netloc}

    async def lightness(self) -> float:
        """From 0, black, to 1, white: what GraphiQL is painted on."""
        color = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"
        red, green, blue = (int(part) for part in re.findall(r"\d+", await self.page.evaluate(color))[:3])
        return (red + green + blue) / 765


@pytest.mark.parametrize("query", QUERIES, ids=TITLES)
async def test_every_example_is_answered(server_url: str, query: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = (await client.post(server_url, json={"query": query}, timeout=30)).json()

    assert "errors" not in answer
    assert None not in answer["data"].values()


async def test_the_examples_are_the_first_tabs(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await expect(seen.tabs).to_have_text(TITLES)
        await expect(seen.page).to_have_title(re.compile("Entente"))


async def test_an_example_opens_again_from_its_pane(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.page.get_by_role("button", name="Show Examples").click()
        await seen.page.locator(".entente-examples").get_by_text(TITLES[1]).click()

        await expect(seen.tabs).to_have_text([*TITLES, TITLES[1]])
        await expect(seen.editor).to_contain_text(TITLES[1])


async def test_the_welcome_query_is_answered(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.run()

        await expect(seen.answer).to_contain_text('"world"')
        await expect(seen.answer).not_to_contain_text('"errors"')


async def test_the_docs_know_the_schema(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.page.get_by_role("button", name="Show Documentation Explorer").click()
        await seen.page.get_by_role("link", name="Query").first.click()

        await expect(seen.page.locator(".graphiql-plugin")).to_contain_text("worldId")


async def test_what_is_typed_is_completed(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.write_in_new_tab("query Mine { wor")

        await expect(seen.page.locator(".suggest-widget")).to_contain_text("world")
        assert [worker.url for worker in seen.page.workers if "/static/assets/graphql.worker" in worker.url]


async def test_what_the_schema_does_not_know_is_underlined(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.write_in_new_tab("query Mine { unheardOf }")

        await expect(seen.page.locator(".squiggly-error")).not_to_have_count(0)


async def test_a_key_in_the_headers_is_sent_and_then_forgotten(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.write_headers('{"Authorization": "Bearer of a key"}')
        await seen.run()
        await expect(seen.answer).to_contain_text('"')

        assert "Bearer of a key" in seen.keys
        assert "Bearer" not in await seen.page.evaluate("JSON.stringify(localStorage)")


async def test_a_key_is_kept_where_the_reader_says_so(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.choose("On")
        await seen.write_headers('{"Authorization": "Bearer of a key"}')
        assert await seen.page.evaluate(KEPT_WITHIN_FIVE_SECONDS)
        await seen.reload()
        await expect(seen.tabs.last).to_have_text("<untitled>")  # GraphiQL's, for headers without a query
        await seen.editor.click()
        await seen.page.keyboard.type("{ __typename }")
        await seen.run()
        await expect(seen.answer).to_contain_text("Query")

        assert seen.keys[-1] == "Bearer of a key"


async def test_a_subscription_goes_to_the_same_address(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url) as seen:
        await seen.write_in_new_tab('subscription Watch { worldChanged(worldId: "demo") { name } }')
        await expect(seen.tabs.last).to_have_text("Watch")
        await seen.run()
        await expect(seen.answer).to_contain_text('"worldChanged"')

        assert seen.sockets == [server_url.replace("http:", "ws:")]


async def test_light_and_dark_follow_the_system(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url, scheme="dark") as seen:
        assert await seen.lightness() < 0.3
        await expect(seen.editor).to_have_class(re.compile("vs-dark"))
        await seen.page.emulate_media(color_scheme="light")

        assert await seen.lightness() > 0.9
        await expect(seen.editor).not_to_have_class(re.compile("vs-dark"))


async def test_a_chosen_theme_stays(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url, scheme="light") as seen:
        await seen.choose("Dark")
        await seen.reload()
        await expect(seen.editor).to_have_class(re.compile("vs-dark"))

        assert await seen.lightness() < 0.3


async def test_a_narrow_window_shows_question_and_answer(browser: Browser, server_url: str) -> None:
    async with visit(browser, server_url, width=420) as seen:
        question, answer = await seen.editor.bounding_box(), await seen.answer.bounding_box()

        assert question is not None
        assert answer is not None
        assert question["width"] > 250
        assert answer["width"] > 350
        assert answer["height"] > 150
        assert await seen.page.evaluate("document.documentElement.scrollWidth") == 420


# The browser ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def visit(
    browser: Browser, url: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    await context.add_init_script(NOTE_REFUSALS)
    seen = Visit(await context.new_page())
    seen.listen()
    await seen.page.goto(url)
    await expect(seen.editor).to_contain_text("Welcome")
    yield seen
    await seen.was_quiet(url)
    await context.close()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        missing("Chromium is not installed.")
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)


# The server -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def demo_urls(servers: Servers, worker_id: str) -> StoreUrls:
    """Stores of their own, with the demo world."""
    main = await servers.create(f"graphiql_{worker_id}", template=f"{servers.prefix}main")
    worlds = servers.database(f"graphiql_{worker_id}_{{world_id}}")
    urls = StoreUrls(main=main, worlds=worlds, redis=servers.redis)
    await load_demo(urls, seed=SEED)
    return urls


@pytest.fixture(scope="module")
async def server_url(demo_urls: StoreUrls) -> AsyncIterator[str]:
    app = create_app(Settings(state=Path("/nowhere")), demo_urls)
    server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
        server.should_exit = True
        await asyncio.to_thread(thread.join, 10)
