"""Page of the best candidates."""

import numpy as np
import pandas as pd
import pytest
from samples import pixels

from astronet.detection.candidate import FLAGS
from astronet.errors import RunError
from astronet.figures.candidates import candidates_page
from astronet.figures.numbers import depth_text

ROW = {
    **{"star": 5, "number": 1, "period_days": 3.5, "duration_days": 0.1, "depth_ppm": 1000.0},
    **{"snr": 20.0, "transits": 9, "flags": "orbit;few_transits", "score": 0.9},
}


def fold(depth: float = 1000.0):
    hours, phase = np.linspace(-6, 6, 20), np.linspace(-0.5, 0.5, 50)
    near = np.where(np.abs(hours) < 1.2, -depth, 0.0)
    return hours, near, hours, near, phase, np.where(np.abs(phase) < 0.015, -depth, np.nan)


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_each_candidate_is_a_row_with_its_properties() -> None:
    table = pd.DataFrame([ROW, ROW | {"number": 2, "score": np.nan, "flags": ""}])
    figure = candidates_page(table, [fold(), None], "page")
    shown = texts(figure)
    assert shown[0] == "page"
    assert shown[1:3] == [
        "5, candidate 1",
        "period 3.5 d\ndepth 1000 ppm, duration 2.4 h\nSNR 20.0, 9 transits\nscore 0.9000\n"
        "orbit, few transits",
    ]
    assert "score" not in shown[4]
    assert [text.get_text() for text in figure.axes[2].texts] == ["no data"]


def test_a_single_transit_is_in_the_singular() -> None:
    figure = candidates_page(pd.DataFrame([ROW | {"transits": 1}]), [fold()])
    period, _, strength, *_ = texts(figure)[2].splitlines()
    assert period == "period unknown (1 transit)" and strength == "SNR 20.0, 1 transit"


def test_texts_beside_the_panels_do_not_overlap_them() -> None:
    names = ["TOI-1234.01 sector 45", "WASP-18 2 min, detrended, window 0.5 d, sector 3", "W" * 99]
    row = ROW | {"number": 10, "flags": ";".join(FLAGS)}
    figure = candidates_page(pd.DataFrame([row | {"star": name} for name in names]), [fold()] * 3)
    figure.canvas.draw()
    panels = [axes.get_tightbbox() for axes in figure.axes]
    boxes = [text.get_window_extent() for text in figure.texts[1:]]
    for box in boxes:
        assert not any(box.overlaps(panel) for panel in panels)
        assert sum(box.overlaps(other) for other in boxes) == 1  # itself
    shown = texts(figure)[1::2]
    assert shown[0] == names[0]
    assert shown[1].startswith("WASP-18 2 m") and "…" in shown[1] and shown[1].endswith("sector 3")
    assert "W…W" in shown[2] and len(shown[2]) < 25
    assert all(text.startswith("candidate 10\nperiod") for text in texts(figure)[2::2])


def test_all_bins_of_the_transit_are_in_the_plotted_range() -> None:
    for depth in (1e-3, 10.0, 5e5):
        (near, whole) = candidates_page(pd.DataFrame([ROW]), [fold(depth)]).axes
        for axes in (near, whole):
            low, high = axes.get_ylim()
            assert low < -depth and low < -1000 and high > 0


def test_at_most_twelve_candidates_are_drawn() -> None:
    figure = candidates_page(pd.DataFrame([ROW] * 13), [fold()] * 13, "page")
    assert len(figure.axes) == 24 and texts(figure)[0] == "page (first 12 of 13)"
    width, height, _ = pixels(figure)
    assert width < 1000 < height < 2000


def test_no_candidates_cannot_be_drawn() -> None:
    with pytest.raises(RunError, match="no candidates to draw; give at least one"):
        candidates_page(pd.DataFrame(), [])


@pytest.mark.parametrize(
    ("ppm", "text"), [(14360.4, "14360"), (119.7, "120"), (10.0, "10"), (2.44, "2.4"), (0.0, "0")]
)
def test_depths_are_whole_numbers_of_ppm(ppm: float, text: str) -> None:
    assert depth_text(ppm) == text
