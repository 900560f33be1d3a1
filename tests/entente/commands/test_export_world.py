"""`entente export world` writes a file whole or not at all, which nobody else can read."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from db.connection import Stores
from db.exports import NoSuchWorldError
from entente.commands.export_world import export_world
from tests.world import World


def files_in(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


@pytest.mark.parametrize("name", ["world.jsonl", "world.jsonl.gz"])
async def test_a_world_is_written_to_a_file(stores: Stores, world: World, tmp_path: Path, name: str) -> None:
    await world.village(await world.player("Zed"))
    told: list[tuple[str, int, int]] = []
    out = tmp_path / name

    done = await export_world(stores, world.world_id, out, lambda *one: told.append(one))

    text = gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()
    lines = [orjson.loads(line) for line in text.splitlines()]
    assert (len(lines), lines[0]["world_id"], lines[-1]["end"]) == (done.lines, world.world_id, True)
    assert done.file == str(out)
    assert ("players", 1, 1) in told
    assert out.stat().st_mode & 0o077 == 0
    assert files_in(tmp_path) == [name]


async def test_without_a_file_it_is_printed(
    stores: Stores, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.village(await world.player("Zed"))
    done = await export_world(stores, world.world_id, None, lambda *_: None)
    assert len(capsys.readouterr().out.splitlines()) == done.lines


async def test_what_fails_leaves_no_file_and_keeps_the_one_before(stores: Stores, tmp_path: Path) -> None:
    out = tmp_path / "world.jsonl"
    out.write_text("before")
    with pytest.raises(NoSuchWorldError):
        await export_world(stores, "nowhere", out, lambda *_: None)
    assert (files_in(tmp_path), out.read_text()) == (["world.jsonl"], "before")
