"""How a run is made."""

from gtan.training.learner import NonFiniteLossError
from gtan.training.loop import train

__all__ = ["NonFiniteLossError", "train"]
