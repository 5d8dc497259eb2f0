"""The small world: rendered videos of a figure that acts, from pixels to a data set.

It is synthetic, for seeing, learning and trying the whole way; it says nothing of the real world.
A film is a script (`script.py`) of motions (`motions.py`) that a figure (`figure.py`) plays before
a scene (`drawing.py`); `film.py` encodes it, `library.py` says which films there are, `convnet.py`
turns 16 frames into a vector, `learning.py` trains that, and `dataset.py` hands all of it to GTAN.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
