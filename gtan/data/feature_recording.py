"""A recording whose features lie in a file, read stretch by stretch when a window asks for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtan.data.dataset import Floats, recording_card, recording_line
from gtan.data.features import FeatureFile
from gtan.grid import ClipGrid
from gtan.settings import AugmentationSettings, SettingsError


@dataclass(frozen=True)
class FeatureRecording:
    """A recording whose features lie in a file.

    Attributes:
        duration: seconds.
        file: holds the features.
        file_grid: where the file's clips lie; None: evenly over the recording.
        resized: number of clips that the recording is resized to; None: as in the file.
    """

    name: str
    duration: float
    file: FeatureFile
    file_grid: ClipGrid | None
    resized: int | None

    def __repr__(self) -> str:
        return recording_line(self)

    def _repr_html_(self) -> str:
        return recording_card(self)

    @property
    def clips(self) -> int:
        """Length of the feature sequence."""
        return self.resized or self.file.shape[0]

    @property
    def grid(self) -> ClipGrid:
        """Clip grid in seconds."""
        if self.resized:
            return ClipGrid(self.duration / self.resized, self.duration / self.resized)
        return self._file_grid()

    def _file_grid(self) -> ClipGrid:
        if self.file_grid is not None:
            return self.file_grid
        stride = self.duration / self.file.shape[0]
        return ClipGrid(stride, stride)

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """[count, D]; linear between clips, beyond either end the last one repeats."""
        if augmentation is not None and (augmentation.rotation or augmentation.yaw):
            raise SettingsError(
                "settings augmentation.rotation and augmentation.yaw turn a sensor; for features "
                "set them to 0"
            )
        positions = start + speed * (np.arange(count) + 0.5)
        if self.resized:
            positions = self._file_grid().from_seconds(self.grid.to_seconds(positions))
        index = (positions - 0.5).clip(0, self.file.shape[0] - 1)
        index = np.where(abs(index - index.round()) < 1e-6, index.round(), index)
        left = index.astype(np.int64)
        right = np.ceil(index).astype(np.int64)
        clips = self.file.read(int(left.min()), int(right.max()) + 1)
        left, right = left - left.min(), right - left.min()
        features = clips[left]
        between = np.flatnonzero(right > left)
        if len(between):
            share = (index % 1)[between, None].astype(np.float32)
            features[between] += share * (clips[right[between]] - features[between])
        if augmentation is not None and rng is not None and augmentation.noise:
            noise = rng.standard_normal(features.shape, dtype=np.float32)
            features += np.float32(augmentation.noise) * clips.std(0) * noise
        return features

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Length of the feature vectors over time, 1 on average: [S, 1], samples a second, name."""
        parts = [np.linalg.norm(values, axis=1) for _, values in self.file.stretches()]
        norms = np.concatenate(parts)
        if not np.isfinite(norms).all():
            self.file.read(0, len(norms))  # says which clip is none
        grid = self._file_grid()
        seconds = np.arange(0, self.duration, grid.stride)
        values = np.interp(grid.from_seconds(seconds) - 0.5, np.arange(len(norms)), norms)
        values = values / max(float(norms.mean()), 1e-12)
        return values[:, None].astype(np.float32), 1 / grid.stride, ["|feature| (mean = 1)"]
