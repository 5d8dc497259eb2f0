"""Published protocols: which runs they are, and that pooling the folds is scoring them as one."""

from pathlib import Path

import pandas as pd
import pytest

from gtan.data.annotations import Annotations
from gtan.data.sensors import TEST_USERS
from gtan.evaluation import evaluate_detections
from gtan.experiments import protocols
from gtan.experiments.notebooks import run_settings
from gtan.experiments.protocols import PROTOCOLS, fold_runs, of_recordings, pool
from gtan.experiments.sweep import run_name

MEASURE = Path(__file__).parents[3] / "notebooks" / "pipelines" / "measure.ipynb"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_fold_can_start(name: str) -> None:
    runs = fold_runs(name, seeds=[0, 1])
    assert runs["seed"].tolist() == [0] * (len(runs) // 2) + [1] * (len(runs) // 2)
    for values in runs["parameters"]:
        settings = run_settings(
            values["preset"], values["baseline"], values["seed"], "cpu", values["overrides"]
        )
        assert settings.training.seed == values["seed"]
    names = {run_name(MEASURE, values) for values in runs["parameters"]}
    assert len(names) == len(runs)


def test_leave_one_subject_out_holds_out_everybody_once() -> None:
    runs = fold_runs("loso")
    held_out = [values["overrides"]["data.held_out_user"] for values in runs["parameters"]]
    assert sorted(held_out) == list(range(1, 31)) and set(TEST_USERS) < set(held_out)
    assert {values["overrides"]["data.channels"] for values in runs["parameters"]} == {"acc"}
    with pytest.raises(ValueError, match="protocol 'breakfast' is unknown; choose from loso"):
        fold_runs("breakfast")


class Fold:
    """A run as `pool` reads it."""

    protocol, tiou = "activitynet", (0.5, 0.7)

    def __init__(self, video: str, end: float) -> None:
        row = {"video": video, "label": "run", "start": 0.0, "end": 10.0}
        self.truth = Annotations(pd.DataFrame([row]), pd.DataFrame({"video": [video]}))
        self.found = pd.DataFrame([row | {"end": end, "score": 0.5 + end / 100}])

    def dataset(self) -> "Fold":
        return self

    def evaluation_truth(self, subset: str) -> Annotations:
        assert subset == "test"
        return self.truth

    def detections(self) -> pd.DataFrame:
        return self.found


def test_folds_are_scored_as_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = fold_runs("gtea")[:2]
    folds = dict(
        zip((run_name(MEASURE, p) for p in runs["parameters"]), (Fold("a", 10), Fold("b", 6)))
    )
    monkeypatch.setattr(protocols, "open_run", lambda path: folds[path.name])
    made = pool(runs, MEASURE, tmp_path)
    # The exact one ranks first; the other hits at 0.5 only. AP 1 and, at 0.7, half of that.
    assert made.mAP.tolist() == [1.0, 0.5] and len(made.truth.videos) == 2
    assert of_recordings(made, ["b"]).mAP.tolist() == [1.0, 0.0]
    told = protocols.figures(made)
    assert told["mAP"] == [1.0, 0.5] and told["average_mAP"] == 0.75 and told["recordings"] == 2
    assert told["low"] <= 0.75 <= told["high"]
    folds[run_name(MEASURE, runs["parameters"].iloc[1])] = Fold("a", 6)
    with pytest.raises(ValueError, match="recording 'a' is tested on by two folds"):
        pool(runs, MEASURE, tmp_path)
    with pytest.raises(ValueError, match="one seed"):
        pool(fold_runs("gtea", [0, 1]), MEASURE, tmp_path)


def test_segmentation_reads_the_labels_of_the_folder(tmp_path: Path) -> None:
    labels = ["background", "run", "run", "run"]
    (tmp_path / "groundTruth").mkdir()
    (tmp_path / "groundTruth" / "a.txt").write_text("".join(f"{label}\n" for label in labels))
    truth = pd.DataFrame([{"video": "a", "label": "run", "start": 0.5, "end": 2.0}])
    results = evaluate_detections(truth, truth.assign(score=0.9, start=1.0), tiou=[0.5])
    told = protocols.segmentation_figures(results, tmp_path, fps=2)
    assert told == {"f1": [100.0, 100.0, 100.0], "edit": 100.0, "accuracy": 75.0}
