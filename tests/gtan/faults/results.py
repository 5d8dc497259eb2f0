"""What must be equal between equal runs."""

from __future__ import annotations

from pathlib import Path

from tests.gtan.runs.made_run import files

KINDS = ("metrics", "trace", "checkpoints", "explanations")


def results(run: Path) -> dict[str, bytes]:
    """Contents of a run's files, but for the time and place of its making, by name."""
    named = {str(Path(name).relative_to(run)): content for name, content in files(run).items()}
    return {name: content for name, content in named.items() if name.startswith(KINDS)}
