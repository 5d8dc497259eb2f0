"""How a video becomes features: all that they depend on, beside the video itself.

A recipe stands in every feature file that is extracted, and in every run that was trained on such
files, so that new videos are treated alike. Nothing here imports torch.
"""

from __future__ import annotations

from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gtan.files import AGAIN
from gtan.grid import ClipGrid

Byte = Annotated[float, Field(ge=0.0, le=255.0)]
Side = Annotated[int, Field(ge=8, le=4096)]
Positive = Annotated[float, Field(gt=0.0, le=255.0)]


class Recipe(BaseModel):
    """How clips are cut, prepared and turned into vectors.

    Example:
        >>> Recipe(backbone="mine", scale=128, crop=112).grid(25.0)
        ClipGrid(stride=0.32, length=0.64, offset=0.0)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: str = Field(max_length=200, description="Its name, as in gtan.backbones.")
    weights: str = Field("", max_length=4096, description="File of its weights; '': its own.")
    weights_sha256: str = Field("", pattern="^([0-9a-f]{64})?$")
    frames: int = Field(16, ge=1, le=1024, description="In a clip (Section 4.1).")
    stride: int = Field(8, ge=1, le=4096, description="Frames from clip to clip (R17).")
    fps: float | None = Field(
        None, gt=0, le=1000, description="Frames a second; None: each video's own."
    )
    scale: Side | tuple[Side, Side] = Field(
        description="Pixels of a frame's short side, or its height and width (not in proportion)."
    )
    crop: Side = Field(description="Pixels of the square that is cut from a frame's middle.")
    channels: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[Byte, Byte, Byte] = Field(
        (0, 0, 0), description="Taken from values of 0 to 255, by channel."
    )
    deviation: tuple[Positive, Positive, Positive] = Field(
        (255, 255, 255), description="Divides what is left, by channel."
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="In which the backbone computes, where that is safe (autocast)."
    )

    def grid(self, fps: float) -> ClipGrid:
        """Where clips lie in a video, in seconds, at `fps` frames a second."""
        return ClipGrid(self.stride / fps, self.frames / fps)

    def with_(self, **changes: Any) -> Recipe:
        """The same with other values; None leaves one as it is.

        Raises:
            ValueError: naming a value that cannot be.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        return read_recipe(self.model_dump() | given, "recipe")

    def differences(self, other: Recipe) -> list[str]:
        """What makes the other's features different ones, in words; where weights lie does not.

        Example:
            >>> mine = Recipe(backbone="c3d", scale=128, crop=112)
            >>> mine.differences(mine.with_(stride=4, weights="elsewhere/c3d.pickle"))
            ['stride 8, there 4']
        """
        mine, theirs = self.model_dump(), other.model_dump()
        return [
            f"{name} {_shown(value)}, there {_shown(theirs[name])}"
            for name, value in mine.items()
            if name != "weights" and value != theirs[name]
        ]

    def __str__(self) -> str:
        weights = f" ({Path(self.weights).name})" if self.weights else ""
        rate = f" at {self.fps:g} frames a second" if self.fps else ""
        return f"{self.backbone}{weights}, {self.frames} frames every {self.stride}{rate}"


def _shown(value: Any) -> str:
    return value[:12] if isinstance(value, str) else str(value)


def read_recipe(given: Any, place: str) -> Recipe:
    """A recipe from JSON.

    Raises:
        ValueError: naming the place and the first fault.
    """
    try:
        return Recipe.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "it"
        raise ValueError(
            f"{place}: {name}: {first['msg']} ({error.error_count()} faults)"
        ) from None


def hash_of(path: Path) -> str:
    """SHA-256 of a file, read again only where it has changed."""
    about = path.stat()
    return _hash(path.absolute(), about.st_mtime_ns, about.st_size)


@cache
def _hash(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def find_weights(recipe: Recipe, given: Path | None = None) -> Path | None:
    """The weights of a recipe: given, where they once lay, or those that ship; None: it has none.

    Raises:
        FileNotFoundError: they are not there; the message says which to give.
        ValueError: what is there has another hash.
    """
    if not recipe.weights_sha256 and given is None:
        return None
    path = given or (Path(recipe.weights).expanduser() if recipe.weights else _shipped())
    wanted = f"{recipe.backbone}'s weights, {Path(recipe.weights or path).name}"
    if recipe.weights_sha256:
        wanted += f" (SHA-256 {recipe.weights_sha256[:12]}...)"
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}: the features were made with {wanted}; say where it lies: "
            "weights=... (--weights FILE)"
        )
    if recipe.weights_sha256 and hash_of(path) != recipe.weights_sha256:
        raise ValueError(
            f"{path} is another file (SHA-256 {hash_of(path)[:12]}...) than the features were made "
            f"with, {wanted}; {AGAIN}, or give that one: weights=... (--weights FILE)"
        )
    return path


def _shipped() -> Path:
    from gtan.world.dataset import WEIGHTS

    return WEIGHTS
