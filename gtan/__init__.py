"""Gaussian Temporal Awareness Networks for action localization (Long et al., CVPR 2019).

What `__init__.pyi` lists is loaded when it is first asked for: importing the package, its
evaluation or its runs does not import torch; the network does.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
