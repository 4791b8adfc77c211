"""Readers of tables: events, candidates, known events, lists of stars and scores."""

import gzip
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.scalars import SCALARS, scalars_of
from astronet.errors import AstronetError
from astronet.files.tables import table_bytes
from astronet.missions.star_lists import read_stars
from astronet.missions.tables import read_catalog, read_table, summarize
from astronet.stars.known_events import with_known_events
from astronet.stars.views import stars_in
from astronet.vetting_pages.table import candidates_of
from benchmarks.fuzzing import checks
from benchmarks.fuzzing.binary_mutations import parquet
from benchmarks.fuzzing.byte_mutations import gzipped
from benchmarks.fuzzing.json_mutations import json_lines
from benchmarks.fuzzing.model import Mutation, Reader, Sample
from benchmarks.fuzzing.text_mutations import ecsv, text_table

_ROWS = 8
"""Number of rows of a shortened table."""

_MISSIONS = {"toi": "tess", "k2": "k2"}
"""Mission of the stars of a table by the beginning of its name; kepler for the others."""


def _mission(name: str) -> str:
    return next((m for begin, m in _MISSIONS.items() if name.startswith(begin)), "kepler")


def _shortened(content: bytes, rows: int = _ROWS) -> bytes:
    """Return the comments, the header and the first rows of a text table."""
    lines = content.split(b"\n")
    header = next(n for n, line in enumerate(lines) if line and not line.startswith(b"#"))
    comments = (
        lines[:header] if len(lines[:header]) < 8 else [*lines[:3], *lines[header - 2 : header]]
    )
    return b"\n".join([*comments, *lines[header : header + rows + 1]]) + b"\n"


def real_tables(data: Path | None) -> dict[str, bytes]:
    """Return the first rows of the archives' tables by name; none if there is no real data."""
    if data is None:
        return {}
    paths = sorted((data / "catalog_samples").glob("*.*"))
    paths.append(data / "dr24" / "q1_q17_dr24_tce.csv")
    return {path.name: _shortened(path.read_bytes()) for path in paths if path.is_file()}


def simulated_table(rows: int = _ROWS) -> bytes:
    """Return an event table with the archive's column names, of simulated events."""
    head = "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration,tce_depth,av_training_set\n"
    lines = [f"{757450 + n},1,{3.3 + n},{134.2 + n},{3 + n / 7},{900 + n},PC" for n in range(rows)]
    return (head + "\n".join(lines) + "\n").encode()


def canonical_frame(data: Path | None, folder: Path) -> tuple[pd.DataFrame, bool]:
    """Return events with canonical columns, and whether they are real."""
    tables = real_tables(data)
    content = tables.get("q1_q17_dr24_tce.csv", simulated_table())
    path = folder / "events.csv"
    path.write_bytes(content)
    frame = read_catalog(path)
    kept = [name for name in frame if not str(name).startswith(("tce_", "av_", "boot"))][:10]
    return frame[kept], bool(tables)


def _read_events(
    path: Path, mission: str | None = None, require: tuple[str, ...] | None = None
) -> object:
    return read_catalog(path, require, mission)


def _usual_read(path: Path, mission: str | None = None) -> Callable[[Path], object]:
    """Return the most complete way in which a table can be read: its events, stars or rows."""
    for require in (None, ("star",)):
        read = partial(_read_events, mission=mission, require=require)
        try:
            read(path)
        except AstronetError:
            continue
        return read
    return read_table


def _events(data: Path | None, folder: Path) -> list[Sample]:
    tables = real_tables(data) or {"simulated.csv": simulated_table()}
    samples = []
    for name, content in tables.items():
        (folder / name).write_bytes(content)
        real, check = data is not None, checks.is_text_table
        any_mission, own = (_usual_read(folder / name, m) for m in (None, _mission(name)))
        for read, weight in ((any_mission, 2), (own, 1), (summarize, 0.3)):
            samples.append(Sample(name, content, real, read, text_table, check, weight=weight))
        zipped = gzip.compress(content, 1, mtime=0)
        mutate, zipped_check = gzipped(text_table), checks.in_gzip(check)
        samples.append(
            Sample(f"{name}.gz", zipped, real, any_mission, mutate, zipped_check, weight=0.4)
        )
    return samples


def _written(
    suffix: str, mutate: Mutation, check: Callable[[bytes], bool]
) -> Callable[[Path | None, Path], list[Sample]]:
    """Return the samples of a format in which the package writes tables."""

    def samples(data: Path | None, folder: Path) -> list[Sample]:
        frame, real = canonical_frame(data, folder)
        few = frame[["star", "number", "period_days", "epoch_bkjd", "duration_days", "label"]]
        tables = [table_bytes(frame, suffix), table_bytes(few, suffix)]
        if suffix == ".parquet":
            gzip_file, plain_file = io.BytesIO(), io.BytesIO()
            few.to_parquet(gzip_file, engine="pyarrow", compression="gzip")
            few.to_parquet(plain_file, engine="pyarrow", compression=None)
            tables += [gzip_file.getvalue(), plain_file.getvalue()]
        return [
            Sample(f"events{suffix}", content, real, _read_events, mutate, check)
            for content in tables
        ]

    return samples


def _read_candidates(path: Path) -> object:
    events = read_catalog(path, mission="kepler")
    return stars_in(events), candidates_of(events), scalars_of(events, SCALARS)


def _read_known(path: Path) -> object:
    return with_known_events([757450, 1026957], path, "kepler")


def _candidates(data: Path | None, folder: Path) -> list[Sample]:
    frame, real = canonical_frame(data, folder)
    searched = frame.assign(
        period_error_days=1e-5, epoch_error_days=1e-3, snr=12.5, sde=9.0, transits=14, flags="",
        score=0.5, unscored="", warning="",
    )  # fmt: skip
    tables = [table_bytes(one, ".csv") for one in (searched, frame)]
    return [
        Sample("candidates.csv", content, real, read, text_table, checks.is_text_table)
        for content in tables
        for read in (_read_candidates, _read_known)
    ]


def _star_lists(data: Path | None, folder: Path) -> list[Sample]:
    frame, real = canonical_frame(data, folder)
    numbers = [int(star) for star in frame["star"]]
    texts = {
        "kepler": ["\n".join(map(str, numbers)), "\n".join(f"KIC {n}" for n in numbers)],
        "tess": ["# stars\n" + "\n".join(f"TIC-{n}" for n in numbers)],
        "custom": ["\n".join(f"star {n}" for n in numbers)],
    }
    samples = [
        Sample(
            "stars.txt",
            text.encode(),
            real,
            partial(read_stars, mission=m),
            text_table,
            checks.is_list,
        )
        for m, some in texts.items()
        for text in some
    ]
    table = table_bytes(frame[["star", "number"]], ".csv")
    for name, content in [("stars.csv", table), *list(_with_stars(data).items())]:
        read = partial(read_stars, mission=_mission(name))
        samples.append(
            Sample(name, content, real, read, text_table, checks.is_text_table, weight=0.4)
        )
    return samples


def _with_stars(data: Path | None) -> dict[str, bytes]:
    tables = real_tables(data)
    return {name: tables[name] for name in tables if name in ("toi.csv", "koi_cumulative.csv")}


def _scores(data: Path | None, folder: Path) -> list[Sample]:
    from astronet.dataset.settings import Teacher
    from astronet.dataset.teacher import softened

    frame, real = canonical_frame(data, folder)
    events = frame[["star", "number"]]
    targets = np.array(frame["label"] == "PC", np.float64)

    def read(path: Path) -> object:
        return softened(targets, events, Teacher(scores=path, weight=0.5))

    content = table_bytes(events.assign(score=0.25), ".csv")
    return [Sample("scores.csv", content, real, read, text_table, checks.is_text_table)]


READERS = (
    Reader("event-tables", _events),
    Reader("ecsv-tables", _written(".ecsv", ecsv, checks.is_ecsv)),
    Reader("parquet-tables", _written(".parquet", parquet, checks.is_parquet)),
    Reader("jsonl-tables", _written(".jsonl", json_lines, checks.is_json_lines)),
    Reader("candidate-tables", _candidates),
    Reader("star-lists", _star_lists),
    Reader("score-tables", _scores),
)
