"""Travian's map.sql: what is read of it, and what is refused with the number of its line."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from entente.imports import ImportRefused
from entente.imports.files import opened
from entente.imports.travian import Village, villages

INSERT = "INSERT INTO `x_world` VALUES "
OLD = "(61,-140,200,1,25784,'Lumpy Gravy',1655,'Peanut Brittle',16,'FRT-A',572)"
NEW = "(64,-137,-20,5,23086,'Apocalypse',1650,'Butter',0,'',1078,'Cimbri',TRUE,FALSE,TRUE,-7)"


def read(text: str | bytes) -> list[Village]:
    """The villages of a map with this content."""
    return list(villages(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def named(name: str) -> str:
    """The name of the village in a map in which it is written so."""
    village = f"{INSERT}{OLD};\n".replace("'Lumpy Gravy'", name)
    return read(village)[0].name


def test_a_row_of_eleven_columns() -> None:
    [village] = read(f"{INSERT}{OLD};\n")

    assert village == Village(
        line=1, tile_id=61, x=-140, y=200, tribe="Romans", village_id=25784, name="Lumpy Gravy",
        player_id=1655, player="Peanut Brittle", alliance_id=16, tag="FRT-A", population=572,
        region=None, is_capital=False, is_city=False, has_harbour=False, victory_points=0,
    )  # fmt: skip


def test_a_row_of_sixteen_columns() -> None:
    [village] = read(f"{INSERT}{NEW};\n")

    assert (village.tribe, village.alliance_id, village.tag) == ("Natars", 0, "")
    assert village[12:] == ("Cimbri", True, False, True, -7)


def test_a_row_of_twelve_columns_names_the_region() -> None:
    [village] = read(f"{INSERT}{OLD[:-1]},'Cimbri');\n")

    assert (village.region, village.is_capital) == ("Cimbri", False)


def test_the_usual_and_the_careful_path_agree() -> None:
    usual = [f"{INSERT}{row};" for row in (OLD, NEW, OLD.replace("'Lumpy Gravy'", "'Tom &amp; Joe&#39;s'"))]
    careful = [
        line.replace(",", " , ").replace("INSERT INTO `x_world`", "insert into x_world") for line in usual
    ]

    assert read("\n".join(usual)) == read("\n".join(careful))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'O''Neil'", "O'Neil"),
        (r"'Tom\'s, (place);'", "Tom's, (place);"),
        (r"'back\\slash'", "back\\slash"),
        (r"'a\tb\n\q'", "a\tb\nq"),
        ("'Hub&#39;s &lt;3 &copy'", "Hub's <3 &copy"),
        ("'село самозянятых №5'", "село самозянятых №5"),
        ("''", ""),
        ("'-- no /* comment'", "-- no /* comment"),
    ],
)
def test_names_as_mysql_writes_them(written: str, name: str) -> None:
    assert named(written) == name


def test_a_whole_dump_with_several_rows_in_a_statement() -> None:
    dump = f"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
/* two
   lines */
DROP TABLE IF EXISTS `x_world`;
CREATE TABLE `x_world` (
  `id` int(9) unsigned NOT NULL DEFAULT '0',  -- the tile; not the village
  `village` varchar(20) NOT NULL COMMENT 'it''s; a name'
);
LOCK TABLES `x_world` WRITE;
# the rows
INSERT INTO `x_world` VALUES {OLD},{NEW},
{OLD};
INSERT IGNORE INTO travian.x_world VALUES
{NEW}
;
UNLOCK TABLES;
"""

    assert [village.line for village in read(dump)] == [12, 12, 13, 15]


def test_lines_may_end_as_on_windows_and_the_file_may_begin_with_a_byte_order_mark() -> None:
    assert len(read(f"\N{BOM}{INSERT}{OLD};\r\n\r\n{INSERT}{NEW};\r\n")) == 2


def test_an_empty_file_holds_no_villages() -> None:
    assert read("") == []


def test_an_unknown_tribe_is_said_to_be_unknown() -> None:
    assert read(f"{INSERT}{OLD.replace(',1,', ',12,')};")[0].tribe == "Unknown"


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (f"{INSERT}(1,2,3);", "a row of the map has 11, 12 or 16 columns, this one has 3."),
        (f"{INSERT}{OLD.replace('25784', 'NULL')};", "the village id is NULL, not a whole number."),
        (f"{INSERT}{OLD.replace('572', '-5')};", "the population is -5, which is out of range."),
        (
            f"{INSERT}{OLD.replace('572', '99999999999')};",
            "the population is 99999999999, which is out of range.",
        ),
        (f"{INSERT}{OLD.replace('572', '5.5')};", "the population is 5.5, not a whole number."),
        (f"{INSERT}{OLD.replace('1655', 'x')};", "the player id is x, not a whole number."),
        (
            f"{INSERT}{OLD.replace('Lumpy Gravy', 'x' * 101)};",
            "the village has 101 characters; 100 are the most.",
        ),
        (f"{INSERT}{OLD.replace('FRT-A', 'x' * 51)};", "the alliance has 51 characters; 50 are the most."),
        (f"{INSERT}{OLD.replace('Lumpy Gravy', 'a' + chr(92) + '0')};", "the village holds a NUL character."),
        (
            f"{INSERT}{OLD.replace(chr(39) + 'FRT-A' + chr(39), '7')};",
            "the alliance is 7, not a text in quotes.",
        ),
        (
            f"{INSERT}{NEW.replace('TRUE,FALSE', 'MAYBE,FALSE')};",
            "the capital is MAYBE, neither TRUE nor FALSE.",
        ),
        (f"{INSERT}{OLD.replace('Gravy' + chr(39), 'Gravy')};", ", or ) is missing before Peanut."),
        (f"{INSERT}{OLD.replace('572)', '572')};", ", or ) is missing before ;."),
        (f"{INSERT}{OLD[:48]}", "a text begins here that does not end on its line."),
        (f"{INSERT}{OLD}", "the file ends in the middle of a statement."),
        (f"{INSERT}{OLD},", "the file ends in the middle of a statement."),
        (f"{INSERT}{OLD} {OLD};", ", or ; is missing before (."),
        (f"{OLD};", "( begins no statement of a map."),
        ("<!DOCTYPE html>", "< begins no statement of a map."),
        ("INSERT INTO `users` VALUES (1);", "an INSERT into users; the map's table is x_world."),
        ("INSERT INTO `x_world` (id) VALUES (1);", "VALUES is missing before (."),
        ("/* no end", "a comment begins here that does not end."),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(wrong: str, what: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(f"{INSERT}{OLD};\n{INSERT}{NEW};\n{wrong}")

    assert str(refused.value) == f"Line 3: {what}"


def test_broken_bytes_are_refused_with_their_line() -> None:
    with pytest.raises(ImportRefused, match="Line 2: this is not UTF-8 text: byte 0xff"):
        read(f"{INSERT}{OLD};\n{INSERT}".encode() + b"\xff")


def test_bytes_that_break_off_are_refused() -> None:
    with pytest.raises(ImportRefused, match="Line 2: this is not UTF-8 text: byte 0xd0"):
        read(f"{INSERT}{OLD};\n".encode() + "ж".encode()[:1])


def test_nul_characters_are_refused_with_their_line() -> None:
    with pytest.raises(ImportRefused, match="Line 2: a NUL character"):
        read(f"{INSERT}{OLD};\n\0")


def test_gzip_and_zip_files_are_read_as_they_are(tmp_path: Path) -> None:
    content = f"{INSERT}{OLD};\n".encode()
    (tmp_path / "map.sql.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "map.zip", "w") as archive:
        archive.writestr("map.sql", content)

    for name in ("map.sql.gz", "map.zip"):
        with opened(tmp_path / name) as source:
            assert len(list(villages(source.stream))) == 1


def test_a_gzip_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.sql.gz").write_bytes(gzip.compress(f"{INSERT}{OLD};\n".encode())[:-12])

    with (
        opened(tmp_path / "map.sql.gz") as source,
        pytest.raises(ImportRefused, match="cannot be read on"),
    ):
        list(villages(source.stream))


@pytest.mark.parametrize("name", ["missing.sql", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportRefused, match="cannot be read"), opened(tmp_path / name):
        pass


@pytest.mark.parametrize("between", [f";\n{INSERT}", ",", ",\n"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, between: str) -> None:
    def peak(rows: int) -> int:
        (tmp_path / "map.sql").write_text(INSERT + between.join([OLD] * rows) + ";")
        tracemalloc.clear_traces()
        with opened(tmp_path / "map.sql") as source:
            assert sum(1 for _ in villages(source.stream)) == rows
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        few, many = peak(20_000), peak(60_000)
    finally:
        tracemalloc.stop()

    assert many < few * 1.5
