"""`predict --table`: the files do not depend on the processes that compute the scores."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from samples import Archive, SmallRun

import astronet
from astronet.errors import RunError
from astronet.execution.cluster import Cluster
from astronet.execution.processes import Processes
from astronet.predict import predict_to_file
from astronet.runs.best_views import BestViews
from astronet.runs.joined_predictions import Predicted
from astronet.runs.prediction_parts import scores_in_workers
from astronet.runs.scorer import Scorer


@pytest.fixture(scope="module")
def table(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of all stars, of which some cannot be scored, in an order other than by star."""
    events = pd.read_csv(archive.catalog, comment="#")
    events.loc[3, "tce_duration"] = 1e6  # longer than the period
    events.loc[5, "kepid"] = 757450  # without files
    path = tmp_path_factory.mktemp("table") / "events.csv"
    events.sample(frac=1, random_state=1).to_csv(path, index=False)
    return path


def predicted(
    scorer: Scorer, table: Path, archive: Archive, out: Path, **options: object
) -> dict[str, bytes]:
    """Return the content of the table and of the figure, if it was drawn."""
    out.parent.mkdir(exist_ok=True)
    given = {"quiet": True, **options}
    predict_to_file(scorer, table, archive.light_curves, out, **given)  # type: ignore[arg-type]
    return {path.suffix: path.read_bytes() for path in out.parent.glob("*.[cp][sn][vg]")}


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 1},
        pytest.param({"workers": 2}, marks=pytest.mark.slow),
        pytest.param({"cluster": "local:2"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_files_are_the_same_wherever_scores_are_computed(
    small_run: SmallRun, archive: Archive, table: Path, tmp_path: Path, options: dict
) -> None:
    if "cluster" in options:
        pytest.importorskip("distributed")
    scorer = astronet.load(small_run.run)
    expected = predicted(scorer, table, archive, tmp_path / "a/s.csv", workers=1, scoring="main")
    for scoring in ("main", "workers"):
        out = tmp_path / scoring / "s.csv"
        assert predicted(scorer, table, archive, out, scoring=scoring, **options) == expected


def test_a_run_is_resumed_with_another_placement(
    small_run: SmallRun,
    archive: Archive,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scorer = astronet.load(small_run.run)
    monkeypatch.setattr("astronet.predict._write_figure", lambda *_: None)
    expected = predicted(scorer, table, archive, tmp_path / "whole/s.csv", workers=1)
    out = tmp_path / "resumed" / "s.csv"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Predicted, "joined", interrupt)
        predicted(scorer, table, archive, out, workers=1, scoring="workers")
    for part in sorted(out.with_name("s.csv.parts").glob("[0-9]*"))[::2]:
        for file in part.iterdir():
            file.unlink()
        part.rmdir()
    given = {"workers": 1, "scoring": "main", "resume": True}
    assert predicted(scorer, table, archive, out, **given) == expected


def test_workers_score_only_if_there_are_many_of_them_and_many_stars(small_run: SmallRun) -> None:
    scorer, many = astronet.load(small_run.run), 100_000
    assert not scores_in_workers(scorer, Processes(2), many)
    assert scores_in_workers(scorer, Processes(64), many)
    assert not scores_in_workers(scorer, Processes(64), 100)
    assert scores_in_workers(scorer, Cluster("tcp://host:8786"), many)
    assert not scores_in_workers(scorer, Cluster("local:2"), many)


@dataclass
class OnGpu:
    """Scorer of which only the device is used."""

    device: SimpleNamespace


def test_a_gpu_scores_in_the_main_process() -> None:
    scorer = OnGpu(SimpleNamespace(type="cuda"))
    assert not scores_in_workers(scorer, Processes(64), 100_000)  # type: ignore[arg-type]


def test_workers_cannot_score_for_a_run_without_a_name(
    small_run: SmallRun,
    archive: Archive,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(small_run.run)
    with pytest.raises(RunError, match="the workers cannot compute the scores") as error:
        predicted(astronet.load("."), table, archive, tmp_path / "s.csv", scoring="workers")
    assert error.value.arguments == ("scoring",)


def test_views_of_the_highest_scores_are_kept() -> None:
    def star(row: int, *, views: bool = True) -> SimpleNamespace:
        found = SimpleNamespace(views={"global": row}) if views else None
        return SimpleNamespace(events=[SimpleNamespace(row=row, views=found)])

    best = BestViews(2)
    for row, score in enumerate([0.5, 0.9, float("nan"), 0.5, 0.7]):
        best.add([{"row": row, "score": score}], [star(row, views=row != 2)])  # type: ignore[list-item]
    assert best.views == {1: {"global": 1}, 4: {"global": 4}}
    tied = BestViews(1)
    tied.add([{"row": 1, "score": 0.5}, {"row": 0, "score": 0.5}], [star(1), star(0)])  # type: ignore[list-item]
    assert list(tied.views) == [0]
