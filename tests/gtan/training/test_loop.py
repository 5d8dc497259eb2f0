"""The loop: it learns, it survives a kill, it says what went wrong. On real recordings, small."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gtan
from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.experiments.notebooks import evaluate_run
from gtan.explaining import explain_recording
from gtan.network import GTAN
from gtan.runs.trace import Trace
from gtan.settings import DataSettings, Settings, SettingsError
from gtan.training.journal import validate
from gtan.training.learner import NonFiniteLossError, learning_rate
from gtan.training.recorder import TraceRecorder

SMALL: dict[str, Any] = {
    "data.train_on": "train",
    "data.window": 128,
    "network.base_channels": (16, 16),
    "network.anchor_channels": (16,) * 4,
    "kernels.initial_width": 2.0,
    "kernels.epsilon": 0.3,
    "loss.localization_unit": "cell",
    "training.iterations": 24,
    "training.batch_size": 4,
    "training.warmup": 4,
    "training.learning_rate": 3e-3,
    "training.validate_every": 24,
    "training.log_every": 1,
    "training.checkpoint_every": 8,
    "training.trace_every": 6,
    "training.trace_recordings": 1,
    "training.explanations": 2,
    "training.ema": 0.9,
    "training.threads": 1,
    "training.device": "cpu",
    "network.dropout": 0.1,
}


def small(**overrides: Any) -> Settings:
    return Settings.preset("sbhar").override(SMALL | overrides)


@pytest.fixture(scope="module")
def few() -> Dataset:
    """SBHAR with two validation recordings, to be quick."""
    dataset = load_dataset(DataSettings(train_on="train"))
    return replace(
        dataset, subsets=dataset.subsets | {"validation": dataset.subsets["validation"][:2]}
    )


@pytest.fixture(scope="module")
def finished(few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> gtan.Run:
    return gtan.train(small(), tmp_path_factory.mktemp("run") / "a", few, progress=False)


def weights(run: gtan.Run) -> dict[str, bytes]:
    (checkpoint,) = run.checkpoints().values()
    return {file.name: file.read_bytes() for file in checkpoint.glob("*.safetensors")}


def recorded(run: gtan.Run) -> dict[str, bytes]:
    """All files that must be equal between equal runs."""
    files = [p for p in run.path.rglob("*") if p.is_file() and p.name != "provenance.json"]
    return {str(p.relative_to(run.path)): p.read_bytes() for p in files}


def test_it_learns(finished: gtan.Run) -> None:
    metrics = finished.metrics()
    assert metrics["step"].tolist() == list(range(1, 25))
    assert metrics["loss"].iloc[-6:].mean() < 0.8 * metrics["loss"].iloc[:6].mean()
    assert 0 <= metrics["mAP"].iloc[-1] <= 1 and metrics["mAP"].iloc[:-1].isna().all()
    assert (metrics["foreground"] == metrics["background"]).all()
    assert metrics[[f"mixed_{layer}" for layer in range(1, 5)]].to_numpy().sum() > 0
    assert {"ignored", "unmatched_truths", "stray_members"} <= set(metrics)


def test_validation_scores_as_the_evaluation_does(
    finished: gtan.Run, few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(few, protocol="thumos14", tiou=(0.1, 0.2))
    run = gtan.open_run(shutil.copytree(finished.path, tmp_path / "run"))
    monkeypatch.setattr(gtan.Run, "dataset", lambda *_: strict)
    expected = evaluate_run(run, "validation").average_mAP
    assert validate(run.model(), strict, run.settings) == pytest.approx(expected, abs=1e-9)
    assert validate(run.model(), few, run.settings) != pytest.approx(expected, abs=1e-3)


def test_the_folder_opens_again(finished: gtan.Run) -> None:
    run = gtan.open_run(finished.path)
    assert run.step == 24 and list(run.checkpoints()) == [24]
    (session,) = run.provenance()
    assert session["packages"]["torch"] == version("torch")
    assert len(session["data"]["sha256"]) == 64 and session["seed"] == 0
    assert session["steps"] == [1, 24] and session["started"] <= session["ended"]
    assert set(session["seconds"]) == {"steps", "validation", "recording", "checkpoints"}
    model = run.model()
    assert not model.training
    assert sorted(step for _, step in run.explanations()) == [12, 24]


def test_equal_runs_leave_equal_files(finished: gtan.Run, few: Dataset, tmp_path: Path) -> None:
    again = gtan.train(small(), tmp_path / "b", few, progress=False)
    assert recorded(again) == recorded(finished)
    other = gtan.train(small(**{"training.seed": 1}), tmp_path / "c", few, progress=False)
    assert weights(other) != weights(finished)


def test_killed_and_resumed_ends_bit_for_bit_the_same(finished: gtan.Run, tmp_path: Path) -> None:
    """A real SIGKILL at a step between checkpoints; then the same call again."""
    script = textwrap.dedent(
        """
        import sys, json
        sys.path.insert(0, {tests!r})
        from test_loop import few, small
        import gtan
        dataset = few.__wrapped__()
        def tell(row):
            print(int(row["step"]), flush=True)
        gtan.train(small(), {folder!r}, dataset, progress=False, on_step=tell)
        """
    ).format(tests=str(Path(__file__).parent), folder=str(tmp_path / "run"))

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ
        )

    with start() as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 13:
                process.send_signal(signal.SIGKILL)
                break
    assert process.wait() == -signal.SIGKILL
    stopped = gtan.open_run(tmp_path / "run")
    assert list(stopped.checkpoints()) == [8]
    with start() as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    assert output.split()[0] == "9"  # it went on, it did not begin again
    assert weights(gtan.open_run(tmp_path / "run")) == weights(finished)
    assert recorded(gtan.open_run(tmp_path / "run")) == recorded(finished)


def test_other_settings_do_not_take_over_a_run(finished: gtan.Run, few: Dataset) -> None:
    with pytest.raises(SettingsError, match=r"kernels\.epsilon: 0\.3 there, 0\.6 asked for"):
        gtan.train(small(**{"kernels.epsilon": 0.6}), finished.path, few, progress=False)


def test_a_loss_that_is_not_finite_stops_the_run(few: Dataset, tmp_path: Path) -> None:
    def poison(row: dict[str, float]) -> None:
        if row["step"] == 9:
            for recording in few.recordings.values():
                recording.samples[:] = np.nan  # type: ignore[attr-defined]

    samples = {n: r.samples.copy() for n, r in few.recordings.items()}  # type: ignore[attr-defined]
    try:
        with pytest.raises(NonFiniteLossError) as error:
            gtan.train(small(), tmp_path / "run", few, progress=False, on_step=poison)
    finally:
        for name, recording in few.recordings.items():
            recording.samples[:] = samples[name]  # type: ignore[attr-defined]
    message = str(error.value)
    assert "at step 10" in message and "conv_a1" in message and "000008" in message
    assert gtan.open_run(tmp_path / "run").step == 8


def test_no_gpu_is_said_so(few: Dataset, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(SettingsError, match=r"training\.device = 'cuda'.*'auto'"):
        gtan.train(small(**{"training.device": "cuda"}), tmp_path / "run", few, progress=False)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["no", "fp16", "bf16"])
def test_it_learns_on_a_gpu(few: Dataset, tmp_path: Path, precision: str) -> None:
    settings = small(**{"training.device": "cuda", "training.mixed_precision": precision})
    metrics = gtan.train(settings, tmp_path / "run", few, progress=False).metrics()
    assert metrics["loss"].iloc[-6:].mean() < 0.8 * metrics["loss"].iloc[:6].mean()


def test_mixed_precision_on_the_cpu(few: Dataset, tmp_path: Path) -> None:
    settings = small(**{"training.mixed_precision": "bf16", "training.iterations": 6})
    metrics = gtan.train(settings, tmp_path / "run", few, progress=False).metrics()
    assert np.isfinite(metrics["loss"]).all()


def test_learning_rate_schedules() -> None:
    training = small(
        **{"training.warmup": 10, "training.iterations": 100, "training.learning_rate": 1.0}
    ).training
    assert learning_rate(training, 5) == pytest.approx(0.5, abs=0.01)
    assert learning_rate(training, 51) == pytest.approx(0.5)
    assert learning_rate(training, 100) == pytest.approx(0.0, abs=1e-3)
    paper = Settings.preset("paper-thumos14").training
    rates = [learning_rate(paper, step) for step in (1, 2500, 2501, 5001)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-5])  # R9


def test_a_replaced_kernels_cell_is_what_its_group_is(few: Dataset, tmp_path: Path) -> None:
    settings = small(**{"kernels.grouping": "replace", "kernels.epsilon": 0.2})
    torch.manual_seed(0)
    model = GTAN(settings).eval()
    name = few.subsets["validation"][0]
    TraceRecorder(tmp_path, few, [name], settings).record(model, 0)
    trace = Trace.load(tmp_path)
    explanation = explain_recording(model, few, name, settings, 0)
    replaced = 0
    for layer, states in enumerate(trace.state, 1):
        valid = explanation.arrays[f"layer{layer}.valid"] > 0
        assert ((states[0] == -2) == ~valid).all()  # whatever lies within the recording has one
        kernels = explanation.kernels(layer)
        for kernel in kernels[kernels["mixed"]].itertuples():
            assert (states[0, kernel.window, kernel.members] == kernel.state).all()
            replaced += len(kernel.members)
    assert replaced > 10


def test_the_trace_tells_what_the_sigmas_did(finished: gtan.Run) -> None:
    trace = finished.trace()
    assert trace.steps.tolist() == [0, 6, 12, 18, 24]
    windows = len(trace.windows)
    assert [s.shape for s in trace.sigmas] == [(5, windows, n) for n in (32, 16, 8, 4)]
    np.testing.assert_allclose(trace.sigmas[0][0], 1.0, atol=1e-3)  # initial_width 2 cells
    assert (trace.state[0] == 1).any() and (trace.state[0] == -1).any()
    name = trace.windows["recording"].iloc[0]
    explanation = gtan.explain(finished, name)
    for layer, sigmas in enumerate(trace.sigmas, 1):
        cells = sigmas.shape[-1]
        kernels = explanation.kernels(layer)
        learned = kernels[~kernels["mixed"]]
        span = 128 * explanation.grid.stride
        for window, found in learned.groupby("window"):
            own = [members[0] for members in found["members"]]  # others may be replaced (R6)
            expected = sigmas[-1, int(window), own]  # type: ignore[call-overload]
            np.testing.assert_allclose(found["sigma"] * cells / span, expected, rtol=2e-3)
    with pytest.raises(KeyError, match="not probed"):
        trace.probe("nobody")


def test_a_trace_can_be_read_while_training_goes_on(few: Dataset, tmp_path: Path) -> None:
    seen = []

    def look(row: dict[str, float]) -> None:
        if row["step"] % 6 == 0:
            seen.append(gtan.open_run(tmp_path / "run").trace().steps.tolist())

    gtan.train(small(), tmp_path / "run", few, progress=False, on_step=look)
    assert seen == [[0, 6], [0, 6, 12], [0, 6, 12, 18], [0, 6, 12, 18, 24]]


def test_nothing_is_left_aside(finished: gtan.Run) -> None:
    assert not list(finished.path.rglob(".*"))


def test_what_is_traced_can_be_named(few: Dataset, tmp_path: Path) -> None:
    name = few.subsets["test"][0]
    run = gtan.train(
        small(**{"training.probes": (name,), "training.iterations": 8}),
        tmp_path / "run",
        few,
        progress=False,
    )
    assert [probe["recording"] for probe in run.trace().index["probes"]] == [name]
    assert {recording for recording, _ in run.explanations()} == {name}
    with pytest.raises(SettingsError, match="sbhar has no recording nobody"):
        gtan.train(small(**{"training.probes": ("nobody",)}), tmp_path / "b", few, progress=False)


def test_recordings_are_made_ready_before_a_training_reads_them(
    few: Dataset, tmp_path: Path
) -> None:
    asked: list[set[str]] = []
    dataset = replace(few, prepare=lambda names, progress: asked.append(set(names)))
    gtan.train(small(**{"training.iterations": 1}), tmp_path / "run", dataset, progress=False)
    assert asked[0] == {*few.subsets["train"], *few.subsets["validation"]}
