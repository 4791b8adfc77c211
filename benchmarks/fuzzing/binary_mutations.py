"""Mutations of .npy, .npz, .safetensors, TFRecord and other binary files."""

import io
import json
import re
import struct
import zipfile
from random import Random

from astronet.files.checksums import crc32c
from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.json_mutations import edit_json
from benchmarks.fuzzing.model import Mutation, one_of

_TYPES = (
    *("<f8", "<f4", "<f2", "<f16", ">f4", "<i8", "<i1", "|b1", "<u8", "|O", "<U5", "|S3", "<U0"),
    *("<c8", "<M8[ns]", "<m8", "|V8", "|V0", "<f3", "", "x", "O", "<U99999999", "<f4, <f4"),
)
_SHAPES = (
    *("()", "(0,)", "(1,)", "(5,)", "(2, 3)", "(-1,)", "(5, -1)", "(0, 5)", "(1000000000000,)"),
    *("(5, 1000000000)", "(2147483648, 2147483648)", "(1, 1, 1)", "5", "None", "(5.0,)", "(True,)"),
    *("(9223372036854775807,)", "(1" + "0" * 5000 + ",)", "('a',)", "(" * 150, "(1,) * 99999"),
)


def edit_npy(random: Random, content: bytes) -> bytes:
    """Change the data type, shape or order in the header of a .npy file, or another part of it."""
    if content[:6] != b"\x93NUMPY" or len(content) < 12 or random.random() < 0.3:
        return any_bytes(random, content)
    size = struct.unpack_from("<H", content, 8)[0]
    text, data = content[10 : 10 + size].decode("latin-1"), content[10 + size :]
    kind = random.randrange(6)
    if kind == 0:
        text = re.sub(r"'descr': '[^']*'", f"'descr': '{random.choice(_TYPES)}'", text)
    elif kind in (1, 2):
        text = re.sub(r"'shape': \([^)]*\)", f"'shape': {random.choice(_SHAPES)}", text)
    elif kind == 3:
        text = re.sub("(True|False)", random.choice(("True", "False", "1", "None", "[]")), text)
    elif kind == 4:
        text = random.choice(("{", "{}", "[]", "{'descr': 1}", "1", "'a'", "{**{}}", "[" * 300, ""))
    else:
        data = random.choice((data[: len(data) // 2], data + data, data[:-1], data + b"\0", b""))
    header = text.strip().encode("latin-1")
    padded = header + b" " * (-(len(header) + 11) % 64) + b"\n"
    version = random.choice(((1, 0), (1, 0), (1, 0), (2, 0), (3, 0), (9, 9)))
    length = struct.pack("<H" if version == (1, 0) else "<I", min(len(padded), 65535))
    return b"\x93NUMPY" + bytes(version) + length + padded + data


def edit_zip(edit: Mutation) -> Mutation:
    """Return a mutation of a zip archive: of one of its members with `edit`, or of the archive."""

    def change(random: Random, content: bytes) -> bytes:
        try:
            members = _members(content)
        except Exception:  # an archive that an earlier mutation has damaged
            return any_bytes(random, content)
        if not members or random.random() < 0.25:
            return any_bytes(random, content)
        place = random.randrange(len(members))
        name, data = members[place]
        kind = random.randrange(12)
        if kind == 0:
            del members[place]
        elif kind == 1:
            members.append((name, edit(random, data)))
        elif kind == 2:
            names = (
                name + ".npy",
                "../" + name,
                "",
                "a" * 300,
                name.upper(),
                "x_view.npy",
                "é.npy",
            )
            members[place] = (random.choice(names), data)
        elif kind == 3:
            members[place] = (name, random.choice(members)[1])
        elif kind == 4 and random.random() < 0.1:
            members[place] = (name, data[:128] + b"\0" * (1 << random.choice((20, 24, 28))))
        else:
            members[place] = (name, edit(random, data))
        return _zipped(random, members)

    return change


def _members(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(one.file_size for one in archive.infolist()) > 1 << 24:
            raise ValueError
        return [(one.filename, archive.read(one)) for one in archive.infolist()]


def _zipped(random: Random, members: list[tuple[str, bytes]]) -> bytes:
    kinds = (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)
    large = sum(len(data) for _, data in members) > 1 << 20
    kind = zipfile.ZIP_DEFLATED if large else random.choice(kinds)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind, compresslevel=1) as archive:
        names: set[str] = set()
        for name, data in members:
            if name in names and random.random() < 0.5:
                continue
            names.add(name)
            archive.writestr(zipfile.ZipInfo(name), data, kind)
    return file.getvalue()


npz: Mutation = edit_zip(edit_npy)
"""Mutation of an .npz file."""

checkpoint: Mutation = edit_zip(any_bytes)
"""Mutation of a checkpoint of torch, which is a zip archive."""


def edit_safetensors(random: Random, content: bytes) -> bytes:
    """Change the header of a .safetensors file, its length, or the data."""
    if len(content) < 8 or random.random() < 0.2:
        return any_bytes(random, content)
    (size,) = struct.unpack_from("<Q", content)
    if size > len(content) - 8:
        return any_bytes(random, content)
    header, data = content[8 : 8 + size], content[8 + size :]
    kind = random.randrange(8)
    if kind == 0:
        size = random.choice(
            (0, 1, max(size - 1, 0), size + 1, len(content), 2**63, 2**64 - 1, 10**8)
        )
        return struct.pack("<Q", size) + header + data
    if kind == 1:
        data = random.choice((data[:-1], data + b"\0", data[: len(data) // 2], b""))
    elif kind == 2:
        data = any_bytes(random, data)
    else:
        header = _edited_header(random, header)
    return struct.pack("<Q", len(header)) + header + data


def _edited_header(random: Random, header: bytes) -> bytes:
    try:
        known = json.loads(header)
        name = random.choice(list(known))
        entry = known[name]
        kind = random.randrange(6)
        if kind == 0:
            entry["dtype"] = random.choice(("F64", "F16", "BF16", "I8", "BOOL", "F8_E4M3", "X", 1))
        elif kind == 1:
            entry["shape"] = random.choice(([], [0], [-1], [2**40], [2**63, 2], [1.5], "a", [[1]]))
        elif kind == 2:
            offsets = entry["data_offsets"]
            offsets[random.randrange(2)] = random.choice((0, -1, 1, 2**40, 2**64, offsets[0] + 4))
        elif kind == 3:
            known[random.choice(("9.x", "x", "0.", name + ".x", "__metadata__"))] = entry
        elif kind == 4:
            entry["shape"] = [*entry["shape"][::-1], 1]
        else:
            del known[name]
        return json.dumps(known).encode()
    except Exception:  # a header that an earlier mutation has damaged
        return edit_json(random, header)


safetensors: Mutation = edit_safetensors
"""Mutation of a .safetensors file."""


def edit_records(random: Random, content: bytes) -> bytes:
    """Change a record of a TFRecord file, mostly with a checksum that matches."""
    if random.random() < 0.2:
        return any_bytes(random, content)
    records = _records(content)
    if not records:
        return any_bytes(random, content)
    place = random.randrange(len(records))
    kind = random.randrange(10)
    if kind == 0:
        del records[place]
    elif kind == 1:
        records += [records[place]] * random.choice((1, 1, 5))
    elif kind == 2:
        records[place] = random.choice((b"", b"\0", b"\n", b"\n\0", b"\x0a\x02\x0a\x00"))
    else:
        records[place] = _edited_record(random, records[place])
    return b"".join(map(framed, records))


def _records(content: bytes) -> list[bytes]:
    found, place = [], 0
    while place + 16 <= len(content):
        (size,) = struct.unpack_from("<Q", content, place)
        if size > len(content) - place - 16:
            break
        found.append(content[place + 12 : place + 12 + size])
        place += size + 16
    return found


def framed(record: bytes) -> bytes:
    """Return a record with its length and checksums."""
    size = struct.pack("<Q", len(record))
    return size + _masked(size) + record + _masked(record)


def _masked(data: bytes) -> bytes:
    checksum = crc32c(data)
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFF_FFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFF_FFFF)


def _edited_record(random: Random, record: bytes) -> bytes:
    """Change a record, often near one of its names, where the structure is."""
    names = [m.start() for m in re.finditer(rb"kepid|_view|tce_|av_tr|spline", record)]
    if not names or random.random() < 0.3:
        return any_bytes(random, record)
    place = max(random.choice(names) + random.randrange(-8, 24), 0)
    new = random.choice((b"\0", b"\xff", b"\x7f", b"\x80" * 10, b"\x0a", b"\x12", b"\x1a", b"\x01"))
    if random.random() < 0.3:
        new = struct.pack("<f", random.choice((float("nan"), float("inf"), 1e38, 0.0)))
    kept = random.choice((len(new), len(new), 0, len(new) + 1))
    return record[:place] + new + record[place + kept :]


records: Mutation = edit_records
"""Mutation of a TFRecord file."""


def edit_parquet(random: Random, content: bytes) -> bytes:
    """Change bytes of a Parquet file, mostly in its metadata, which are at the end."""
    if len(content) < 12 or random.random() < 0.3:
        return any_bytes(random, content)
    (size,) = struct.unpack_from("<I", content, len(content) - 8)
    begin = max(len(content) - 8 - size, 4)
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        place = random.randrange(min(begin, len(content) - 9), len(content) - 8)
        changed[place] = random.choice((0, 1, 0x7F, 0x80, 0xFF, changed[place] ^ 1, 0x15, 0x18))
    if random.random() < 0.05:
        struct.pack_into("<I", changed, len(changed) - 8, random.choice((0, 1, 2**31, 2**32 - 1)))
    return bytes(changed)


parquet: Mutation = edit_parquet
"""Mutation of a Parquet file."""

hashes: Mutation = one_of({edit_npy: 4, any_bytes: 1})
"""Mutation of a .npy file."""


def crc_matches(content: bytes) -> bool:
    """Return whether the first record of a TFRecord file has the right checksum of its length."""
    return len(content) >= 12 and _masked(content[:8]) == content[8:12]
