"""Mutations of text tables (CSV, ECSV, IPAC) and of lists."""

from random import Random

from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.model import Mutation, one_of

ENTRIES = (
    *("", " ", "nan", "NaN", "inf", "-inf", "-Infinity", "1e400", "-1e400", "1e-400", "0", "-0"),
    *("-1", "9" * 19, "9" * 25, "1" * 5000, "0x1F", "0b1", "1_000", "1,000", "1.2.3", "1e", "+-1"),
    *("--", "N/A", "null", "None", "True", "false", "'", '"', '""', '"a""b"', '"a\nb"', "a\tb"),
    *("#", "# x", "<html>", "=1+1", "é", "☃", "\ufeff1", "\u0661\u0662", "²", "½", "\x1b[31m"),
    *("\x00",),
    *("2457000.5", "2454833", "1e308", "5e-324", "1.7976931348623157e309", "KIC 757450"),
    *("K00752.01",),
    *("TOI-901.01", "2020-01-01", "1:30:00", "1+2j", "(1,2)", "[1, 2]", "{}", "A" * 3000),
    *("9223372036854775808",),
)  # fmt: skip
"""Entries of a table."""

NAMES = (
    *("star", "kepid", "tid", "TIC", "number", "period_days", "epoch_bkjd", "duration_days"),
    *("label",),
    *("time", "flux", "TIME", "toi", "pl_orbper", "disposition", "score", "name", "depth_ppm", ""),
    *("star.1", "star_events", "resonance", "split", "flat", "unscored", " star ", '"star"'),
    *("Unnamed: 0",),
)  # fmt: skip
"""Names of columns on which readers depend."""


def _split(content: bytes) -> tuple[list[str], str]:
    """Return the lines of a file, and the separator of its fields."""
    lines = content.decode("latin-1").split("\n")
    header = next((line for line in lines if line and not line.startswith("#")), "")
    return lines, max(",\t|; ", key=lambda one: (header.count(one), one == ","))


def _joined(lines: list[str]) -> bytes:
    return "\n".join(lines).encode("latin-1", "replace")


def _encoded(entry: str) -> str:
    """Return a text whose latin-1 bytes are the UTF-8 bytes of the entry."""
    return entry.encode().decode("latin-1")


def _row(random: Random, lines: list[str]) -> int:
    """Return the index of a line, often of one of the first lines."""
    last = min(len(lines), random.choice((2, 10, len(lines))))
    return random.randrange(max(last, 1))


def set_entry(random: Random, content: bytes) -> bytes:
    lines, separator = _split(content)
    row = _row(random, lines)
    fields = lines[row].split(separator)
    fields[random.randrange(len(fields))] = _encoded(random.choice(ENTRIES))
    lines[row] = separator.join(fields)
    return _joined(lines)


def set_column(random: Random, content: bytes) -> bytes:
    """Set all entries of a column to one value, or to several ones."""
    lines, separator = _split(content)
    header = next((n for n, one in enumerate(lines) if one and not one.startswith("#")), 0)
    column = random.randrange(lines[header].count(separator) + 1)
    values = random.sample(ENTRIES, random.choice((1, 1, 2, 5)))
    for row in range(header + 1, len(lines)):
        fields = lines[row].split(separator)
        if column < len(fields) and len(fields) > 1:
            fields[column] = _encoded(random.choice(values))
            lines[row] = separator.join(fields)
    return _joined(lines)


def set_name(random: Random, content: bytes) -> bytes:
    """Rename, repeat or remove a column in the header."""
    lines, separator = _split(content)
    header = next((n for n, one in enumerate(lines) if one and not one.startswith("#")), 0)
    fields = lines[header].split(separator)
    place = random.randrange(len(fields))
    new = random.choice((random.choice(NAMES), random.choice(fields), random.choice(ENTRIES)))
    fields[place] = _encoded(new)
    lines[header] = separator.join(fields)
    return _joined(lines)


def drop_column(random: Random, content: bytes) -> bytes:
    lines, separator = _split(content)
    place = random.randrange(max(max(line.count(separator) for line in lines), 1))
    kept = [one.split(separator) for one in lines]
    return _joined([separator.join(f[:place] + f[place + 1 :]) for f in kept])


def change_rows(random: Random, content: bytes) -> bytes:
    """Delete, repeat, swap, shorten or lengthen a row, or add an empty one."""
    lines, separator = _split(content)
    row, other = _row(random, lines), _row(random, lines)
    kind = random.randrange(8)
    if kind == 0:
        del lines[row]
    elif kind == 1:
        lines[row:row] = [lines[row]] * random.choice((1, 1, 50))
    elif kind == 2:
        lines[row], lines[other] = lines[other], lines[row]
    elif kind == 3:
        lines[row] = lines[row].rpartition(separator)[0]
    elif kind == 4:
        lines[row] += separator * random.choice((1, 2, 3000))
    elif kind == 5:
        lines[row:row] = [random.choice(("", " ", "\t", "#", separator * 3, "\r", "\x0c", "\x85"))]
    elif kind == 6:
        lines[row] = "# " + lines[row]
    else:
        lines[row] = '"' + lines[row]
    return _joined(lines)


def change_separator(random: Random, content: bytes) -> bytes:
    _, separator = _split(content)
    new = random.choice((",", "\t", "|", ";", " ", "  ", ":", "\0", ", ")).encode()
    return content.replace(separator.encode(), new)


def change_line_ends(random: Random, content: bytes) -> bytes:
    new = random.choice((b"\r\n", b"\r", b"\n\r", b"\n\n", b"\x0b", b"\x85", b"\xe2\x80\xa8", b" "))
    if random.random() < 0.5:
        return content.replace(b"\n", new)
    first, _, rest = content.partition(b"\n")
    return first + new + rest


def change_encoding(random: Random, content: bytes) -> bytes:
    text = content.decode("latin-1")
    kind = random.choice(("utf-16", "utf-8-sig", "utf-32", "bom", "utf-7"))
    return b"\xef\xbb\xbf" + content if kind == "bom" else text.encode(kind)


def add_quotes(random: Random, content: bytes) -> bytes:
    changed = content
    for _ in range(random.choice((1, 2, 3))):
        place = random.randrange(len(changed) + 1)
        changed = changed[:place] + random.choice((b'"', b"'", b'""', b"\\")) + changed[place:]
    return changed


def add_columns(random: Random, content: bytes) -> bytes:
    """Append many columns to each of the first rows."""
    lines, separator = _split(content)
    count = random.choice((1, 5, 3000))
    few = [line for line in lines[:20] if line]
    return _joined([line + (separator + str(n)) * count for n, line in enumerate(few)])


def lengthen(random: Random, content: bytes) -> bytes:
    """Add a very long entry or comment, or many blank lines."""
    place = random.randrange(len(content) + 1)
    unit = random.choice((b"9", b"a", b" ", b"\n", b"#\n", b"(", b'"', b"1,", b"\t", b"e1"))
    return content[:place] + unit * random.choice((200, 20_000, 200_000)) + content[place:]


text_table: Mutation = one_of(
    {
        set_entry: 6,
        set_column: 3,
        set_name: 3,
        drop_column: 1,
        change_rows: 3,
        change_separator: 0.5,
        change_line_ends: 0.7,
        change_encoding: 0.4,
        add_quotes: 1,
        add_columns: 0.2,
        lengthen: 0.2,
        any_bytes: 2,
    }
)
"""Mutation of a text table."""


def change_header_line(random: Random, content: bytes) -> bytes:
    """Change a word of the header of an ECSV file, or one of its lines."""
    lines = content.decode("latin-1").split("\n")
    heads = [n for n, line in enumerate(lines) if line.startswith("#")]
    if not heads:
        return text_table(random, content)
    row = random.choice(heads)
    kind = random.randrange(6)
    if kind == 0:
        del lines[row]
    elif kind == 1:
        lines.insert(row, lines[random.choice(heads)])
    elif kind == 2:
        lines[row] = lines[row][: random.randrange(len(lines[row]) + 1)]
    elif kind == 3:
        lines[row] = "# " + random.choice(_YAML)
    else:
        words = lines[row].split(" ")
        words[random.randrange(len(words))] = random.choice(_WORDS)
        lines[row] = " ".join(words)
    return _joined(lines)


_WORDS = (
    *("float64,", "int8,", "string,", "object,", "bool,", "complex256,", "float16,", "datetime64,"),
    *("{name:", "time,", "[", "]", "{", "}", "&a", "*a", "!!binary", "mag,", "d,", "1e-06,", "''"),
    *(
        "datatype:",
        "unit:",
        "null",
        "subtype:",
        "json,",
        "'float64[2]'",
        "!astropy.units.Unit",
        "-",
    ),
)
_YAML = (
    "meta: !!omap [{a: 1}]", "delimiter: ','", "delimiter: '|'", "schema: x", "datatype: 3",
    "- {name: time, datatype: float64, subtype: 'json'}", "- &a [*a, *a]", "%ECSV 9.9",
    "meta: !!python/object/apply:os.getcwd []", "- {name: x, datatype: object}",
    "meta: {__serialized_columns__: {time: {__class__: astropy.time.core.Time, value: x}}}",
    "meta: {__serialized_columns__: {flux: {__class__: astropy.table.Table}}}",
    "- {name: flux, datatype: string, subtype: 'float64[2,null]'}", "[" * 500, "{a: " * 500,
)  # fmt: skip


ecsv: Mutation = one_of({text_table: 2, change_header_line: 3})
"""Mutation of an ECSV file."""
