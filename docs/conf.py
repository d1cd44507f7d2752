"""Sphinx's settings: ``make docs`` builds the pages into ``build/docs``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import trtx  # noqa: E402  (the tree that the pages belong to, wherever Sphinx is started)

project = "trtx"
author = "the trtx developers"
copyright = "the trtx developers. Licence: Apache-2.0"
release = version = trtx.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_click",
    "sphinx_design",
    "trtx_reference",  # these four are of _ext
    "trtx_raw",
    "trtx_benchmarks",
    "trtx_commands",
]
exclude_patterns = ["_ext"]
suppress_warnings = ["myst.header", "ref.python"]  # pages that tests write begin where they like; words for types

# Guides

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Reference

default_role = "py:obj"  # single backquotes in docstrings name things of trtx
nitpicky = True
nitpick_ignore_regex = [
    # Types in signatures: builtins, optional packages, and aliases that only type checkers see.
    (r"py:(class|exc|data)", r"(?!trtx\.)(.*)|trtx\._.*"),
    (r"py:obj", r"(cuda|typing|onnx|numpy|logging|trtx|trtx_sys|open)(\..*)?|[A-Z]\w*(Error|Exit|Warning)|CORE_NAMES"),
    (r"c:identifier", r".*"),
]
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autosummary_generate = False  # trtx_reference writes the pages
napoleon_google_docstring = False
napoleon_use_rtype = False
python_maximum_signature_line_length = 90
maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"

# Look

html_theme = "furo"
html_title = f"trtx {release}"
html_static_path = ["_static"]
html_css_files = ["trtx.css"]
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
