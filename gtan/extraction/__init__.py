"""From videos to features: clips through a backbone, one file of vectors for each video.

`recipe.py` says how a video becomes vectors, `clips.py` cuts it, `feature_file.py` is what is
written, `extracting.py` does one video, and `many.py` does many, here or on a dask cluster.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
