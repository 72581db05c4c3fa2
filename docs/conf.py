"""Configuration of the documentation. Nothing is fetched, neither here nor by the pages."""

import gettext
import os
import re
import warnings
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pydata_sphinx_theme
from sphinx.search.en import SearchEnglish

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
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "article_header_end": ["language"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "ja/index": [], "start": [], "news": []}

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


_JAPANESE = r"[\u3005-\u30ff\u3400-\u9fff]"
_OTHER = rf"(?:(?!{_JAPANESE})[\p{{L}}\p{{N}}_])"


class SearchEnglishAndJapanese(SearchEnglish):
    """Japanese, which has no blanks, is found by pairs of characters; all else by words."""

    js_splitter_code = f"""
        var pairsOf = (run) => Array.from(run.slice(1), (_, at) => run.slice(at, at + 2));
        var splitQuery = (query) => (query.match(/{_JAPANESE}+|{_OTHER}+/gu) || [])
            .flatMap((run) => (run.match(/{_JAPANESE}/) ? pairsOf(run) : run));
    """

    def split(self, input):
        runs = re.findall(rf"{_JAPANESE}+|(?:(?!{_JAPANESE})\w)+", input)
        pairs = (map("".join, pairwise(run)) if re.match(_JAPANESE, run) else [run] for run in runs)
        return [word for words in pairs for word in words]


_theme = Path(pydata_sphinx_theme.__file__).parent / "locale"
_japanese = gettext.translation("sphinx", _theme, ["ja"], fallback=True).gettext


def name_languages(app, pagename, templatename, context, doctree):
    """Pages of docs/ja say that they are Japanese, and each page of a pair leads to the other."""
    japanese = pagename.startswith("ja/")
    if japanese:
        context.update(language="ja", _=_japanese)
    other = pagename.removeprefix("ja/") if japanese else f"ja/{pagename}"
    if other in app.env.found_docs:
        context["other_language"] = other


def setup(app):
    app.add_search_language(SearchEnglishAndJapanese)
    app.connect("html-page-context", name_languages)
