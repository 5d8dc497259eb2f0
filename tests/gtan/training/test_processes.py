"""A step reads its device twice; loaders, processes and devices change nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import gtan
from gtan.devices import choose_device
from gtan.runs.writable import RunError
from gtan.settings import SettingsError
from gtan.training.batches import batches_of
from gtan.training.claim import what_it_is
from gtan.training.learner import Learner, NonFiniteLossError
from gtan.transfers import reads
from tests.gtan.runs.made_run import files, made, train
from tests.gtan.training.test_learner import batch, make

ROOT = Path(__file__).parents[3]


class NoReads(TorchDispatchMode):
    """Refuses what would make the host wait, wherever it is called from."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None):
        name = str(function)
        if any(word in name for word in ("_local_scalar_dense", "nonzero", "masked_select")):
            raise AssertionError(f"{name} reads from the device")
        if "index.Tensor" in name or "index_put" in name:
            kinds = [index.dtype for index in args[1] if index is not None]
            assert torch.bool not in kinds, f"{name} with a mask reads from the device"
        return function(*args, **(kwargs or {}))


READING = ("item", "cpu", "tolist", "numpy", "nonzero", "__bool__", "__int__", "__float__")


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("grouping", ["join", "replace"])
def test_a_step_reads_the_device_twice(
    optimizer: str, grouping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grouping's widths, and whether the loss is finite; the metrics once they are asked for."""
    learner = make(
        **{"training.optimizer": optimizer, "kernels.grouping": grouping, "training.ema": 0.9,
           "training.learning_rate": 1e-3, "kernels.epsilon": 0.3}
    )  # fmt: skip
    given = batch()
    learner.step(1, *given)  # the optimizer makes its state
    allowed = [0]

    def guarded(name: str, original: Any) -> Any:
        def call(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_globals["__name__"]
            ours = caller.startswith("gtan.")
            assert not ours or caller == "gtan.transfers", f"{caller} reads by Tensor.{name}"
            allowed[0] += ours
            return original(tensor, *args, **kwargs)

        return call

    for name in READING:
        monkeypatch.setattr(torch.Tensor, name, guarded(name, getattr(torch.Tensor, name)))
    before = reads()
    with NoReads():
        for step in (2, 3, 4):
            learner.step(step, *given)
    assert reads() - before == 2 * 3
    assert len(learner.read()) == 4 and reads() - before == 2 * 3 + 1
    assert allowed[0] > 0 and learner.read() == []


@pytest.mark.gpu
def test_a_step_on_a_gpu_never_waits_but_there() -> None:
    learner = make(**{"training.ema": 0.9})
    learner = Learner(learner.settings, type(learner.processes)("cuda"))
    given = batch()
    learner.step(1, *given)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for step in (2, 3):
            learner.step(step, *given)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
def test_a_gpu_and_the_cpu_learn_alike() -> None:
    """Loss curves of ten steps, float32 on both (no TF32): within 1 %."""
    curves = {}
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        one = make(**{"training.learning_rate": 1e-3})
        learner = Learner(one.settings, type(one.processes)(device))
        learner.model.load_state_dict(one.model.state_dict())
        for step in range(1, 11):
            learner.step(step, *batch())
        curves[device] = [row["loss"] for row in learner.read()]
    assert curves["cuda"] == pytest.approx(curves["cpu"], rel=0.01)


def test_a_loss_that_is_not_finite_changes_nothing() -> None:
    learner = make(**{"training.ema": 0.9})
    features, valid, truths = batch()
    learner.step(1, features, valid, truths)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    features[0, 0, 5] = float("nan")
    with pytest.raises(NonFiniteLossError, match=r"step 2: .*conv_a1 \(features\)"):
        learner.step(2, features, valid, truths)
    for name, value in learner.model.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_cut_the_same_windows(place: Path, workers: int) -> None:
    alone = train("alone", **{"network.dropout": 0.2})
    shared = train("shared", **{"network.dropout": 0.2, "training.workers": workers})
    for name in ("metrics/000006.json", "checkpoints/000006/model.safetensors"):
        assert (shared.path / name).read_bytes() == (alone.path / name).read_bytes()


def test_every_window_is_drawn_for_itself(place: Path) -> None:
    """Part of a batch is that part of the whole: by place, whoever asks."""
    from gtan.data import load_dataset
    from gtan.training.processes import Processes

    settings = made(**{"network.dropout": 0.5, "training.batch_size": 4})
    dataset, processes = load_dataset(settings.data), Processes("cpu")
    whole = next(iter(batches_of(settings, dataset, processes, range(3, 4))))
    processes.part = lambda size: range(2, 4)  # type: ignore[method-assign]
    half = next(iter(batches_of(settings, dataset, processes, range(3, 4))))
    assert torch.equal(whole[0][2:], half[0]) and torch.equal(whole[1][2:], half[1])
    dropped = (whole[0] == 0).all(-1)  # whole features of a window
    assert 0 < dropped.float().mean() < 1 and len({tuple(row) for row in dropped.tolist()}) > 1


LAUNCHED = textwrap.dedent(
    """
    import os, sys
    sys.path.append({root!r})
    os.chdir({place!r})
    import gtan
    from tests.gtan.runs.made_run import made
    def tell(row):
        print(row["step"], row["loss"], flush=True)
    gtan.train(made(**{settings!r}), {folder!r}, progress=False, on_step=tell)
    """
)


def launch(place: Path, folder: str, processes: int, port: int, **settings: Any) -> list[Any]:
    """Processes as `torchrun` starts them: gloo on the CPU, one environment each."""
    return [start(place, folder, rank, processes, port, settings) for rank in range(processes)]


def start(
    place: Path, folder: str, rank: int, processes: int, port: int, settings: dict[str, Any]
) -> Any:
    """One process of a training."""
    source = LAUNCHED.format(root=str(ROOT), place=str(place), settings=settings, folder=folder)
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "MASTER_ADDR": "127.0.0.1",
                   "MASTER_PORT": str(port), "WORLD_SIZE": str(processes),
                   "RANK": str(rank), "LOCAL_RANK": str(rank),
                   "LOCAL_WORLD_SIZE": str(processes)}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", source], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


SHARED: dict[str, Any] = {
    "training.batch_size": 4, "network.dropout": 0.2, "training.iterations": 6,
    "training.learning_rate": 1e-2, "training.warmup": 0, "kernels.epsilon": 0.3,
}  # fmt: skip


@pytest.mark.slow
def test_two_processes_learn_as_one(place: Path) -> None:
    """Two of batch 2 against one of batch 4: the loss curve within 1e-3."""
    alone = train("alone", **SHARED).metrics()
    for process in launch(place, "shared", 2, free_port(), **SHARED):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    shared = gtan.open_run("shared")
    found = shared.metrics()
    assert found["step"].tolist() == alone["step"].tolist()
    for name in ("loss", "classification", "localization", "overlap", "gradient_norm"):
        assert found[name].tolist() == pytest.approx(alone[name].tolist(), rel=1e-3), name
    for name in ("foreground", "background", "unmatched_truths", "mixed_1", "mixed_2"):
        assert found[name].tolist() == alone[name].tolist(), name
    assert shared.step == 6 and len(shared.provenance()) == 1
    assert sorted(files("shared/checkpoints")) and not list(shared.path.rglob(".*"))


@pytest.mark.slow
def test_one_of_two_processes_killed(place: Path) -> None:
    """The other says so and ends, and the run goes on from its last checkpoint."""
    settings = SHARED | {"training.iterations": 400, "training.checkpoint_every": 3}
    first, second = launch(place, "shared", 2, free_port(), **settings)
    for line in first.stdout:
        if float(line.split()[0]) >= 5:
            second.send_signal(signal.SIGKILL)
            break
    started = time.monotonic()
    _, said = first.communicate(timeout=120)
    assert first.returncode != 0 and time.monotonic() - started < 60
    assert "another process of this training ended" in said and "goes on from its last" in said
    kept = gtan.open_run("shared").step
    assert kept >= 3
    run = train("shared", **SHARED | {"training.iterations": kept + 3})
    assert run.step == kept + 3


ROLES = ((0, "mine"), (1, "elsewhere"))


@pytest.mark.slow
def test_two_hosts_without_a_shared_folder_say_so(place: Path) -> None:
    """One saw the checkpoint, the other began at step 1, and both waited half an hour."""
    train("mine", **SHARED | {"training.iterations": 3})
    port, settings = free_port(), SHARED
    both = [start(place, folder, rank, 2, port, settings) for rank, folder in ROLES]
    for index, process in enumerate(both):
        _, said = process.communicate(timeout=120)
        assert process.returncode != 0
        assert "do not have the same step" in said and f"process {index}, on " in said, said
    assert not Path("elsewhere").exists() and gtan.open_run("mine").step == 3


def test_what_processes_must_have_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    from gtan.training.processes import Processes

    processes = Processes("cpu")
    processes.agree({"data": "a"})
    processes.count, processes.index = 2, 1
    monkeypatch.setattr(processes, "gather", lambda sums: sums.repeat(2, 1))
    processes.agree({"data": "a", "code": "b"})
    other = torch.tensor([[0, 1]])
    monkeypatch.setattr(processes, "gather", lambda sums: torch.cat([sums, sums + other]))
    with pytest.raises(RunError, match=r"not have the same code: process 1, on .*, has code b\."):
        processes.agree({"data": "a", "code": "b"})
    one, more = made(), made(**{"training.threads": 2, "training.workers": 1})
    assert what_it_is(one) == what_it_is(more) != what_it_is(made(**{"training.seed": 1}))


def test_a_batch_must_be_shared_evenly() -> None:
    from gtan.training.processes import Processes

    processes = Processes("cpu")
    processes.count, processes.index = 3, 1
    assert processes.part(9) == range(3, 6)
    with pytest.raises(SettingsError, match=r"batch_size = 8: 3 processes cannot share"):
        processes.part(8)


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device().type in ("cpu", "cuda", "mps")
    if not torch.cuda.is_available():
        with pytest.raises(SettingsError, match=r"training\.device = 'cuda': no GPU"):
            choose_device("cuda")


def test_a_run_keeps_its_data_set_and_model(place: Path) -> None:
    run = gtan.open_run("old")
    assert run.dataset() is run.dataset() and run.model() is run.model("cpu")
    explained = gtan.explain(run, "v1")
    assert explained.header["recording"] == "v1"


def test_explaining_does_not_depend_on_how_many_recordings_there_are(place: Path) -> None:
    """5.4 s a call with 20,000 recordings: what is per data set is done once."""
    from dataclasses import replace

    import pandas as pd

    run = gtan.open_run("old")
    dataset = run.dataset()
    rows = dataset.truth_of(["v0"])
    many = {f"x{n}": dataset.recordings["v0"] for n in range(3000)}
    truth = pd.concat([dataset.truth, *(rows.assign(video=name) for name in many)])
    run._dataset = replace(
        dataset, recordings=dataset.recordings | many, truth=truth.reset_index(drop=True)
    )
    gtan.explain(run, "v1")  # finds each recording's rows, once

    def calls(name: str) -> int:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(gtan.explain, run, name)
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    few = gtan.open_run("old")
    gtan.explain(few, "v1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pd.Series, "isin", None)  # nothing looks through all of the truth
        count = calls("x7")
    assert count < 60_000, json.dumps(count)


def test_a_callback_gets_every_row_as_it_is_read(place: Path) -> None:
    seen: list[tuple[int, list[float]]] = []
    run = gtan.train(
        made(
            **{"training.log_every": 4, "training.trace_every": 6, "training.checkpoint_every": 6}
        ),
        "run",
        progress=False,
        on_step=lambda row: seen.append((int(row["step"]), sorted(row))),
    )
    assert [step for step, _ in seen] == [1, 2, 3, 4, 5, 6]
    assert {"loss", "classification", "gradient_norm", "mixed_1"} <= set(seen[0][1])
    assert "mAP" in seen[-1][1] and "mAP" not in seen[0][1]
    assert run.metrics()["step"].tolist() == [1, 2, 3, 4, 5, 6]
