import hashlib
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pandas as pd
import pytest
from tap_server import serving

from astronet.archives.faults import RetryPolicy
from astronet.archives.snapshots import catalogs, fetch
from astronet.errors import ArchiveError, AstronetError, CatalogError
from astronet.missions.tables import read_catalog

CATALOGS = catalogs()
RETRY_POLICY = RetryPolicy(attempts=3, first_wait=0.02, longest_wait=5, stall=0.4, headers=0.4)


def table_for(name, rows=60):
    """Return a table that has every column of the archive's table which the package reads."""
    layout = CATALOGS[name].layout
    numbers = range(rows)
    frame = {}
    for ours in CATALOGS[name].columns:
        theirs = layout.columns[ours][0][0]
        if ours in ("label", "name"):
            frame[theirs] = [f"{ours} {k}, with a comma" for k in numbers]
        elif ours in ("star", "number"):
            frame[theirs] = [1000 + k for k in numbers]
        elif ours == "epoch_bkjd" and name in ("toi", "k2pandc"):
            frame[theirs] = [2454833.0 + 131.25 + k for k in numbers]
        else:
            frame.setdefault(theirs, [k + 1.5 for k in numbers])
    if name == "toi":
        frame["toi"] = [1000.01 + k for k in numbers]
    return pd.DataFrame(frame | {"remark": ["a remark"] * rows})


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


def visible(folder):
    """Return the files of a folder, except locks."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def fetched(service, out, name="cumulative"):
    return fetch(name, out, service.url, RETRY_POLICY, quiet=True)


@pytest.mark.parametrize("name", CATALOGS)
def test_a_snapshot_is_the_table_with_its_provenance(service, tmp_path, name):
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
    assert {file.suffix for file in visible(snapshot.path.parent)} == {".csv", ".json"}
    assert len(read_catalog(snapshot.path)) == 60


TRANSIENT = {
    "503 twice": ("503", "503"),
    "500": ("500",),
    "stall": ("stall",),
    "reset": ("reset",),
    "ended early": ("short",),
    "cut within the last line": ("cut",),
    "a row is missing": ("rows",),
    "the last row is cut within its last field": ("last-field",),
    "a row has too few fields": ("short-row",),
    "an event occurs twice": ("twice",),
    "a web page": ("html",),
    "endless headers": ("slow-headers", "continue"),
    "two different faults": ("reset", "short"),
}


@pytest.mark.parametrize("faults", TRANSIENT.values(), ids=TRANSIENT)
def test_transient_faults_are_retried(faulty, tmp_path, faults):
    service = faulty(*faults)
    snapshot = fetched(service, tmp_path)
    assert snapshot.path.read_text() == table_for("cumulative").to_csv(index=False)
    assert service.queries.count("select * from cumulative") == len(faults) + 1


@pytest.mark.parametrize("fault", ["503", "503-date"])
def test_the_requested_wait_is_respected(faulty, tmp_path, fault):
    start = time.monotonic()
    fetched(faulty(fault), tmp_path)
    assert time.monotonic() - start > 0.8


PERMANENT = {
    ("404",): r"HTTP status 404 \(Not Found\); check the address and the name of the table",
    ("500",)
    * 3: r"^cumulative could not be fetched in 3 attempts \(last error: http.* returned HTTP "
    r"status 500 \(Internal Server Error\)\); try again later",
    ("rows",) * 3: r"in 3 attempts \(last error: received 59 of 60 rows\); try again later",
    ("reset",)
    * 3: r"\(last error: .*: the connection failed \([\w ]+: Connection reset by peer\)\); try",
    ("short",) * 3: r"\(last error: .*: the connection .*\); try again later",
    ("cut",) * 3: r"\(last error: .*: the response ends in the middle of a line\); try again later",
    ("503-tomorrow",): r"HTTP status 503 \(.*\); try again in 86400 s",
    ("redirect https://example.org/x",): r"redirects to 'https://example.org/x', which is not tr",
    ("html",) * 3: r"\(last error: http.* is not a CSV table \(it begins with '<!DOCTYPE",
    ("short-row",) * 3: r"\(last error: http.*: line 31 has 3 fields, but \d+ are expected",
    ("twice",) * 3: r"\(last error: http.*: the event with kepoi_name .* occurs in more than one",
    ("last-field",) * 3: r"\(last error: .*: the response ends in the middle of a line\)",
    ("votable",): r"is not a CSV table \(it begins with '<\?xml",
    ("renamed",): r"this KOI table lacks period_days \(koi_period\); its columns are kepid, ",
}


@pytest.mark.parametrize("faults", PERMANENT, ids=[str(faults[0]) for faults in PERMANENT])
def test_permanent_faults_are_one_line_and_leave_no_files(faulty, tmp_path, faults):
    with pytest.raises(AstronetError) as caught:
        fetched(faulty(*faults), tmp_path)
    assert re.search(PERMANENT[faults], str(caught.value))
    assert "\n" not in str(caught.value)
    assert visible(tmp_path) == []


def test_further_attempts_are_logged(faulty, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("astronet"), "propagate", True)
    caplog.set_level(logging.INFO, logger="astronet")
    fetched(faulty("rows"), tmp_path)
    assert caplog.messages == ["cumulative: received 59 of 60 rows; attempt 2 of 3 in 0 s"]


def test_a_response_without_a_length_needs_a_complete_last_line(faulty, tmp_path):
    assert fetched(faulty("unmeasured"), tmp_path).rows == 60


def test_a_redirect_on_the_same_host_is_followed(faulty, tmp_path):
    service = faulty("redirect /TAP/sync?query=select+*+from+cumulative&format=csv")
    assert fetched(service, tmp_path).rows == 60


def test_a_banner_is_kept_and_ignored_when_read(faulty, tmp_path):
    snapshot = fetched(faulty("banner"), tmp_path)
    assert snapshot.path.read_text().startswith("Please note")
    assert len(read_catalog(snapshot.path)) == snapshot.rows == 60


def test_an_unchanged_table_is_not_saved_twice_on_the_same_day(service, tmp_path):
    first = fetched(service, tmp_path)
    note = first.path.with_suffix(".json").read_bytes()
    second = fetched(service, tmp_path)
    assert (second.path, second.new) == (first.path, False)
    assert first.path.with_suffix(".json").read_bytes() == note
    assert len(visible(tmp_path)) == 2


def test_a_different_snapshot_of_the_same_day_is_not_overwritten(service, tmp_path):
    first = fetched(service, tmp_path)
    first.path.write_text("mine")
    message = r"already exists with different content .*; rename the existing file, or"
    with pytest.raises(CatalogError, match=message) as caught:
        fetched(service, tmp_path)
    assert caught.value.arguments == ("out", "overwrite")
    assert first.path.read_text() == "mine"
    assert len(visible(tmp_path)) == 2


def test_a_different_snapshot_is_overwritten_on_request(service, tmp_path):
    first = fetched(service, tmp_path)
    before = first.path.read_bytes()
    first.path.write_text("mine")
    assert fetch("cumulative", tmp_path, service.url, overwrite=True, quiet=True).new
    assert first.path.read_bytes() == before
    assert len(visible(tmp_path)) == 2


def test_two_processes_cannot_fetch_the_same_table(faulty, tmp_path):
    service = faulty("stall")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(fetched, service, tmp_path)
        while "select * from cumulative" not in service.queries:
            time.sleep(0.001)
        with pytest.raises(ArchiveError) as caught:
            fetched(service, tmp_path)
        assert fetched(service, tmp_path, "toi").new
        assert first.result().rows == 60
    assert str(caught.value) == (
        f"another process is fetching cumulative to {tmp_path}; "
        "wait until it ends, or choose another folder"
    )
    assert len(visible(tmp_path)) == 4


def test_invalid_names_and_urls_are_rejected(service, tmp_path):
    with pytest.raises(
        CatalogError, match=r"no event table '\.\./evil'; choose one of q1_q17_dr24_"
    ):
        fetch("../evil", tmp_path, service.url, RETRY_POLICY, quiet=True)
    for address in ("nowhere", "file:///etc/passwd", "http://"):
        with pytest.raises(ArchiveError, match="is not a valid http or https URL;"):
            fetch("toi", tmp_path, address, RETRY_POLICY, quiet=True)
    with pytest.raises(
        ArchiveError, match=r"the server cannot be reached \(no connection\)\); try again later"
    ):
        fetch("toi", tmp_path, "http://127.0.0.1:9/", RETRY_POLICY, quiet=True)
    assert visible(tmp_path) == []
