"""Damaged Explanations and traces, made by chance from good ones, for two readers.

Whatever a file holds, Python's reader and the browser's either take it, and then it can be drawn,
or refuse it in words; and both decide the same.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import random
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures"
GOOD = (
    FIXTURES / "golden" / "explanation.safetensors",
    FIXTURES / "runs" / "version_1" / "run" / "explanations" / "v4" / "000006.safetensors",
)
PATIENCE = 20  # seconds that one file may take: longer is a hang
NUMPY = {"F16": "f2", "F32": "f4", "I32": "i4", "I8": "i1", "U8": "u1"}
HOSTILE = (
    None, True, False, 0, 1, -1, 2, 0.5, 1.0, -0.0, 3.0000001, 1e300, -1e300, 1e-300, 1e9, 1e10, 65,
    2**31, -(2**31), 2**53, 2**63, 10**25, math.nan, math.inf, "", "x", "1", "\ud800", "🦆",
    "__proto__", "long " * 3000, [], {}, [[]], [None], [1], {"__proto__": 1}, {"toString": 0},
)  # fmt: skip
UNSPEAKABLE = {  # what json.dumps cannot write
    "@deep": "[" * 3000 + "]" * 3000,
    "@huge": "9" * 5000,
    "@large": "9" * 400,
    "@overflow": "1e999",
    "@twins": '{"a": 1, "a": 2}',
}
EXTREMES = (
    0, 1, -1, 2, 7, 127, -128, 255, 1000, 2**31 - 1, -(2**31), math.nan, math.inf, -math.inf, 1e30,
    -1e30, 1e-30, 0.5, 65504,
)  # fmt: skip


def dumps(tree: Any) -> str:
    """JSON, and what no JSON should be."""
    text = json.dumps(tree)
    for name, spoken in UNSPEAKABLE.items():
        text = text.replace(f'"{name}"', spoken)
    return text


class Damaged:
    """A safetensors file, taken apart."""

    def __init__(self, content: bytes) -> None:
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        self.document = json.loads(header.pop("__metadata__")["gtan"])
        self.arrays: dict[str, tuple[str, list[int], bytes]] = {}
        for name, entry in header.items():
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            self.arrays[name] = entry["dtype"], entry["shape"], content[first:last]

    def content(self, edit: Callable[[dict[str, Any]], Any] = lambda header: None) -> bytes:
        """Put together again; `edit` may change the header."""
        header: dict[str, Any] = {"__metadata__": {"gtan": dumps(self.document)}}
        end = 0
        for name, (dtype, shape, raw) in self.arrays.items():
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(raw)]}
            end += len(raw)
        edit(header)
        text = dumps(header).encode()
        text += b" " * (-len(text) % 8)
        raws = (raw for _, _, raw in self.arrays.values())
        return len(text).to_bytes(8, "little") + text + b"".join(raws)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value of a JSON tree, as what holds it and its key there."""
    found: list[tuple[Any, Any]] = []
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        found += [(tree, key), *places(tree[key])]
    return found


def damage_tree(tree: Any, chance: random.Random) -> None:
    """Other values, keys that are gone or new, lists that are longer or shorter."""
    at = places(tree)
    # What stands near the root is what is read first; most leaves are settings.
    holder, key = chance.choice(at[:60] if chance.random() < 0.7 else at)
    what = chance.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder[key], dict):
        holder[key][chance.choice(("new", "__proto__", "constructor", "version"))] = 1
    elif what == 2 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif what == 3 and type(holder[key]) in (int, float):
        holder[key] *= chance.choice((0, -1, 2, 0.5, 1.0, 1e-3, 1e3, 1e12))
    elif what == 4 and chance.random() < 0.3:
        holder[key] = chance.choice(list(UNSPEAKABLE))
    else:
        holder[key] = copy.deepcopy(chance.choice(HOSTILE))


def damage_array(file: Damaged, chance: random.Random) -> None:
    """Values, dtype, shape, or the whole of one array."""
    name = chance.choice(list(file.arrays))
    dtype, shape, raw = file.arrays[name]
    what = chance.randrange(10) if dtype in NUMPY else 9
    if what <= 5:
        with np.errstate(all="ignore"):
            values = np.frombuffer(raw, NUMPY[dtype]).astype("f8")
            for _ in range(chance.choice((1, 1, 1, 3))):
                if len(values):
                    values[chance.randrange(len(values))] = chance.choice(EXTREMES)
            if chance.random() < 0.1:
                values[:] = chance.choice(EXTREMES)
            if NUMPY[dtype][0] != "f":
                limits = np.iinfo(NUMPY[dtype])
                values = np.nan_to_num(values).clip(limits.min, limits.max)
            raw = values.astype(NUMPY[dtype]).tobytes()
    elif what == 6:
        wanted = chance.choice(list(NUMPY))
        if chance.random() < 0.5:
            with np.errstate(all="ignore"):
                raw = np.frombuffer(raw, NUMPY[dtype]).astype(NUMPY[wanted]).tobytes()
        dtype = chance.choice((wanted, wanted, "BF16", "I64", "BOOL", "F64", "x"))
    elif what == 7:
        shape = chance.choice(
            ([*shape, 1], shape[::-1], [1, *shape], [math.prod(shape)], [0, *shape[1:]], [],
             [2**62, 4], [-n for n in shape], [float(n) for n in shape], [2**40, 0])
        )  # fmt: skip
        if shape and math.prod(shape) == 0:
            raw = b""
    elif what == 8 and shape and shape[0]:
        row = len(raw) // shape[0]
        more = chance.random() < 0.5
        raw = raw + raw[:row] if more else raw[row:]
        shape = [shape[0] + (1 if more else -1), *shape[1:]]
    else:
        del file.arrays[name]
        name = chance.choice((name + "x", "layer1.changed", "layer1.stored_row", "__proto__", name))
    if what < 9 or chance.random() < 0.5:
        file.arrays[name] = dtype, shape, raw


def damage_bytes(content: bytes, chance: random.Random) -> bytes:
    """The file as it lies on a bad disk."""
    size = int.from_bytes(content[:8], "little")
    what = chance.randrange(7)
    if what == 0:
        return content[: chance.randrange(len(content))]
    if what == 1:
        return content + bytes(chance.randrange(1, 20))
    if what == 2:
        other = chance.choice((0, 1, size - 1, size + 1, size + 8, 10**8, 2**40, 2**63, 2**64 - 1))
        return other.to_bytes(8, "little") + content[8:]
    out = bytearray(content)
    if what == 3:  # a number of the header
        digits = [at for at in range(8, 8 + size) if chr(out[at]).isdigit()]
        at = chance.choice(digits)
        if chance.random() < 0.5:
            out[at] = ord(chance.choice("0123456789-.e"))
        else:  # one that is longer
            text = (
                out[8:at]
                + chance.choice((b"1e0", b"0.0", b"-1", b"9" * 30))
                + out[at + 1 : 8 + size]
            )
            out[8 : 8 + size] = text
            out[:8] = len(text).to_bytes(8, "little")
        return bytes(out)
    first, last = (8, 8 + size) if what == 4 else (0, len(out))
    for _ in range(chance.choice((1, 1, 2, 10))):
        at = chance.randrange(first, last)
        out[at] = chance.choice(
            (0, 255, chance.randrange(256), out[at] ^ (1 << chance.randrange(8)))
        )
    return bytes(out)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A file that differs from a good one."""
    kind = chance.randrange(4)
    if kind == 3:
        return damage_bytes(content, chance)
    file = Damaged(content)
    for _ in range(chance.choice((1, 1, 1, 2))):
        if kind == 0:
            damage_tree(file.document, chance)
        elif kind == 1:
            damage_array(file, chance)

    def twist(header: dict[str, Any]) -> None:
        if kind == 2:
            damage_tree(header, chance)

    return file.content(twist)


def damaged_trace(content: tuple[Any, bytes], chance: random.Random) -> tuple[bytes, bytes]:
    """An `index.json` and a record, one of which differs from a good one's."""
    index, record = content
    what = chance.randrange(3)
    if what == 0:
        file = Damaged(record)
        damage_array(file, chance)
        return json.dumps(index).encode(), file.content()
    text = json.dumps(index).encode()
    if what == 1:
        out = bytearray(text)
        out[chance.randrange(len(out))] = chance.randrange(256)
        return bytes(out[: chance.choice((len(out), chance.randrange(len(out))))]), record
    index = copy.deepcopy(index)
    damage_tree(index, chance)
    return dumps(index).encode(), record


Verdict = tuple[str, str]  # accepted, refused or error; and the words


def in_python(path: Path, figures: bool = False) -> Verdict:
    """What Python makes of an Explanation (a file) or a trace (a folder)."""
    from gtan.runs.explanation import Explanation
    from gtan.runs.trace import Trace

    try:
        try:
            found = Trace.load(path) if path.is_dir() else Explanation.load(path)
        except ValueError as error:
            if type(error) is not ValueError or str(path) not in str(error):
                raise
            return "refused", str(error)
        with np.errstate(all="ignore"):
            draw(found, figures)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"
    return "accepted", ""


def draw(found: Any, figures: bool) -> None:
    """Tables, and figures where asked for."""
    import gtan_viz

    if hasattr(found, "index"):
        _ = found.windows, [found.grid(probe["recording"]) for probe in found.index["probes"]]
        if figures:
            gtan_viz.sigmas(found, recording=found.index["probes"][0]["recording"])
        return
    _ = found.detections(), found.truth(), found.settings, found.grid
    for layer in range(1, len(found.header["layers"]) + 1):
        found.kernels(layer)
    if figures:
        gtan_viz.timeline(found)
        gtan_viz.grouping(found)
        gtan_viz.pooling(found)


class Browser:
    """One node process in which the browser's half reads files, `gtan_viz/js/fuzz.mjs`."""

    def __init__(self, node: str) -> None:
        command = [node, ROOT / "gtan_viz" / "js" / "fuzz.mjs"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def __call__(self, path: Path) -> Verdict:
        """What the browser makes of an Explanation or a trace bundle."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise TimeoutError(f"{path}: the browser's half hangs")
        verdict, words = json.loads(self.process.stdout.readline())
        return verdict, words


def good_trace() -> tuple[Any, bytes]:
    """An index with two probes, and a record."""
    from safetensors.numpy import save

    from gtan.files import KEY

    truth = [{"label": "b", "start": 1.0, "end": 2.5}]
    grid = {"stride": 0.2, "length": 1.0, "offset": -0.4}
    probe = {"duration": 18.4, "grid": grid, "starts": [0, 8], "truth": truth}
    index = {
        "format": "gtan-trace", "version": 1, "classes": ["a", "b"], "window": 16,
        "layers": [{"cells": 8, "ratios": [1.0, 1.5]}, {"cells": 4, "ratios": [1.0, 1.5]}],
        "probes": [{"recording": name, **probe} for name in ("one", "two")],
    }  # fmt: skip
    arrays: dict[str, Any] = {}
    for layer, cells in ((1, 8), (2, 4)):
        arrays[f"layer{layer}.sigmas"] = np.linspace(0.5, 2, 4 * cells, dtype="f2").reshape(4, -1)
        arrays[f"layer{layer}.state"] = np.full((4, cells), -1, np.int8)
        arrays[f"layer{layer}.mixed"] = np.zeros(4, np.int32)
    return index, save(arrays, {KEY: json.dumps({"step": 5})})


def bundle(index: bytes, record: bytes) -> bytes:
    """What `gtan_viz.explorer.bundle.trace_bytes` would make of it, damage and all."""
    file = Damaged(record)
    arrays = {name: (d, [1, *shape], raw) for name, (d, shape, raw) in file.arrays.items()}
    file.arrays = {"steps": ("I32", [1], (5).to_bytes(4, "little")), **arrays}
    return file.content(lambda header: header["__metadata__"].update(gtan=index.decode()))


def trials(
    seed: int, folder: Path, browser: Callable[[Path], Verdict]
) -> Iterator[tuple[Path, Verdict, Verdict]]:
    """Damaged files without end: where they lie, and what Python and the browser make of them."""
    chance = random.Random(seed)
    goods = [path.read_bytes() for path in GOOD]
    trace = good_trace()
    for number in itertools.count():
        path = folder / f"{seed}-{number}"
        if chance.random() < 0.15:
            index, record = damaged_trace(trace, chance)
            path.mkdir(parents=True)
            (path / "index.json").write_bytes(index)
            (path / "000005.safetensors").write_bytes(record)
            here = in_python(path, figures=number % 3 == 0)
            try:
                packed = path / "bundle"
                packed.write_bytes(bundle(index, record))
            except UnicodeDecodeError:  # an index that cannot be packed
                yield path, here, here
            else:
                yield path, here, browser(packed)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damaged(chance.choice(goods), chance))
            yield path, in_python(path, figures=number % 10 == 0), browser(path)


def fault(here: Verdict, there: Verdict) -> str:
    """What is wrong with two verdicts on one file; "" if nothing is."""
    if "error" in (here[0], there[0]):
        return f"Python {here}, browser {there}"
    return "" if here[0] == there[0] else f"they disagree: Python {here}, browser {there}"
