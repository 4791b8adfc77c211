"""Commands with URLs: results equal those of local files, and errors are one line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from commands import Result, command
from moto.core import set_initial_no_auth_action_count
from object_store import ObjectStore, object_store, web_server
from samples import Archive, SmallRun
from searching import FIRST, write_kepler

from astronet.cli import messages
from astronet.files import uploads
from astronet.files.uploads import uploading

STARS = (FIRST, FIRST + 1, 757450)
"""Two stars with a planet each, and one without files."""


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Path:
    """Folder of light curves, which is also s3://sky/kepler."""
    folder = tmp_path_factory.mktemp("data")
    write_kepler(folder, 2)
    store.add(folder, "kepler")
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Working folder with a list of stars."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stars.txt").write_text("".join(f"{star}\n" for star in STARS))
    return tmp_path


def search(data: object, out: object, **options: object) -> Result:
    options = {"workers": 1} | options
    return command("search", data=data, out=out, stars="stars.txt", max_signals=1, **options)


def test_a_search_of_urls_equals_that_of_local_files(
    store: ObjectStore, data: Path, here: Path
) -> None:
    assert search(data, "local.csv").status == 3  # one star has no files
    assert search(data.as_uri(), "file.csv").status == 3
    assert search("s3://sky/kepler", "s3.csv").status == 3
    with web_server(data) as server:
        assert search(server, "web.csv").status == 3
    local = pd.read_csv("local.stars.csv")
    for name in ("file", "s3", "web"):
        assert Path(f"{name}.csv").read_bytes() == Path("local.csv").read_bytes()
        stars = pd.read_csv(f"{name}.stars.csv")
        pd.testing.assert_frame_equal(stars.drop(columns="reason"), local.drop(columns="reason"))
        assert stars["reason"].notna().tolist() == [False, False, True]
        assert Path(f"{name}.png").exists()
    assert Path("file.stars.csv").read_bytes() == Path("local.stars.csv").read_bytes()
    record = json.loads(Path("s3.json").read_text())
    assert record["data"] == "s3://sky/kepler"


def test_predictions_from_urls_equal_those_of_local_files(
    small_run: SmallRun, archive: Archive, store: ObjectStore, here: Path
) -> None:
    events = pd.read_csv(archive.catalog, comment="#").head(6)
    events.to_csv("events.csv", index=False)
    url = store.add(archive.light_curves, "archive")
    for data, out in ((archive.light_curves, "local.csv"), (url, "s3://sky/out/scores.csv")):
        done = command("predict", small_run.run, table="events.csv", data=data, out=out, workers=1)
        assert done.status == 0, done.err
    assert "table: s3://sky/out/scores.csv   figure: s3://sky/out/scores.png" in done.out
    assert store.read("out/scores.csv") == Path("local.csv").read_bytes()
    assert store.names("out/scores") == [".csv", ".json", ".png"]
    assert not list(here.glob("scores*"))


def test_one_event_is_scored_from_a_url(
    small_run: SmallRun, archive: Archive, store: ObjectStore, here: Path
) -> None:
    event = pd.read_csv(archive.catalog, comment="#").iloc[0]
    url = store.add(archive.light_curves, "archive")
    options = {
        "star": int(event["kepid"]),
        "period": event["tce_period"],
        "epoch": event["tce_time0bk"],
        "duration": event["tce_duration"] / 24,
    }
    for data, out in ((archive.light_curves, "local.csv"), (url, "remote.csv")):
        assert command("predict", small_run.run, data=data, out=out, **options).status == 0
    assert Path("remote.csv").read_bytes() == Path("local.csv").read_bytes()


def test_a_store_is_prepared_from_a_url(
    small_run: SmallRun, archive: Archive, store: ObjectStore, here: Path
) -> None:
    url = store.add(archive.light_curves, "archive")
    events = pd.read_csv(archive.catalog, comment="#").head(6)
    events.to_csv("events.csv", index=False)
    for name, folder in (("local", archive.light_curves), ("remote", url)):
        words = ("source.catalog=events.csv", f"source.light_curves={folder}", f"store={name}")
        done = command("prepare", *words, config=small_run.config, workers=1)
        assert done.status == 0, done.err
    names = [path.name for path in Path("local").iterdir() if path.name != "store.json"]
    assert {"index.csv", "sources.csv", "global.npy"} <= {*names}
    for name in names:
        assert Path("remote", name).read_bytes() == Path("local", name).read_bytes()


def test_a_config_keeps_the_url_of_the_light_curves(small_run: SmallRun, here: Path) -> None:
    from astronet.config import load_config

    words = ("source.light_curves=s3://sky/kepler",)
    experiment = load_config(small_run.config, words)
    (here / "config.yaml").write_text(experiment.as_yaml(here))
    again = load_config(here / "config.yaml")
    assert str(again.source.light_curves) == "s3://sky/kepler"
    assert again.source == experiment.source


def test_an_existing_object_is_kept_unless_it_may_be_overwritten(
    store: ObjectStore, data: Path, here: Path
) -> None:
    store.put("kept/c.png", b"figure of another search")
    out = "s3://sky/kept/c.csv"
    done = search(data, out)
    assert done.status == 1
    assert done.error == (
        "s3://sky/kept/c.png already exists; choose another path, or overwrite it "
        "(--out, --overwrite)"
    )
    assert store.names("kept/") == ["c.png"]
    assert search(data, out, overwrite=True).status == 3
    assert store.names("kept/") == ["c.csv", "c.json", "c.png", "c.stars.csv"]
    assert store.read("kept/c.png").startswith(b"\x89PNG")
    done = search(data, out, overwrite=True, min_snr=1000)  # finds nothing, so there is no figure
    assert done.status == 3
    assert store.names("kept/") == ["c.csv", "c.json", "c.stars.csv"]
    assert [path.name for path in here.iterdir()] == ["stars.txt"]


def test_a_search_in_shards_is_uploaded_when_it_is_resumed(
    store: ObjectStore, data: Path, here: Path
) -> None:
    assert search(data, "local.csv").status == 3
    out = "s3://sky/shards/c.csv"
    for shard in ("1/2", "2/2"):
        assert search("s3://sky/kepler", out, shard=shard).status == 0
        assert store.names("shards/") == []
    assert (here / "c.csv.upload/c.csv.parts/plan.json").exists()
    plan = json.loads((here / "c.csv.upload/c.csv.parts/plan.json").read_text())
    assert plan["data"] == "s3://sky/kepler"
    assert search("s3://sky/kepler", out).status == 1  # neither --resume nor --overwrite
    assert search("s3://sky/kepler", out, resume=True).status == 3
    assert store.read("shards/c.csv") == Path("local.csv").read_bytes()
    assert not (here / "c.csv.upload").exists()


def test_an_upload_that_fails_keeps_the_local_files(
    store: ObjectStore, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astronet.errors import RunError
    from astronet.files.remote import location

    def names(table: Path) -> list[Path]:
        return [table, table.with_suffix(".json")]

    @set_initial_no_auth_action_count(0)
    def fail(path: Path, remote: object) -> None:
        upload(path, remote)

    upload = uploads._upload
    monkeypatch.setattr(uploads, "_upload", fail)
    with (
        pytest.raises(RunError) as caught,
        uploading(location("s3://sky/failed/c.csv"), names, overwrite=False) as output,
    ):
        output.path.parent.mkdir()
        output.path.write_text("star\n")
    assert "access is denied" in str(caught.value)
    assert "the finished files are kept in c.csv.upload: copy them to s3://sky/failed/" in str(
        caught.value
    )
    assert (here / "c.csv.upload/c.csv").read_text() == "star\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "s3://no-such-bucket/kepler",
            "s3://no-such-bucket/kepler does not exist; give the folder",
        ),
        ("s3://sky/no-such-folder", "s3://sky/no-such-folder does not exist; give the folder"),
        ("s3:/sky/kepler", "a URL begins with s3://, with two slashes; correct it"),
        ("ftp://sky/kepler", "URLs that begin with ftp:// cannot be read; give a local path, or a"),
        ("s3://me:secret@sky/kepler", "a URL (s3://…) contains credentials, a query or a fragment"),
    ],
)
def test_a_wrong_url_is_an_error_before_the_search(
    store: ObjectStore, here: Path, data: str, message: str
) -> None:
    done = search(data, "c.csv")
    assert done.status == 1
    assert done.error.startswith(message)
    assert "secret" not in done.err
    assert [path.name for path in here.iterdir()] == ["stars.txt"]


def test_denied_access_is_an_error_before_the_search(
    store: ObjectStore, data: Path, here: Path
) -> None:
    @set_initial_no_auth_action_count(0)
    def denied() -> Result:
        return search("s3://sky/kepler", "c.csv")

    done = denied()
    assert done.status == 1
    assert done.error.startswith("s3://sky/kepler: access is denied; check the credentials in the")
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in done.err


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("s3://no-such-bucket/c.csv", "the bucket s3://no-such-bucket does not exist; correct it"),
        ("https://example.org/c.csv", "https://example.org/c.csv cannot be written; give a local"),
        ("s3://sky", "unknown table format (the name has no suffix)"),
    ],
)
def test_a_wrong_url_of_the_output_is_an_error_before_the_search(
    store: ObjectStore, data: Path, here: Path, out: str, message: str
) -> None:
    done = search(data, out)
    assert done.status == 1
    assert message in done.error
    assert [path.name for path in here.iterdir()] == ["stars.txt"]


def test_all_stars_of_a_url_are_not_listed(store: ObjectStore, here: Path) -> None:
    done = command("search", data="s3://sky/kepler", all=True)
    assert done.error.startswith("--all requires a local folder, because the files in s3://sky")


@pytest.mark.parametrize(
    "words",
    [
        ("vet", "pretrained", "--table", "s3://sky/c.csv", "--data", "data"),
        ("vet", "pretrained", "--table", "c.csv", "--data", "s3://sky/kepler"),
        ("explain", "pretrained", "--star", "1", "--data", "s3://me:secret@sky/kepler"),
        ("audit", "s3://sky/store"),
        ("simulate", "--out", "s3://sky/simulated"),
        ("search", "--data", "data", "--stars", "https://example.org/stars.txt"),
        ("predict", "s3://sky/run", "--store", "store"),
        ("download", "--stars", "1", "--out", "gs://sky/kepler"),
    ],
)
def test_other_options_accept_no_urls(words: tuple[str, ...], here: Path) -> None:
    done = command(words[0], *words[1:])
    assert done.status == 1
    assert "is given, but only a local path is possible here; copy the files" in done.error
    assert "secret" not in done.err
    assert [path.name for path in here.iterdir()] == ["stars.txt"]


def test_a_store_cannot_be_written_to_a_url(small_run: SmallRun, here: Path) -> None:
    done = command("prepare", "store=s3://sky/store", config=small_run.config)
    assert "a URL (s3://…) is given where only a local path is possible" in done.error
    assert [path.name for path in here.iterdir()] == ["stars.txt"]


def test_urls_of_local_options_are_found_by_their_type() -> None:
    with pytest.raises(messages.RunError, match="only a local path is possible"):
        messages._check_local({"runs": [Path("run"), Path("s3://sky/run")]})
    messages._check_local({"runs": [Path("run")], "out": "s3://sky/out", "data": None})


@pytest.mark.slow
def test_workers_of_a_cluster_and_of_this_machine_read_the_store(
    store: ObjectStore, data: Path, here: Path
) -> None:
    assert search(data, "local.csv").status == 3
    for where in ({"cluster": "local:1", "workers": None}, {"workers": 2}):
        done = search("s3://sky/kepler", "s3://sky/workers/c.csv", overwrite=True, **where)
        assert done.status == 3, done.err
        assert store.read("workers/c.csv") == Path("local.csv").read_bytes()
