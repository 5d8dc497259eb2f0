from . import data as data
from . import detection as detection
from . import evaluation as evaluation
from . import grouping as grouping
from . import kernels as kernels
from . import losses as losses
from . import network as network
from . import pooling as pooling
from .data.stride import check_stride
from .experiments.reach import reach
from .experiments.sweep import sweep
from .explaining import explain
from .exporting import export_network
from .extraction.many import extract
from .inference import detect
from .network import GTAN
from .runs.check import check
from .runs.explanation import Explanation
from .runs.pack import pack
from .runs.reproduction import reproduce
from .runs.run import Run, open_run
from .settings import Settings, SettingsError
from .training.loop import train

__version__: str

__all__ = [
    "GTAN",
    "Explanation",
    "Run",
    "Settings",
    "SettingsError",
    "check",
    "check_stride",
    "detect",
    "explain",
    "export_network",
    "extract",
    "open_run",
    "pack",
    "reach",
    "reproduce",
    "sweep",
    "train",
]
