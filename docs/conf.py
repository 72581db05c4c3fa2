"""Configuration of the documentation. Nothing is fetched, neither here nor by the pages."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sklearn_w2v

project = "sklearn_w2v"
author = "The sklearn_w2v developers"
copyright = "2026, the sklearn_w2v developers"
release = version = sklearn_w2v.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "examples", "auto_examples/*.ipynb", "auto_examples/*.py"]
myst_heading_anchors = 3
autosummary_generate = True
# what scikit-learn, scikeras and NumPy document themselves stays there
autodoc_default_options = {
    "members": True,
    "inherited-members": (
        "BaseEstimator,TransformerMixin,ClassifierMixin,ClassNamePrefixFeaturesOutMixin,"
        "_MetadataRequester,BaseWrapper,KerasClassifier,ndarray,list,str,UserWarning,object"
    ),
}
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_w2v {version}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklearn_w2v"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "start": [], "news": []}

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "capture_repr": ("_repr_html_",),
    "show_signature": False,
    "write_computation_times": False,  # its page would fetch scripts
}
# scikit-learn's own docstrings refer to its glossary
suppress_warnings = ["config.cache", "ref.ref", "ref.term"]
warnings.filterwarnings("ignore", ".*FigureCanvasAgg is non-interactive.*", UserWarning)
