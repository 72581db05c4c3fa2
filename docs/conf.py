"""Configuration of the documentation."""

import warnings

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
exclude_patterns = ["_build", "examples", "auto_examples/*.ipynb", "auto_examples/*.py"]
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
html_theme = "alabaster"
html_theme_options = {"description": "word2vec transfer into Keras classifiers, for scikit-learn"}
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
}
# scikit-learn's own docstrings refer to its glossary
suppress_warnings = ["config.cache", "ref.ref"]
warnings.filterwarnings("ignore", ".*FigureCanvasAgg is non-interactive.*", UserWarning)
