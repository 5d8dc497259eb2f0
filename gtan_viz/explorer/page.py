"""The stand-alone page: the explorer and its data in one HTML file, without Python or a network."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gtan
from gtan.files import write_bytes
from gtan.runs.run import Run
from gtan.runs.slow import told_if_slow
from gtan_viz.explorer.bundle import Packer, explanation_bytes, trace_bytes
from gtan_viz.explorer.catalogue import OneRun, TwoRuns, catalogue, common, opened
from gtan_viz.explorer.video import PAGE_LIMIT, Given, is_url, video_of
from gtan_viz.standalone import bundled, escape_json, policy

MOST = 5  # recordings by default


def page(
    run: OneRun | TwoRuns = None,
    path: str | Path = "explore.html",
    recordings: Sequence[str] | None = None,
    video: Given = None,
) -> Path:
    """Write the explorer of a run as one HTML file that opens by double click and can be shared.

    It holds each recording's stored Explanations and the one of the end of training (computed where
    it was not stored), and the trace of the sigmas.

    Of two runs it holds the recordings that both have, one run above the other, with one time axis,
    playhead and selection: `gtan_viz.explore` says more.

    Args:
        run: a run, the path of its folder, or None for the example run; or two of them in a list.
        path: file to write.
        recordings: names; by default five, test recordings first, and among them those with most
            stored Explanations; of two runs, in the order of the first.
        video: of the first recording: the path of an MP4 (H.264) or WebM file, or its bytes. None:
            the run's own videos (`Run.video`) of those recordings that have one; of two runs the
            first's, else the second's. False: none.

    Returns:
        The path of the file.

    Raises:
        FileNotFoundError: there is no such video.
        KeyError: naming recordings that the run's data set does not have.
        ValueError: if there is nothing to show, or two runs have no recording in common; a stored
            file, which is named, is damaged; or the video is an address, or neither MP4 nor WebM.

    Example:
        >>> import gtan_viz
        >>> gtan_viz.page(None, "explore.html")  # doctest: +SKIP
        PosixPath('explore.html')
        >>> gtan_viz.page(["runs/fixed", "runs/learned"], "two.html")  # doctest: +SKIP
        PosixPath('two.html')
    """
    runs = opened(run)
    path = Path(path)
    if is_url(video):
        raise ValueError(
            f"a page needs no network, so that it cannot show {video}; give the path of a file"
        )
    packer = Packer()  # of both runs: what they share is held once
    data: list[str] = []
    # What was asked for is computed, or it is said why not.
    names, can = (
        _recordings(runs) if recordings is None else (recordings, [r.step > 0 for r in runs])
    )
    names = list(dict.fromkeys(names))
    if not names:
        raise ValueError(
            f"{runs[0].path} holds no Explanation and none can be computed: it has no checkpoint"
        )
    files = [_explanations(one, names, here) for one, here in zip(runs, can, strict=True)]
    # Explanations first: what one shares with another is named by its number in the page.
    indices = [_index(*of, packer, data) for of in zip(runs, files, strict=True)]
    for one, index in zip(runs, indices, strict=True):
        try:
            with told_if_slow(one.path):
                trace = one.trace()
        except FileNotFoundError:  # trained without probes
            continue
        index["trace"] = {"data": len(data), "shared": {}}
        data.append(Packer().add(trace_bytes(trace))[0])
    videos = indices[0]["videos"]
    for number, recording in enumerate(names):
        given = video if number == 0 or video is False else None
        for one in runs:
            found = video_of(one, recording, given, PAGE_LIMIT)
            if found:
                videos[recording] = len(data)
                data.append(base64.b64encode(found.data).decode())
                break
    title = " and ".join(index["run"] for index in indices)
    whole = indices[0] if len(runs) == 1 else {"runs": indices}
    write_bytes(path, _document(f"GTAN explorer: {title}", whole, data, bool(videos)).encode())
    return path


def _recordings(runs: Sequence[Run]) -> tuple[list[str], list[bool]]:
    """Names of those that are at hand, of two runs in both; whether a run can compute its own."""

    def chosen(offered: Sequence[list[str]]) -> list[str]:
        return (offered[0] if len(runs) == 1 else common(runs[0], runs[1], *offered))[:MOST]

    offered = [[entry.recording for entry in catalogue(run)] for run in runs]
    stored = [run.explanations() for run in runs]
    names = chosen(offered)
    can = []
    for number, run in enumerate(runs):
        missing = [name for name in names if (name, run.step) not in stored[number]]
        can.append(run.step > 0 and _has_data(run, missing))
        if not can[-1]:
            there = {name for name, _ in stored[number]}
            offered[number] = [name for name in offered[number] if name in there]
    return chosen(offered), can


def _has_data(run: Run, names: Sequence[str]) -> bool:
    """Whether these recordings' data are here; those of the others need not be looked at."""
    try:
        return not names or set(names) <= set(run.dataset(names).recordings)
    except (ImportError, OSError, KeyError):  # a run copied without its data
        return False


def _index(
    run: Run, files: dict[str, dict[int, bytes]], packer: Packer, data: list[str]
) -> dict[str, Any]:
    """What the page holds of a run; its Explanations are added to `data`."""
    entries: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    for recording, steps in files.items():
        # The end of training first: what it shares with others is held by the file opened first.
        for step in sorted(steps, reverse=True):
            text, shared = packer.add(steps[step])
            entries.append(
                {"recording": recording, "step": step, "data": len(data), "shared": shared}
            )
            data.append(text)
        header = _header(next(iter(steps.values())))
        listed.append(
            {
                "recording": recording,
                "duration": header["duration"],
                "steps": sorted(steps),
                "subset": "new" if recording in run.brought else header.get("subset", ""),
            }
        )
    return {
        "run": run.path.name,  # not where it lies: pages are shared
        "catalogue": listed,
        "entries": entries,
        "trace": None,
        "videos": {},  # by recording
    }


def _explanations(run: Run, names: Sequence[str], can_compute: bool) -> dict[str, dict[int, bytes]]:
    """Files of Explanations by recording and step."""
    stored: dict[str, dict[int, bytes]] = {}
    with told_if_slow(run.path):
        for (recording, step), file in run.explanations().items():
            if recording in names:
                stored.setdefault(recording, {})[step] = explanation_bytes(file)
    found: dict[str, dict[int, bytes]] = {}
    for name in names:
        steps = stored.get(name, {})
        if run.step not in steps and (can_compute or not steps):
            steps = {**steps, run.step: explanation_bytes(gtan.explain(run, name))}
        found[name] = steps
    return found


def _header(data: bytes) -> dict[str, Any]:
    """The `gtan` metadata of a safetensors file."""
    size = int.from_bytes(data[:8], "little")
    return dict(json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["gtan"]))


def _document(title: str, index: dict[str, Any], data: Sequence[str], has_video: bool) -> str:
    """The page. Nothing from a run's files stands in it but as escaped JSON, base64 or text."""
    script, style = bundled("explorer")
    blocks = "\n".join(
        f'<script type="text/plain" id="gtan-data-{number}">{text}</script>'
        for number, text in enumerate(data)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(script, has_video)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>
html {{ color-scheme: light dark; }}
body {{ background: Canvas; color: CanvasText; }}
body {{ margin: 0 auto; padding: 12px; max-width: 1600px; font: 14px/1.4 system-ui, sans-serif; }}
{style}
</style>
</head>
<body>
<main id="gtan-explorer"></main>
<noscript>This page computes everything in the browser: please allow its script to run.</noscript>
<script type="application/json" id="gtan-index">{escape_json(index)}</script>
{blocks}
<script type="module">{script}</script>
</body>
</html>
"""
