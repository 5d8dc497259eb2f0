"""What travels to the browser: the committed bundle, and arrays as bytes."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from gtan.runs.explanation import Explanation
from gtan.runs.schema import javascript
from gtan.runs.trace import Trace
from gtan_viz.explorer.bundle import Packer, explanation_bytes, trace_bytes

ROOT = Path(__file__).parents[3]
JS = ROOT / "gtan_viz" / "js"
STATIC = ROOT / "gtan_viz" / "static"
FIXTURE = ROOT / "tests" / "fixtures" / "golden" / "explanation.safetensors"

UNPACK = """
import { createFiles } from %r;
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { files, shared } = JSON.parse(text);
const file = createFiles((n) => files[n], shared);
const out = [];
for (let n = files.length - 1; n >= 0; n--) out[n] = Buffer.from(await file(n)).toString('hex');
console.log(JSON.stringify(out));
"""

READ_TRACE = """
import { readTrace, sigmasAt, statesAt, traceRows } from %r;
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const trace = readTrace(Buffer.concat(chunks));
const rows = (recording, windows, ...cells) => traceRows(trace, {
  header: { recording, layers: cells.map((n) => ({ cells: n })) },
  arrays: { 'windows.start': new Float32Array(windows) },
});
console.log(JSON.stringify({
  steps: [...trace.steps],
  windows: trace.windows,
  rows: rows('made <b>up</b>', 2, 8, 4),
  none: [rows('x', 2, 8, 4), rows('made <b>up</b>', 3, 8, 4), rows('made <b>up</b>', 2, 8)],
  sigmas: [...sigmasAt(trace, 2, 1, 1)],
  states: [...statesAt(trace, 1, 2, 0)],
  mixed: [...trace.layers[0].mixed],
}));
"""


@pytest.mark.usefixtures("node_packages")
def test_the_committed_bundle_is_current(node: str, tmp_path: Path) -> None:
    subprocess.run([node, "build.mjs", tmp_path], cwd=JS, check=True)
    built = sorted(path.name for path in tmp_path.iterdir())
    assert built == ["explorer.css", "explorer.js", "lessons.css", "lessons.js", "once.js"]
    for name in built:
        assert (tmp_path / name).read_text() == (STATIC / name).read_text(), (
            f"static/{name} is old: npm --prefix gtan_viz/js run build"
        )


def test_the_browsers_schema_is_current() -> None:
    assert (JS / "model" / "schema.js").read_text() == javascript(), "schema.js is old: make schema"


def test_an_explanation_travels_as_its_file() -> None:
    data = FIXTURE.read_bytes()
    assert explanation_bytes(FIXTURE) == data
    assert explanation_bytes(Explanation.load(FIXTURE)) == data


def test_a_damaged_explanation_does_not_travel(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(FIXTURE.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"x\.safetensors: it is cut off"):
        explanation_bytes(path)


def test_a_trace_travels_in_one_file() -> None:
    data = trace_bytes(made_trace())
    arrays = load(data)
    assert arrays["steps"].tolist() == [0, 10, 20]
    assert arrays["layer2.sigmas"].dtype == np.float16
    assert arrays["layer2.sigmas"].shape == (3, 2, 4)
    assert arrays["layer1.state"].dtype == np.int8
    np.testing.assert_allclose(arrays["layer1.sigmas"], made_trace().sigmas[0], rtol=1e-3)
    size = int.from_bytes(data[:8], "little")
    index = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["gtan"])
    assert index == made_trace().index


def test_the_browser_reads_a_trace(node: str) -> None:
    source = READ_TRACE % (JS / "model" / "trace.js").as_uri()
    command = [node, "--input-type=module", "-e", source]
    done = subprocess.run(command, input=trace_bytes(made_trace()), capture_output=True, check=True)
    got, trace = json.loads(done.stdout), made_trace()
    assert got["steps"] == [0, 10, 20]
    assert got["windows"] == trace.windows.to_dict("records")
    assert (got["rows"], got["none"]) == ([0, 2], [None, None, None])
    np.testing.assert_allclose(got["sigmas"], trace.sigmas[1][1, 1], rtol=1e-3)
    assert got["states"] == trace.state[0][2, 0].tolist()
    assert got["mixed"] == trace.mixed[0].ravel().tolist()


def test_an_empty_trace_travels() -> None:
    full = made_trace()
    empty = Trace(
        full.index,
        full.steps[:0],
        [a[:0] for a in full.sigmas],
        [a[:0] for a in full.state],
        [a[:0] for a in full.mixed],
    )
    assert load(trace_bytes(empty))["layer1.sigmas"].shape == (0, 2, 8)


def test_the_browser_unpacks_to_the_byte(node: str) -> None:
    explanation = Explanation.load(FIXTURE)
    other = Explanation(
        explanation.header | {"step": 100},
        explanation.arrays | {"layer1.features": explanation.arrays["layer1.features"] + 1},
    )
    files = [explanation_bytes(explanation), explanation_bytes(other), trace_bytes(made_trace())]
    packer = Packer()
    packed = [packer.add(data) for data in files]
    assert "layer1.logits" in packed[1][1]
    assert "layer1.features" not in packed[1][1]
    assert len(packed[1][0]) < len(packed[0][0])
    told = {
        "files": [text for text, _ in packed],
        "shared": dict(enumerate(shared for _, shared in packed)),
    }
    source = UNPACK % (JS / "model" / "host.js").as_uri()
    done = subprocess.run(
        [node, "--input-type=module", "-e", source],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [bytes.fromhex(text) for text in json.loads(done.stdout)] == files


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_node_modules_stay_out() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    git = ["git", "check-ignore", "-q", "gtan_viz/js/node_modules/x"]
    assert subprocess.run(git, cwd=ROOT).returncode == 0


def made_trace() -> Trace:
    rng = np.random.default_rng(0)
    shapes = [(3, 2, 8), (3, 2, 4)]
    return Trace(
        index={
            "format": "gtan-trace",
            "version": 1,
            "classes": ["WALK"],
            "window": 16,
            "layers": [{"cells": 8, "ratios": [1.0]}, {"cells": 4, "ratios": [1.0]}],
            "probes": [
                {
                    "recording": "made <b>up</b>",
                    "duration": 18.4,
                    "grid": {"stride": 0.2, "length": 1.0, "offset": -0.4},
                    "starts": [0, 8],
                    "truth": [],
                }
            ],
        },
        steps=np.array([0, 10, 20]),
        sigmas=[rng.uniform(0.2, 4, shape).astype(np.float32) for shape in shapes],
        state=[rng.integers(-2, 2, shape).astype(np.int8) for shape in shapes],
        mixed=[rng.integers(0, 3, shape[:2]).astype(np.int32) for shape in shapes],
    )
