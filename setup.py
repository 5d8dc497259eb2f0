"""Notebooks lie outside the packages, and are installed as parts of them."""

from setuptools import find_packages, setup

NOTEBOOKS = {
    "gtan.experiments.pipelines": "notebooks/pipelines",
    "gtan_viz.lessons.notebooks": "notebooks/lessons",
}

setup(
    packages=[*find_packages(include=["gtan", "gtan.*", "gtan_viz", "gtan_viz.*"]), *NOTEBOOKS],
    package_dir=NOTEBOOKS,
)
