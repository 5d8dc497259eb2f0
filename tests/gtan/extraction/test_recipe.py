"""Recipes: what makes features different, and where weights lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gtan.backbones import recipe_of
from gtan.extraction import Recipe
from gtan.extraction.recipe import find_weights, hash_of, read_recipe

MINE = Recipe(backbone="mine", scale=128, crop=112)


def test_a_recipe_survives_json() -> None:
    recipe = MINE.with_(scale=(128, 171), fps=12.5, mean=(90.25, 97.66, 101.41))
    assert read_recipe(recipe.model_dump(mode="json"), "here") == recipe


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"frames": 0}, "frames"), ({"stride": -1}, "stride"), ({"fps": 0.0}, "fps"),
        ({"crop": 4}, "crop"), ({"mean": (0, 0, 300)}, "mean"), ({"deviation": (1, 0, 1)}, "dev"),
        ({"precision": "float8"}, "precision"), ({"weights_sha256": "ab"}, "weights_sha256"),
        ({"shoe": 1}, "shoe"), ({"fps": float("nan")}, "fps"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=f"run/recipe.json: {name}"):
        read_recipe(MINE.model_dump() | changes, "run/recipe.json")


@pytest.mark.parametrize("given", [None, [], "c3d", {}])
def test_what_is_no_recipe(given: Any) -> None:
    with pytest.raises(ValueError, match=r"run/recipe.json: "):
        read_recipe(given, "run/recipe.json")


def test_weights_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "c3d.pt"
    torch.save({"a": torch.zeros(2)}, path)
    recipe = recipe_of("c3d", path)
    assert recipe.weights_sha256 == hash_of(path)
    assert find_weights(recipe) == path

    moved = path.rename(tmp_path / "elsewhere.pt")
    with pytest.raises(FileNotFoundError, match=r"c3d.pt \(SHA-256 .*--weights FILE"):
        find_weights(recipe)
    assert find_weights(recipe, moved) == moved
    torch.save({"a": torch.ones(2)}, moved)
    with pytest.raises(ValueError, match=r"elsewhere.pt is another file"):
        find_weights(recipe, moved)


def test_weights_that_ship_need_not_be_named() -> None:
    recipe = recipe_of("world")
    assert recipe.weights == "" and find_weights(recipe).name == "convnet.safetensors"
    assert (recipe.frames, recipe.stride, recipe.fps) == (16, 2, 12.5)
    assert find_weights(MINE) is None


@pytest.mark.parametrize("name", ["c3d", "c3d:fc7", "p3d199"])
def test_other_backbones_need_weights(name: str) -> None:
    with pytest.raises(ValueError, match=r"needs its weights"):
        recipe_of(name)
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere.pt"):
        recipe_of(name, Path("nowhere.pt"))


def test_an_unknown_backbone_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"")
    with pytest.raises((ValueError, ModuleNotFoundError), match=r"not one of ours .c3d, p3d199"):
        recipe_of("c3dd", tmp_path / "w.pt")
