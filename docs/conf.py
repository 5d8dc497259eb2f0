"""The site: `make docs` builds it from these Markdown files, the docstrings and the example run."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))
sys.path.append(str(HERE.parent))  # last: the packages are those that are installed

import gtan  # noqa: E402

project = "GTAN + gtan_viz"
author = "The GTAN authors"
copyright = "The GTAN authors, Apache License 2.0"
release = version = gtan.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "for_the_site",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_extensions"]

# Markdown as GitHub reads it: headings can be linked to, and a name in `backticks` stays one.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline", "dollarmath"]

# Docstrings: Google style; `name` in backticks links where it is a public one.
default_role = "py:obj"
smartquotes_action = "D"  # dashes alone: [..., K] stays what it is
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_preprocess_types = False
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = html_logo = "_static/icon.svg"
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_sidebars = {name: [] for name in ("start", "faq", "gallery")}  # nothing lies below them
html_theme_options = {
    "logo": {"text": project},
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
linkcheck_timeout = 20
