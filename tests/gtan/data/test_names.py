"""Names that look alike, and the examples of the small modules beside them."""

from __future__ import annotations

import doctest
import importlib

import pytest

from gtan.data.names import look_alikes


def test_names_alike_but_for_spaces_form_or_case_are_paired():
    names = ["a b", "a  b", "é", "e\u0301", "Run", "run", "x", "x\u200b", "\ufeffy", "y", "z", "Z1"]
    found = {frozenset(pair) for pair in look_alikes(names)}
    assert found == {
        frozenset(pair)
        for pair in [
            ("a b", "a  b"),
            ("é", "e\u0301"),
            ("Run", "run"),
            ("x", "x\u200b"),
            ("\ufeffy", "y"),
        ]
    }


def test_pairs_are_sorted_and_equal_names_are_no_pair():
    assert look_alikes(["b", "B", "a ", "a", "a", "b"]) == [("B", "b"), ("a", "a ")]
    assert look_alikes(["a", "a"]) == [] == look_alikes([])


def test_case_can_count():
    assert look_alikes(["v_a", "v_A", "v_a "], fold_case=False) == [("v_a", "v_a ")]


@pytest.mark.parametrize("module", ["names", "numbers", "checks"])
def test_the_examples_of_the_docstrings(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"gtan.data.{module}"))
    assert tried and not failed
