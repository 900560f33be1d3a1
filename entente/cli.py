"""The command line: `entente` and its commands. What a command needs is imported when it runs, so that help
is quick."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from db.viewer import Role
from entente.settings import Settings, SettingsError

app = typer.Typer(
    help="A GraphQL API over the relationship graph of a strategy game.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
imports = typer.Typer(help="Take real input into a world.", no_args_is_help=True)
loads = typer.Typer(help="Make a world up.", no_args_is_help=True)
exports = typer.Typer(help="Write things out.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(loads, name="load")
app.add_typer(exports, name="export")
keys = typer.Typer(help="Say who may come in, and as whom.", no_args_is_help=True)
app.add_typer(keys, name="keys")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]
WorldId = Annotated[str, typer.Option("--world", help="The world's id, such as s4; made when there is none.")]
At = Annotated[
    datetime | None, typer.Option(help="When the file is from, in UTC; else when it was last changed.")
]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to read.")]


def main() -> NoReturn:
    """Run a command; what a person can do something about is said in a line, without a traceback."""
    try:
        app(prog_name="entente")
    except Exception as error:
        said = _what_to_do(error)
        if said is None:
            raise
        print(f"entente: {said}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    sys.exit(0)


def _what_to_do(error: Exception) -> str | None:
    """What to tell about an error that a person can do something about; None for a bug."""
    from asyncpg import InvalidAuthorizationSpecificationError

    from db.exports import NoSuchWorldError
    from db.migrations import MigrationError
    from db.outages import UNREACHABLE, StoreUnavailableError
    from db.world.databases import DatabaseRefusedError
    from entente.child import EmbeddedError
    from entente.commands.keys import KeyRefusedError
    from entente.demo import LoadRefusedError
    from entente.imports import ImportRefused

    refusals = (
        NoSuchWorldError,
        SettingsError,
        EmbeddedError,
        ImportRefused,
        LoadRefusedError,
        MigrationError,
        KeyRefusedError,
    )
    if isinstance(error, (*refusals, DatabaseRefusedError, StoreUnavailableError)):
        return str(error)
    if isinstance(error, (*UNREACHABLE, InvalidAuthorizationSpecificationError)):
        return (
            f"A store cannot be reached ({str(error) or type(error).__name__}): ask `entente doctor` which."
        )
    return None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="PORT, else 8000; 0 takes a free one.")
    ] = None,
    demo: Annotated[bool, typer.Option(help="Load the demo world when there is no world yet.")] = True,
) -> None:
    """Serve, on stores of its own where none are named; a database that is empty gets the demo world."""
    from entente.commands.serve import serve as run

    given = {"HOST": host, "PORT": None if port is None else str(port)}
    run(
        Settings.read({**os.environ, **{name: value for name, value in given.items() if value is not None}}),
        demo,
    )


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="head, base, or a revision such as 0001.")] = "head",
    store: Annotated[str | None, typer.Option(help="Only main, only world, or only metrics.")] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only say what each database has and lacks.")
    ] = False,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="Distribute the main database by world over Citus, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the databases to the newest revision, or one kind of them to another one."""
    from entente.commands import migration_status
    from entente.commands.migrate import distribute, migrate_all
    from entente.stores import urls

    if status:
        with urls(_settings()) as known:
            standing = asyncio.run(migration_status.status(known))
        _tell(as_json, [asdict(one) for one in standing], "\n".join(map(str, standing)))
        raise typer.Exit(1 if any(one.problem for one in standing) else 0)
    if store not in (None, "main", "world", "metrics") or (to != "head" and store is None):
        raise typer.BadParameter("With --to, say --store main, --store world or --store metrics.")
    if distributed and (to != "head" or store is not None):
        raise typer.BadParameter("--distributed goes with neither --to nor --store.")
    with urls(_settings()) as known:
        done = asyncio.run(migrate_all(known, to, store))  # type: ignore[arg-type]
        if distributed:
            done.append(asyncio.run(distribute(known)))
    _tell(as_json, [asdict(one) for one in done], "\n".join(map(str, done)))
    if any(one.problem for one in done):
        raise typer.Exit(1)


@imports.command("travian")
def import_travian(file: File, world: WorldId, at: At = None, as_json: Json = False) -> None:
    """A map.sql, as every Travian server publishes it: players, alliances, memberships, villages.

    A newer file of the same world brings it up to date. A malformed line is named, and nothing is loaded.
    """
    from entente.commands.import_travian import import_travian as run
    from entente.imports.progress import bar

    with bar(file) as told:
        done = _with_stores(lambda stores, _: run(stores, file, world, at=_utc(at), told=told))
    _tell(as_json, asdict(done), str(done))


@imports.command("trust")
def import_trust(
    file: File,
    world: WorldId,
    at: At = None,
    full_trust: Annotated[
        float | None,
        typer.Option(
            help="The rating that means full trust; else the least of 1, 5, 10, 100 that holds all ratings."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """A list of who trusts whom: source, target, rating and perhaps time, in Unix seconds, a line for
    each."""
    from entente.commands.import_trust import import_trust as run
    from entente.imports.progress import bar

    with bar(file) as told:
        done = _with_stores(
            lambda stores, _: run(stores, file, world, at=_utc(at), full_trust=full_trust, told=told)
        )
    _tell(as_json, asdict(done), str(done))


@loads.command("demo")
def load_demo(
    seed: Annotated[int, typer.Option(help="Equal seeds make equal worlds.")] = 1,
    world: Annotated[
        str, typer.Option("--world", help="The world's id; an imported world is given a life.")
    ] = "demo",
    size: Annotated[str | None, typer.Option(help="NPCs and players, such as 500x5000.")] = None,
    share: Annotated[
        float | None, typer.Option(min=0, max=1, help="The share of players that become NPCs.")
    ] = None,
    replace: Annotated[bool, typer.Option(help="Make a demo world anew that is already there.")] = False,
    as_json: Json = False,
) -> None:
    """A made-up world, or a made-up past for an imported one: meetings, raids, trades, treaties kept and
    broken."""
    from entente.commands.load_demo import load_demo as run
    from entente.commands.migrate import migrate_all
    from entente.demo.land import Size
    from entente.demo.progress import bars
    from entente.stores import urls

    wanted = Size.parse(size) if size else None
    with urls(_settings()) as known, bars() as told:
        asyncio.run(migrate_all(known))
        done = asyncio.run(
            run(known, seed, world_id=world, size=wanted, share=share, replace=replace, told=told)
        )
    _tell(as_json, asdict(done), str(done))


@exports.command("schema")
def export_schema(
    check: Annotated[bool, typer.Option(help="Only say whether schema.graphql is current.")] = False,
    file: Annotated[Path, typer.Option(help="Where it is.")] = Path("schema.graphql"),
) -> None:
    """Write the schema, as clients see it, to schema.graphql."""
    from schema.build import build

    sdl = build().as_str().rstrip() + "\n"
    if not check:
        file.write_text(sdl, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != sdl:
        typer.echo(
            f"{file} is not what the code says: run `make snapshots` and look at the difference.", err=True
        )
        raise typer.Exit(1)


@exports.command("world")
def export_world(
    world: Annotated[str, typer.Argument(help="The world's id, such as demo.")],
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The file to write; .gz packs it. Standard output unless told."),
    ] = None,
    as_json: Json = False,
) -> None:
    """A world as lines of JSON: every table, as of one moment, in an order in which it can be taken in
    again."""
    from entente.commands.export_world import export_world as run
    from entente.demo.progress import bars

    if out is not None and not os.access(out.absolute().parent, os.W_OK):
        raise typer.BadParameter(f"Nothing can be written in {out.absolute().parent}.")
    with bars() as told:
        done = _with_stores(lambda stores, _: run(stores, world, out, told))
    typer.echo(json.dumps(asdict(done)) if as_json else str(done), err=out is None)


@keys.command("create")
def create_key(
    role: Annotated[Role, typer.Option(help="What its holder may see and do.")],
    npc: Annotated[int | None, typer.Option(help="For a brain: the NPC that it thinks for.")] = None,
    world: Annotated[
        list[str] | None, typer.Option(help="For a game or a viewer: a world it is shown; all unless told.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="What to recognise it by.")] = None,
    budget: Annotated[
        int | None, typer.Option(min=1, max=2**31 - 1, help="How much cost it may ask for in a minute.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="For how many days it lets in.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a hash of it is kept."""
    from entente.commands.keys import Wish, create

    wish = Wish(role=role, label=label, npc_id=npc, worlds=tuple(world or ()), budget=budget, days=days)
    made = _with_stores(lambda stores, _: create(stores, wish))
    _tell(as_json, asdict(made), str(made))


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """Tell which keys there are, and which there were."""
    from entente.commands.keys import every, line

    found = _with_stores(lambda stores, _: every(stores))
    told = "\n".join(map(line, found)) or "There are no keys: see `entente keys create --help`."
    _tell(as_json, [asdict(one) for one in found], told)


@keys.command("revoke")
def revoke_key(
    key: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Its number, as in the list.")],
    as_json: Json = False,
) -> None:
    """Let nobody in by a key any more; what it had opened ends within five seconds."""
    from entente.commands.keys import line, revoke

    revoked = _with_stores(lambda stores, _: revoke(stores, key))
    _tell(as_json, asdict(revoked), line(revoked))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is set up, and what is wrong."""
    from entente.commands.doctor import examine

    findings = examine(_settings())
    _tell(as_json, [asdict(one) for one in findings], "\n".join(map(str, findings)))
    if any(one.problem for one in findings):
        raise typer.Exit(1)


@app.command()
def maintain(as_json: Json = False) -> None:
    """Do what time alone brings about: settle treaties that ended, let trust fade, forget what expired, make
    and drop partitions.

    It may be run at any time, twice, and in two places; `serve` does the same every MAINTAIN_EVERY seconds.
    """
    from entente.commands.maintain import maintain as run
    from entente.demo.progress import bars

    with bars() as told:
        done = _with_stores(lambda stores, _: run(stores, datetime.now(UTC), told))
    _tell(as_json, [asdict(one) for one in done], "\n".join(map(str, done)))
    if any(one.problem for one in done):
        raise typer.Exit(1)


@app.command()
def explain(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file with the query.")
    ],
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation, where there are several.")] = None,
    npc: Annotated[int | None, typer.Option(help="Ask as the brain of this NPC; else as the admin.")] = None,
    code: Annotated[bool, typer.Option("--code", help="Show the generated code, too.")] = False,
    answer: Annotated[bool, typer.Option("--answer", help="Show the answer, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show how a query is run: its plan, its statements with their batches and rows, and the times."""
    from rich.console import Console

    from db.viewer import ADMIN, Viewer
    from engine.asking import Asked, RefusedError
    from entente.commands.explain import explain as run
    from entente.commands.explained import show

    asked = Asked(file.read_text(encoding="utf-8"), operation, _json_object(variables))
    viewer = ADMIN if npc is None else Viewer(Role.BRAIN, npc)
    try:
        found = _with_stores(lambda stores, _: run(stores, asked, viewer))
    except RefusedError as error:
        raise typer.BadParameter("\n".join(one.message for one in error.errors)) from None
    if as_json:
        _tell(as_json, asdict(found), "")
    else:
        show(found, Console(), code=code, answer=answer)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--variables is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter('--variables must be a JSON object, such as {"npcId": 1}.')
    return value


def _settings() -> Settings:
    return Settings.read(os.environ)


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


def _with_stores(work: Callable[[Any, str], Coroutine[Any, Any, Any]]) -> Any:
    """Run work over the stores, migrated."""
    from db.connection import open_stores
    from entente.commands.migrate import migrate_all
    from entente.stores import urls

    with urls(_settings()) as known:

        async def run() -> Any:
            await migrate_all(known)
            async with open_stores(
                known.main, known.worlds, known.redis, known.attached, known.metrics
            ) as stores:
                return await work(stores, known.main)

        return asyncio.run(run())


def _tell(as_json: bool, value: Any, text: str) -> None:
    typer.echo(json.dumps(value, default=str) if as_json else text)
