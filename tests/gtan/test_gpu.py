"""On a GPU: the same kernels, groups and detections as on the CPU, and a run that resumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import gtan
from gtan.grouping import group_layers
from tests.gtan.runs.made_run import Stop, train

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("merge", ["paper", "union"])
def test_the_same_groups(merge: str) -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = [64, 32, 16]
    centers = torch.cat([(torch.arange(n) + 0.5) / n for n in lengths]).expand(4, -1)
    widths = torch.rand(4, sum(lengths), generator=generator) * 0.2
    valid = torch.rand(4, sum(lengths), generator=generator) < 0.95
    on_cpu = group_layers(centers, widths, valid, lengths, 0.3, merge)
    on_gpu = group_layers(*(t.cuda() for t in (centers, widths, valid)), lengths, 0.3, merge)
    for one, other in zip(on_cpu, on_gpu, strict=True):
        assert one.steps == other.steps and torch.equal(one.members, other.members)
        torch.testing.assert_close(one.centers, other.centers.cpu())
        torch.testing.assert_close(one.widths, other.widths.cpu())


def test_the_same_detections_and_explanations(place: Path) -> None:
    run = gtan.open_run("old")
    found = {}
    for device in ("cpu", "cuda"):
        model = gtan.open_run("old").model(device)
        features = torch.randn(2, 3, 64, generator=torch.Generator().manual_seed(1)).to(device)
        with torch.no_grad():
            found[device] = [output.logits.cpu() for output in model(features)]
    for one, other in zip(found["cpu"], found["cuda"], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)
    assert run.model().anchors[0].scores.weight.is_cuda
    detections = gtan.detect(run)
    assert np.isfinite(detections["score"]).all() and len(detections)
    assert gtan.explain(run, "v1").header["recording"] == "v1"


@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
def test_it_resumes_on_the_gpu_and_moves_between_devices(place: Path, precision: str) -> None:
    cuda = {"training.device": "cuda", "training.mixed_precision": precision}
    with pytest.raises(Stop):
        train(stop=4, **cuda)
    run = train(**cuda)
    assert run.step == 6 and run.metrics()["loss"].notna().all()
    assert run.provenance()[0]["device"].startswith("cuda")
    with pytest.raises(Stop):
        train("moved", stop=4, **cuda)
    moved = train("moved", **cuda | {"training.device": "cpu"})
    assert moved.step == 6
