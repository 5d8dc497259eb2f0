"""A video as a recording: its features are extracted, as a run's were, when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from gtan.data.dataset import Floats, Recording, recording_card, recording_line
from gtan.data.extracted import recording_of_file
from gtan.data.feature_recording import FeatureRecording
from gtan.extraction.feature_file import SUFFIX
from gtan.extraction.recipe import Recipe, hash_of
from gtan.grid import ClipGrid
from gtan.places import cache_folder
from gtan.settings import AugmentationSettings


@dataclass
class VideoRecording:
    """A video; its features lie in the cache folder once they are extracted.

    Attributes:
        name: of the recording.
        path: of the video.
        recipe: how features are made.
        weights: of the recipe's backbone.
    """

    name: str
    path: Path
    recipe: Recipe
    weights: Path | None

    def __repr__(self) -> str:
        return recording_line(self)

    def _repr_html_(self) -> str:
        return recording_card(self)

    @property
    def file(self) -> Path:
        """Where its features lie, or will."""
        made = sha256(self.recipe.model_dump_json(exclude={"weights"}).encode()).hexdigest()[:12]
        name = f"{self.path.stem}-{hash_of(self.path)[:12]}{SUFFIX}"
        return cache_folder() / "features" / made / name

    @cached_property
    def _extracted(self) -> FeatureRecording:
        if not self.file.exists():
            make_ready([self], progress=False)
        return recording_of_file(self.name, self.file)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self._extracted.duration

    @property
    def clips(self) -> int:
        """Length of its feature sequence."""
        return self._extracted.clips

    @property
    def grid(self) -> ClipGrid:
        """Where each clip lies in time."""
        return self._extracted.grid

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """Clip features [count, D]; see `FeatureRecording`."""
        return self._extracted.features(start, count, speed, augmentation, rng)

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Length of the feature vectors over time; see `FeatureRecording`."""
        return self._extracted.signal()

    def video(self, progress: bool = False) -> Path:
        """What a browser can show of it: the video itself, or a small copy of it in the cache."""
        from gtan.video.preview import LIMIT, is_played, write_preview

        if self.path.stat().st_size <= LIMIT and is_played(self.path):
            return self.path
        name = f"{self.path.stem}-{hash_of(self.path)[:12]}.mp4"
        return write_preview(self.path, cache_folder() / "previews" / name, progress)


def make_ready(recordings: Iterable[Recording], progress: bool = True) -> None:
    """Extract what is not there yet, of the videos among them.

    Raises:
        VideoError: nothing can be read of a video.
        ValueError: features cannot be extracted; the message says why.
    """
    left = [r for r in recordings if isinstance(r, VideoRecording) and not r.file.exists()]
    if left:
        from gtan.extraction.many import extract_to

        extract_to({r.path: r.file for r in left}, left[0].recipe, left[0].weights, progress)
