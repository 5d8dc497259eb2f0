"""What may stand in the files of an Explanation and of a trace, written down once.

`gtan/runs/reading.py` holds files to the tables below; in the browser
`gtan_viz/js/model/reading.js` does, by `gtan_viz/js/model/schema.js`, which is made of this file:
after a change of a table or a setting, ``make schema``.

Letters of a shape: W windows, T cells of a layer, K kernels of all windows together (those of
window w are rows `kernel_offsets[w]` to `kernel_offsets[w + 1]`: first one learned kernel per cell,
in order, then the mixed ones), M members of all kernels, S merges, R scale ratios, C action
classes, B = C + 1 with the background, which is 0, P truths of all proposals, D channels of the
feature map, O pooled orders (E1: 1 + `kernels.derivatives`), N detections, G truths, A samples of
the signal, I its channels.

Values of an array:
    finite              no NaN, nothing infinite
    known               no NaN
    unsigned            nothing below 0; what is NaN is shown as broken
    spans               start and end: finite, and no end before its start
    in LOW HIGH ...     LOW <= value < HIGH, one HIGH for each column or for all
    offsets END LEAST   0 first, END last, each at least LEAST above the one before
    ascending           0 or more first, each above the one before
    source              window, layer (from 1), row of the kernel in the layer's arrays, ratio
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

from gtan.settings import Settings

Tree = dict[str, Any]  # of JSON Schema, as much of it as `fit` knows


class Array(NamedTuple):
    """An array: its dtype (float16 does for float32 and the other way round), shape and values.

    Those of a group are there as a whole, in all layers, or not at all.
    """

    dtype: str
    shape: str
    values: str = ""
    group: str = ""


# fmt: off
FILE = {
    "windows.start": Array("F32", "W", "finite"),  # first clip of a window
    "windows.owned": Array("F32", "W 2", "known"),  # clips; a detection's centre lies in here
    "detections.segments": Array("F32", "N 2", "spans"),  # seconds, best score first
    "detections.labels": Array("I32", "N", "in 0 C"),  # number of the class
    "detections.scores": Array("F32", "N", ""),  # after soft-NMS, Eq. 11
    "detections.ranking": Array("F32", "N", ""),  # before it, Eq. 10
    "detections.source": Array("I32", "N 4", "source"),
    "truth.segments": Array("F32", "G 2", "spans"),  # seconds
    "truth.labels": Array("I32", "G", "in 0 C"),
    "signal": Array("F16", "A I", ""),  # see `signal` in the header
}
LAYER = {  # of layerJ, counted from 1 as conv_a1 is in the paper
    "valid": Array("U8", "W T", "in 0 2"),  # 1: the cell is within the recording
    "centers": Array("F32", "K", "finite"),  # of the kernel, Eq. 2
    "sigmas": Array("F32", "K", "unsigned"),  # of Eq. 1, Eq. 3
    "widths": Array("F32", "K", "unsigned"),  # at scale ratio 1, Eq. 2
    "exists": Array("U8", "K", "in 0 2"),  # 0: padding, or replaced by its group (R6)
    "kernel_offsets": Array("I32", "W+1", "offsets K T"),  # rows of a window's kernels
    "members": Array("I32", "M", "in 0 T"),  # cells that went into the kernel
    "member_offsets": Array("I32", "K+1", "offsets M 1"),  # rows of a kernel's members
    "merges": Array("I32", "S 3", "in 0 W T T"),  # window, first cell of the group, cell merged
    "merge_values": Array("F32", "S 3", ""),  # IoU, centre, width after the merge
    "logits": Array("F16", "K R B", ""),  # class scores before softmax
    "offsets": Array("F32", "K R 2", ""),  # delta_c, delta_w of Eq. 5
    "overlap": Array("F32", "K R", ""),  # y_ov
    "state": Array("I8", "K R", "in -2 2"),  # 1 foreground, 0 ignored, -1 background, -2 -
    "iou": Array("F32", "K R", ""),  # tIoU of the default boundary with the truth that is closest
    "truths": Array("I32", "P", "in 0 G", "truths"),  # the closest, and others of its segment
    "truth_offsets": Array("I32", "K*R+1", "offsets P 0", "truths"),  # rows of a proposal's truths
    "features": Array("F16", "W D T", "", "features"),  # feature map (small models only)
    "score_weights": Array("F16", "R*B O*D", "", "head"),  # predictions' (small models)
    "score_bias": Array("F16", "R*B", "", "head"),
    "offset_weights": Array("F16", "R*2 O*D", "", "head"),
    "offset_bias": Array("F16", "R*2", "", "head"),
    "overlap_weights": Array("F16", "R O*D", "", "head"),
    "overlap_bias": Array("F16", "R", "", "head"),
}
VERSION_1 = {  # of layerJ, in place of the group `truths`
    "truth": Array("I32", "K R", "in -1 G"),  # the one truth of a proposal, -1 for none
}
TRACE = {  # of layerJ; here W counts the windows of all probes
    "sigmas": Array("F16", "W T", ""),  # sigma of every learned kernel, in cells
    "state": Array("I8", "W T", "in -2 2"),  # the ratios' best (replaced: its group's); -2 padding
    "mixed": Array("I32", "W", "in 0 T"),  # mixed kernels of the window
}
# fmt: on
FORMAT, VERSION = "gtan-explanation", 2
TRACE_FORMAT, TRACE_VERSION = "gtan-trace", 1

MOST_CLIPS = 10_000_000  # of a recording: what is drawn stays bounded


def _whole(low: int, high: int) -> Tree:
    return {"type": "integer", "minimum": low, "maximum": high}


def _list(items: Tree, least: int = 0, most: int = 10_000_000) -> Tree:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _record(**properties: Tree) -> Tree:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT: Tree = {"type": "string", "maxLength": 10_000}
NUMBER: Tree = {"type": "number", "minimum": -1e9, "maximum": 1e9}
ABOVE_0: Tree = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}
RATIOS = _list(ABOVE_0, 1, 64)
GRID = _record(stride=ABOVE_0, length=ABOVE_0, offset=NUMBER)  # seconds
WINDOW = _whole(1, 1_000_000)  # clips


def _settings() -> Tree:
    """`gtan.Settings` as JSON Schema, without references and texts."""
    tree = Settings.model_json_schema()
    groups = tree.pop("$defs")

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return plain(groups[node["$ref"].rpartition("/")[2]]) | {"default": {}}
        return {
            key: {name: plain(item) for name, item in value.items()}
            if key == "properties"
            else value if key == "default" else plain(value)
            for key, value in node.items()
            if key not in ("title", "description")
        }  # fmt: skip

    return dict(plain(tree))


@cache
def header_tree() -> Tree:
    """The header of an Explanation."""
    layer = _record(cells=WINDOW, channels=_whole(1, 1_000_000), ratios=RATIOS)
    tree = _record(
        format={"enum": [FORMAT]},
        version=_whole(1, VERSION),
        recording=TEXT,
        duration=ABOVE_0,  # seconds
        step=_whole(0, 1_000_000_000),  # of training
        classes=_list(TEXT, 1),
        window=WINDOW,
        grid=GRID,
        layers=_list(layer, 1, 64),
        signal=_record(rate=ABOVE_0, names=_list(TEXT)),  # per second
        settings=_settings(),
    )
    # What the recording was for; files of before December 2026 do not say.
    known = ["", "train", "validation", "test", "new"]
    tree["properties"]["subset"] = {"enum": known, "default": ""}
    return tree


def index_tree() -> Tree:
    """A trace's `index.json`."""
    probe = _record(
        recording=TEXT,
        duration=ABOVE_0,
        grid=GRID,
        starts=_list(_whole(0, 1_000_000_000), 1),  # first clips of its windows
        truth=_list(_record(label=TEXT, start=NUMBER, end=NUMBER)),
    )
    return _record(
        format={"enum": [TRACE_FORMAT]},
        version=_whole(1, TRACE_VERSION),
        classes=_list(TEXT),
        window=WINDOW,
        layers=_list(_record(cells=WINDOW, ratios=RATIOS), 1, 64),
        probes=_list(probe, 1),
    )


def javascript() -> str:
    """What `gtan_viz/js/model/schema.js` holds."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "header": header_tree(),
        "file": FILE,
        "layer": LAYER,
        "version1": VERSION_1,
        "traceFormat": TRACE_FORMAT,
        "traceVersion": TRACE_VERSION,
        "index": index_tree(),
        "trace": TRACE,
        "mostClips": MOST_CLIPS,
    }
    lines = "".join(f"  {key}: {json.dumps(value)},\n" for key, value in content.items())
    return f"// Made of gtan/runs/schema.py by `make schema`.\nexport default {{\n{lines}}};\n"


if __name__ == "__main__":
    print(javascript(), end="")
