"""Everything of scikit-learn's that is private or moves between its releases.

Other modules import it from here, so that a new release of scikit-learn is mended in one
place. Checks of parameters and weights have no public names that do the same. Diagrams are an
extra: where their parts are not as expected, `draws_diagrams` is False, and estimators leave
theirs to scikit-learn.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, TypeVar, cast

from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.multiclass import _check_partial_fit_first_call as check_partial_fit_first_call
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import validate_data

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "diagram_box",
    "draws_diagrams",
    "fitted_attributes_table",
    "is_fitted",
    "validate_data",
    "validate_parameter_constraints",
    "with_row_labels",
]

_Rows = TypeVar("_Rows")


def with_row_labels(transformer: Any, rows: _Rows, row_labels: Any) -> _Rows:
    """Give what a transformer returns an index, if it is to become a table of pandas.

    scikit-learn takes the index from tables alone, and joins columns by it.

    Parameters
    ----------
    transformer : estimator
        Its ``set_output``, or the global configuration, says what it returns.
    rows : ndarray of shape (n_rows, n_columns)
        What is returned; scikit-learn names the columns.
    row_labels : pandas.Index or None
        The index, if it is known.

    Returns
    -------
    ndarray
        The array itself; where a table is wanted, a pandas.DataFrame.
    """
    if row_labels is None or _get_output_config("transform", transformer)["dense"] != "pandas":
        return rows
    import pandas as pd

    return cast(_Rows, pd.DataFrame(rows, index=row_labels, copy=False))


def fitted_attributes_table(estimator: Any, found: dict[str, Any], doc_link: str) -> Any:
    """Make the table of fitted attributes of an estimator's diagram.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    found : dict of str to dict
        For each attribute its ``type_name`` and its ``value``.
    doc_link : str
        Address of the documentation; may be empty.
    """
    from sklearn.utils._repr_html.fitted_attributes import AttrsDict

    return AttrsDict(fitted_attrs=found, estimator_class=type(estimator), doc_link=doc_link)


@functools.cache
def draws_diagrams() -> bool:
    """Whether this scikit-learn has the parts of which diagrams with captions are made."""
    try:
        from sklearn.utils._repr_html.estimator import _VisualBlock
        from sklearn.utils._repr_html.fitted_attributes import AttrsDict
    except ImportError:
        return False
    box, table = (inspect.signature(one).parameters for one in (_VisualBlock, AttrsDict))
    return "name_caption" in box and "fitted_attrs" in table


def diagram_box(estimator: Any, caption: str) -> Any:
    """Make the box of an estimator's diagram, with a caption below its name."""
    from sklearn.utils._repr_html.estimator import _VisualBlock

    return _VisualBlock(
        "single",
        estimator,
        names=type(estimator).__name__,
        name_details=str(estimator),
        name_caption=caption,
    )
