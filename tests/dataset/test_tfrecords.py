"""TFRecords, written here byte by byte, are read and imported into stores."""

import struct

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import error_of

from astronet.dataset.store import ViewStore
from astronet.dataset.tfrecords import parse_example, read_records
from astronet.errors import StoreError

NOT_AN_EXAMPLE = "not a tf.train.Example; use TFRecords in AstroNet's format"


def masked_checksum(data):
    checksum = google_crc32c.value(data)
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) % 2**32)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked_checksum(length) + data + masked_checksum(data)


def varint(value):
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def example(**features):
    """Return an Example of bytes, lists of int64 and tuples of float32, packed as in TensorFlow."""
    message = b""
    for name, values in features.items():
        if isinstance(values, bytes):
            feature = field(1, field(1, values))
        elif isinstance(values, list):
            feature = field(3, field(1, b"".join(varint(v % 2**64) for v in values)))
        else:
            feature = field(2, field(1, np.asarray(values, "<f4").tobytes()))
        message += field(1, field(1, name.encode()) + field(2, feature))
    return field(1, message)


def test_records_are_read_in_order(tmp_path):
    (tmp_path / "shard").write_bytes(record(b"PC") + record(b"") + record(b"AFP"))
    assert list(read_records(tmp_path / "shard")) == [b"PC", b"", b"AFP"]


def test_the_checksum_equals_the_published_value():
    # RFC 3720, B.4: 32 bytes of zeros.
    assert google_crc32c.value(bytes(32)) == 0x8A9136AA


@pytest.mark.parametrize("kept", range(1, 18))
def test_a_truncated_record_is_named(tmp_path, kept):
    shard = tmp_path / "train-00000-of-00001"
    shard.write_bytes(record(b"PC") + record(b"PC")[:kept])
    records = read_records(shard)
    assert next(records) == b"PC"
    with pytest.raises(StoreError) as caught:
        next(records)
    assert str(caught.value) == f"{shard}: record 1 is truncated; copy the shard again"


@pytest.mark.parametrize(("byte", "part"), [(0, "length"), (8, "length"), (12, "data")])
def test_the_error_for_a_flipped_bit_names_the_record(tmp_path, byte, part):
    content = bytearray(record(b"PC"))
    content[byte] ^= 4
    shard = tmp_path / "shard"
    shard.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        list(read_records(shard))
    expected = f"the {part} of record 0 does not match its checksum; copy the shard again"
    assert str(caught.value) == f"{shard}: {expected}"


@given(st.integers(0, 8 * len(record(b"AFP")) - 1))
def test_every_flipped_bit_is_detected(tmp_path_factory, bit):
    content = bytearray(record(b"AFP"))
    content[bit // 8] ^= 1 << bit % 8
    shard = tmp_path_factory.mktemp("bits") / "shard"
    shard.write_bytes(content)
    with pytest.raises(StoreError):
        list(read_records(shard))


def test_empty_missing_and_compressed_shards_are_rejected(tmp_path):
    shard = tmp_path / "shard"
    with pytest.raises(StoreError) as caught:
        list(read_records(shard))
    expected = f"{shard} cannot be read (No such file or directory); check the path"
    assert str(caught.value) == expected
    shard.write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        list(read_records(shard))
    assert str(caught.value) == f"{shard}: the shard is empty; copy it again"
    shard.write_bytes(b"\x1f\x8b" + bytes(20))
    with pytest.raises(StoreError) as caught:
        list(read_records(shard))
    assert str(caught.value) == (
        f"{shard}: the shard is compressed with gzip; add .gz to its name and run gunzip"
    )


def test_the_features_of_an_example_are_read():
    features = parse_example(example(kepid=[757450, -1], label=b"PC", view=(0.5, -1.0)))
    assert features["kepid"].tolist() == [757450, -1]
    assert features["kepid"].dtype == np.int64
    assert features["label"] == [b"PC"]
    assert features["view"].tolist() == [0.5, -1.0]
    assert features["view"].dtype == np.float32


def test_unpacked_lists_and_unknown_fields_are_read():
    numbers = field(3, varint(1 << 3) + varint(7) + varint(1 << 3) + varint(8))
    floats = field(2, varint(1 << 3 | 5) + struct.pack("<f", 0.25))
    unknown = varint(9 << 3) + varint(300) + varint(10 << 3 | 1) + bytes(8)
    entries = b"".join(
        field(1, field(1, name) + unknown + field(2, feature))
        for name, feature in ((b"n", numbers), (b"f", floats), (b"none", b""))
    )
    features = parse_example(unknown + field(1, entries))
    assert features["n"].tolist() == [7, 8]
    assert features["f"].tolist() == [0.25]
    assert features["none"] == []


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(
            st.binary(max_size=9),
            st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
            st.lists(st.floats(width=32, allow_nan=False), max_size=5).map(tuple),
        ),
        max_size=5,
    )
)
def test_written_features_are_read_unchanged(features):
    read = parse_example(example(**features))
    assert read.keys() == features.keys()
    for name, values in features.items():
        expected = [values] if isinstance(values, bytes) else list(values)
        assert list(read[name]) == expected


@given(st.binary(max_size=60))
@settings(max_examples=500)
def test_random_bytes_raise_only_store_errors(data):
    try:
        parse_example(data)
    except StoreError as error:
        assert str(error) == NOT_AN_EXAMPLE


@given(st.data())
@settings(max_examples=500)
def test_a_corrupt_example_raises_only_store_errors(data):
    content = bytearray(example(kepid=[757450], label=b"PC", global_view=(0.0, -1.0, 0.0)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_example(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except StoreError as error:
        assert str(error) == NOT_AN_EXAMPLE


@pytest.mark.parametrize("cut", [1, 2, 10, 30])
def test_a_truncated_example_is_rejected(cut):
    with pytest.raises(StoreError, match=NOT_AN_EXAMPLE):
        parse_example(example(kepid=[757450], global_view=(0.0, -1.0, 0.0))[:-cut])


KEPLER_90 = 11442793


def tce(number, **changes):
    features = {
        "kepid": [KEPLER_90],
        "tce_plnt_num": [number],
        "tce_period": (8.88492,),
        "tce_time0bk": (134.452,),
        "tce_duration": (0.0866,),
        "av_training_set": b"PC",
        "tce_steff": (np.nan,),
        "global_view": (0.0, -1.0, 0.5),
        "local_view": (-1.0, 0.0),
    }
    return example(**(features | changes))


def shard(folder, name, *examples):
    (folder / name).write_bytes(b"".join(map(record, examples)))
    return folder / name


def test_records_become_a_store(tmp_path):
    shard(tmp_path, "val-00000-of-00001", tce(3))
    shard(tmp_path, "train-00000-of-00001", tce(2, tce_nkoi=[8]), tce(1, extra=(1.0, 2.0)))
    (tmp_path / "README").write_text("not a shard")
    store = ViewStore.import_tfrecords(tmp_path, tmp_path / "store")
    index = store.index
    assert index["number"].tolist() == [2, 1, 3]
    assert index["split"].tolist() == ["train", "train", "val"]
    assert index["label"].tolist() == ["PC"] * 3
    assert index["period_days"].tolist() == [8.88492] * 3, "not 8.884920120239258"
    assert index["duration_days"].tolist() == [0.0866] * 3, "durations are in days, not hours"
    assert index["tce_nkoi"].tolist()[0] == 8
    assert index["star_teff_k"].isna().all()
    assert store.views["global"].tolist() == [[0.0, -1.0, 0.5]] * 3
    assert store.views["local"].tolist() == [[-1.0, 0.0]] * 3
    assert store.description["provenance"]["left_out"] == ["extra"]
    assert store.description["provenance"]["missing_shards"] == 0


def test_missing_shards_are_counted(tmp_path):
    shard(tmp_path, "train-00001-of-00008", tce(1))
    store = ViewStore.import_tfrecords(tmp_path, tmp_path / "store")
    assert store.description["provenance"]["missing_shards"] == 7


def test_inconsistent_records_are_rejected(tmp_path):
    def error(*examples):
        shard(tmp_path, "train-00000-of-00001", *examples)
        return error_of(ViewStore.import_tfrecords, tmp_path, tmp_path / "store")

    name = f"{tmp_path / 'train-00000-of-00001'}: record"
    assert error_of(ViewStore.import_tfrecords, tmp_path, tmp_path / "store") == (
        f"{tmp_path} contains no TFRecords; give a folder with files named like "
        "train-00000-of-00008"
    )
    assert error(tce(1), b"\x0a\x05") == (
        f"{name} 1 is not a tf.train.Example; use TFRecords in AstroNet's format"
    )
    assert error(example(kepid=[1])) == (
        f"{name} 0 has no feature named `<view>_view`; use TFRecords in AstroNet's format"
    )
    assert error(tce(1), tce(2, kepid=b"x")) == (
        f"{name} 1 has no kepid; use TFRecords in AstroNet's format"
    )
    assert error(tce(1), tce(2, local_view=(-1.0,))) == (
        f"{name} 1 has the views {{'global': 3, 'local': 1}}, but the first record has "
        "{'global': 3, 'local': 2}; use records with the same views"
    )
    assert error(tce(1), tce(1)) == (
        f"{tmp_path}: there are several rows for star {KEPLER_90}, event 1; keep one row per event"
    )
    content = bytearray((tmp_path / "train-00000-of-00001").read_bytes())
    content[-5] ^= 1
    (tmp_path / "train-00000-of-00001").write_bytes(content)
    assert error_of(ViewStore.import_tfrecords, tmp_path, tmp_path / "store") == (
        f"{tmp_path / 'train-00000-of-00001'}: the data of record 1 does not match its checksum; "
        "copy the shard again"
    )
    assert not (tmp_path / "store").exists()
