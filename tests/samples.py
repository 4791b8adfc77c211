"""Types of the fixtures in conftest.py, and constants for several tests."""

from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]


class Archive(NamedTuple):
    """Small archive of simulated stars: folder of FITS files and TCE table."""

    light_curves: Path
    catalog: Path


class SmallRun(NamedTuple):
    """Small network trained on the archive: config file, store and run folder."""

    config: Path
    store: Path
    run: Path


SMALL_CONFIG = """
source: {{catalog: "{archive.catalog}", light_curves: "{archive.light_curves}"}}
store: "{store}"
data: {{split: {{kind: star, fractions: [0.5, 0.25, 0.25], salt: "2"}}}}
network:
  kind: astronet
  columns: {{global: {{blocks: 3, filters: 4}}, local: {{blocks: 2, pool: 7, filters: 4}}}}
  hidden_layers: 1
  hidden_size: 16
  dropout: 0.1
optimization: {{learning_rate: 0.003}}
training: {{epochs: 4, keep: best}}
"""
