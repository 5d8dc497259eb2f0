"""Presets, overrides, and what is said of a wrong setting."""

from __future__ import annotations

import pytest

from gtan import Settings, SettingsError
from gtan.settings import BASELINES, PRESETS, setting_names


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_the_disk(name: str, tmp_path) -> None:
    settings = Settings.preset(name)
    (tmp_path / "settings.json").write_text(settings.to_json())
    assert Settings.load(tmp_path / "settings.json") == settings


@pytest.mark.parametrize(
    ("name", "step", "iterations"),
    [("paper-thumos14", 2500, 200), ("paper-activitynet", 10000, 100)],
)
def test_paper_presets_hold_the_papers_numbers(name: str, step: int, iterations: int) -> None:
    settings = Settings.preset(name)
    training = settings.training
    assert (training.optimizer, training.momentum, training.learning_rate) == ("sgd", 0.9, 1e-3)
    assert (training.batch_size, training.weight_decay) == (16, 1e-4)
    assert (training.schedule, training.step_size) == ("step", step)
    assert (settings.loss.beta, settings.loss.gamma) == (2.0, 75.0)
    assert (settings.loss.foreground, settings.loss.background) == (0.8, 0.3)
    assert (settings.kernels.epsilon, settings.detection.xi, settings.detection.rho) == (
        0.7, 0.8, 0.75,
    )  # fmt: skip
    assert (settings.detection.alpha1, settings.detection.alpha2) == (1.0, 1.0)
    assert settings.detection.top_k == iterations
    assert settings.network.anchor_channels == (512, 512, 1024, 1024, 2048, 2048, 4096, 4096)
    # Every reading is pinned, whatever the default becomes.
    assert settings.kernels.sigma_unit == "map" and settings.loss.matching == "paper"


def test_every_setting_is_described() -> None:
    for name, description in setting_names().items():
        assert description, name


def test_an_unknown_setting_is_named_with_a_hint() -> None:
    with pytest.raises(
        SettingsError, match=r"'kernels\.epsilonn' does not exist.*kernels\.epsilon"
    ):
        Settings.preset("sbhar").override({"kernels.epsilonn": 0.5})
    with pytest.raises(
        SettingsError, match=r"'epsilon' does not exist; did you mean kernels\.epsilon"
    ):
        Settings.preset("sbhar").override({"epsilon": 0.5})


def test_a_wrong_value_is_named_with_what_is_allowed() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.preset("sbhar").override({"kernels.grouping": "yes", "kernels.epsilon": 1.5})
    message = str(error.value)
    assert "kernels.grouping = 'yes'" in message and "'join', 'replace' or 'off'" in message
    assert "kernels.epsilon = 1.5" in message and "less than 1" in message


def test_settings_that_contradict_each_other() -> None:
    with pytest.raises(SettingsError, match="background must be below foreground"):
        Settings.preset("sbhar").override({"loss.foreground": 0.3, "loss.background": 0.4})


def test_unknown_preset_and_baseline() -> None:
    with pytest.raises(SettingsError, match="paper-thumos14"):
        Settings.preset("paper")
    with pytest.raises(SettingsError, match="fixed"):
        Settings.preset("sbhar").baseline("Fixed")


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_keep_all_else(name) -> None:
    settings = Settings.preset("sbhar")
    other = settings.baseline(name)
    assert other.model_copy(update={"kernels": settings.kernels}) == settings


@pytest.mark.parametrize("layers", [4, 5, 6, 7, 8])
def test_number_of_anchor_layers(layers: int) -> None:
    settings = Settings.preset("sbhar").override({"network.anchor_channels": (64,) * layers})
    assert settings.layers == layers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network.anchor_channels", [10**9]), ("network.feature_dim", 10**9),
        ("network.classes", 10**9), ("data.window", 10**9), ("training.batch_size", 10**9),
        ("data.features", "x" * 10**6), ("data.classes", ["x" * 10**6]), ("data.fps", 1e300),
        ("data.clip_offset", float("nan")), ("training.learning_rate", float("inf")),
        ("kernels.scale_ratios", [1.0] * 10**5), ("training.seed", 2**40),
    ],
)  # fmt: skip
def test_no_setting_asks_for_more_than_a_machine_has(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.preset("features").override({name: value})
    assert name in str(error.value) and len(str(error.value)) < 1000


def test_difference_names_settings() -> None:
    one = Settings.preset("sbhar")
    assert one.difference(one) == {}
    other = one.override({"kernels.epsilon": 0.5, "training.seed": 3})
    assert one.difference(other) == {"kernels.epsilon": (0.4, 0.5), "training.seed": (0, 3)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("training.iterations", "1_0"), ("data.fps", "2_5"), ("data.window", "512"),
        ("training.log_every", True), ("data.validation_users", [True]),
        ("data.clip_offset", "0"), ("kernels.scale_ratios", ["1"]),
        ("network.anchor_channels", [8, "1_6"]),
    ],
)  # fmt: skip
def test_what_looks_like_a_number_is_none(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"{name}.*is not a number"):
        Settings.preset("sbhar").override({name: value})
