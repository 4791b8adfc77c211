"""Structure of FITS files: units, cards, and values that are put into them."""

from typing import NamedTuple

BLOCK, CARD = 2880, 80

NUMBERS = (
    *("0", "-1", "1", "2", "3", "8", "-8", "999", "1000", "32767", "-32768", "2147483647"),
    *("2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1" * 40),
    *("1E300", "-1E300", "1E400", "1D5", "NaN", "inf", "1.5", "-0.0", "1E-320", "T", "F"),
    *("(1.0, 2.0)", "''", "'1'", "' '", "'NaN'", "'TDB'", "'UTC'", "'d'", "''''", "'a", "", "0x10"),
    *("'BINTABLE'", "'IMAGE'", "'TABLE'", "'LIGHTCURVE'", "'\xe9'", "1 2", "+", "1_000", "T / '"),
)
"""Values of cards."""

FORMS = (
    *("D", "E", "J", "I", "K", "B", "L", "X", "A", "C", "M", "0D", "2D", "10E", "8A", "0A", "9X"),
    *("PD(5)", "1QJ(3)", "PE", "1PA(9)", "999999D", "1D5", "-1D", "D8", "1d", "", "Z", "rA:SSTR8"),
)
"""Formats of columns (FITS 4.0, table 18)."""

STRUCTURE = (
    *(b"NAXIS", b"NAXIS1", b"NAXIS2", b"NAXIS3", b"BITPIX", b"PCOUNT", b"GCOUNT", b"TFIELDS"),
    *(b"XTENSION", b"EXTNAME", b"EXTEND", b"NEXTEND", b"SIMPLE", b"TTYPE", b"TFORM", b"TUNIT"),
    *(b"TNULL", b"TDIM", b"TDISP", b"BJDREF", b"TIMESYS", b"TIMEUNIT", b"TIMEREF", b"KEPLERID"),
    *(b"TICID", b"QUARTER", b"SECTOR", b"CAMPAIGN", b"CROWDSAP", b"FLFRCSAP", b"DATA_REL"),
    *(b"CDELT", b"PC1_", b"PC2_", b"TELESCOP", b"MISSION", b"INSTRUME", b"CREATOR", b"ORIGIN"),
)
"""First letters of the keywords on which the readers depend."""

ADDED = (
    *("TSCAL1", "TZERO1", "TNULL1", "TDIM1", "TDISP1", "TCTYP1", "TSCAL4", "TZERO4", "TDIM4"),
    *("THEAP", "ZIMAGE", "ZTABLE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "BSCALE", "BZERO", "BLANK"),
    *("GROUPS", "CONTINUE", "HIERARCH", "COMMENT", "EXTNAME", "EXTVER", "INHERIT", "MJDREF"),
    *("TIMESYS", "TIMEUNIT", "TREFPOS", "TUNIT1", "TUNIT4", "NAXIS3", "NAXIS1", "TTYPE1", "TCUNI1"),
)

SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e300, -1e300, 5e-324, 1e-30)


class Unit(NamedTuple):
    """Header and data unit: first bytes of the header, of its END card and of the data, and end."""

    begin: int
    end_card: int
    data: int
    end: int


def units_of(content: bytes) -> list[Unit]:
    """Return the units of a file, from the positions of the END cards and of the next headers."""
    found: list[Unit] = []
    start = 0
    while start < len(content):
        end_card = start
        while end_card < len(content) and content[end_card : end_card + 8] != b"END     ":
            end_card += CARD
        if end_card >= len(content):
            break
        data = end_card + BLOCK - (end_card - start) % BLOCK
        following = data
        while following < len(content) and content[following : following + 8] != b"XTENSION":
            following += BLOCK
        found.append(Unit(start, end_card, data, min(following, len(content))))
        start = following
    return found


def card(keyword: str | bytes, value: str) -> bytes:
    """Return a card with a value in fixed format where it fits."""
    name = keyword if isinstance(keyword, bytes) else keyword.encode("latin-1")
    text = value if value.startswith("'") else value.rjust(20)
    return (name[:8].ljust(8) + b"= " + text.encode("latin-1", "replace"))[:CARD].ljust(CARD)
