"""Write the golden files that the browser's arithmetic is tested against.

    python scripts/make_golden.py

Inputs and results of gtan's own functions in float64, one JSON file a function, and a tiny
Explanation with what gtan makes of it when something is changed. `gtan_viz/js/test` reads them;
`tests/gtan_viz/explorer/test_golden.py` proves that they are current.
"""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from gtan.data.dataset import Dataset
from gtan.detection import Predictions, class_scores, decode, detect_recording
from gtan.evaluation import evaluate_detections
from gtan.experiments.grouping_report import _layers
from gtan.explaining import explain_recording
from gtan.grid import ClipGrid
from gtan.grouping import Merge, group_kernels
from gtan.kernels import average_weights, derivative_weights, kernel_weights
from gtan.network import GTAN, AnchorLayer
from gtan.runs.explanation import Explanation
from gtan.settings import DetectionSettings, Settings
from gtan.softnms import soft_nms

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures" / "golden"
READINGS: tuple[Merge, ...] = ("paper", "union")  # R5
THIRD = 2 ** (1 / 3)
GRID = ClipGrid(stride=0.2, length=1.0, offset=-0.4)


@contextmanager
def float64() -> Any:
    """Everything in double precision."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def weights() -> list[dict[str, Any]]:
    """Eq. 1, its derivatives (E1), and Figure 4's average."""
    rng = np.random.default_rng(1)
    kernels: list[tuple[float, float, int, list[int] | None]] = [
        (0.5, 0.1, 5, None),
        (0.5, 1e-3, 4, None),  # between two cells, far narrower than one: a tie
        (0.3, 1e-5, 128, None),
        (0.5, 0.3, 1, None),  # one cell
        (0.9, 0.05, 16, [1] * 6 + [0] * 10),  # beyond the end of the recording
        (-0.2, 0.02, 8, None),  # outside the window
        (0.5, 0.2, 6, [0] * 6),
        (0.2, 40.0, 12, [1] * 11 + [0]),
    ]
    for length in (7, 32, 128):
        count = int(rng.integers(2, length + 1))
        padded = [1] * count + [0] * (length - count)
        for sigma in (0.3 / length, 2 / length, 0.4):
            kernels.append((float(rng.uniform(0, 1)), sigma, length, padded))
    cases = []
    for center, sigma, length, valid in kernels:
        mask = None if valid is None else torch.tensor(valid, dtype=torch.bool)
        at, width = torch.tensor([center]), torch.tensor([2 * sigma])
        gaussian = kernel_weights(at, width / 2, length, mask)
        cases.append(
            {
                "center": center,
                "sigma": sigma,
                "width": 2 * sigma,
                "length": length,
                "valid": valid,
                "gaussian": gaussian[0].tolist(),
                "derivatives": derivative_weights(gaussian, at, width / 2, 4)[:, 0].tolist(),
                "average": average_weights(at, width, length, mask)[0].tolist(),
            }
        )
    return cases


def group() -> list[dict[str, Any]]:
    """Algorithm 1, both readings of Eq. 3."""
    rng = np.random.default_rng(2)
    maps: list[tuple[str, list[float], float, list[int] | None]] = [
        ("one cell", [0.8], 0.7, None),
        ("padding only", [0.5, 0.5], 0.7, [0, 0]),
        ("IoU equals epsilon: no merge", [0.75, 0.75], 0.2, None),  # H = 1/4, L = 5/4
        ("runaway chain", [12 / 512] * 512, 0.7, None),
        ("runaway chain, padded", [12 / 64] * 64, 0.7, [1] * 41 + [0] * 23),
        ("one holds all", [0.01, 0.02, 1.9, 0.02, 0.01], 0.001, None),
        ("empty kernels", [0.0, 0.0, 0.0], 0.5, None),
    ]
    for length in (8, 32, 128):
        for epsilon in (0.3, 0.5, 0.7):
            widths = (rng.uniform(0.3, 14, length) / length).tolist()
            count = int(rng.integers(length // 2, length + 1))
            maps.append((f"random {length}", widths, epsilon, [1] * count + [0] * (length - count)))
    cases = []
    for name, widths, epsilon, valid in maps:
        centers = (torch.arange(len(widths)) + 0.5) / len(widths)
        mask = None if valid is None else torch.tensor(valid, dtype=torch.bool)
        for merge in READINGS:
            found = group_kernels(centers, torch.tensor(widths), epsilon, merge, mask)
            kept = found.mask.nonzero()[:, 0].tolist()
            cases.append(
                {
                    "name": name,
                    "centers": centers.tolist(),
                    "widths": widths,
                    "epsilon": epsilon,
                    "merge": merge,
                    "valid": valid,
                    "groups": [
                        {
                            "members": found.members[k].nonzero()[:, 0].tolist(),
                            "center": found.centers[k].item(),
                            "width": found.widths[k].item(),
                        }
                        for k in kept
                    ],
                    "merges": [[s.first, s.cell, s.iou, s.center, s.width] for s in found.steps],
                }
            )
    return cases


def predict() -> list[dict[str, Any]]:
    """Pooling (Eq. 4) and the prediction convolutions."""
    rng = np.random.default_rng(3)
    cases = []
    for pooling, length, count, derivatives in (
        ("gaussian", 16, 16, 0), ("gaussian", 9, 5, 0), ("average", 16, 11, 0), ("cell", 8, 8, 0),
        ("gaussian", 1, 1, 0), ("gaussian", 16, 16, 2), ("gaussian", 9, 5, 4),
    ):  # fmt: skip
        channels, classes = 6, 4
        settings = Settings().override(
            {
                "network.classes": classes,
                "kernels.pooling": pooling,
                "kernels.derivatives": derivatives,
                "network.anchor_channels": (channels,),
            }
        )
        layer = AnchorLayer(settings, 0, 3, channels).double()
        fill(layer, rng)
        features = torch.from_numpy(np.maximum(rng.normal(size=(1, channels, length)), 0))
        valid = torch.arange(length)[None] < count
        features = features * valid[:, None]
        centers = torch.from_numpy(rng.uniform(0, 1, (1, 7)))
        sigmas = torch.from_numpy(np.geomspace(0.2 / length, 0.7, 7)[None])
        pooled = layer.pool(features, centers, sigmas, 2 * sigmas, valid)
        ratios = len(layer.ratios)

        def run(conv: Any, pooled: Any = pooled, ratios: int = ratios) -> list[Any]:
            rows = conv(pooled).transpose(1, 2).view(1, 7, ratios, -1)
            return rows[0].detach().numpy().tolist()

        cases.append(
            {
                "pooling": pooling,
                "derivatives": derivatives,
                "channels": channels,
                "length": length,
                "valid": valid[0].int().tolist(),
                "features": features.flatten().tolist(),
                "centers": centers[0].tolist(),
                "sigmas": sigmas[0].tolist(),
                "widths": (2 * sigmas)[0].tolist(),
                "head": {
                    "scoreWeights": layer.scores.weight.flatten().tolist(),
                    "scoreBias": layer.scores.bias.tolist(),  # type: ignore[union-attr]
                    "offsetWeights": layer.offsets.weight.flatten().tolist(),
                    "offsetBias": layer.offsets.bias.tolist(),  # type: ignore[union-attr]
                    "overlapWeights": layer.overlap.weight.flatten().tolist(),
                    "overlapBias": layer.overlap.bias.tolist(),  # type: ignore[union-attr]
                    "ratios": list(settings.ratios(0)),
                    "classes": classes,
                },
                "pooled": pooled[0].transpose(0, 1).tolist(),
                "logits": run(layer.scores),
                "offsets": run(layer.offsets),
                "overlap": [[1 / (1 + math.exp(-x)) for (x,) in row] for row in run(layer.overlap)],
            }
        )
    return cases


def detection() -> dict[str, Any]:
    """Eq. 5 alone, and a whole recording (Eq. 5, 10, 11, windows)."""
    rng = np.random.default_rng(4)
    boxes = []
    for alpha1, alpha2 in ((1.0, 1.0), (0.1, 0.25)):
        settings = DetectionSettings(alpha1=alpha1, alpha2=alpha2)
        for _ in range(6):
            center, width = rng.uniform(0, 1, 2)
            offsets = rng.normal(size=2) * (1, 4)
            refined = decode(np.array(center), np.array(width), offsets, settings)
            boxes.append(
                {
                    "center": center,
                    "width": width,
                    "offsets": offsets.tolist(),
                    "alpha1": alpha1,
                    "alpha2": alpha2,
                    "refined": [float(value) for value in refined],
                }
            )
    windows, count, classes = 3, 40, 5
    predictions = Predictions(
        centers=rng.uniform(-0.1, 1.1, (windows, count)),
        widths=rng.uniform(0.01, 0.6, (windows, count)),
        mask=rng.uniform(size=(windows, count)) < 0.9,
        logits=rng.normal(size=(windows, count, classes + 1)) * 2,
        offsets=rng.normal(size=(windows, count, 2)) * 0.3,
        overlap=rng.uniform(size=(windows, count)),
    )
    predictions.logits[0, :4, 2] = predictions.logits[0, :4, 3] = 5.0  # two best classes
    for name in ("centers", "widths", "logits", "offsets", "overlap"):
        getattr(predictions, name)[1, 1] = getattr(predictions, name)[1, 0]  # equal proposals
    predictions.overlap[2, 0], predictions.mask[2, 0] = np.nan, True
    starts, owned = np.array([0, 32, 50]), np.array([[-1e9, 48], [48, 73], [73, 1e9]])
    grid, duration = GRID, 22.5
    runs = []
    for labels, candidates, top_k in (("one", 2000, 200), ("all", 2000, 200), ("all", 70, 20)):
        settings = DetectionSettings(
            labels=labels, candidates=candidates, top_k=top_k, rho=0.3, min_score=0.01
        )

        def detect(settings: DetectionSettings) -> pd.DataFrame:
            return detect_recording(predictions, starts, owned, 64, grid, duration, settings)

        # Soft-NMS that changes nothing returns what entered it, in order.
        idle = settings.model_copy(update={"rho": 1.0, "xi": 1e300, "top_k": 100_000})
        runs.append(
            {
                "settings": settings.model_dump(mode="json"),
                "candidates": columns(detect(idle)),
                "detections": columns(detect(settings)),
            }
        )
    return {
        "decode": boxes,
        "softmax": [
            {"logits": row.tolist(), "scores": class_scores(row).tolist()}
            for row in predictions.logits[0, :3] * 30
        ],
        "recording": {
            "predictions": {
                name: numbers(np.asarray(getattr(predictions, name)).astype(float))
                for name in ("centers", "widths", "mask", "logits", "offsets", "overlap")
            },
            "starts": starts.tolist(),
            "owned": numbers(owned.astype(float)),
            "window": 64,
            "grid": {"stride": grid.stride, "length": grid.length, "offset": grid.offset},
            "duration": duration,
            "runs": runs,
        },
    }


def numbers(array: NDArray[Any]) -> list[float | None]:
    """Flat, NaN as null."""
    return [None if math.isnan(value) else value for value in array.ravel().tolist()]


def columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """A table as JSON."""
    return {str(name): frame[name].tolist() for name in frame.columns}


def suppression() -> list[dict[str, Any]]:
    """Eq. 11."""
    rng = np.random.default_rng(5)

    def some(count: int, classes: int) -> tuple[Any, Any, Any]:
        start = rng.uniform(0, 30, count)
        segments = np.stack([start, start + rng.uniform(0.1, 12, count)], 1)
        return segments, rng.uniform(0, 1, count), rng.integers(0, classes, count)

    cases: list[tuple[Any, Any, Any, dict[str, Any]]] = []
    plain: dict[str, Any] = {"threshold": 0.2, "decay": 0.8, "top_k": None, "min_score": 0.0}
    cases.append((*some(0, 1), plain))
    cases.append((*some(1, 1), plain))
    cases.append((*some(60, 3), plain))
    cases.append((*some(60, 3), plain | {"threshold": 0.0}))
    cases.append((*some(60, 3), plain | {"threshold": 1.0, "decay": 0.1}))
    cases.append((*some(60, 1), plain | {"decay": 0.05, "min_score": 0.05}))
    cases.append((*some(200, 12), plain | {"threshold": 0.75, "top_k": 40, "min_score": 0.001}))
    cases.append((*some(20, 2), plain | {"top_k": 0}))
    # Ties: equal scores within and across classes, equal segments, empty segments, touching ones.
    ties = np.array([[0, 4], [0, 4], [5, 9], [0, 4], [9, 13], [2, 2], [2, 2], [0, 8.0]])
    cases.append((ties, np.full(8, 0.5), np.array([1, 0, 1, 1, 0, 0, 0, 1]), plain))
    cases.append((ties, np.full(8, 0.5), np.zeros(8, int), plain | {"threshold": 0.5}))
    cases.append((ties, np.zeros(8), np.zeros(8, int), plain))
    result = []
    for segments, scores, labels, settings in cases:
        kept, faded = soft_nms(segments, scores, labels, **settings)
        result.append(
            {
                "segments": segments.ravel().tolist(),
                "scores": scores.tolist(),
                "labels": labels.tolist(),
                **settings,
                "indices": kept.tolist(),
                "faded": faded.tolist(),
            }
        )
    return result


def results() -> list[dict[str, Any]]:
    """What detections of one recording come to, by ActivityNet's protocol."""
    rng = np.random.default_rng(8)
    thresholds = [0.1, 0.3, 0.5, 0.7, 0.95]

    def table(count: int, classes: int) -> pd.DataFrame:
        start = rng.uniform(0, 40, count)
        return pd.DataFrame(
            {
                "video": "v",
                "label": [f"class {number}" for number in rng.integers(0, classes, count)],
                "start": start,
                "end": start + rng.uniform(1, 9, count),
            }
        )

    cases = []
    for actions, count, classes in ((1, 0, 1), (1, 6, 1), (8, 60, 3), (25, 200, 11)):
        truth, noise = table(actions, classes), table(count // 2, classes + 1)
        # The other half lies about the truth, some of it exactly.
        near = truth.iloc[rng.integers(0, actions, count - len(noise))].reset_index(drop=True)
        scale = rng.choice([0.0, 0.3, 2.0], len(near))
        near["start"] += scale * rng.uniform(-0.5, 0.5, len(near))
        near["end"] += scale * rng.uniform(-0.4, 0.5, len(near))
        found = pd.concat([near, noise], ignore_index=True)
        found["score"] = np.round(rng.uniform(0, 1, count), 1)  # many are equal
        found = found.sort_values("score", ascending=False, kind="stable", ignore_index=True)
        scored = evaluate_detections(truth, found, "activitynet", thresholds)
        cases.append(
            {
                "classes": [f"class {number}" for number in range(classes + 1)],
                "truth": columns(truth[["label", "start", "end"]]),
                "detections": columns(found[["label", "start", "end", "score"]]),
                "tiou": thresholds,
                "mAP": scored.mAP.tolist(),
                "matches": scored.matches.T.tolist(),
            }
        )
    return cases


GROUPING_COLUMNS = ["learned", "floor", "ceiling", "mixed", "foreground", "ignored", "background"]


def grouping(explanation: Explanation) -> list[dict[str, Any]]:
    """The grouping report's counts of the tiny Explanation, under some settings of its sigmas.

    Its kernels' states are made up: row i of a layer's, flat, is foreground where 7 divides i,
    else ignored where 3 does.
    """
    arrays = dict(explanation.arrays)
    for name, array in explanation.arrays.items():
        if name.endswith(".state"):
            at = np.arange(array.size).reshape(array.shape)
            made = np.where(at % 7 == 0, 1, np.where(at % 3 == 0, 0, -1))
            arrays[name] = made.astype(array.dtype)
    explanation = Explanation(explanation.header, arrays)
    cases = []
    for settings in (
        {},
        {"sigma_ceiling": 4.01, "sigma_floor": 1.9},
        {"sigma_floor": 3.1},
        {"sigma_unit": "map", "sigma_floor": 3.4},
        {"sigma_unit": "cell"},
        {"sigma_unit": "literal", "sigma_floor": 0.1},
        {"scale": "fixed"},
    ):
        kernels = explanation.settings.kernels.model_copy(update=settings)
        cases.append(
            {
                "settings": settings,
                "layers": _layers(explanation, kernels)[GROUPING_COLUMNS].to_dict("records"),
            }
        )
    return cases


def fill(module: torch.nn.Module, rng: np.random.Generator, scale: float = 0.5) -> None:
    """Weights that no torch version changes."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.from_numpy(scale * rng.normal(size=parameter.shape)))


@dataclass(frozen=True)
class MadeRecording:
    """A recording of noise, for the tiny Explanation."""

    name: str = "made <b>up</b>"
    clips: int = 90
    duration: float = 18.4
    grid: ClipGrid = GRID

    def features(self, start: float, count: int, *_: Any) -> NDArray[np.float32]:
        """Smooth noise, [count, 4]."""
        rng = np.random.default_rng(6)
        noise = np.cumsum(rng.normal(size=(self.clips + 1, 4)), 0)
        at = np.clip(np.arange(count) + int(start), 0, self.clips)
        return noise[at].astype(np.float32)

    def signal(self) -> tuple[NDArray[np.float32], float, list[str]]:
        """A sine, at 10 samples a second."""
        time = np.arange(int(self.duration * 10), dtype=np.float32) / 10
        return np.sin(time)[:, None], 10.0, ["made up"]


DETECTION_COLUMNS = [
    "label", "start", "end", "score", "ranking", "window", "layer", "first", "mixed", "ratio"
]  # fmt: skip

# Changes in the browser's words, and the same as settings of gtan; sigmaFactor is applied by hand.
WHAT_IFS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"sigmaFactor": 1.6}, {}),
    ({"sigmaFactor": 0.4}, {}),
    ({"epsilon": 0.35}, {"kernels.epsilon": 0.35}),
    ({"merge": "union"}, {"kernels.merge": "union"}),
    ({"grouping": "replace"}, {"kernels.grouping": "replace"}),
    ({"grouping": "off"}, {"kernels.grouping": "off"}),
    ({"sigmaFactor": 1.3, "grouping": "replace"}, {"kernels.grouping": "replace"}),
    ({"ratioScale": 1.25}, {"kernels.scale_ratios": (1.25, 1.25 * THIRD, 1.25 * THIRD**2)}),
    ({"ratios": [0.5, 1, 2]}, {"kernels.scale_ratios": (0.5, 1.0, 2.0)}),
    (
        {"xi": 0.3, "rho": 0.5, "minScore": 0.05, "topK": 30},
        {
            "detection.xi": 0.3,
            "detection.rho": 0.5,
            "detection.min_score": 0.05,
            "detection.top_k": 30,
        },
    ),
]


def tiny(derivatives: int = 0) -> tuple[Explanation, list[dict[str, Any]]]:
    """An Explanation of a made-up recording, and gtan's own detections under each what-if.

    With derivatives (E1) under the first few.
    """
    base = Settings().override(
        {
            "data.window": 64,
            "network.feature_dim": 4,
            "network.classes": 3,
            "network.base_channels": (8, 8),
            "network.anchor_channels": (8, 8, 8, 8, 8),
            "kernels.epsilon": 0.6,
            "kernels.derivatives": derivatives,
            "detection.labels": "all",
            "detection.top_k": 60,
            # Nothing fades: which of two near-equal detections is picked first is up to rounding.
            "detection.rho": 1.0,
            "detection.xi": 1e6,
        }
    )
    recording = MadeRecording()
    truth = pd.DataFrame(
        {
            "video": recording.name,
            "label": ["WALK", "SIT", "WALK"],
            "start": [1.0, 6.0, 14.0],
            "end": [4.0, 9.5, 17.0],
        }
    )
    dataset = Dataset(
        name="made up",
        classes=("WALK", "SIT", "</script><img src=x onerror=alert(1)>"),
        recordings={recording.name: recording},
        truth=truth,
        subsets={"train": (), "validation": (), "test": (recording.name,)},
        feature_dim=4,
    )

    def explain(changes: dict[str, Any], settings: Settings) -> Explanation:
        model = GTAN(settings)
        fill(model, np.random.default_rng(7), 0.6)
        widen(model, changes.get("sigmaFactor", 1.0))
        return explain_recording(model, dataset, recording.name, settings, 300)

    what_ifs = []
    for changes, overrides in WHAT_IFS[:5] if derivatives else WHAT_IFS:
        found = explain(changes, base.override(overrides))
        kernels = pd.concat(
            found.kernels(j).assign(layer=j) for j in range(1, len(found.header["layers"]) + 1)
        )
        # A kernel is named by its first member, since its row depends on the others.
        kernels["first"] = [int(members[0]) for members in kernels["members"]]
        frame = found.detections().merge(
            kernels[["layer", "row", "first", "mixed"]], on=["layer", "row"]
        )
        what_ifs.append(
            {
                "changes": changes,
                "kernels": len(kernels),
                "mixed": int(kernels["mixed"].sum()),
                "detections": columns(frame[DETECTION_COLUMNS]),
            }
        )
    return explain({}, base), what_ifs


def widen(model: GTAN, factor: float) -> None:
    """Let a network learn sigmas of some cells, and multiply them."""
    for anchor in model.anchors:
        with torch.no_grad():
            anchor.sigma.bias.fill_(3.0)  # type: ignore[union-attr, operator]
    learn = model.learn_sigmas

    def scaled(maps: Any) -> tuple[Any, Any]:
        sigmas, widths = learn(maps)
        return sigmas * factor, widths * factor

    model.learn_sigmas = scaled  # type: ignore[method-assign]


def golden() -> dict[str, Any]:
    """Every JSON file's content, by name."""
    with float64():
        return {
            "weights": weights(),
            "group": group(),
            "predict": predict(),
            "detection": detection(),
            "soft_nms": suppression(),
            "results": results(),
        }


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    explanation, what_ifs = tiny()
    with_derivatives, their_what_ifs = tiny(derivatives=2)
    made = {
        "whatif": what_ifs,
        "whatif_derivatives": their_what_ifs,
        "grouping": grouping(explanation),
    }
    for name, content in (golden() | made).items():
        text = json.dumps(content, separators=(",", ":"), allow_nan=False)
        (FOLDER / f"{name}.json").write_text(text + "\n")
    explanation.save(FOLDER / "explanation.safetensors")
    with_derivatives.save(FOLDER / "derivatives.safetensors")


if __name__ == "__main__":
    main()
