"""``gtan evaluate``: mean average precision of detections."""

from __future__ import annotations

import argparse
from pathlib import Path

from gtan.commands.options import number, path, strict, whole


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan evaluate``."""
    parser = commands.add_parser(
        "evaluate",
        help="mean average precision of detections",
        description="Mean average precision of detections by an official protocol. Files are "
        "ActivityNet JSON, or CSV or TSV (video,label,start,end[,score]; seconds), optionally "
        "gzipped; detections also THUMOS14's submissions (.txt).",
    )
    strict(parser)
    parser.add_argument("--truth", type=path, required=True, metavar="T")
    parser.add_argument("--detections", type=path, required=True, metavar="D")
    parser.add_argument(
        "--protocol",
        required=True,
        choices=["activitynet", "thumos14"],
        help="thumos14 knows the truth label Ambiguous",
    )
    parser.add_argument(
        "--tiou",
        type=number,
        nargs="+",
        help="thresholds (default: 0.5:0.05:0.95 for activitynet, 0.1:0.1:0.5 for thumos14)",
    )
    parser.add_argument("--subset", help="recordings of the truth to evaluate (default: all)")
    parser.add_argument(
        "--label-map", type=path, metavar="MAP", help="names of labels that the files number"
    )
    parser.add_argument(
        "--class-scores",
        type=path,
        metavar="S",
        help="video-level class scores (CUHK's JSON, ActivityNet's, or CSV video,label,score): "
        "detections take the best labels of their video, and their scores are multiplied",
    )
    parser.add_argument(
        "--top-labels",
        type=whole,
        metavar="K",
        help="how many labels of a video, with --class-scores (default: 2)",
    )
    parser.add_argument("--json", type=path, metavar="OUT", help="write the numbers here, too")
    parser.set_defaults(run=run, command="evaluate")


def run(arguments: argparse.Namespace) -> None:
    """Run ``gtan evaluate``."""
    from gtan.data.annotations import AMBIGUOUS, read_detections, read_truth
    from gtan.data.class_scores import read_class_scores
    from gtan.data.formats import read_thumos_submission
    from gtan.data.labels import read_label_map
    from gtan.evaluation import evaluate_detections, fuse_class_scores
    from gtan.files import write_json

    labels = read_label_map(arguments.label_map) if arguments.label_map else None
    truth = read_truth(arguments.truth, arguments.subset, labels=labels)
    found: Path = arguments.detections
    if found.name.removesuffix(".gz").endswith(".txt"):
        # The submission's own numbers are THUMOS14's, unless a map says otherwise.
        own = {"labels": {int(number): name for number, name in labels.items()}} if labels else {}
        detections = read_thumos_submission(found, **own)
    else:
        detections = read_detections(found, labels=labels)
    if arguments.class_scores is not None:
        scores, top = read_class_scores(arguments.class_scores), arguments.top_labels
        top = 2 if top is None else top
        known = read_truth(arguments.truth, labels=labels).instances["label"]
        detections = fuse_class_scores(detections, scores, top, set(known) - {AMBIGUOUS})
        print(
            f"labels by {arguments.class_scores}, the best {top} of each video; score = score of "
            "the detection x class score"
        )
    elif arguments.top_labels is not None:
        raise ValueError("--top-labels has no effect without --class-scores; give both")
    results = evaluate_detections(truth, detections, arguments.protocol, arguments.tiou)
    if arguments.json is not None:
        write_json(arguments.json, results.to_json())
    print(results.summary())
