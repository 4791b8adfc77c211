"""Mutations of files of any format."""

import functools
import gzip
import io
import zlib
from random import Random

from benchmarks.fuzzing.model import Mutation, one_of

_BYTES = (b"\0", b"\xff", b"\x80", b"\x7f", b"\n", b"'", b'"', b" ", b"\xef\xbb\xbf", b"9" * 30)


def flip_bits(random: Random, content: bytes) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def replace_bytes(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    new = random.choice((*_BYTES, random.randbytes(random.choice((1, 4, 8)))))
    return content[:place] + new + content[place + len(new) :]


def insert_bytes(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    new = random.choice((*_BYTES, random.randbytes(random.choice((1, 4, 80)))))
    return content[:place] + new + content[place:]


def delete_bytes(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + content[place + random.choice((1, 2, 8, 80, 2880)) :]


def repeat_bytes(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    size = random.choice((1, 8, 80, 2880))
    return content[: place + size] + content[place:]


def truncate(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def append_bytes(random: Random, content: bytes) -> bytes:
    size = random.choice((1, 80, 2880))
    return content + random.choice((b"\0" * size, b" " * size, random.randbytes(size), content))


def swap_chunks(random: Random, content: bytes) -> bytes:
    size = random.choice((1, 4, 8, 80))
    one, two = sorted(random.randrange(len(content) + 1) for _ in range(2))
    if two - one < size:
        return content
    first, second = content[one : one + size], content[two : two + size]
    return content[:one] + second + content[one + size : two] + first + content[two + size :]


any_bytes: Mutation = one_of(
    {
        flip_bits: 4,
        replace_bytes: 3,
        insert_bytes: 1,
        delete_bytes: 1,
        repeat_bytes: 1,
        truncate: 1,
        append_bytes: 1,
        swap_chunks: 1,
    }
)
"""Mutation of bytes without regard to the format."""


def gzipped(mutate: Mutation) -> Mutation:
    """Return a mutation of gzipped content: mostly inside, sometimes of the compressed bytes."""

    def change(random: Random, content: bytes) -> bytes:
        if random.random() < 0.15:
            return any_bytes(random, content)
        if random.random() < 0.005:
            return _bomb(random.choice(_SIZES), random.choice(_REPEATED))
        try:
            with gzip.open(io.BytesIO(content)) as file:
                plain = file.read(_LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            return any_bytes(random, content)
        if len(plain) > _LARGEST:
            return any_bytes(random, content)
        return gzip.compress(mutate(random, plain), 1, mtime=0)

    return change


_LARGEST = 1 << 22
"""Maximum size of a decompressed content that is changed [bytes]."""

_SIZES = (1 << 20, 1 << 24, 1 << 26, 1 << 28)
_REPEATED = (b"\0", b" ", b"\n", b"1,", b"a,b\n", b"SIMPLE  = ", b'"')


@functools.cache
def _bomb(size: int, chunk: bytes) -> bytes:
    """Return a small gzip file that decompresses to `size` bytes."""
    packer = zlib.compressobj(1, wbits=31)
    block = chunk * ((1 << 20) // len(chunk))
    parts = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, packer.flush()])
