"""Names in tables, folders and descriptions stay names: in paths, tables, figures and shells."""

import csv
import shlex
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from commands import command
from hostile import NAMES

from astronet.cli.messages import command_line
from astronet.errors import AstronetError, CatalogError
from astronet.explanations.folder import default_page
from astronet.figures.pages import event_page
from astronet.figures.style import styled
from astronet.files.tables import write_table
from astronet.missions import MISSIONS, custom
from astronet.missions.tables import read_catalog
from astronet.vetting_pages.table import page_names

EPHEMERIS = {"period_days": 3.5, "epoch_bkjd": 200.0, "duration_days": 0.1}


@pytest.mark.parametrize("name", NAMES)
def test_pages_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    page = event_page(name, 1)
    assert (tmp_path / page).resolve().parent == tmp_path.resolve() / "pages"
    assert len(Path(page).name) <= 125
    assert page.isascii()
    explained = default_page(name, name, 1)
    assert explained.parts[0] == "runs"
    assert len(explained.parts) == 3
    assert ".." not in explained.parts


def test_pages_of_different_events_are_different_files() -> None:
    """The first three names become `x-1-2` without further numbers; some differ only in case."""
    stars = ["x", "x", "x-1", "X", "a/b", "a\\b", "a_b", *NAMES, *(name.upper() for name in NAMES)]
    events = pd.DataFrame({"star": stars, "number": [1, 1, 2, *[1] * (len(stars) - 3)]})
    pages = page_names(events)
    assert len({page.casefold() for page in pages}) == len(stars)
    assert all(Path(page).parent == Path("pages") for page in pages)


@pytest.mark.parametrize("mission", MISSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_no_light_curve_outside_the_folder_is_read(tmp_path: Path, mission: str, name: str) -> None:
    (tmp_path / "x.csv").write_text("time,flux\n1,1\n")
    folder = tmp_path / "one/two"
    folder.mkdir(parents=True)
    clock = {"clock": "bkjd"} if mission == "custom" else {}
    reader = MISSIONS[mission].SPEC.reader(**clock)
    with pytest.raises(AstronetError) as error:
        MISSIONS[mission].list_files(folder, name, reader)
    assert "\n" not in str(error.value)


def test_event_tables_do_not_contain_names_of_stars(tmp_path: Path) -> None:
    for name in NAMES:
        path = tmp_path / "events.csv"
        pd.DataFrame([{"star": name, **EPHEMERIS}]).to_csv(path, index=False)
        for mission in ("kepler", "custom"):
            with pytest.raises(CatalogError):
                read_catalog(path, mission=mission)


def test_a_search_of_files_with_hostile_names(tmp_path: Path, monkeypatch) -> None:
    """Each file that cannot be read is a row with its reason, and nothing else is written."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "curves"
    folder.mkdir()
    files = [name for name in NAMES if name not in ("", "..", "CON")]
    files = [name for name in files if len(name) < 200 and not set(name) & set("/\0")]
    for name in files:
        (folder / f"{name}.csv").write_text("time,flux\n1,1\n2,1\n")
    before = {path for path in tmp_path.rglob("*")}
    options = {"mission": "custom", "reader": "clock=bkjd", "data": folder, "workers": 1}
    done = command("search", "--all", **options, out=tmp_path / "out.csv")
    assert done.status == 1
    assert all(c.isprintable() or c == "\n" for c in done.out + done.error)
    new = {path.name for path in set(tmp_path.rglob("*")) - before}
    assert new <= {"out.csv", "out.stars.csv", "out.json"}
    with (tmp_path / "out.stars.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert {row["star"] for row in rows} == set(files)
    assert all("not a valid star name" in row["reason"] for row in rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_texts_in_tables_are_exact(tmp_path: Path, suffix: str) -> None:
    """Formulas of spreadsheets are not changed; docs/security.md says how to open a table."""
    path = tmp_path / f"table{suffix}"
    names = [name for name in NAMES if "\0" not in name and name]
    frame = pd.DataFrame({"star": range(1, len(names) + 1), "label": names})
    write_table(frame, path)
    if suffix == ".csv":
        found = pd.read_csv(path)
    else:
        from astronet.files.tables import read_rows

        found = read_rows(path)
    assert found["label"].tolist() == names


def test_figures_show_names_as_text(tmp_path: Path) -> None:
    @styled
    def draw() -> None:
        figure = plt.Figure()
        for name in NAMES:
            figure.text(0, 0, name[:100])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the font has no control characters
            figure.savefig(tmp_path / "figure.png")

    draw()


@pytest.mark.parametrize("name", [name for name in NAMES if "\0" not in name])
def test_commands_to_copy_contain_names_as_words(name: str) -> None:
    line = command_line("vet", name, {"table": name})
    assert shlex.split(line) == ["astronet", "vet", name, "--table", name]


def test_names_of_custom_stars_are_names_of_files() -> None:
    allowed = [name for name in NAMES if custom._STAR.fullmatch(name)]
    assert allowed == ["CON"]
