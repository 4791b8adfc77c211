"""Mutations of JSON, JSON Lines and YAML."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.model import Mutation, one_of

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400),
    *(0.5, -1.5, 1e300, 1e-320, float("nan"), float("inf"), float("-inf"), "", " ", "a"),
    *("x" * 3000,),
    *("nan", "1e400", "2020-01-01", "../../etc/passwd", "/", "é", "\u0000", "\ud800", "\n"),
    *("0" * 64,),
    *([], {}, [[]], [None], {"": 1}, {"a": {"b": {}}}, [1, "a"], [0.1] * 300, {"kind": "astronet"}),
)  # fmt: skip
"""Values of a JSON document."""

TEXTS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "-0", "01", "1.", ".5", "0x10", "'a'"),
    *("[" * 5000, '{"a":' * 5000, '"\\ud800"', '"\\u0000"', '"', "}", "]", ",", ":", "tru", "//"),
)
"""Text that is put into a document, valid or not."""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container with each of its keys or indices."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _edited(random: Random, document: Any) -> Any:
    """Change one value or key of a document, in place."""
    places = list(_places(document)) if isinstance(document, dict | list) else []
    if not places:
        return random.choice(VALUES)
    container, key = random.choice(places)
    kind = random.randrange(8)
    if kind == 0:
        del container[key]
    elif kind == 1:
        other, name = random.choice(places)
        container[key] = json.loads(json.dumps(other.get(name) if isinstance(other, dict) else 1))
    elif kind == 2 and isinstance(container, dict):
        container[random.choice(("x", "", "kind", "format", str(key) + "s"))] = container[key]
    elif kind == 3 and isinstance(container, list):
        container *= random.choice((2, 2, 50))
    elif kind == 4 and isinstance(container[key], int | float):
        container[key] *= random.choice((-1, 2, 0.5, 10**9))
    else:
        container[key] = random.choice(VALUES)
    return document


def edit_json(random: Random, content: bytes) -> bytes:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return any_bytes(random, content)
    return _dumped(_edited(random, document))


def _dumped(document: Any) -> bytes:
    try:
        text = json.dumps(document, indent=1)
    except (ValueError, RecursionError):  # a whole number with too many digits
        text = repr(document)
    return text.encode("utf-8", "surrogatepass")


def edit_json_line(random: Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    row = random.randrange(len(lines))
    kind = random.randrange(6)
    if kind == 0:
        del lines[row]
    elif kind == 1:
        lines.insert(row, random.choice((b"", b"[]", b"null", b"{}", b"1", b'"a"', lines[row])))
    else:
        lines[row] = edit_json(random, lines[row]).replace(b"\n", b"")
    return b"\n".join(lines)


def insert_text(random: Random, content: bytes) -> bytes:
    """Replace a value in the text by something that is perhaps not JSON."""
    places = [n for n, byte in enumerate(content) if byte in b":,["]
    if not places:
        return content
    place = random.choice(places) + 1
    end = min(
        (n for one in b",]}\n" if (n := content.find(bytes([one]), place)) > 0), default=place
    )
    return content[:place] + random.choice(TEXTS).encode("utf-8", "surrogatepass") + content[end:]


json_document: Mutation = one_of({edit_json: 6, insert_text: 1, any_bytes: 2})
"""Mutation of a JSON document."""

json_lines: Mutation = one_of({edit_json_line: 6, insert_text: 1, any_bytes: 2})
"""Mutation of JSON Lines."""

YAML_VALUES = (
    *("", "~", "null", "yes", "no", "0", "-1", "1e5", "1e-4", ".nan", ".inf", "-.inf", "1e999"),
    *("9" * 5000,),
    *("0x" + "F" * 5000, "0b11", "0o7", "1:60:60", "190:20:30.15", "9:" * 400 + "1", "2020-01-01"),
    *("9999-99-99", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "''", '"\\ud800"'),
    *('"\\x00"',),
    *("!!python/object/apply:os.getcwd []", "!!binary a", "!!binary YWI=", "!!set {a, b}"),
    *("!!float x",),
    *("!!int ''", "!!int a", "!!bool maybe", "!!timestamp x", "!!omap [a: 1]", "!!pairs [a: 1]"),
    *("!foo 1", "!!null x"),
    *("[", "{", "]", "}", "[]", "{}", "[1, 2]", "{a: 1}", "{? [a] : 1}", "{[a]: 1}", "&a [*a]"),
    *("*a", "&a 1"),
    *("[" * 300, "{a: " * 300, "- - - 1", "|", ">", "|\n  text", "@x", "`x", "%x", "#", ": :"),
    *("a: b: c", "? a", "<<: 1"),
    *("data/stores/x", "tess", "custom", "astronet", "x" * 3000, "é", "2001", "0.5", "true"),
    *("None", "{<<: [1]}"),
)  # fmt: skip
"""Values of a YAML document."""

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{n}: &{n} [{','.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
)


def edit_yaml_line(random: Random, content: bytes) -> bytes:
    """Change a line of a YAML document: its value, key, indentation or place."""
    lines = content.decode("utf-8", "replace").split("\n")
    row = random.randrange(len(lines))
    key, colon, _ = lines[row].partition(":")
    kind = random.randrange(10)
    if kind == 0:
        del lines[row]
    elif kind == 1:
        lines.insert(row, lines[random.randrange(len(lines))])
    elif kind == 2:
        lines[row] = random.choice(("  ", " ", "\t", "- ")) + lines[row]
    elif kind == 3:
        new = random.choice(("x", "kind", "?", "<<", "1", "~", "null", "[a]", "&a b", "2020-01-01"))
        lines[row] = key[: len(key) - len(key.lstrip())] + new + colon + lines[row][len(key) + 1 :]
    elif colon:
        lines[row] = f"{key}: {random.choice(YAML_VALUES)}"
    else:
        lines[row] = f"- {random.choice(YAML_VALUES)}"
    return "\n".join(lines).encode()


def edit_yaml(random: Random, content: bytes) -> bytes:
    """Change a value of the document, and write it again."""
    if b"*" in content:  # aliases may expand to gigabytes
        return edit_yaml_line(random, content)
    try:
        document = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        text: str = yaml.safe_dump(_edited(random, document), default_flow_style=None)
    except Exception:  # invalid YAML after an earlier mutation
        return any_bytes(random, content)
    return text.encode("utf-8", "surrogatepass")


def add_bomb(random: Random, content: bytes) -> bytes:
    """Add nested aliases, which expand to gigabytes if they are copied or printed."""
    used = random.choice(("", "store: *i\n", "trainer: {a: *i}\n", "network: *h\n", "views: *g\n"))
    return BOMB.encode() + content + b"\n" + used.encode()


yaml_document: Mutation = one_of({edit_yaml_line: 6, edit_yaml: 0.2, add_bomb: 0.3, any_bytes: 2})
"""Mutation of a YAML document."""
