"""First check of each format: what a file must have before its content is read."""

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

import yaml

from benchmarks.fuzzing.binary_mutations import crc_matches

Check = Callable[[bytes], bool]

_LARGEST = 1 << 22
"""Maximum number of bytes that are decompressed for a check."""


def is_fits(content: bytes) -> bool:
    """Return whether a file begins with SIMPLE and has a primary header with NAXIS and END."""
    if not content.startswith(b"SIMPLE  ="):
        return False
    for start in range(0, min(len(content), 2880 * 20), 80):
        if content[start : start + 8] == b"END     ":
            header = content[:start]
            return re.search(rb"NAXIS   = +\d+ ", header) is not None
    return False


def is_text_table(content: bytes) -> bool:
    """Return whether the first row of a text is a header of two or more fields, without NUL."""
    head = content[:_LARGEST]
    if b"\0" in head:
        return False
    for line in re.split(rb"[\r\n]", head):
        if line.strip() and not line.startswith(b"#"):
            return re.search(rb"[^,\t|; ][,\t|; ]+[^,\t|; ]", line) is not None
    return head.startswith(b"#")


def is_list(content: bytes) -> bool:
    """Return whether a file is UTF-8 text with at least one line that is not a comment."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return any(line.strip() and not line.startswith("#") for line in text.splitlines())


def is_ecsv(content: bytes) -> bool:
    """Return whether a file begins with the first line of ECSV and has a row of column names."""
    return content.removeprefix(b"\xef\xbb\xbf").startswith(b"# %ECSV") and is_text_table(content)


def is_npy(content: bytes) -> bool:
    """Return whether a file begins with the signature and version of .npy."""
    return content.startswith((b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00"))


def is_zip(content: bytes) -> bool:
    """Return whether a file is a zip archive with a directory of at least one member."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return bool(archive.namelist())
    except Exception:  # zipfile raises many types of errors
        return False


def is_json(content: bytes) -> bool:
    """Return whether a file is a JSON object."""
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def is_json_lines(content: bytes) -> bool:
    """Return whether the first line that is not empty is a JSON object."""
    return is_json(next((line for line in content.split(b"\n") if line.strip()), b""))


def is_yaml(content: bytes) -> bool:
    """Return whether a file has the syntax of YAML and begins with a mapping."""
    try:
        events = yaml.parse(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        kinds = [type(event) for event in events]
    except Exception:  # yaml raises many types of errors
        return False
    return yaml.MappingStartEvent in kinds[:3]


def is_safetensors(content: bytes) -> bool:
    """Return whether a file has a header of the declared length that is a JSON object."""
    if len(content) < 8:
        return False
    (size,) = struct.unpack_from("<Q", content)
    return size <= len(content) - 8 and is_json(content[8 : 8 + size])


def is_records(content: bytes) -> bool:
    """Return whether the length of the first record has the right checksum."""
    return crc_matches(content)


def is_parquet(content: bytes) -> bool:
    """Return whether a file begins and ends with PAR1 and contains metadata of that length."""
    if len(content) < 12 or content[:4] != b"PAR1" or content[-4:] != b"PAR1":
        return False
    (size,) = struct.unpack_from("<I", content, len(content) - 8)
    return 0 < size <= len(content) - 12


def is_html(content: bytes) -> bool:
    """Return whether a page is UTF-8 text with a tag."""
    try:
        return "<" in content.decode()
    except UnicodeDecodeError:
        return False


def in_gzip(check: Check) -> Check:
    """Return a check of gzipped files, whose content must pass another check."""

    def passes(content: bytes) -> bool:
        try:
            with gzip.open(io.BytesIO(content)) as file:
                return check(file.read(_LARGEST))
        except (OSError, EOFError, zlib.error):
            return False

    return passes
