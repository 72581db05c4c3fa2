from __future__ import annotations

import builtins

import matplotlib as mpl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import NotFittedError

from sklearn_w2v import TokenIds, TrainingHistoryDisplay, W2VLSTMClassifier
from sklearn_w2v.inspection.displays.training_history import require_matplotlib

mpl.use("agg")


@pytest.fixture
def fitted(small_vectors):
    X, y = TokenIds([[2], [6]] * 6, small_vectors), [0, 1] * 6
    return W2VLSTMClassifier(units=3, epochs=4, random_state=0).fit(X, y, X_val=X, y_val=y)


def test_accuracies_are_drawn_over_epochs(fitted):
    display = TrainingHistoryDisplay.from_estimator(fitted)
    assert set(display.lines_) == {"accuracy", "val_accuracy"}
    line = display.lines_["accuracy"]
    assert line.get_xdata().tolist() == [1, 2, 3, 4]
    assert line.get_ydata().tolist() == fitted.history_["accuracy"]
    assert display.figure_ is display.ax_.figure


def test_metrics_axes_and_pipelines(fitted):
    plt = require_matplotlib()
    _, ax = plt.subplots()
    display = TrainingHistoryDisplay.from_estimator(make_pipeline(fitted), metrics=["loss"], ax=ax)
    assert display.ax_ is ax
    assert list(display.lines_) == ["loss"]
    with pytest.raises(ValueError, match="nonsense"):
        display.plot(metrics=["nonsense"])


def test_estimators_without_a_history_are_refused():
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(W2VLSTMClassifier())
    with pytest.raises(TypeError, match="LogisticRegression"):
        TrainingHistoryDisplay.from_estimator(LogisticRegression().fit([[0], [1]], [0, 1]))


def test_the_best_of_a_search_is_drawn(fitted, small_vectors):
    X, y = TokenIds([[2], [6]] * 6, small_vectors), [0, 1] * 6
    search = GridSearchCV(fitted, {"units": [2]}, cv=2).fit(X, y)
    display = TrainingHistoryDisplay.from_estimator(search)
    assert display.history is search.best_estimator_.history_


def test_a_missing_matplotlib_names_the_extra(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-w2v\[plot\]'"):
        TrainingHistoryDisplay({"accuracy": [1.0]}).plot()


def test_one_metric_may_be_a_str(fitted):
    display = TrainingHistoryDisplay.from_estimator(fitted, metrics="loss")
    assert list(display.lines_) == ["loss"]
