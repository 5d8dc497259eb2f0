"""The examples of the docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import gtan.runs


@pytest.mark.parametrize(
    "module", [found.name for found in pkgutil.iter_modules(gtan.runs.__path__)]
)
def test_the_examples(module: str) -> None:
    if module in ("check", "pack"):  # which build the run's network
        pytest.importorskip("torch")
    assert not doctest.testmod(importlib.import_module(f"gtan.runs.{module}")).failed
