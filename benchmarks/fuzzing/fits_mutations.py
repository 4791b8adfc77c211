"""Mutations of FITS files that keep most of their structure."""

import re
import struct
from collections.abc import Sequence
from random import Random

from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.fits_structure import (
    ADDED,
    BLOCK,
    CARD,
    FORMS,
    NUMBERS,
    SPECIAL,
    STRUCTURE,
    Unit,
    card,
    units_of,
)
from benchmarks.fuzzing.model import Mutation, one_of


def _cards(content: bytes, unit: Unit) -> range:
    return range(unit.begin, unit.end_card, CARD)


def _pick(random: Random, content: bytes) -> tuple[Unit, int] | None:
    """Return a unit and the position of one of its cards, often of one that matters."""
    units = units_of(content)
    if not units:
        return None
    unit = random.choice(units)
    places = list(_cards(content, unit))
    if random.random() < 0.75:
        places = [p for p in places if content[p : p + 8].startswith(STRUCTURE)] or places
    return (unit, random.choice(places)) if places else None


def _value_of(random: Random, keyword: bytes) -> str:
    if keyword.startswith(b"TFORM") and random.random() < 0.8:
        return f"'{random.choice(FORMS):8}'"
    if keyword.startswith(b"TDIM") and random.random() < 0.8:
        return random.choice(("'(1)'", "'(2,3)'", "'(0)'", "'(-1,2)'", "'(99999,99999)'", "'x'"))
    return random.choice(NUMBERS)


def set_value(random: Random, content: bytes) -> bytes:
    if not (found := _pick(random, content)):
        return any_bytes(random, content)
    _, place = found
    keyword = content[place : place + 8]
    new = card(keyword, _value_of(random, keyword))
    return content[:place] + new + content[place + CARD :]


def nudge_value(random: Random, content: bytes) -> bytes:
    """Change an integer by a small amount, or a text by one letter."""
    if not (found := _pick(random, content)):
        return content
    _, place = found
    text = content[place + 10 : place + CARD]
    if match := re.match(rb" *(-?\d{1,18}) *(?:/|$)", text):
        value = int(match[1]) + random.choice((-2, -1, 1, 2, 8, 80))
        return (
            content[:place] + card(content[place : place + 8], str(value)) + content[place + 80 :]
        )
    at = place + 10 + random.randrange(20)
    return content[:at] + bytes([random.randrange(32, 127)]) + content[at + 1 :]


def delete_card(random: Random, content: bytes) -> bytes:
    if not (found := _pick(random, content)):
        return content
    unit, place = found
    moved = content[place + CARD : unit.data] + b" " * CARD
    return content[:place] + moved + content[unit.data :]


def repeat_card(random: Random, content: bytes) -> bytes:
    if not (found := _pick(random, content)):
        return content
    unit, place = found
    return _inserted(random, content, unit, content[place : place + CARD])


def add_card(random: Random, content: bytes) -> bytes:
    if not (found := _pick(random, content)):
        return content
    name = random.choice(ADDED)
    new = card(name, _value_of(random, name.encode()))
    if name in ("CONTINUE", "HIERARCH", "COMMENT") and random.random() < 0.5:
        new = f"{name:8}  'text & = 1 / &'".encode().ljust(CARD)
    return _inserted(random, content, found[0], new)


def _inserted(random: Random, content: bytes, unit: Unit, new: bytes) -> bytes:
    """Return the content with a card before a random card, in a header of whole blocks."""
    place = random.choice([*list(_cards(content, unit))[1:], unit.end_card])
    header = content[unit.begin : place] + new + content[place : unit.end_card + CARD]
    padded = header.ljust(-(-len(header) // BLOCK) * BLOCK)
    return content[: unit.begin] + padded + content[unit.data :]


def swap_cards(random: Random, content: bytes) -> bytes:
    one, two = _pick(random, content), _pick(random, content)
    if not one or not two or one[1] == two[1]:
        return content
    first, second = sorted((one[1], two[1]))
    a, b = content[first : first + CARD], content[second : second + CARD]
    between = content[first + CARD : second]
    return content[:first] + b + between + a + content[second + CARD :]


def change_blocks(random: Random, content: bytes) -> bytes:
    """Delete, repeat, swap or blank whole blocks, or cut the file at one."""
    count = max(len(content) // BLOCK, 1)
    one, two = sorted(random.randrange(count + 1) * BLOCK for _ in range(2))
    block = content[one : one + BLOCK]
    return random.choice(
        (
            content[:one] + content[one + BLOCK :],
            content[:one] + block + content[one:],
            content[:one] + content[two:],
            content[:one],
            content[:one] + random.choice((b" ", b"\0", b"\xff")) * BLOCK + content[one + BLOCK :],
            content[:one] + content[two : two + BLOCK] + content[one + BLOCK :],
            content[:one] + content[one : one + BLOCK - 1] + content[one + BLOCK :],
        )
    )


def change_units(random: Random, content: bytes) -> bytes:
    """Delete, repeat or swap whole header and data units, or join a header with other data."""
    units = units_of(content)
    if len(units) < 2:
        return content
    parts = [content[unit.begin : unit.end] for unit in units]
    one, two = random.sample(range(len(parts)), 2)
    kind = random.randrange(4)
    if kind == 0:
        del parts[one]
    elif kind == 1:
        parts += [parts[one]] * random.choice((1, 1, 3, 300 if len(parts[one]) < 9000 else 1))
    elif kind == 2:
        parts[one], parts[two] = parts[two], parts[one]
    else:
        first, second = units[one], units[two]
        parts[one] = content[first.begin : first.data] + content[second.data : second.end]
    return b"".join(parts)


def change_column(random: Random, content: bytes) -> bytes:
    """Change the format of a column, and declare a row length and a row count that match it."""
    tables = [unit for unit in units_of(content) if b"BINTABLE" in content[unit.begin :][:80]]
    if not tables:
        return content
    unit = random.choice(tables)
    header = content[unit.begin : unit.end_card]
    places = [m.start() for m in re.finditer(rb"TFORM\d+ *=", header) if m.start() % CARD == 0]
    if not places:
        return content
    place = random.choice(places)
    new = card(header[place : place + 8], f"'{random.choice(FORMS):8}'")
    header = header[:place] + new + header[place + CARD :]
    width = sum(_width(m) for m in re.findall(rb"TFORM\d+ *= *'([^']*)'", header))
    rows = (unit.end - unit.data) // max(width, 1)
    for name, value in ((b"NAXIS1", width), (b"NAXIS2", random.choice((rows, rows, 1, 0)))):
        at = next((p for p in range(0, len(header), CARD) if header[p:].startswith(name)), None)
        if at is not None:
            header = header[:at] + card(name, str(value)) + header[at + CARD :]
    return content[: unit.begin] + header + content[unit.end_card :]


def _width(form: bytes) -> int:
    sizes = dict(zip(b"LBAIJEKDCMPQ", (1, 1, 1, 2, 4, 4, 8, 8, 8, 16, 8, 16), strict=True))
    match = re.match(rb"(\d{0,6})([LXBIJKAEDCMPQ])", form)
    if not match:
        return 0
    repeat = int(match[1] or 1)
    return -(-repeat // 8) if match[2] == b"X" else repeat * sizes[match[2][0]]


def change_numbers(random: Random, content: bytes) -> bytes:
    """Overwrite numbers in the first or last bytes of rows, where times and other columns are."""
    tables = [u for u in units_of(content) if re.search(rb"NAXIS1 +=", content[u.begin : u.data])]
    if not tables:
        return content
    unit = random.choice(tables)
    match = re.search(rb"NAXIS1 +=\s+(\d{1,6})", content[unit.begin : unit.data])
    width = max(int(match[1]), 8) if match else 80
    rows = min((unit.end - unit.data) // width, 2000)
    if rows < 1:
        return content
    column = random.choice((0, 0, 0, 12, random.randrange(max(width - 8, 1))))
    form = random.choice((">d", ">d", ">f", "<d"))
    changed = bytearray(content)
    for row, value in enumerate(_series(random, rows)):
        at = unit.data + row * width + column
        if value is not None and at + 8 <= len(changed):
            try:
                struct.pack_into(form, changed, at, value)
            except OverflowError:
                continue
    return bytes(changed)


def _series(random: Random, rows: int) -> Sequence[float | None]:
    """Return new values of a column [n]; None leaves a value unchanged."""
    start, step = random.choice((0.0, 131.5, 2454833.0, 1e9)), random.choice((0.02, 1e-13, 0.0, -1))
    place = random.randrange(rows)
    special = random.choice(SPECIAL)
    kind = random.randrange(5)
    if kind == 0:
        return [start + step * row for row in range(rows)]
    if kind == 1:
        return [special] * rows
    if kind == 2:
        return [special if row == place else None for row in range(rows)]
    if kind == 3:
        return [random.gauss(start, 10.0 ** random.randrange(-3, 12)) for _ in range(rows)]
    return [special if random.random() < 0.3 else None for _ in range(rows)]


def spliced(donors: Sequence[bytes]) -> Mutation:
    """Return a mutation that joins the beginning of a file with the end of another one."""

    def splice(random: Random, content: bytes) -> bytes:
        other = random.choice(donors)
        ours, theirs = units_of(content), units_of(other)
        if random.random() < 0.5 and ours and theirs:
            cut, rest = random.choice(ours), random.choice(theirs)
            return content[: cut.data] + other[rest.data :]
        cut_at = random.randrange(len(content) // BLOCK + 1) * BLOCK
        return content[:cut_at] + other[random.randrange(len(other) // BLOCK + 1) * BLOCK :]

    return splice


def fits_mutation(donors: Sequence[bytes]) -> Mutation:
    """Return the mutation of FITS files; donors are files from which parts are taken."""
    return one_of(
        {
            set_value: 6,
            nudge_value: 2,
            delete_card: 2,
            repeat_card: 1,
            add_card: 3,
            swap_cards: 1,
            change_blocks: 1.5,
            change_units: 1.5,
            change_column: 2.5,
            change_numbers: 4,
            spliced(donors): 1,
            any_bytes: 2,
        }
    )
