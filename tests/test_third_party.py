"""Other people's data are not part of this project: neither tracked, nor in the wheel."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.published import published_data

ROOT = Path(__file__).parents[1]
# The first 32 digits of SHA-256, and what it is: whatever was tracked once, and what tests read
# from GTAN_DATA, packed and unpacked.
KNOWN = dict(
    line.split("  ", 1)
    for line in (ROOT / "tests" / "fixtures" / "third_party.txt").read_text().splitlines()
)


def hashes(content: bytes) -> Iterator[str]:
    """Of a file, and of what is packed in it."""
    yield hashlib.sha256(content).hexdigest()[:32]
    if content.startswith(b"\x1f\x8b"):
        try:
            yield from hashes(gzip.decompress(content))
        except (OSError, EOFError, zlib.error):
            return


def test_nothing_of_others_is_tracked() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    guilty = [
        f"{path.relative_to(ROOT)} is {KNOWN[one]}"
        for path in paths
        if path.is_file()
        for one in hashes(path.read_bytes())
        if one in KNOWN
    ]
    assert not guilty


@pytest.mark.parametrize(
    "name", ["sbhar/labels.txt", "oracles/thumos14_scnn_c3d/detections_iou0.1.csv.gz"]
)
def test_it_would_be_found(name: str) -> None:
    content = published_data(name).read_bytes()
    unpacked = gzip.decompress(content) if name.endswith(".gz") else content
    for form in (content, gzip.compress(unpacked, 1)):
        assert any(one in KNOWN for one in hashes(form))
