"""What the fuzzer has found, each as the smallest file that showed it: refused in words now."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from tests.fuzz.fuzzer import put, verdict
from tests.fuzz.readers import READERS, Files

LONG = b"9" * 5000  # which int() refuses to read
LARGE = b"9" * 400  # which no float can hold

# The reader; in which of its good files; what stands there, what instead; the words.
CHANGES: dict[str, tuple[str, str, bytes, bytes, str]] = {
    "Label Studio: digits": (
        "Label Studio's exports", "export.json", b'"start": 11', b'"start": ' + LONG,
        "a time is inf"),
    "Label Studio: no number": (
        "Label Studio's exports", "export.json", b'"start": 11', b'"start": NaN', "a time is nan"),
    "BORIS: digits": (
        "BORIS's exports and projects", "videos.boris", b"0.5", LONG, "a time is 'inf'"),
    "THUMOS14: digits": (
        "THUMOS14's submissions and class lists", "c.txt", b"9 ", LONG + b" ",
        "line 2: .*is not a number"),
    "ELAN: digits": (
        "ELAN's documents and exports", "videos.eaf", b'"500"', b'"' + LONG + b'"', "start is inf"),
    "Audacity: score": ("Audacity's labels", "labels.txt", b"0.25", b"inf", "line 2: score is inf"),
    "frame-wise labels: a name": (
        "frame-wise data sets", "groundTruth/v2.txt", b"a\n", b"a" * 2000 + b"\n",
        r"v2\.txt: line 1: the label is longer"),
    "frame-wise bundles: a null byte": (
        "frame-wise data sets", "splits/test.split1.bundle", b"v2.txt", b"v\0.txt",
        r"test\.split1\.bundle: recordings are named"),
    "THUMOS14's JSON: digits": (
        "THUMOS14 and ActivityNet as published", "thumos14.json", b"33.83", LONG, ""),
    "ActivityNet's table: lines": (
        "THUMOS14 and ActivityNet as published", "video_info_new.csv", b"300", b"30\r0",
        "does not belong to"),
    "THUMOS14's table: columns": (
        "THUMOS14 and ActivityNet as published", "ground_truth.csv", b"label", b"lable",
        r"ground_truth\.csv: no table of video, label"),
    "gtan extract: digits": (
        "features by gtan extract", "v.safetensors", b"0.32", LARGE, "does not say where"),
    "a sweep: no parameters": (
        "sweeps, and a list of their parameters", "a/sweep.json", b"parameters", b"parameter",
        r"sweep\.json does not tell parameters"),
    "a sweep: no object": (
        "sweeps, and a list of their parameters", "a/sweep.json", b'{"kernels.merge": "union"}',
        b'["union"]', "its overrides are no object"),
    "a sweep: seconds": (
        "sweeps, and a list of their parameters", "a/done.json", b"1.5", b'"x"',
        "does not tell seconds"),
    "a sweep: mAP": (
        "sweeps, and a list of their parameters", "a/evaluation.json", b"0.5", b"null",
        "average_mAP"),
    "a sweep: error": (
        "sweeps, and a list of their parameters", "b/failed.json", b'"ValueError"', b"[]",
        "tell error"),
    "answers: right": (
        "lessons' answers", "a.json", b'"right": true', b'"right": "yes"', "answer 0 has no right"),
    "answers: id": ("lessons' answers", "a.json", b'"k1"', b'{"a": 1}', "answer 0 has no id"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_refused_in_words(name: str, tmp_path: Path) -> None:
    reader, file, old, new, words = CHANGES[name]
    files: Files = dict(next(one for one in READERS[reader].goods() if file in one))
    content = files[file]
    assert old in content
    if file.endswith(".safetensors"):  # its header has another length then
        size = int.from_bytes(content[:8], "little")
        header, rest = content[8 : 8 + size].replace(old, new, 1), content[8 + size :]
        header += b" " * (-len(header) % 8)
        files[file] = len(header).to_bytes(8, "little") + header + rest
    else:
        files[file] = content.replace(old, new, 1)
    put(tmp_path, files)
    said, told = verdict(reader, tmp_path)
    assert said == ("refused" if words else "accepted") and re.search(words, told), told


def resumed(tmp_path: Path, change: Any) -> tuple[str, str]:
    """What becomes of a checkpoint whose optimiser state is changed."""
    name = "checkpoints, trained on"
    files = dict(READERS[name].goods()[0])
    (file,) = (one for one in files if one.endswith("optimizer.safetensors"))
    state = load(files[file])
    change(state)
    files[file] = save(state)
    put(tmp_path, files)
    return verdict(name, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.update({"x.exp_avg": torch.zeros(1)}), r"x\.exp_avg is unknown"),
        (lambda state: state.pop("0.exp_avg_sq"), r"0\.exp_avg_sq is missing"),
        (lambda state: state.update({"0.exp_avg": torch.zeros(2)}), r"0\.exp_avg is \[2\], not"),
        (lambda state: state.update({"999.step": torch.zeros(())}), r"999\.step is unknown"),
    ],
)
def test_an_optimiser_of_other_names(tmp_path: Path, change: Any, words: str) -> None:
    said, told = resumed(tmp_path, change)
    assert said == "refused" and re.search(r"optimizer\.safetensors.*" + words, told), told


def test_whole_numbers_stay_whole_up_to_any_count() -> None:
    from gtan.files import whole_number

    assert [whole_number(text) for text in ("7", "-3", "9" * 19)] == [7, -3, 10**19 - 1]
    assert type(whole_number("7")) is int and whole_number("9" * 400) == float("inf")
    assert json.loads("[12]", parse_int=whole_number) == [12]
