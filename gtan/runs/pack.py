"""A run made ready to be given away: what detects, what can be looked at, its videos, and a card.

Left out are the optimizer's state and the average's source weights (so training cannot go on, but
another run may start from it), executed notebooks, and the paths of data on this machine.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.files import write_bytes, write_json
from gtan.runs.explanation import Explanation
from gtan.runs.run import Run, open_run, own_videos
from gtan.runs.writable import check_links
from gtan.settings import Settings

FILES = ("provenance.json", "detections.json", "evaluation.json", "grouping.json")


def pack(run: Run | str | Path, out: str | Path, licence: str = "", weights: bool = True) -> Path:
    """Write a copy of a run for others, with a card (`README.md`).

    Args:
        run: a run or the path of its folder.
        out: a new folder, or a file that ends in ``.zip``.
        licence: under which it may be used; the card says so, or that none is stated.
        weights: with the weights; without them it cannot detect.

    Returns:
        `out`.

    Raises:
        FileExistsError: `out` is there already.
        RunError: the run holds links.

    Example:
        >>> import gtan, tempfile
        >>> run = gtan.open_run()
        >>> folder = pack(run, Path(tempfile.mkdtemp()) / "shared", "Apache-2.0")
        >>> gtan.open_run(folder).step == run.step
        True
    """
    run, out = open_run(run), Path(out)
    if out.exists():
        raise FileExistsError(f"{out} is there already; name another, or remove it")
    check_links(run.path)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        folder = Path(scratch) / (out.stem if out.suffix == ".zip" else out.name)
        _copy(run, folder, weights)
        write_bytes(folder / "README.md", card(run, licence, weights).encode())
        if out.suffix == ".zip":
            made = shutil.make_archive(str(Path(scratch) / "made"), "zip", scratch, folder.name)
            Path(made).rename(out)
        else:
            folder.rename(out)
    return out


def _copy(run: Run, folder: Path, weights: bool) -> None:
    folder.mkdir()
    for name in FILES:
        if (run.path / name).exists():
            shutil.copyfile(run.path / name, folder / name)
    settings = without_paths(run.settings)
    write_bytes(folder / "settings.json", settings.to_json().encode())
    if recipe := run.recipe():
        named = recipe.model_copy(update={"weights": _last(recipe.weights)})
        write_json(folder / "recipe.json", named.model_dump(mode="json"))
    for path in run.explanations().values():
        found = Explanation.load(path)
        header = found.header | {"settings": settings.model_dump(mode="json")}
        replace(found, header=header).save(folder / path.relative_to(run.path))
    kept = [*run.trace_files(), *own_videos(run.path)]
    if weights and run.step:
        run.model("cpu")  # damaged weights are not given away
        checkpoint = run.checkpoints()[run.step]
        kept += [checkpoint / "model.safetensors", checkpoint / "state.json"]
    for path in kept:
        target = folder / path.relative_to(run.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    rows = run.metrics()
    if len(rows):  # one file instead of a hundred
        records = [
            {name: value for name, value in row.items() if not pd.isna(value)}
            for row in rows.to_dict("records")
        ]
        write_json(folder / "metrics" / f"{int(rows['step'].iloc[-1]):06d}.json", records)


def without_paths(settings: Settings) -> Settings:
    """The settings with file names in place of this machine's paths."""
    named = {
        "data.annotations": settings.data.annotations,
        "data.features": settings.data.features,
        "data.label_map": settings.data.label_map,
        "data.convnet": settings.data.convnet,
        "training.start_from": settings.training.start_from,
    }
    return settings.override({key: _last(path) for key, path in named.items() if path})


def _last(path: str) -> str:
    """A path's last part, or what begins with the first one that stands for the recording."""
    if not path:
        return ""
    parts = Path(path).parts
    first = next((n for n, part in enumerate(parts) if "{video}" in part), len(parts) - 1)
    return str(Path(*parts[first:]))


def card(run: Run, licence: str, weights: bool) -> str:
    """The card: what was learned from what, by which settings, with what figures and licence."""
    settings = run.settings
    lines = [
        f"# A GTAN run on {settings.data.dataset}",
        "",
        "Open it with `gtan.open_run(folder)`; `gtan_viz.explore(run)` shows it.",
        "",
        "## Figures",
        "",
        *_figures(run),
        "",
        "## Data",
        "",
        *_data(run),
        "",
        "## Settings",
        "",
        f"Preset `{settings.preset_name}`" + (", changed:" if _changed(settings) else "."),
        "",
        *[f"- `{name}` = {value}" for name, value in _changed(settings).items()],
        "",
        "## Training",
        "",
        *[_session(session) for session in run.provenance()],
        "",
        "## What it cannot do",
        "",
        "- go on with its training: the optimizer's state was left out. Another run may begin with "
        "it (`training.start_from`)."
        if weights and run.step
        else "- detect or explain anew, or go on with its training: its weights were left out.",
        "- detect on its own data set before that is fetched: put it beside where you work, as its "
        "settings.json names it, or write its paths there (`data.annotations`, `data.features`)."
        if settings.data.features
        else "- tell how it was made by executed notebooks: they were left out.",
        "",
        "## Licence",
        "",
        licence or "None is stated. Ask whoever gave it to you before you use it.",
        "",
    ]
    return "\n".join(lines)


def _figures(run: Run) -> list[str]:
    if not (run.path / "evaluation.json").exists():
        return ["It has not been evaluated."]
    found = run.evaluation()
    low, high = found["interval"]["average_mAP"]
    by_tiou = ", ".join(f"{value:.3f} at {tiou}" for tiou, value in found["mAP"].items())
    return [
        f"Average mAP {found['average_mAP']:.4f} (95 % over recordings: {low:.4f} to {high:.4f}) "
        f"on {found['subset']!r}, protocol {found['protocol']}, step {found['step']}; "
        f"mAP {by_tiou}."
    ]


def _data(run: Run) -> list[str]:
    sessions = run.provenance()
    data = sessions[-1].get("data", {}) if sessions else {}
    return [
        f"- {data.get('name', run.settings.data.dataset)}, SHA-256 {data.get('sha256', '?')}",
        f"- {len(run.classes)} labels: {', '.join(run.classes[:50])}",
        *([f"- features: {recipe}"] if (recipe := run.recipe()) else []),
    ]


def _changed(settings: Settings) -> dict[str, Any]:
    fitted = ("network.feature_dim", "network.classes", "data.classes")
    changed = without_paths(settings).changed()
    return {name: value for name, value in changed.items() if name not in fitted}


def _session(session: dict[str, Any]) -> str:
    first, last = session.get("steps", [None, None])
    seconds = sum((session.get("seconds") or {}).values())
    packages = session.get("packages") or {}
    commit = (session.get("git") or {}).get("commit")
    return (
        f"- steps {first} to {last or '?'} in {seconds:.0f} s on {session.get('device')}"
        f" ({session.get('threads')} threads), torch {packages.get('torch')}, gtan "
        f"{packages.get('gtan')}{f', commit {commit[:10]}' if commit else ''}"
    )
