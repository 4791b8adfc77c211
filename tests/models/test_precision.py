"""Choice of the numerical precision, and its effect on scores."""

from pathlib import Path
from typing import Any

import pytest
import torch

from astronet.errors import ConfigError
from astronet.models import AstroNetSpec, NetworkSpec
from astronet.models.fully_connected import FullyConnectedSpec
from astronet.models.linear import LinearSpec
from astronet.models.precision import autocast, best_precision, has_bfloat16
from astronet.training.settings import Training
from astronet.training.trainer import make_trainer, resolved_precision

CPUINFO = Path("/proc/cpuinfo")
CPU = torch.device("cpu")
VIEWS = {"global": 2001, "local": 201}
SPECS = [AstroNetSpec(), FullyConnectedSpec(), LinearSpec()]


@pytest.mark.skipif(not CPUINFO.exists(), reason="needs /proc/cpuinfo")
def test_auto_is_bfloat16_only_if_the_processor_supports_it() -> None:
    assert has_bfloat16(CPU) == ("avx512_bf16" in CPUINFO.read_text(encoding="utf-8"))
    assert best_precision(CPU) == ("bfloat16" if has_bfloat16(CPU) else "float32")
    on_cpu = {"accelerator": "cpu"}
    assert resolved_precision("auto", on_cpu) == best_precision(CPU)
    assert resolved_precision("float32", on_cpu) == "float32"
    assert resolved_precision("bfloat16", on_cpu) == "bfloat16"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_logits_of_both_precisions_agree_within_bfloat16_rounding(
    spec: NetworkSpec, make_batch: Any
) -> None:
    torch.manual_seed(0)
    network, batch = spec.build(VIEWS).eval(), make_batch(32)
    with torch.inference_mode():
        exact = network(batch)
        with autocast("bfloat16", CPU):
            rounded = network(batch)
    assert rounded.dtype == exact.dtype == torch.float32
    assert (rounded - exact).abs().max() <= 0.03 * (exact.abs().max() + exact.std())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_bfloat16_scores_have_no_ties(spec: NetworkSpec, make_batch: Any) -> None:
    """Compare 256 logits: with the 8 significant bits of bfloat16, many would be equal."""
    torch.manual_seed(0)
    network = spec.build(VIEWS).eval()
    with torch.inference_mode(), autocast("bfloat16", CPU):
        logits = network(make_batch(256))
    assert len(logits.unique()) == 256


@pytest.mark.parametrize(
    ("precision", "lightnings"), [("float32", "32-true"), ("bfloat16", "bf16-mixed")]
)
def test_trainer_has_the_precision_of_the_config(
    precision: str, lightnings: str, tmp_path: Any
) -> None:
    training = Training.model_validate({"precision": precision})
    files = {name: tmp_path / name for name in ("history", "last_checkpoint", "weights")}
    assert (
        make_trainer(training, {"accelerator": "cpu"}, quiet=True, **files).precision == lightnings
    )


def test_precision_in_the_trainer_section_is_rejected(tmp_path: Any) -> None:
    files = {name: tmp_path / name for name in ("history", "last_checkpoint", "weights")}
    with pytest.raises(
        ConfigError,
        match=r"trainer\.precision cannot be set; remove it",
    ):
        make_trainer(Training(), {"precision": "64-true"}, **files)
