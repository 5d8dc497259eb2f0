"""Holding a file to `gtan.runs.schema`: what it allows is read, all else is refused in words.

`gtan_viz/js/model/{safetensors,reading}.js` are the twins: what one side refuses, the other does.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from gtan.files import AGAIN, KEY, whole_number
from gtan.runs.schema import (
    FILE,
    FORMAT,
    LAYER,
    MOST_CLIPS,
    TRACE,
    TRACE_FORMAT,
    VERSION_1,
    Array,
    Tree,
    header_tree,
    index_tree,
)
from gtan.settings import Settings, SettingsError

Arrays = Mapping[str, NDArray[Any]]

DTYPES = {
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "U32": 4, "I32": 4, "F32": 4,
    "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
CODES = {"F16": "f2", "F32": "f4", "I32": "i4", "I8": "i1", "U8": "u1"}
KINDS = {FORMAT: "an Explanation", TRACE_FORMAT: "a trace"}
ALIKE = ("F16", "F32")
TYPES: dict[str, type[Any]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
WORDS = {
    "object": "a JSON object", "array": "a list", "string": "a text", "boolean": "true or false",
    "null": "null", "integer": "a whole number", "number": "a number",
}  # fmt: skip
BOUNDS = {
    "minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below",
    "minItems": "of at least", "maxItems": "and at most", "maxLength": "of at most",
}  # fmt: skip
HALF = re.compile("[\ud800-\udfff]")  # half a letter: no text has one
LARGEST_HEADER = 100_000_000  # bytes, the format's own bound


class Fault(ValueError):
    """What is wrong with a file, in words; whoever knows the file's name says it."""


@contextmanager
def named(path: Path) -> Iterator[None]:
    """A `Fault` becomes a ValueError that names the file and says what to do."""
    try:
        yield
    except Fault as fault:
        raise ValueError(f"{path}: {fault}; {AGAIN}") from None


def read(path: Path) -> tuple[dict[str, NDArray[Any]], Any]:
    """Arrays and JSON document of a safetensors file, if the browser would read it too.

    Raises:
        ValueError: naming the file.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        length = path.stat().st_size - 8 - size
        if length < 0 or size > LARGEST_HEADER:
            raise ValueError(
                f"{path} is not a whole safetensors file: its header is cut off; {AGAIN}"
            )
        head = file.read(size)
    with named(path):
        entries = parse(head, "its header")
        metadata = entries.pop("__metadata__", None) if isinstance(entries, dict) else None
        if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
            raise Fault(f"it was not written by gtan, its header has no {KEY!r} entry")
        end = 0
        for first, last, name in sorted(_place(*item) for item in entries.items()):
            if first != end:
                raise Fault(f"array {name} does not begin where the one before it ends")
            end = last
        if end != length:
            raise Fault("it is cut off, or longer than its header says")
        document = parse(metadata[KEY], f"its {KEY!r} entry")
        try:
            with safe_open(path, framework="numpy") as opened:
                return {name: opened.get_tensor(name) for name in entries}, document
        except SafetensorError as error:
            raise Fault(f"it is not a whole safetensors file: {error}") from None


def _place(name: str, entry: Any) -> tuple[int, int, str]:
    """Where an array begins and ends, of an entry that makes sense."""
    if isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}:
        width, shape, place = DTYPES.get(str(entry["dtype"])), entry["shape"], entry["data_offsets"]
        if width and _counts(shape) and _counts(place) and len(place) == 2:
            most = math.prod(max(1, count) for count in shape) * width
            if most < 2**53 and place[1] - place[0] == math.prod(shape) * width:
                return place[0], place[1], name
    raise Fault(f"array {name} has an entry that cannot be")


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def read_tree(path: Path) -> Any:
    """A JSON file as the browser knows it: no NaN, no key twice.

    Raises:
        ValueError: naming the file.
    """
    with named(path):
        return parse(path.read_bytes(), "it")


def parse(content: str | bytes, what: str) -> Any:
    """JSON as the browser knows it; `what` begins the sentence of a `Fault`."""

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) < len(pairs):
            raise Fault(f"{what} has a key twice in one object")
        return tree

    def no_constant(name: str) -> NoReturn:
        raise Fault(f"{what} is not JSON: {name}")

    try:
        text = content if isinstance(content, str) else content.decode()
        return json.loads(
            text, object_pairs_hook=no_twins, parse_constant=no_constant, parse_int=whole_number
        )
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(f"{what} is not JSON ({error})") from None


def fit(value: Any, tree: Tree, name: str) -> Any:
    """A JSON value as the tree wants it, whole numbers as such.

    Raises:
        Fault: naming what does not fit.
    """
    if "anyOf" in tree:
        faults = []
        for one in tree["anyOf"]:
            try:
                return fit(value, one, name)
            except Fault as fault:
                faults.append(fault)
        raise faults[0]
    if not _is(value, tree):
        raise Fault(f"{name} is {_shown(value)}, not {_words(tree)}")
    kind = tree.get("type")
    if kind == "object":
        known = tree["properties"]
        for key in [*value, *tree.get("required", ())]:
            if key not in known:
                raise Fault(f"{name} has {_shown(key)}, which is not known here")
            if key not in value:
                raise Fault(f"{name} has no {key!r}")
        return {key: fit(item, known[key], f"{name}.{key}") for key, item in value.items()}
    if kind == "array":
        trees = tree.get("prefixItems") or [tree["items"]] * len(value)
        items = zip(value, trees, strict=True)
        return [fit(item, one, f"{name}[{at}]") for at, (item, one) in enumerate(items)]
    return int(value) if kind == "integer" else value


def _is(value: Any, tree: Tree) -> bool:
    """Whether a value is of the tree's type and within its bounds; its parts are another matter."""
    if "enum" in tree:
        return value in tree["enum"]
    kind = tree["type"]
    if kind in ("integer", "number"):
        return (
            type(value) in (int, float)
            and math.isfinite(value)
            and (kind == "number" or value == int(value))
            and tree.get("minimum", -math.inf) <= value <= tree.get("maximum", math.inf)
            and tree.get("exclusiveMinimum", -math.inf) < value
            and value < tree.get("exclusiveMaximum", math.inf)
        )
    if not isinstance(value, TYPES[kind]):
        return False
    if kind == "string":
        return len(value) <= tree.get("maxLength", math.inf) and not HALF.search(value)
    if kind == "array":
        return tree.get("minItems", 0) <= len(value) <= tree.get("maxItems", math.inf)
    return True


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'JSON object'} of {len(value)}"
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:60]} ..."


def _words(tree: Tree) -> str:
    """What a tree wants, for a message."""
    if "enum" in tree:
        return f"one of {', '.join(map(str, tree['enum']))}"
    bounds = [f"{word} {tree[key]}" for key, word in BOUNDS.items() if key in tree]
    return " ".join([WORDS[tree["type"]], *bounds])


def check_version(document: Any, kind: str, version: int, path: Path) -> None:
    """Tell a file of another kind, or of a newer gtan, from a damaged one.

    Raises:
        ValueError: naming the file.
    """
    found = document.get("format") if isinstance(document, dict) else None
    if found != kind:
        raise ValueError(f"{path} holds {_shown(found)}, not {KINDS[kind]}")
    found = document.get("version")
    if type(found) in (int, float) and found > version:
        raise ValueError(
            f"{path} has version {found}; this gtan reads up to {version}: update gtan"
        )


def check_explanation(header: Any, arrays: Arrays) -> tuple[Tree, dict[str, NDArray[Any]]]:
    """The header, and the arrays that the tables name, of an Explanation of any version.

    Raises:
        Fault: naming what does not fit.
    """
    header = fit(header, header_tree(), "header")
    _check_clips(header)
    try:
        Settings.parse(header["settings"])
    except SettingsError as error:  # two settings that do not go together
        raise Fault(f"settings: {error}") from None
    sizes = {"C": len(header["classes"]), "I": len(header["signal"]["names"])}
    sizes["B"] = sizes["C"] + 1
    found = _shapes(FILE, "", arrays, sizes)
    if sizes["W"] < 1:
        raise Fault("windows.start is empty")
    table = LAYER
    if header["version"] == 1:
        table = {k: v for k, v in LAYER.items() if v.group != "truths"} | VERSION_1
    layers = []
    for number, about in enumerate(header["layers"], 1):
        own = sizes | {"T": about["cells"], "D": about["channels"], "R": len(about["ratios"])}
        own["O"] = 1 + header["settings"]["kernels"].get("derivatives", 0)  # E1
        found |= _shapes(table, f"layer{number}.", arrays, own)
        layers.append(own)
    offsets = [found[f"layer{number}.kernel_offsets"] for number in range(1, len(layers) + 1)]
    _check_sources(found["detections.source"], layers, offsets)
    return header, found


def check_trace(index: Any) -> Tree:
    """The index of a trace.

    Raises:
        Fault: naming what does not fit.
    """
    index = fit(index, index_tree(), "index")
    half = max(1, index["window"] // 2)
    for at, probe in enumerate(index["probes"]):
        _check_clips(probe)
        starts = probe["starts"]  # of half-overlapping windows, the last one at the recording's end
        short = (len(starts) - 1) * half - starts[-1]
        if starts[:-1] != [half * n for n in range(len(starts) - 1)] or not 0 <= short < half:
            raise Fault(f"index.probes[{at}].starts are not those of windows of {index['window']}")
    names = [probe["recording"] for probe in index["probes"]]
    if len(set(names)) < len(names):
        raise Fault("index.probes has a recording twice")
    return dict(index)


def check_record(index: Tree, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays that the tables name, of one step of a trace.

    Raises:
        Fault: naming what does not fit.
    """
    windows = sum(len(probe["starts"]) for probe in index["probes"])
    found: dict[str, NDArray[Any]] = {}
    for number, about in enumerate(index["layers"], 1):
        found |= _shapes(TRACE, f"layer{number}.", arrays, {"W": windows, "T": about["cells"]})
    return found


def _check_clips(header: Tree) -> None:
    if header["duration"] / header["grid"]["stride"] > MOST_CLIPS:
        raise Fault(f"duration is more than {MOST_CLIPS} times grid.stride")


def _shapes(
    table: Mapping[str, Array], prefix: str, arrays: Arrays, sizes: dict[str, int]
) -> dict[str, NDArray[Any]]:
    """The arrays of a table, of the right shapes and values; adds what they tell to `sizes`."""
    most = sum(array.nbytes for array in arrays.values())  # bounds a size of which nothing is there
    there = {name.split(".", 1)[-1] for name in arrays}  # in any layer: then in all of them
    groups = {"", *(entry.group for name, entry in table.items() if name in there)}
    found: dict[str, NDArray[Any]] = {}
    for name, entry in table.items():
        if entry.group not in groups:
            continue
        array = arrays.get(prefix + name)
        if array is None:
            raise Fault(f"it lacks the array {prefix}{name}")
        wanted = entry.shape.split()
        if array.ndim == len(wanted):
            for letter, count in zip(wanted, array.shape):
                if letter.isalpha() and count <= most:
                    sizes.setdefault(letter, count)
        dtypes = ALIKE if entry.dtype in ALIKE else (entry.dtype,)
        shape = tuple(_size(axis, sizes) for axis in wanted)
        if array.shape != shape or array.dtype.str[1:] not in [CODES[dtype] for dtype in dtypes]:
            raise Fault(
                f"array {prefix}{name} is {array.dtype} {list(array.shape)}, not "
                f"{entry.dtype} {list(shape)}"
            )
        found[prefix + name] = array
    for name, array in found.items():
        _check_values(table[name.removeprefix(prefix)].values, name, array, sizes)
    return found


def _size(expression: str, sizes: Mapping[str, int]) -> int:
    """For example of `K*R+1`; -1 where it cannot be known."""
    return sum(
        math.prod(int(x) if x.isdigit() else sizes.get(x, -1) for x in term.split("*"))
        for term in expression.split("+")
    )


def _check_values(values: str, name: str, array: NDArray[Any], sizes: Mapping[str, int]) -> None:
    rule, *rest = values.split() or ["any"]
    if rule in ("any", "source"):
        return
    ends = [_size(end, sizes) for end in rest[rule == "in" :]]
    wrong: NDArray[Any]
    if rule == "finite":
        wrong, words = ~np.isfinite(array), "a finite number"
    elif rule == "known":
        wrong, words = np.isnan(array), "a number"
    elif rule == "unsigned":
        wrong, words = array < 0, "0 or more"
    elif rule == "spans":
        wrong = ~(np.isfinite(array).all(1) & (array[:, 0] <= array[:, 1]))
        words = "a finite start and an end that is not before it"
    elif rule == "in":
        low = int(rest[0])
        wrong = (array < low) | (array.reshape(-1, len(ends)) >= ends).reshape(array.shape)
        words = f"from {low} to {' or '.join(str(end - 1) for end in dict.fromkeys(ends))}"
    elif rule == "ascending":
        wrong, words = np.diff(array.astype(np.int64), prepend=-1) < 1, "above the one before"
    else:  # offsets
        end, least = ends
        wrong = np.diff(array.astype(np.int64), prepend=-least) < least
        wrong[0], wrong[-1] = array[0] != 0, wrong[-1] or array[-1] != end
        words = f"0 first, {end} last, and each at least {least} above the one before"
    if wrong.any():
        at = np.argwhere(wrong)[0].tolist()
        raise Fault(f"{name}{at} is {array[tuple(at)].tolist()}, not {words}")


def _check_sources(
    source: NDArray[Any], layers: list[dict[str, int]], offsets: list[NDArray[Any]]
) -> None:
    """Each row names a ratio of a kernel of a window of a layer."""
    for at, (window, layer, row, ratio) in enumerate(source.tolist()):
        if 1 <= layer <= len(layers) and 0 <= window < layers[0]["W"]:
            first, last = offsets[layer - 1][window : window + 2]
            if first <= row < last and 0 <= ratio < layers[layer - 1]["R"]:
                continue
        raise Fault(
            f"detections.source[{at}] is {[window, layer, row, ratio]}, which is no window, layer, "
            "kernel and ratio of this file"
        )
