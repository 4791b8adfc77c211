"""Scores of shipped weights on real data: `python -m benchmarks.real DATA [NAME]`.

DATA is a folder with dr24/ (views_trainval.npz, the TCE table and DR25's statistics), kepler/ (FITS
files in MAST's layout) and tfrecords/ (AstroNet's records). Three tables are printed: the scores of
all events whose stars have files, computed from the files and from the views in dr24/; the scores
of the eight planets of Kepler-90; and metrics on the views of the records.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import astronet
from astronet.catalogs.context import with_context
from astronet.dataset.examples import Examples
from astronet.evaluation.metrics import measure
from astronet.import_views import import_views
from astronet.missions import kepler
from astronet.runs.prediction import predict_events
from astronet.runs.scorer import Scorer
from benchmarks.kepler_90 import PLANETS
from benchmarks.measuring import show

STATISTICS = "dr25_dv_statistics.csv.gz"


def main(data: Path, name: str, folder: Path) -> None:
    """Print the three tables.

    Args:
        data: Folder of the data.
        name: Name of the shipped weights.
        folder: Temporary folder for stores.
    """
    scorer = astronet.load(name)
    table = data / "dr24" / "q1_q17_dr24_tce.csv"
    catalog = kepler.read_catalog(table)
    views, statistics = (data / "dr24" / n for n in ("views_trainval.npz", STATISTICS))
    whole = import_views(views, folder / "dr24", table=table, join=statistics)
    stored = whole.index.assign(stored=scorer.score_store(whole))
    stored = stored.set_index(["star", "number"])
    _labelled_events(scorer, data, catalog, stored)
    _kepler_90(scorer, data)
    _records(scorer, data, table, stored, folder)


def _labelled_events(
    scorer: Scorer, data: Path, catalog: pd.DataFrame, stored: pd.DataFrame
) -> None:
    stars = [int(place.name) for place in (data / "kepler").glob("*/*")]
    events = catalog[catalog["star"].isin(stars)].reset_index(drop=True)
    found = predict_events(scorer, data / "kepler", events, workers=1, quiet=True).table
    rows = []
    for _, event in found.iterrows():
        key = (event["star"], event["number"])
        row = stored.loc[key] if key in stored.index else None
        rows.append((
            str(event["star"]), str(event["number"]), f"{event['period_days']:.4f}",
            str(event["label"]), "–" if row is None else str(row["split"]),
            f"{event['score']:.4f}", "–" if row is None else f"{row['stored']:.4f}",
        ))  # fmt: skip
    columns = (
        "KIC",
        "event",
        "period [d]",
        "label",
        "split",
        "score from files",
        "score from dr24/",
    )
    show("Scores of the events of stars with files", columns, rows)


def _kepler_90(scorer: Scorer, data: Path) -> None:
    names = ("period_days", "epoch_bkjd", "duration_days")
    events = pd.DataFrame(PLANETS.values(), columns=names)
    events.insert(0, "star", 11442793)
    events = with_context(events)  # which is added to every table that is read
    found = predict_events(scorer, data / "kepler", events, workers=1, quiet=True).table
    found = found.assign(planet=np.array(list(PLANETS))[found.index])  # sorted by score
    rows = [
        (f"Kepler-90 {event['planet']}", f"{event['period_days']:.4f}", f"{event['score']:.4f}")
        for _, event in found.iterrows()
    ]
    show("Scores of the planets of Kepler-90", ("planet", "period [d]", "score"), rows)


def _records(scorer: Scorer, data: Path, table: Path, stored: pd.DataFrame, folder: Path) -> None:
    store = import_views(data / "tfrecords", folder / "records", table=table)
    scores = scorer.score_store(store)
    keys = pd.MultiIndex.from_frame(store.index[["star", "number"]])
    theirs = stored["stored"].reindex(keys).to_numpy()
    targets = Examples(store).targets
    rows = []
    for title, given in (("records", scores), ("dr24/ (rounded)", theirs)):
        values = measure(given, targets)
        rows.append((title, *(f"{values[k]:.4f}" for k in ("roc_auc", "average_precision"))))
    show(f"Metrics on {len(store)} records", ("views from", "ROC AUC", "average precision"), rows)
    print(f"Largest difference of an event's two scores: {np.abs(scores - theirs).max():.1e}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("error: no data folder given; run `python -m benchmarks.real FOLDER [NAME]`")
    if not (Path(sys.argv[1]) / "dr24").is_dir():
        sys.exit(f"error: {sys.argv[1]} has no folder dr24; give the folder that contains dr24")
    with tempfile.TemporaryDirectory() as made:
        main(Path(sys.argv[1]), (*sys.argv[2:], "pretrained")[0], Path(made))
