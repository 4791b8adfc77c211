"""Reader of TFRecord files, independent of TensorFlow.

A record is `length u64 · checksum u32 · data · checksum u32`, little-endian, with masked CRC32C
checksums. In AstroNet's files, the data of each record are a `tf.train.Example`, a protocol buffer
that maps the name of each feature to a list of byte strings, float32 or int64 values.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import StoreError
from astronet.files.checksums import crc32c
from astronet.files.gzipped import is_gzipped

Feature = NDArray[Any] | list[bytes]
"""Values of one feature: float32 [n], int64 [n] or a list of n byte strings."""

_MASK = 0xA282EAD8  # added to each rotated checksum, because data can contain checksums
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPES = {_VARINT, _FIXED64, _BYTES, _FIXED32}


def read_records(path: Path | str) -> Iterator[bytes]:
    """Yield the records of one shard in order, and verify their checksums.

    Raises:
        StoreError: The shard is missing, empty or compressed, or a record is truncated or corrupt.
            The message about a record contains its number, counted from 0.
    """
    path = Path(path)
    try:
        with path.open("rb") as shard:
            left, number = path.stat().st_size, 0
            if left == 0:
                raise StoreError(f"{path}: the shard is empty; copy it again")
            while left:
                if left < 12:
                    raise StoreError(_truncated(path, number))
                header = shard.read(12)
                if not _matches(header[:8], header[8:]):
                    raise StoreError(_corrupt(path, number, "length"))
                (length,) = struct.unpack("<Q", header[:8])
                if left < length + 16:
                    raise StoreError(_truncated(path, number))
                data = shard.read(length)
                if not _matches(data, shard.read(4)):
                    raise StoreError(_corrupt(path, number, "data"))
                yield data
                left, number = left - length - 16, number + 1
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); check the path") from None


def parse_example(record: bytes) -> dict[str, Feature]:
    """Return the features of a `tf.train.Example` by name.

    A feature without a list of values is returned as an empty list.

    Raises:
        StoreError: The record is not a valid Example.
    """
    features: dict[str, Feature] = {}
    try:
        for _, message in _fields(memoryview(record), {1: (_BYTES,)}):
            for _, entry in _fields(message, {1: (_BYTES,)}):
                key, value = b"", memoryview(b"")
                for field, content in _fields(entry, {1: (_BYTES,), 2: (_BYTES,)}):
                    key, value = (bytes(content), value) if field == 1 else (key, content)
                features[key.decode()] = _feature(value)
    except (IndexError, UnicodeDecodeError, struct.error):
        raise StoreError("not a tf.train.Example; use TFRecords in AstroNet's format") from None
    return features


def _feature(message: memoryview) -> Feature:
    """Return the values of a Feature message.

    The message normally contains one list of byte strings, float32 or int64 values. If it contains
    several, the last list is returned; if it contains none, an empty list.
    """
    feature: Feature = []
    for kind, content in _fields(message, {1: (_BYTES,), 2: (_BYTES,), 3: (_BYTES,)}):
        if kind == 1:
            feature = [bytes(value) for _, value in _fields(content, {1: (_BYTES,)})]
        elif kind == 2:
            packed = [bytes(value) for _, value in _fields(content, {1: (_BYTES, _FIXED32)})]
            if any(len(values) % 4 for values in packed):
                raise IndexError
            feature = np.frombuffer(b"".join(packed), "<f4").astype(np.float32)
        else:
            values = [v for _, v in _fields(content, {1: (_BYTES, _VARINT)}, _unpack_varints)]
            feature = np.array([v for many in values for v in many], np.uint64).view(np.int64)
    return feature


def _fields(
    message: memoryview,
    known: dict[int, tuple[int, ...]],
    unpack: Any = lambda content: content,
) -> Iterator[tuple[int, Any]]:
    """Yield the number and content of each known field of a message; skip unknown fields.

    Args:
        message: Encoded message.
        known: Permitted wire types of each known field, by field number.
        unpack: Function to apply to the bytes of each known field.

    Raises:
        IndexError: The message ends too early, or a field has an invalid number or the wrong wire
            type.
    """
    position = 0
    while position < len(message):
        tag, start = _varint(message, position)
        number, wire = tag >> 3, tag & 7
        if number == 0 or wire not in _WIRE_TYPES:
            raise IndexError
        if wire == _BYTES:
            length, start = _varint(message, start)
            position = start + length
        elif wire == _VARINT:
            _, position = _varint(message, start)
        else:
            position = start + (8 if wire == _FIXED64 else 4)
        if position > len(message):
            raise IndexError
        if number in known:
            if wire not in known[number]:
                raise IndexError
            yield number, unpack(message[start:position])


def _unpack_varints(content: memoryview) -> list[int]:
    """Return the integers of a field of varints: several if it is packed, otherwise one."""
    values, position = [], 0
    while position < len(content):
        value, position = _varint(content, position)
        values.append(value)
    return values


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return the value of a varint (base 128, lowest group first), and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
    raise IndexError


def _matches(data: bytes, stored: bytes) -> bool:
    """Return whether the masked CRC32C checksum of the data equals the stored checksum."""
    checksum = crc32c(data)
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFF_FFFF
    return struct.pack("<I", (rotated + _MASK) & 0xFFFF_FFFF) == stored


def _truncated(path: Path, number: int) -> str:
    return f"{path}: record {number} is truncated; copy the shard again"


def _corrupt(path: Path, number: int, part: str) -> str:
    with path.open("rb") as shard:
        compressed = is_gzipped(shard.read(2))
    if compressed:
        return f"{path}: the shard is compressed with gzip; add .gz to its name and run gunzip"
    return (
        f"{path}: the {part} of record {number} does not match its checksum; copy the shard again"
    )
