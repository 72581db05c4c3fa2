"""
Few labels
==========

Labels are dear, texts are not. Word vectors may learn from all texts, also from those that nobody
has labelled; what does that bring with one, two, five or ten labelled songs of an artist?
"""

# %%
# ``Word2VecTrainer(corpus=...)`` reads unlabelled text besides the documents of ``fit``.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, W2VVectorizer, Word2VecTrainer
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
tokens = JapaneseTokenizer(form="surface", pos=None).fit_transform(songs.data)
unlabelled = Path(tempfile.mkdtemp()) / "unlabelled.txt"
unlabelled.write_text("\n".join(" ".join(words) for words in tokens), encoding="utf-8")
texts = np.array([" ".join(words) for words in tokens], dtype=object)

# %%
# A third of the albums is for the test. ``W2VVectorizer`` makes one vector of each song, so that a
# linear model can read it: with so few labels, a network has nothing to learn from.
vectors = (
    Word2VecTrainer(vector_size=50, epochs=20, corpus=str(unlabelled), random_state=0)
    .fit(texts)
    .vectors_
)
models = {
    "TF-IDF": lambda: make_pipeline(
        TfidfVectorizer(analyzer=str.split, sublinear_tf=True), LinearSVC()
    ),
    "word vectors": lambda: make_pipeline(
        W2VIndexer(vectors, maxlen=300),
        W2VVectorizer(pooling="sif"),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    ),
}
sizes = [1, 2, 5, 10]
albums = np.array(songs.album)
held = np.array([np.unique(albums[songs.target == artist])[0] for artist in range(6)])
test = np.flatnonzero(np.isin(albums, held))
rest = np.setdiff1d(np.arange(len(texts)), test)
scores = {name: [] for name in models}
for size in sizes:
    draws = {name: [] for name in models}
    for seed in range(5):
        random = np.random.default_rng(seed)
        train = np.concatenate(
            [random.choice(rest[songs.target[rest] == artist], size, False) for artist in range(6)]
        )
        for name, make in models.items():
            model = make().fit(texts[train], songs.target[train])
            draws[name].append(model.score(texts[test], songs.target[test]))
    for name in models:
        scores[name].append(np.mean(draws[name]))
        print(f"{size:2} labels an artist, {name}: {scores[name][-1]:.3f}")

# %%
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, values in scores.items():
    ax.plot(sizes, values, "o-", label=name)
ax.set(xlabel="labelled songs of an artist", ylabel="accuracy on unseen albums", xscale="log")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.legend()

# %%
# These artists differ in their voice more than in their topics, and single words tell the voice. On
# news, too, TF-IDF beats the mean vector at every number of labels, and the recipe, which has a
# linear branch on words, beats both: see :doc:`/models`. Draw this curve for your own data before
# choosing.
