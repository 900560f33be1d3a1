"""Names that nobody bears: for players, their villages and their alliances."""

from __future__ import annotations

from collections.abc import Iterator

from entente.demo.dice import Dice


def _words(text: str, separator: str = " ") -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("\n", separator).split(separator) if word.strip())


STARTS = _words("""
Ael Al Ar Ash Bel Ber Bran Bry Cal Car Cor Cyr Da Del Dor Dun Ei El Em Er Fa Fen Fin Gal Gar Gil Gwen
Hal Har Hel Il Is Iv Jor Ka Kel Kor Lan Le Lin Lor Ma Mar Mel Mir Mor Na Nel Nor Ol Or Os Per Quel Ra
Ren Ro Ruv Sa Sel Sil Sor Ta Tal Tel Thal Tor Tyr Ul Ur Va Vel Vin Wen Wil Yl Ys Za Zel
""")
MIDDLES = _words("a e i o u ae ia")
ENDS = _words("""
bard beth bran da dan dor dra dric fred gard gorn hild ka las len lia lin lith lon mar mina mir mond na
nan nel nia nor nwyn ra rath ren ric rin ris ron ros sa thas thel thor tis va van vard vek vik vin wen
wyn xis zan zel
""")
PLACES = _words("""
Aldermoor Amberfell Ashwater Birchholt Blackmere Brackenhill Clearford Coldspring Dunmarch Eastreach
Elderbrook Fairhollow Farrowdale Fernwick Foxglen Glasswater Goldenfield Greyhaven Harrowgate Hartwood
Highcliff Holmsted Ironbridge Kestrelrock Lakeshade Larkspur Longmeadow Marshend Millbrook Mistvale
Moonhollow Northwater Oakenshore Otterburn Pinecrest Quietmere Ravensrest Redthorn Riverbend Rookery
Rosewarren Saltcliff Silverbeck Southdown Starhill Stonewell Summerfield Swanmere Thistledown Thornwick
Tidewall Umberlea Valewatch Westering Whitewillow Windmark Winterhold Wolfden Yarrowby
""")
TRAITS = _words(
    """
the Quiet|the Bold|the Younger|the Patient|the Wanderer|the Tall|Oakhand|Stonebrow
Swiftfoot|Nightowl|Longstride|Fairwind|Greycloak|Emberheart|Ironwill|Rainmaker
""",
    "|",
)
COLOURS = _words("""
Amber Ashen Azure Bronze Crimson Dawn Dusk Ebon Ember Emerald Free Frost Golden Grey Hidden High Iron
Ivory Jade Lone Northern Obsidian Quiet Radiant River Sable Scarlet Silver Silent Southern Storm
Twilight Umber Verdant Western White Wild Winter
""")
LEAGUES = _words("""
Accord Banner Bough Brotherhood Circle Coalition Company Compact Council Covenant Crown Dominion Falcons
Gate Guard Hand Harbour Hearth Herons Host League Legion Lions March Oath Order Pact Ravens Ring
Sentinels Shield Sisters Tide Union Vanguard Wardens Watch Wolves
""")
ENDINGS = {
    "Romans": ("ium", "entum", "ara", "iana", "ora"),
    "Gauls": ("acum", "dunum", "briga", "ona", "mara"),
    "Teutons": ("heim", "burg", "stedt", "wald", "hafen"),
}
VOWELS = "aeiou"


def players(dice: Dice) -> Iterator[str]:
    """Names of players, none of them twice."""
    seen: set[str] = set()
    while True:
        name = _player(dice)
        if name not in seen:
            seen.add(name)
            yield name


def _player(dice: Dice) -> str:
    name = _word(dice)
    kind = dice.one()
    if kind < 0.72:
        return name
    return f"{name} {dice.pick(TRAITS)}" if kind < 0.86 else f"{name} of {dice.pick(PLACES)}"


def _word(dice: Dice) -> str:
    start = dice.pick(STARTS)
    joined = "" if start[-1] in VOWELS or dice.chance(0.5) else dice.pick(MIDDLES)
    return start + joined + dice.pick(ENDS)


def village(dice: Dice, tribe: str) -> str:
    """A name for a village, as this tribe would give it."""
    if dice.chance(0.45):
        return dice.pick(PLACES)
    start, ending = dice.pick(STARTS), dice.pick(ENDINGS[tribe])
    joined = dice.pick(("l", "n", "r", "v")) if start[-1] in VOWELS and ending[0] in VOWELS else ""
    return start + joined + ending


def alliances(dice: Dice) -> Iterator[tuple[str, str]]:
    """Names of alliances with their tags, none of them twice."""
    colours, leagues = dice.order(len(COLOURS)), dice.order(len(LEAGUES))
    tags: set[str] = set()
    for turn in range(len(COLOURS) * len(LEAGUES)):
        colour = COLOURS[colours[turn % len(COLOURS)]]
        league = LEAGUES[leagues[(turn + turn // len(COLOURS)) % len(LEAGUES)]]
        tag = next(tag for tag in _tags(colour, league, turn) if tag not in tags)
        tags.add(tag)
        yield f"{colour} {league}", tag


def _tags(colour: str, league: str, turn: int) -> Iterator[str]:
    for length in (2, 1, 3):
        yield (colour[:length] + league[0]).upper()
    yield (colour[:2] + league[:2]).upper()
    yield f"{colour[0]}{league[0]}{turn}".upper()
