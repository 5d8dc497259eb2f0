"""See it: pictures and widgets of Gaussian kernels that move, merge, pool and become detections.

Everything here reads an Explanation, a Trace or a run folder; torch is never imported. What
`__init__.pyi` lists is loaded when it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
