"""Other events of a star beside one event that is given by its ephemeris."""

import logging
from pathlib import Path

import numpy as np
import pytest

from astronet.dataset.other_events import event_with_others
from astronet.errors import CatalogError
from astronet.lightcurves import Ephemeris

EVENT = Ephemeris(3.0, 131.0, 0.1)


def table_of(path: Path, *rows: tuple[object, ...]) -> Path:
    """Write an event table with the columns star, number, period, epoch and duration [d]."""
    header = "star,number,period_days,epoch_bkjd,duration_days"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_the_event_is_first_and_has_the_context_of_the_others(tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", (8, 1, 5.0, 132.0, 0.2), (7, 2, 9.3, 133.0, 0.2))
    found = event_with_others(7, EVENT, table, "kepler")
    assert found["star"].tolist() == [7, 7]
    np.testing.assert_array_equal(found["number"], [np.nan, 2])
    assert found["period_days"].tolist() == [3.0, 9.3]
    assert found["star_events"].tolist() == [2, 2]
    assert found["resonance"].iloc[0] == pytest.approx(0.1 / 3.1)


def test_rows_that_are_the_event_itself_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    same, other = (7, 1, 3.0001, 131.01, 0.1), (7, 2, 9.3, 133.0, 0.2)
    found = event_with_others(7, EVENT, table_of(tmp_path / "t.csv", same, other), "kepler")
    assert found["number"].tolist()[1:] == [2]
    assert found["star_events"].iloc[0] == 2
    assert found["resonance"].iloc[0] == pytest.approx(0.1 / 3.1)
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 't.csv'}: event 1 (period 3.0001 d) is the scored event itself, not another "
        "event of the star, so it is ignored"
    ]


def test_rows_without_an_ephemeris_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    table = table_of(tmp_path / "t.csv", (7, 1, "", "", 0.1), (7, 2, 9.3, 133.0, 0.2))
    assert len(event_with_others(7, EVENT, table, "kepler")) == 2
    assert "1 event of the star is without a valid period, epoch and duration" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("star,period_days,epoch_bkjd,duration_days\n8,5,132,0.2\n", "lists no events of star 7; "),
        ("star,period_days\n7,5\n", "lacks epoch_bkjd, duration_days"),
        ("tid,period_days,epoch_bkjd,duration_days\n7,5,132,0.2\n", "set mission to tess"),
        (None, "does not exist"),
    ],
)
def test_mistakes_are_one_line_that_names_the_argument(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(CatalogError, match=message) as caught:
        event_with_others(7, EVENT, tmp_path / "t.csv", "kepler")
    assert "\n" not in str(caught.value)
    assert caught.value.arguments in (("others",), ("mission",))
