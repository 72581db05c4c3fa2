"""W2VCNNClassifier: its hyper-parameters and their documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

from ..networks.cnn import CNN
from ..utils.sklearn_compat import Interval, StrOptions
from .base import W2VClassifier


class W2VCNNClassifier(W2VClassifier):
    """Convolutional text classifier that starts from word2vec vectors (Kim 2014).

    Embedding (from the vectors) -> windows of several sizes -> largest answer of each
    filter -> dropout -> classes. It has the contract of `W2VLSTMClassifier`, and learns
    several times faster on a CPU.

    Parameters
    ----------
    vectors : path, WordVectors, gensim.models.KeyedVectors or None, default=None
        What the ids of `X` index. None: the vectors that `TokenIds` carry.
    channels : {"rand", "static", "non-static", "multichannel"}, default="non-static"
        Which tables of word vectors the windows see (Kim 2014, section 3.1): ``"rand"``, a
        random one that is trained, as if there were no vectors; ``"static"``, the vectors,
        frozen; ``"non-static"``, the vectors, trained; ``"multichannel"``, both of these,
        under the same filters, whose answers are added.
    filters : int, default=100
        Number of filters of each window size.
    kernel_sizes : tuple of int, default=(3, 4, 5)
        Sizes of the windows in words. Documents are padded on both sides by a window less
        one word, so that any document has windows of every size.
    hidden : int or None, default=None
        Units of a hidden layer (relu); None leaves it out, as the paper does.
    dropout : float, default=0.5
        Share of units dropped before the output, and after the hidden layer.
    max_norm : float or None, default=3.0
        Largest L2 norm of the weight vector of each class in the output layer; longer ones
        are cut after each step (Kim 2014, section 2.1). As there, it is meant for weights
        under a dropout that leaves what it keeps as it is; Keras' divides that by
        ``1 - dropout``, so the layer's weights are held to ``max_norm * (1 - dropout)``.
        None sets no bound.
    maxlen : int, "auto" or None, default=None
        Number of words of a document that the network reads; later ones reach only the
        bag of words. None reads all that `X` holds; ``"auto"`` does so where `X` is no wider
        than 128 words, as 95 % of the documents of an indexer need; else it reads the first 64
        of each.
    bow : {"words", "ngrams"} or None, default=None
        Linear branch beside the network: a support vector machine on sublinear tf-idf of
        ``"words"``, or of ``"ngrams"``: words, pairs of words and runs of up to three
        characters, of whole documents. What it, the mean word vectors and the network are
        worth is found on documents that they do not learn from: inner folds (see
        `train_network`), or `X_val`; `early_stopping` has no say. The network learns from all
        but a fifth of the documents (a tenth above 2,000), keeps the weights of the epoch in
        which all together lose least there, stops after `n_iter_no_change` epochs without
        progress, and counts only where it lowers the loss more than mean vectors do (where
        these do not pay, by more than the standard error). None: the network alone.
    bow_C : float, default=10.0
        Inverse strength of the branch's regularization.
    train_network : {"auto"} or bool, default="auto"
        Whether the network is trained beside the branch. ``"auto"`` trains it only where word
        vectors tell what the branch does not know: a logistic regression on mean vectors
        must lower the branch's loss on 1,000 held-out documents or more (all of few; 500 where
        they say that it never will) by two standard errors; then it counts where the network
        does not. True trains it wherever there are documents to hold out (of ten different
        ones or more); without `bow`, it is always trained.
    output : {"softmax", "sigmoid"}, default="softmax"
        ``"softmax"`` with cross-entropy, or one ``"sigmoid"`` for each class with binary
        cross-entropy; then `predict_proba` divides by the sum.
    optimizer : str, keras.optimizers.Optimizer class or instance, default="adam"
        Optimizer. Parameters go to it as ``optimizer__clipnorm=1.0``; an instance
        serves as a pattern and is not used up. Adam and SGD change only the rows of the
        table that a batch uses; others, and those with weight decay or averages, all of it.
    learning_rate : float, keras schedule or None, default=None
        Learning rate; None is the optimizer's own (0.001 for Adam).
    epochs : int, default=10
        Passes over the documents; the most there are with `early_stopping`.
    batch_size : int, default=50
        Documents in a batch.
    early_stopping : bool, default=False
        Whether to stop when the loss on held-out documents stops falling, and to return
        to the weights of the best epoch, which are kept in memory.
    validation_fraction : float, default=0.1
        Share of the documents held out for `early_stopping`, stratified.
    n_iter_no_change : int, default=3
        Epochs without improvement before `early_stopping` stops.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes; multiplied with ``sample_weight``.
    callbacks : keras.callbacks.Callback, list of them or None, default=None
        Keras callbacks, as instances or classes; every fit works on copies.
    verbose : int, default=0
        0 is silent; 1 shows a progress bar, 2 a line for each epoch (Keras').
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the former one.
    n_jobs : int or None, default=None
        Threads that count n-grams for the linear branch; None means 1 unless in a
        ``joblib.parallel_config``, -1 all cores. Results do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Weights, batches, dropout and split come from it; global seeds are left alone.
    **routed : dict
        ``optimizer__NAME`` and ``callbacks__NAME`` go to Keras' optimizer and callbacks.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    n_classes_ : int
        Their number.
    vectors_ : WordVectors or None
        What the ids index.
    history_ : dict of list of float
        Loss and accuracy after each epoch; with validation, also ``val_loss`` and
        ``val_accuracy``; and what callbacks log, where it is a number.
    n_iter_ : int
        Epochs run so far.
    bow_weights_ : tuple of (float, float) or None
        With `bow`, the factors of the branch's decisions and of the network's logits, whose
        sum makes the probabilities; the second is 0 where the network does not help.
    means_weight_ : float or None
        With `bow`, the factor of the logits of the mean vectors; 0 where they do not help,
        and where the network counts.
    transfer_ : TransferProbe or None
        With `bow`, what mean vectors add to the branch on held-out documents: gain, standard
        error, z and seconds; None where there was nothing to judge.
    model_ : keras.Model
        The network, from rows of its own table to probabilities.
    n_features_in_ : int
        Width of `X` in `fit`.

    See Also
    --------
    W2VIndexer : Makes the ids.
    W2VLSTMClassifier : A recurrent network instead.
    make_w2v_pipeline : Tokenizer, indexer and classifier in one.

    Notes
    -----
    The table of the network holds only the rows that the documents of `fit` use. Words
    that the vectors know but training never saw take their row from the vectors when
    they come in `predict`. Batches hold documents of similar length. With an int as
    `random_state`, two fits on a CPU give bit-equal weights.

    Ctrl-C (or an error) in the middle of `fit` leaves the classifier unfitted, so that what
    is half trained does not predict. With `warm_start`, and in `partial_fit`, it keeps the
    network with the steps that were made. Threads may predict with one classifier at once;
    they may not train it.

    References
    ----------
    Y. Kim: Convolutional neural networks for sentence classification. EMNLP 2014.

    Examples
    --------
    >>> from sklearn_w2v import W2VCNNClassifier, W2VIndexer, WordVectors
    >>> vectors = WordVectors(["雨", "雪", "夏", "海"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
    >>> X = W2VIndexer(vectors).fit_transform([["雨"], ["夏"]] * 20)
    >>> y = ["rainy", "sunny"] * 20
    >>> clf = W2VCNNClassifier(filters=4, kernel_sizes=(1, 2), learning_rate=0.1, random_state=0)
    >>> clf.fit(X, y).predict(W2VIndexer(vectors).fit([["雪"]]).transform([["雪"], ["海"]]))
    array(['rainy', 'sunny'], dtype='<U5')
    """

    _parameter_constraints: dict[str, Any] = {
        **W2VClassifier._parameter_constraints,
        "channels": [StrOptions({"rand", "static", "non-static", "multichannel"})],
        "filters": [Interval(Integral, 1, None, closed="left")],
        "kernel_sizes": [tuple, list],
        "max_norm": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        vectors: Any = None,
        channels: str = "non-static",
        filters: int = 100,
        kernel_sizes: Sequence[int] = (3, 4, 5),
        hidden: int | None = None,
        dropout: float = 0.5,
        max_norm: float | None = 3.0,
        maxlen: int | str | None = None,
        bow: str | None = None,
        bow_C: float = 10.0,
        train_network: bool | str = "auto",
        output: str = "softmax",
        optimizer: Any = "adam",
        learning_rate: float | Callable[..., Any] | None = None,
        epochs: int = 10,
        batch_size: int = 50,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 3,
        class_weight: dict[Any, float] | str | None = None,
        callbacks: Sequence[Any] | Any = None,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: Any = None,
        **routed: Any,
    ) -> None:
        self.vectors = vectors
        self.channels = channels
        self.filters = filters
        self.kernel_sizes = kernel_sizes
        self.hidden = hidden
        self.dropout = dropout
        self.max_norm = max_norm
        self.maxlen = maxlen
        self.bow = bow
        self.bow_C = bow_C
        self.train_network = train_network
        self.output = output
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self._set_routed(routed)

    def _channels(self) -> str:
        return str(self.channels)

    def _architecture(self, dim: int, n_classes: int, seed: int) -> CNN:
        sizes = tuple(self.kernel_sizes)
        if not sizes or any(
            isinstance(size, bool) or not isinstance(size, Integral) or size < 1 for size in sizes
        ):
            raise ValueError(
                f"Got kernel_sizes={self.kernel_sizes!r} but expected positive integers."
            )
        return CNN(
            dim=dim,
            n_classes=n_classes,
            filters=int(self.filters),
            kernel_sizes=tuple(map(int, sizes)),
            hidden=None if self.hidden is None else int(self.hidden),
            dropout=float(self.dropout),
            max_norm=None if self.max_norm is None else float(self.max_norm),
            seed=seed,
        )
