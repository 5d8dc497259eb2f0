from .feature_file import Extracted, read_extracted
from .many import extract
from .recipe import Recipe

__all__ = ["Extracted", "Recipe", "extract", "read_extracted"]
