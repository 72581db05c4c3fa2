"""What scikit-learn's diagrams show of fitted estimators: coverage and size of the table.

scikit-learn lists every attribute of a fitted estimator, and asks for each: for a classifier,
``word_vectors_`` would be a copy of a table of maybe a gigabyte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.validation import _is_fitted

from ..vectors.word_vectors import WordVectors

_WORDS = 3  # unknown words that are shown


class Shown:
    """Text whose ``repr`` is itself, for scikit-learn to escape.

    Parameters
    ----------
    text : str
        The text; of more than 30 characters, scikit-learn leaves out the middle.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class FittedRepr:
    """Mixin: in diagrams, a caption below the name and a short table of what was learnt."""

    def _summary(self) -> dict[str, Any]:
        """Names and values of what is worth showing of a fitted estimator."""
        raise NotImplementedError

    def _caption(self) -> str:
        """One line about a fitted estimator."""
        raise NotImplementedError

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        from sklearn.utils._repr_html.fitted_attributes import AttrsDict

        found = {
            name: {
                "type_name": "" if isinstance(value, Shown) else type(value).__name__,
                "value": value,
            }
            for name, value in self._summary().items()
        }
        return AttrsDict(fitted_attrs=found, estimator_class=type(self), doc_link=doc_link)

    @property
    def _sk_visual_block_(self) -> Callable[[], Any]:
        """Box of a diagram; scikit-learn makes its own where the attribute is missing."""
        if not _is_fitted(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return self._fitted_block

    def _fitted_block(self) -> Any:
        from sklearn.utils._repr_html.estimator import _VisualBlock

        return _VisualBlock(
            "single",
            self,
            names=type(self).__name__,
            name_details=str(self),
            name_caption=self._caption(),
        )


class IndexerRepr(FittedRepr):
    """Diagram of a fitted `W2VIndexer`."""

    vectors_: WordVectors
    coverage_: dict[str, Any]
    maxlen_: int
    match_: str

    def _summary(self) -> dict[str, Any]:
        found = self.coverage_
        unknown = [word for word, _ in found["unknown"][:_WORDS]]
        return {
            "vectors_": Shown(_size(len(self.vectors_), self.vectors_.dim)),
            "coverage_: running words": Shown(f"{found['tokens']:.1%}"),
            "coverage_: as written": Shown(f"{found['exact']:.1%}"),
            "coverage_: distinct words": Shown(f"{found['types']:.1%}"),
            "coverage_: unknown words": Shown(" ".join(unknown) or "none"),
            "maxlen_": self.maxlen_,
            "match_": Shown(self.match_),
        }

    def _caption(self) -> str:
        size = _size(len(self.vectors_), self.vectors_.dim)
        return f"{self.coverage_['tokens']:.1%} of words known · {size}"


class ClassifierRepr(FittedRepr):
    """Diagram of a fitted classifier with a network."""

    classes_: Any
    history_: dict[str, list[float]]
    n_iter_: int

    def _summary(self) -> dict[str, Any]:
        shape = table_shape(self)
        out: dict[str, Any] = {"classes_": self.classes_, "n_iter_": self.n_iter_}
        if shape is not None:
            out["word vectors of the network"] = Shown(_size(*shape))
        for name, values in self.history_.items():
            if values:
                out[f"history_: last {name}"] = float(values[-1])
        weights = getattr(self, "bow_weights_", None)
        if weights is not None:
            out["bow_weights_"] = Shown(f"({weights[0]:.3g}, {weights[1]:.3g})")
        return out

    def _caption(self) -> str:
        shape = table_shape(self)
        classes = f"{len(self.classes_):,} classes"
        return classes if shape is None else f"{classes} · table {_size(*shape)}"


def _size(rows: int, dim: int) -> str:
    return f"{rows:,} × {dim:,}"


def table_shape(classifier: Any) -> tuple[int, int] | None:
    """Rows and dimensions of the network's table; None where there is no network."""
    if not hasattr(classifier, "_network"):
        return None
    network = classifier._network
    if network is not None:  # the rows in use: spare ones stand behind them
        return len(network.table.rows.ids), int(network.table.dim)
    _, ids, values = classifier._saved  # after unpickling, until the network is needed
    dim = classifier.vectors_.dim if values is None else values.shape[1]
    return len(ids), int(dim)
