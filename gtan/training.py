"""The training loop: batches, losses, schedule, and a run folder that survives a kill.

Batch, dropout and sampling of a step depend on the seed and the step alone. So a checkpoint needs
weights, optimizer and average; no state of any random generator.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from safetensors.torch import load_file, save
from torch import Tensor, nn
from tqdm.auto import tqdm

from gtan.assignment import assign
from gtan.data import load_dataset
from gtan.data.dataset import Dataset, WindowCutter, WindowSampler
from gtan.evaluation import evaluate_detections
from gtan.explanation import explain_recording
from gtan.files import read_json, write_bytes, write_json
from gtan.grouping import stray_members
from gtan.inference import collate, detect_dataset
from gtan.losses import Losses, compute_losses
from gtan.network import GTAN, proposals
from gtan.pipelines import TIOU
from gtan.provenance import record_provenance, record_session
from gtan.runs import Run, explanation_path
from gtan.settings import Settings, SettingsError, TrainingSettings
from gtan.trace import TraceRecorder


class NonFiniteLossError(FloatingPointError):
    """A loss became NaN or infinite; the message names step, layer and the last good checkpoint."""


def train(
    settings: Settings,
    folder: str | Path,
    dataset: Dataset | None = None,
    progress: bool = True,
    on_step: Callable[[int], None] | None = None,
) -> Run:
    """Train a network, or go on with a run that was stopped, and return its run.

    Args:
        settings: what to do. A folder that holds a run must hold the same settings.
        folder: the run folder; made if it is not there.
        dataset: to train on; by default the one that `settings.data` names.
        progress: show a progress bar with loss and mAP.
        on_step: called with the number of every finished step.

    Raises:
        SettingsError: if the folder holds a run with other settings.
        NonFiniteLossError: if the loss becomes NaN or infinite.

    Example:
        >>> import gtan
        >>> settings = gtan.Settings.preset("sbhar").override({"training.iterations": 100})
        >>> run = gtan.train(settings, "runs/short")  # doctest: +SKIP
    """
    dataset = dataset or load_dataset(settings.data)
    settings = _fit_to(settings, dataset)
    folder = Path(folder)
    training = settings.training
    _claim(folder, settings)
    torch.set_num_threads(training.threads or torch.get_num_threads())
    AcceleratorState._reset_state()  # a process may train several times, each in its own precision
    accelerator = Accelerator(
        cpu=training.device == "cpu", mixed_precision=training.mixed_precision
    )
    if training.device == "cuda" and accelerator.device.type != "cuda":
        raise SettingsError("setting training.device = 'cuda': no GPU is available; use 'auto'")
    record_provenance(folder, settings, dataset, accelerator.device)

    torch.manual_seed(training.seed)
    state = _TrainingState(settings, accelerator)
    first = state.resume(folder) + 1
    _forget_after(folder, first - 1)
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    sampler = WindowSampler(
        cutter, dataset.subsets["train"], settings.augmentation, training.batch_size, training.seed
    )
    probes = dataset.subsets["validation"] or dataset.subsets["train"]
    probes = probes[: training.trace_recordings]
    recorder = TraceRecorder(folder / "trace", dataset, probes, settings)
    bar = tqdm(
        total=training.iterations,
        initial=first - 1,
        desc="training",
        unit="step",
        disable=not progress,
        mininterval=0.5,
    )
    shown: dict[str, str] = {}
    rows: list[dict[str, float]] = []
    clock = _Clock()
    if first == 1:
        recorder.record(state.detector, 0)
    for step in range(first, training.iterations + 1):
        last = step == training.iterations
        with clock("steps"):
            row = state.step(step, *collate(sampler.batch(step)), folder)
        if step % training.validate_every == 0 or last:
            with clock("validation"):
                row["mAP"] = validate(state.detector, dataset, settings)
            shown["mAP"] = f"{row['mAP']:.3f}"
        rows.append(row)
        traced = step % training.trace_every == 0 or last
        saved = step % training.checkpoint_every == 0 or last
        with clock("recording"):
            if traced:
                recorder.record(state.detector, step)
            if step in _explained_steps(training) and probes:
                explanation = explain_recording(state.detector, dataset, probes[0], settings, step)
                explanation.save(explanation_path(folder, probes[0], step))
            if traced or saved:
                write_json(folder / "metrics" / f"{step:06d}.json", rows)
                rows = []
        if saved:
            with clock("checkpoints"):
                state.save(folder, step)
        shown["loss"] = f"{row['loss']:.3f}"
        bar.set_postfix(shown, refresh=False)
        bar.update()
        if on_step is not None:
            on_step(step)
    bar.close()
    if first <= training.iterations:
        record_session(folder, first, training.iterations, clock.seconds)
    return Run(folder)


class _Clock:
    """Seconds spent on each part of training."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


def validate(model: GTAN, dataset: Dataset, settings: Settings) -> float:
    """Average mAP over tIoU 0.3:0.1:0.7 on the validation recordings; NaN if there are none."""
    names = dataset.subsets["validation"]
    truth = dataset.truth_of(names)
    if truth.empty:
        return math.nan
    detections = detect_dataset(model, dataset, names, settings)
    return float(evaluate_detections(truth, detections, "activitynet", TIOU).average_mAP)


def learning_rate(training: TrainingSettings, step: int) -> float:
    """Learning rate of optimisation step `step`, counted from 1."""
    warm = min(1.0, step / training.warmup) if training.warmup else 1.0
    if training.schedule == "cosine":
        share = (step - 1) / training.iterations
        return training.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * share))
    return training.learning_rate * warm * float(0.1 ** ((step - 1) // training.step_size))


class _TrainingState:
    """Weights, optimizer and moving average: what a checkpoint holds."""

    def __init__(self, settings: Settings, accelerator: Accelerator) -> None:
        self.settings, self.accelerator = settings, accelerator
        training = settings.training
        self.model = GTAN(settings)
        # Biases, norms and the like are not decayed.
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self.model.parameters() if p.ndim >= 2]},
            {"params": [p for p in self.model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer: torch.optim.Optimizer
        if training.optimizer == "sgd":
            optimizer = torch.optim.SGD(
                groups,
                training.learning_rate,
                training.momentum,
                weight_decay=training.weight_decay,
            )
        else:
            optimizer = torch.optim.AdamW(
                groups, training.learning_rate, weight_decay=training.weight_decay
            )
        self.trained, self.optimizer = accelerator.prepare(self.model, optimizer)
        self.average: GTAN | None = None
        if training.ema:
            self.average = GTAN(settings).to(accelerator.device)
            self.average.load_state_dict(self.model.state_dict())

    @property
    def detector(self) -> GTAN:
        """The network that detects: the moving average if there is one."""
        return self.average or self.model

    def step(
        self, step: int, features: Tensor, valid: Tensor, truths: Any, folder: Path
    ) -> dict[str, float]:
        """One optimisation step; returns its row of metrics."""
        training, device = self.settings.training, self.accelerator.device
        seed = training.seed * 1_000_003 + step
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(training, step)
        self.trained.train()
        with self.accelerator.autocast():
            outputs = self.trained(features.to(device), valid.to(device))
        joined = proposals(outputs)
        truths = truths.to(device)
        assignment = assign(joined.centers, joined.widths, joined.mask, truths, self.settings.loss)
        losses = compute_losses(joined, assignment, truths, self.settings, generator)
        checked = (losses.total, joined.widths, joined.logits, joined.offsets, joined.overlap)
        if not all(torch.isfinite(value).all() for value in checked):
            raise NonFiniteLossError(_where(step, outputs, losses, folder))
        self.optimizer.zero_grad()
        self.accelerator.backward(losses.total)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), training.gradient_clip)
        self.optimizer.step()
        if self.average is not None:
            decay = min(training.ema, (1 + step) / (10 + step))
            with torch.no_grad():
                for slow, fast in zip(
                    self.average.parameters(), self.model.parameters(), strict=True
                ):
                    slow.lerp_(fast, 1 - decay)
        row = {
            "step": step,
            "loss": losses.total.item(),
            "classification": losses.classification.item(),
            "localization": losses.localization.item(),
            "overlap": losses.overlap.item(),
            "learning_rate": learning_rate(training, step),
            "gradient_norm": float(norm),
            "foreground": int(losses.foreground),
            "background": int(losses.background),
            "ignored": int(losses.ignored),
            "unmatched_truths": int(assignment.unmatched),
            "stray_members": sum(
                stray_members(output.groups) for output in outputs if output.groups
            ),
        }
        for layer, output in enumerate(outputs, 1):
            row[f"mixed_{layer}"] = int(output.mask[:, output.valid.shape[1] :].sum())
        return row

    def save(self, folder: Path, step: int) -> None:
        """Write a checkpoint aside, rename it, then drop the optimizer of those before."""
        final = folder / "checkpoints" / f"{step:06d}"
        aside = final.with_name(f".{final.name}")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(final, ignore_errors=True)
        optimizer = self.optimizer.state_dict()
        tensors = {
            f"{index}.{name}": value if torch.is_tensor(value) else torch.tensor(value)
            for index, entry in optimizer["state"].items()
            for name, value in entry.items()
        }
        write_bytes(aside / "optimizer.safetensors", save(tensors))
        write_bytes(aside / "model.safetensors", save(_contiguous(self.detector)))
        if self.average is not None:
            write_bytes(aside / "trained.safetensors", save(_contiguous(self.model)))
        write_json(aside / "state.json", {"step": step, "scaler": self._scaler()})
        aside.rename(final)
        for other in final.parent.glob("[0-9]*"):
            if other != final:
                shutil.rmtree(other)

    def resume(self, folder: Path) -> int:
        """Load the newest checkpoint; returns its step, 0 if there is none."""
        found = Run(folder).checkpoints()
        if not found:
            return 0
        checkpoint = found[max(found)]
        weights = load_file(checkpoint / "model.safetensors")
        if self.average is not None:
            self.average.load_state_dict(weights)
            weights = load_file(checkpoint / "trained.safetensors")
        self.model.load_state_dict(weights)
        optimizer = self.optimizer.state_dict()
        optimizer["state"] = {}
        for name, value in load_file(checkpoint / "optimizer.safetensors").items():
            index, key = name.split(".", 1)
            optimizer["state"].setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict(optimizer)
        saved = read_json(checkpoint / "state.json")
        if saved["scaler"] and self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(saved["scaler"])
        return max(found)

    def _scaler(self) -> dict[str, Any] | None:
        scaler = self.accelerator.scaler
        return scaler.state_dict() if scaler is not None else None


def _contiguous(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}


def _fit_to(settings: Settings, dataset: Dataset) -> Settings:
    """Network input and output sizes follow the data set."""
    return settings.override(
        {
            "network.feature_dim": dataset.feature_dim,
            "network.classes": len(dataset.classes),
        }
    )


def _claim(folder: Path, settings: Settings) -> None:
    """Write the settings, or check that the folder's run has the same ones."""
    path = folder / "settings.json"
    if not path.exists():
        write_bytes(path, settings.to_json().encode())
        return
    old, new = Settings.load(path).model_dump(), settings.model_dump()
    different = [
        f"{group}.{leaf}: {old[group][leaf]!r} there, {value!r} asked for"
        for group, leaves in new.items()
        if isinstance(leaves, dict)
        for leaf, value in leaves.items()
        if value != old[group][leaf]
    ]
    if different:
        raise SettingsError(
            f"{folder} holds a run with other settings; choose another folder or remove it:\n"
            + "\n".join(different)
        )


def _forget_after(folder: Path, step: int) -> None:
    """Remove what a stopped run recorded after its last checkpoint; it will be recorded again."""
    for pattern in ("metrics/[0-9]*.json", "trace/[0-9]*.safetensors", "explanations/*/[0-9]*"):
        for file in folder.glob(pattern):
            if int(file.stem) > step:
                file.unlink()


def _explained_steps(training: TrainingSettings) -> set[int]:
    """Evenly spread, the last step among them."""
    count = training.explanations
    return {round(training.iterations * (n + 1) / count) for n in range(count)}


def _where(step: int, outputs: list[Any], losses: Losses, folder: Path) -> str:
    """What to say of a loss that is not finite."""
    bad = [
        f"conv_a{layer} ({name.replace('_', ' ')})"
        for layer, output in enumerate(outputs, 1)
        for name in ("features", "learned_sigmas", "logits", "offsets", "overlap")
        if not torch.isfinite(getattr(output, name)).all()
    ]
    names = ("classification", "localization", "overlap")
    parts = [name for name in names if not torch.isfinite(getattr(losses, name))]
    checkpoints = Run(folder).checkpoints()
    good = str(checkpoints[max(checkpoints)]) if checkpoints else "none was written yet"
    return (
        f"the loss is not finite at step {step}: {', '.join(parts) or 'total'}; first seen in "
        f"{bad[0] if bad else 'the loss itself (all layers are finite)'}; last good checkpoint: "
        f"{good}. Try a lower training.learning_rate or training.gradient_clip."
    )
