"""Damaged files: refused in words by both readers, or drawn. `make fuzz` tries more of them."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE
from gtan.runs.trace import Trace
from tests.gtan.runs.fuzzer import (
    GOOD,
    NUMPY,
    Browser,
    Damaged,
    bundle,
    fault,
    good_trace,
    in_python,
    trials,
)  # fmt: skip

FILES = 400  # of the mutation fuzzer: some seconds


@pytest.fixture(scope="module")
def browser(node: str) -> Iterator[Browser]:
    with Browser(node) as one:
        yield one


def put(name: str, value: float, at: int = 0) -> Callable[[Damaged], Any]:
    """One number of an array."""

    def change(file: Damaged) -> None:
        dtype, shape, raw = file.arrays[name]
        values = np.frombuffer(raw, NUMPY[dtype]).copy()
        values[at] = value
        file.arrays[name] = dtype, shape, values.tobytes()

    return change


def header(path: str, value: Any) -> Callable[[Damaged], Any]:
    """One value of the header, `...` for none."""

    def change(file: Damaged) -> None:
        *way, last = (int(key) if key.isdigit() else key for key in path.split("."))
        tree = file.document
        for key in way:
            tree = tree[key]
        if value is ...:
            del tree[last]
        else:
            tree[last] = value

    return change


def entry(name: str, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    """What the safetensors header says of an array."""
    return lambda found: found[name].update(changes)


def zeros(name: str, dtype: str, width: int) -> Callable[[Damaged], Any]:
    """Another dtype, `width` bytes a number."""

    def change(file: Damaged) -> None:
        shape = file.arrays[name][1]
        file.arrays[name] = dtype, shape, bytes(width * math.prod(shape))

    return change


DAMAGES: dict[str, tuple[Callable[[Damaged], Any], str]] = {
    "the tab froze": (put("layer1.kernel_offsets", -(2**31)), "layer1.kernel_offsets"),
    "another hang": (put("layer3.kernel_offsets", 2139095039, -1), "layer3.kernel_offsets"),
    "offsets fall": (put("layer1.member_offsets", 0, 5), "layer1.member_offsets"),
    "a window without its cells": (put("layer1.kernel_offsets", 3, 1), "layer1.kernel_offsets"),
    "no member": (put("layer2.member_offsets", 1, 2), "layer2.member_offsets"),
    "truths beyond": (put("layer1.truth_offsets", 10**6, -1), "layer1.truth_offsets"),
    "no such truth": (put("layer1.truths", 3), "layer1.truths"),
    "no such cell": (put("layer1.members", 16, -1), "layer1.members"),
    "no such window": (put("layer1.merges", 2), "layer1.merges"),
    "no such class": (put("truth.labels", -1), "truth.labels"),
    "no such label": (put("detections.labels", 3), "detections.labels"),
    "source of no window": (put("detections.source", 2), "detections.source"),
    "source of no layer": (put("detections.source", 0, 1), "detections.source"),
    "source of another window": (put("detections.source", 0), "detections.source"),
    "source of no ratio": (put("detections.source", 3, 3), "detections.source"),
    "no such state": (put("layer1.state", 2), "layer1.state"),
    "neither there nor not": (put("layer1.exists", 2), "layer1.exists"),
    "no window start": (put("windows.start", np.nan), "windows.start"),
    "no owned span": (put("windows.owned", np.nan), "windows.owned"),
    "no centre": (put("layer1.centers", np.inf), "layer1.centers"),
    "negative width": (put("layer1.widths", -1.0), "layer1.widths"),
    "no segment": (put("detections.segments", np.nan, 1), "detections.segments"),
    "it ends before it starts": (put("truth.segments", 1e6), "truth.segments"),
    "whole numbers of 64 bits": (zeros("layer1.members", "I64", 8), "layer1.members"),
    "a dtype of no array": (zeros("signal", "BF16", 2), "signal"),
    "long numbers": (zeros("layer1.centers", "F64", 8), "layer1.centers"),
    "an array is gone": (lambda file: file.arrays.pop("layer1.exists"), "layer1.exists"),
    "half the truths": (lambda file: file.arrays.pop("layer1.truths"), "layer1.truths"),
    "features of some layers": (lambda file: file.arrays.pop("layer4.features"), "layer4.features"),
    "half a head": (lambda file: file.arrays.pop("layer5.score_bias"), "layer5.score_bias"),
    "layers: null": (header("layers", None), "layers"),
    "layers: none": (header("layers", ...), "layers"),
    "layers: a number": (header("layers", 10**9), "layers"),
    "layers: an object": (header("layers", {}), "layers"),
    "layers: an empty list": (header("layers", []), "layers"),
    "version: a text": (header("version", "x"), "version"),
    "version: before the first": (header("version", 0), "version"),
    "cells: half a letter": (header("layers.0.cells", "\ud800"), r"layers\[0\]\.cells"),
    "cells: not those of the arrays": (header("layers.0.cells", 17), "layer1.valid"),
    "cells: 10^12": (header("layers.0.cells", 10**12), r"layers\[0\]\.cells"),
    "ratios: none": (header("layers.4.ratios", ...), r"layers\[4\].*ratios"),
    "ratios: null among them": (header("layers.0.ratios.2", None), r"layers\[0\]\.ratios\[2\]"),
    "ratios: one too few": (header("layers.4.ratios.0", ...), "layer5.logits"),
    "classes: one too few": (header("classes.0", ...), "labels|layer1.logits"),
    "recording: half a letter": (header("recording", "a\udc00"), "recording"),
    "recording: endless": (header("recording", "x" * 10_001), "recording"),
    "duration: nothing": (header("duration", 0), "duration"),
    "duration: a hundred years of clips": (header("grid.stride", 1e-7), "grid.stride"),
    "grid: no length": (header("grid.length", ...), "length"),
    "signal: other channels": (header("signal.names", ["a", "b"]), "signal"),
    "step: a truth": (header("step", True), "step"),
    "what nobody knows": (header("__proto__", {"a": 1}), "__proto__"),
    "settings: a list": (header("settings", []), "settings"),
    "settings: what nobody knows": (header("settings.kernels.x", 1), "kernels.*x"),
    "settings: a word": (header("settings.kernels.merge", "both"), "merge"),
    "settings: a number": (header("settings.detection.rho", 2), "rho"),
    "settings: two together": (header("settings.loss.background", 0.9), "background"),
    "settings: widths": (header("settings.kernels.initial_width", 100), "initial_width"),
}
ENTRIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a hole": entry("detections.labels", data_offsets=[4, 244]),
    "beyond the end": entry("windows.start", data_offsets=[0, 2**52]),
    "a count that is none": entry("windows.start", shape=[2.0]),
    "a count below 0": entry("windows.start", shape=[-2]),
    "more than there can be": entry("signal", shape=[2**62, 4]),
    "one field too many": entry("signal", more=1),
    "no dtype": entry("signal", dtype=["F16"]),
    "no list": entry("signal", shape=None),
    "not by gtan": lambda found: found.pop("__metadata__"),
    "a document that is no text": lambda found: found["__metadata__"].update(gtan=1),
    "a document that is no JSON": lambda found: found["__metadata__"].update(gtan="{"),
    "a document that is no object": lambda found: found["__metadata__"].update(gtan="[]"),
    "a key twice": lambda found: found["__metadata__"].update(gtan='{"a": 1, "a": 1}'),
    "a name of half a letter": lambda found: found.update({"\ud800": found.pop("signal")}),
}


TRACES: dict[str, tuple[Callable[[Any], Any], str]] = {  # of the index
    "no layers": (lambda index: index.pop("layers"), "layers"),
    "negative stride": (lambda index: index["probes"][0]["grid"].update(stride=-1e-300), "stride"),
    "no starts": (lambda index: index["probes"][1].pop("starts"), "starts"),
    "a start that is none": (lambda index: index["probes"][0]["starts"].append("0"), "starts"),
    "a window more": (lambda index: index["probes"][0]["starts"].append(16), "layer1.sigmas"),
    "a window far off": (
        lambda index: index["probes"][0]["starts"].__setitem__(1, 10**9),
        "starts",
    ),
    "windows of 2": (lambda index: index.update(window=2), "starts"),
    "one recording twice": (lambda index: index["probes"][1].update(recording="one"), "twice"),
    "other cells": (lambda index: index["layers"][1].update(cells=5), "layer2.sigmas"),
    "a layer more": (lambda index: index["layers"].append(index["layers"][0]), "layer3.sigmas"),
    "probes: an object": (lambda index: index.update(probes={}), "probes"),
    "truth: a text": (lambda index: index["probes"][0].update(truth="x"), "truth"),
}


def both_refuse(path: Path, packed: Path, browser: Browser, words: str) -> None:
    for verdict, told in (in_python(path), browser(packed)):
        assert verdict == "refused", told
        assert re.search(words, told), told


@pytest.mark.parametrize("name", DAMAGES)
def test_both_readers_refuse_it_in_words(name: str, browser: Browser, tmp_path: Path) -> None:
    change, words = DAMAGES[name]
    file, path = Damaged(GOOD[0].read_bytes()), tmp_path / "x"
    change(file)
    path.write_bytes(file.content())
    both_refuse(path, path, browser, words)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_header_that_cannot_be(name: str, browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(Damaged(GOOD[0].read_bytes()).content(ENTRIES[name]))
    both_refuse(path, path, browser, "")


@pytest.mark.parametrize("where", ["file", "document"])
@pytest.mark.parametrize(
    "text", ["", "{", '{"a": NaN}', "[" * 5000, '{"a": 1, "a": 2}', "9" * 5000]
)
def test_a_header_that_is_no_json(where: str, text: str, browser: Browser, tmp_path: Path) -> None:
    header = text if where == "file" else json.dumps({"__metadata__": {"gtan": text}})
    path = tmp_path / "x"
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode())
    both_refuse(path, path, browser, "JSON|header|gtan|Explanation")


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_that_cannot_be(name: str, browser: Browser, tmp_path: Path) -> None:
    change, words = TRACES[name]
    index, record = good_trace()
    change(index)
    text = json.dumps(index).encode()
    (tmp_path / "index.json").write_bytes(text)
    (tmp_path / "000005.safetensors").write_bytes(record)
    (tmp_path / "bundle").write_bytes(bundle(text, record))
    both_refuse(tmp_path, tmp_path / "bundle", browser, words)


@pytest.mark.parametrize(
    "text", [b"", b"{", b'\xef\xa9 "g}}', b"[]", b"9" * 5000, b'{"a": Infinity}']
)
def test_a_trace_without_a_readable_index(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(text)
    with pytest.raises(ValueError, match=r"index\.json"):
        Trace.load(tmp_path)


def test_a_trace_with_a_record_that_lacks_an_array(tmp_path: Path) -> None:
    index, record = good_trace()
    file = Damaged(record)
    file.arrays.pop("layer2.mixed")
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / "000005.safetensors").write_bytes(file.content())
    with pytest.raises(ValueError, match=r"000005\.safetensors: it lacks the array layer2\.mixed"):
        Trace.load(tmp_path)


def test_both_readers_take_what_is_good(browser: Browser, tmp_path: Path) -> None:
    for path in (*GOOD, *EXAMPLE.glob("explanations/*/*.safetensors")):
        assert (in_python(path, figures=True), browser(path)) == (("accepted", ""),) * 2
    # What a trained network may say when its training has failed, and arrays that nobody knows.
    file, path = Damaged(GOOD[0].read_bytes()), tmp_path / "x"
    for name in ("sigmas", "widths", "logits", "overlap", "offsets", "features", "score_weights"):
        put(f"layer1.{name}", np.nan)(file)
        put(f"layer2.{name}", np.inf)(file)
    put("detections.scores", np.nan)(file)
    file.arrays["layer1.changed"] = file.arrays["layer1.stored_row"] = "BOOL", [0], b""
    path.write_bytes(file.content())
    assert (in_python(path, figures=True), browser(path)) == (("accepted", ""),) * 2
    assert "layer1.changed" not in Explanation.load(path).arrays


def test_any_damage_is_refused_by_both_or_drawn_by_both(browser: Browser, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for path, here, there in itertools.islice(trials(0, tmp_path, browser), FILES):
        assert not fault(here, there), path
        counts[here[0]] += 1
    assert counts["accepted"] > FILES / 20 and counts["refused"] > FILES / 2
