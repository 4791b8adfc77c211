import hashlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pandas as pd
import pytest
from tap_server import serving

from astronet.archives.faults import Patience
from astronet.archives.snapshots import catalogs, fetch
from astronet.errors import ArchiveError, AstronetError, CatalogError
from astronet.missions.tables import read_catalog

CATALOGS = catalogs()
HASTY = Patience(attempts=3, first_wait=0.02, longest_wait=5, stall=0.4)


def table_for(name, rows=60):
    """A table with every column that the archive's has under our names."""
    layout = CATALOGS[name].layout
    numbers = range(rows)
    frame = {}
    for ours in CATALOGS[name].columns:
        theirs = layout.columns[ours][0][0]
        if ours in ("label", "name"):
            frame[theirs] = [f"{ours} {k}, with a comma" for k in numbers]
        elif ours == "star":
            frame[theirs] = [1000 + k for k in numbers]
        elif ours == "epoch_bkjd" and name in ("toi", "k2pandc"):
            frame[theirs] = [2454833.0 + 131.25 + k for k in numbers]
        else:
            frame.setdefault(theirs, [k + 1.5 for k in numbers])
    if name == "toi":
        frame["toi"] = [1000.01 + k for k in numbers]
    return pd.DataFrame(frame | {"remark": ["as the archive has it"] * rows})


@pytest.fixture(scope="module")
def service():
    with serving({name: table_for(name) for name in CATALOGS}) as running:
        yield running


@pytest.fixture
def faulty(service):
    def set_faults(*faults):
        service.faults[:] = faults
        service.queries.clear()
        return service

    yield set_faults
    service.faults.clear()


def shown(folder):
    """The files of a folder, without the locks."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def fetched(service, out, name="cumulative"):
    return fetch(name, out, service.url, HASTY, quiet=True)


@pytest.mark.parametrize("name", CATALOGS)
def test_a_snapshot_is_the_table_with_its_story(service, tmp_path, name):
    before = f"{datetime.now(UTC):%Y-%m-%d}"
    snapshot = fetched(service, tmp_path / "new", name)
    after = f"{datetime.now(UTC):%Y-%m-%d}"
    assert snapshot.path.name in {f"{name}-{day}.csv" for day in (before, after)}
    assert (snapshot.rows, snapshot.new) == (60, True)
    content = snapshot.path.read_bytes()
    assert content.decode() == table_for(name).to_csv(index=False)
    note = json.loads(snapshot.path.with_suffix(".json").read_text())
    assert note["sha256"] == hashlib.sha256(content).hexdigest()
    assert (note["catalog"], note["query"], note["rows"]) == (name, f"select * from {name}", 60)
    assert note["columns"] == list(table_for(name))
    assert note["url"] == f"{service.url}?query=select+%2A+from+{name}&format=csv"
    assert {file.suffix for file in shown(snapshot.path.parent)} == {".csv", ".json"}
    assert len(read_catalog(snapshot.path)) == 60


PASSING = {
    "503 twice": ("503", "503"),
    "500": ("500",),
    "stall": ("stall",),
    "reset": ("reset",),
    "ended early": ("short",),
    "cut within the last line": ("cut",),
    "a row is missing": ("rows",),
    "one after the other": ("reset", "short"),
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again(faulty, tmp_path, faults):
    service = faulty(*faults)
    snapshot = fetched(service, tmp_path)
    assert snapshot.path.read_text() == table_for("cumulative").to_csv(index=False)
    assert service.queries.count("select * from cumulative") == len(faults) + 1


@pytest.mark.parametrize("fault", ["503", "503-date"])
def test_the_archive_says_when_to_come_back(faulty, tmp_path, fault):
    begun = time.monotonic()
    fetched(faulty(fault), tmp_path)
    assert time.monotonic() - begun > 0.8


LASTING = {
    ("404",): r"answered 404 \(Not Found\); check --url and the name",
    ("500",)
    * 3: r"^cumulative did not come in 3 attempts \(the last: http.* answered 500 \(Internal "
    r"Server Error\)\); try again later",
    ("rows",) * 3: r"did not come in 3 attempts \(the last: 59 rows came, of 60\); try again later",
    ("reset",) * 3: r"3 attempts \(the last: .*: the connection broke \(\w+\)\); try again later",
    ("short",) * 3: r"3 attempts \(the last: .*: the connection .*\); try again later",
    ("cut",) * 3: r"3 attempts \(the last: the answer ends within a line\); try again later",
    ("503-tomorrow",): r"answered 503 \(.*\) and asks to come back in 86400 s; do so",
    ("redirect https://example.org/x",): r"redirects to 'https://example.org/x', which is refused",
    ("html",): r"is the response of a web server and not a table \(it begins with '<!DOCTYPE",
    ("votable",): r"is the response of a web server and not a table \(it begins with '<\?xml",
    ("renamed",): r"this KOI table lacks period_days \(koi_period\); its columns are kepid, ",
}


@pytest.mark.parametrize("faults", LASTING, ids=[str(faults[0]) for faults in LASTING])
def test_what_lasts_is_one_line_and_leaves_nothing(faulty, tmp_path, faults):
    with pytest.raises(AstronetError) as refusal:
        fetched(faulty(*faults), tmp_path)
    assert re.search(LASTING[faults], str(refusal.value))
    assert "\n" not in str(refusal.value)
    assert shown(tmp_path) == []


def test_further_attempts_are_announced(faulty, tmp_path, capsys):
    fetched(faulty("rows"), tmp_path)
    told = r"cumulative: 59 rows came, of 60; attempt 2 in 0 s"
    assert re.search(told, capsys.readouterr().err)


def test_an_answer_without_a_length_is_whole_if_its_last_line_is(faulty, tmp_path):
    assert fetched(faulty("unmeasured"), tmp_path).rows == 60


def test_a_redirect_on_the_same_host_is_followed(faulty, tmp_path):
    service = faulty("redirect /TAP/sync?query=select+*+from+cumulative&format=csv")
    assert fetched(service, tmp_path).rows == 60


def test_a_banner_is_kept_and_read_over(faulty, tmp_path):
    snapshot = fetched(faulty("banner"), tmp_path)
    assert snapshot.path.read_text().startswith("Please note")
    assert len(read_catalog(snapshot.path)) == snapshot.rows == 60


def test_the_same_day_and_content_is_fetched_once(service, tmp_path):
    first = fetched(service, tmp_path)
    note = first.path.with_suffix(".json").read_bytes()
    second = fetched(service, tmp_path)
    assert (second.path, second.new) == (first.path, False)
    assert first.path.with_suffix(".json").read_bytes() == note
    assert len(shown(tmp_path)) == 2


def test_the_same_day_with_other_content_is_never_overwritten(service, tmp_path):
    first = fetched(service, tmp_path)
    first.path.write_text("mine")
    with pytest.raises(CatalogError, match=r"is there with other content .*; rename it, or choose"):
        fetched(service, tmp_path)
    assert first.path.read_text() == "mine"
    assert len(shown(tmp_path)) == 2


def test_two_fetches_of_one_table_do_not_meet(faulty, tmp_path):
    service = faulty("stall")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(fetched, service, tmp_path)
        while "select * from cumulative" not in service.queries:
            time.sleep(0.001)
        with pytest.raises(ArchiveError) as refusal:
            fetched(service, tmp_path)
        assert fetched(service, tmp_path, "toi").new
        assert first.result().rows == 60
    assert str(refusal.value) == (
        f"another process is fetching cumulative to {tmp_path}; "
        "wait until it ends, or choose another folder"
    )
    assert len(shown(tmp_path)) == 4


def test_names_and_addresses_that_are_none(service, tmp_path):
    with pytest.raises(CatalogError, match=r"no catalogue '\.\./evil'; choose one of q1_q17_dr24_"):
        fetch("../evil", tmp_path, service.url, HASTY, quiet=True)
    for address in ("nowhere", "file:///etc/passwd", "http://"):
        with pytest.raises(ArchiveError, match=r"is no address of an archive; give one with http"):
            fetch("toi", tmp_path, address, HASTY, quiet=True)
    with pytest.raises(ArchiveError, match=r"cannot be reached\); try again later"):
        fetch("toi", tmp_path, "http://127.0.0.1:9/", HASTY, quiet=True)
    assert shown(tmp_path) == []
