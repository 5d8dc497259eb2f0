"""A data set's thresholds are those that its name alone says."""

import pytest

import gtan
from gtan.data import load_dataset
from gtan.data.scoring import scoring


@pytest.mark.parametrize("preset", ["sbhar", "world"])
def test_a_loaded_data_set_is_scored_as_its_name_says(preset: str) -> None:
    settings = gtan.Settings.preset(preset).data
    try:
        dataset = load_dataset(settings)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert (dataset.protocol, dataset.tiou) == scoring(settings.dataset)
