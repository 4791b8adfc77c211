"""Parsers of what archives return, and the records of downloads."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from astronet.archives.cloud import Bucket
from astronet.archives.manifest import Manifest
from astronet.archives.mast import IndexPages
from astronet.archives.tap import TapService
from astronet.archives.targets import Target
from benchmarks.fuzzing import checks
from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.json_mutations import json_lines
from benchmarks.fuzzing.model import Mutation, Reader, Sample, one_of
from benchmarks.fuzzing.text_mutations import text_table

_STAR = 11446443
_NAMES = [f"kplr{_STAR:09d}-20{n:02d}131105131_llc.fits" for n in range(9, 14)]
_TEXTS = (
    "<a href=", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE x>", "&#x110000;", "&lt;",
    "&x;",
    "<Size>", "</Size>", "<Key>", "9" * 5000, "1e9", "-1", "²", "١", "1.5G", "<a href='//[x'>",
    "%00", "%",
    "<a href='http://[::1'>", "<IsTruncated>true</IsTruncated>", "<a" * 3000, "<" * 3000, "\x00",
    "<a href='../'>", "?a=b", "<b>" * 3000, "<?xml version='1.1'?>", "<!ENTITY a 'b'>", "<![x[",
)  # fmt: skip


def insert_markup(random: Random, content: bytes) -> bytes:
    """Insert a piece of markup, often at the begin or end of a tag."""
    places = [n + 1 for n, byte in enumerate(content) if byte in b'<>"'] or [0]
    place = random.choice(places)
    new = random.choice(_TEXTS).encode()
    return content[:place] + new + content[place + random.choice((0, 0, 1, len(new))) :]


def change_number(random: Random, content: bytes) -> bytes:
    """Replace a digit by another text."""
    places = [n for n, byte in enumerate(content) if byte in b"0123456789"] or [0]
    place = random.choice(places)
    return content[:place] + random.choice(_TEXTS).encode() + content[place + 1 :]


markup: Mutation = one_of({insert_markup: 3, change_number: 1, any_bytes: 3})
"""Mutation of HTML or XML."""


def _index_page() -> bytes:
    rows = "".join(
        f'<tr><td><a href="{name}">{name}</a></td><td align="right">2015-09-23  </td>'
        f'<td align="right">{400 + n}K</td></tr>\n'
        for n, name in enumerate(_NAMES)
    )
    folder = f"/pub/kepler/lightcurves/0114/{_STAR:09d}"
    title = f"<head><title>Index of {folder}</title></head>"
    return f"<html>{title}<body><table>{rows}</table></body></html>".encode()


def _listing() -> bytes:
    prefix = f"kepler/public/lightcurves/0114/{_STAR:09d}/"
    rows = "".join(
        f"<Contents><Key>{prefix}{name}</Key><Size>{466560 + n}</Size></Contents>"
        for n, name in enumerate(_NAMES)
    )
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{space}">'
        f"<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
    ).encode()


def _page_of(path: Path) -> Any:
    """Return a client whose pages all have the content of a file."""
    text = path.read_bytes().decode("utf-8", "replace")
    return SimpleNamespace(page=lambda url: text)


def _pages(data: Path | None, folder: Path) -> list[Sample]:
    def index(path: Path) -> object:
        pages = IndexPages(_page_of(path), "https://archive.stsci.edu/pub/kepler/lightcurves")
        return pages.list_files(Target(_STAR), "long")

    def listing(path: Path) -> object:
        return Bucket(_page_of(path)).list_files(Target(_STAR), "long")

    def count(path: Path) -> object:
        return TapService(_page_of(path)).count_rows("cumulative")

    kinds: tuple[tuple[bytes, Callable[[Path], object], Mutation], ...] = (
        (_index_page(), index, markup),
        (_listing(), listing, markup),
        (b'"count(*)"\n9564\n', count, one_of({change_number: 1, text_table: 2})),
    )
    return [
        Sample(
            "page",
            content,
            False,
            read,
            mutate,
            checks.is_html if b"<" in content else checks.is_list,
        )
        for content, read, mutate in kinds
    ]


def _manifests(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        with Manifest(path.parent, "kepler", "long", writable=False) as manifest:
            return manifest.complete(Target(_STAR)), manifest.agrees(files[0]["path"], "0" * 64)

    files: list[dict[str, Any]] = [
        {
            "star": _STAR, "path": f"0114/{_STAR:09d}/{name}", "url": f"https://archive/{name}",
            "size": 466560, "sha256": "0" * 64, "fetched": "2026-01-01T00:00:00+00:00",
        }
        for name in _NAMES
    ]  # fmt: skip
    complete = [{"star": _STAR, "mission": "kepler", "cadence": "long", "files": 5}]
    return [
        Sample(
            name,
            "".join(json.dumps(row) + "\n" for row in rows).encode(),
            False,
            read,
            json_lines,
            checks.is_json_lines,
        )
        for name, rows in (("manifest.jsonl", files), ("complete.jsonl", complete))
    ]


READERS = (
    Reader("archive-pages", _pages),
    Reader("manifests", _manifests),
)
