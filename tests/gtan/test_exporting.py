"""Trunk and heads as programs of torch.export: the same numbers, with gtan and without it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gtan
from gtan import GTAN, Settings
from gtan.exporting import export_parts
from tests.gtan.networks import unlike
from tests.gtan.runs.made_run import train

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
BATCHES = (1, 2, 5)
# Imports of gtan fail, wherever it may lie.
ALONE = "import sys; sys.modules['gtan'] = None; sys.modules['gtan_viz'] = None\n"


def small(**overrides: Any) -> GTAN:
    settings = Settings.preset("features").override(
        {"network.feature_dim": 8, "network.classes": 3, "network.base_channels": (8, 8),
         "network.anchor_channels": (8, 8), "data.window": 64, "kernels.epsilon": 0.3} | overrides
    )  # fmt: skip
    return unlike(settings, std=0.5)


@pytest.mark.parametrize(
    "overrides",
    [
        {"kernels.grouping": "join", "kernels.derivatives": 2},
        {"kernels.pooling": "average", "kernels.derivatives": 0},
        {"kernels.pooling": "cell", "kernels.derivatives": 0, "kernels.grouping": "off",
         "kernels.scale": "fixed"},
    ],
)  # fmt: skip
def test_the_same_numbers_with_any_batch_and_mixed_kernels(overrides: dict[str, Any]) -> None:
    model, mixed = small(**overrides), 0
    trunk, heads = (program.module() for program in export_parts(model))
    for batch in BATCHES:
        torch.manual_seed(batch)
        features = torch.randn(batch, 8, 64)
        valid = torch.ones(batch, 64, dtype=torch.bool)
        valid[0, 40:] = False
        with torch.no_grad():
            wanted = model(features, valid)
            given = trunk(features, valid)
            for one, layer in zip(wanted, range(2), strict=True):
                assert torch.equal(one.features, given["maps"][layer])
                assert torch.equal(one.learned_sigmas, given["sigmas"][layer])
                assert torch.equal(one.learned_widths, given["widths"][layer])
                mixed += int(one.mixed.mask.sum()) if one.mixed else 0
            given |= {
                name: tuple(getattr(one, name) for one in wanted)
                for name in ("centers", "sigmas", "widths")
            }
            said = heads(**given)
        for layer, one in enumerate(wanted):
            for name in ("logits", "offsets", "overlap"):
                assert torch.equal(getattr(one, name), said[name][layer])
    assert (mixed > 0) == (model.settings.kernels.grouping != "off")


def blocks(before: str = "") -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"{before}```python\n(.*?)```", text, re.DOTALL)


def test_the_page_runs_without_gtan(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a process in which gtan cannot be imported; its proposals are those of gtan."""
    run = train("runs/mine", **{"kernels.grouping": "off"})
    exec(compile(blocks()[0], "export", "exec"), {})
    np.save("monday.npy", np.load("v4.npy")[:50].astype(np.float32))
    (script,) = blocks("<!-- alone -->\n")
    done = subprocess.run(
        [sys.executable, "-c", ALONE + script + "\nnp.save('rows.npy', [row[3] for row in rows])"],
        cwd=place, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5 and re.match(r"clips [-\d.]+ to ", done.stdout)

    run = gtan.open_run("runs/mine")
    about = json.loads((place / "exported" / "network.json").read_text())
    assert about["classes"] == list(run.classes) and about["step"] == run.step
    model, window = run.model("cpu"), run.settings.data.window
    features, valid = torch.zeros(1, about["feature_dim"], window), torch.zeros(1, window) > 0
    features[0, :, :50], valid[0, :50] = torch.from_numpy(np.load("monday.npy").T), True
    with torch.no_grad():
        outputs = model(features, valid)
    assert [len(one.valid[0]) for one in outputs] == [one["cells"] for one in about["layers"]]
    scores = torch.cat(
        [
            (one.logits.softmax(-1)[..., 1:].amax(-1) * one.overlap)[one.mask].flatten()
            for one in outputs
        ]
    )
    wanted = scores[scores >= run.settings.detection.min_score].sort(descending=True).values
    np.testing.assert_array_equal(np.load("rows.npy"), wanted.numpy())


def test_what_is_there_stays(place: Path) -> None:
    train("run")
    (place / "exported").mkdir()
    (place / "exported" / "heads.pt2").write_text("mine")
    with pytest.raises(FileExistsError, match=r"heads\.pt2 is there already; name another"):
        gtan.export_network("run", "exported")
    assert [path.name for path in (place / "exported").iterdir()] == ["heads.pt2"]
    with pytest.raises(FileNotFoundError, match="is not a run"):
        gtan.export_network("nowhere", "exported2")
