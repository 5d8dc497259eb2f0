"""The lessons' notebooks lie outside the packages, and are installed as one."""

from setuptools import find_packages, setup

NOTEBOOKS = "gtan_viz.lessons.notebooks"

setup(
    packages=[
        *find_packages(include=["gtan", "gtan.*", "gtan_viz", "gtan_viz.*"]),
        NOTEBOOKS,
    ],
    package_dir={NOTEBOOKS: "notebooks/lessons"},
)
