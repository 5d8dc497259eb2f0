"""Write gtan_viz/lessons/learning.json: the recorded trainings of the lesson "Learning".

python scripts/record_lesson.py         about a minute
"""

from __future__ import annotations

import sys
from itertools import product

from gtan.files import write_json
from gtan_viz.lessons import learning


def main() -> int:
    """Train the eight, and write them."""
    values = [choices for _, choices in learning.CHOICES.values()]
    runs = [learning.train(dict(zip(learning.CHOICES, chosen))) for chosen in product(*values)]
    *_, about = (run.pop("about") for run in runs)
    write_json(learning.RUNS, {**about, "steps": learning.STEPS, "runs": runs})
    return 0


if __name__ == "__main__":
    sys.exit(main())
