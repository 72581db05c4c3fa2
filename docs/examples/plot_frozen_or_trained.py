"""
Frozen or trained?
==================

Shall the word vectors stay as they were learnt, or move with the task? It is a parameter, so a
search answers it, on folds that keep the songs of an album together.
"""

# %%
# ``memory`` keeps the tokens and ids, so that all candidates share them. ``bow=None`` leaves the
# network alone with the question, and the article's single LSTM is enough.
import tempfile

import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold

from sklearn_w2v import Word2VecTrainer, make_w2v_pipeline, word_shift
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
pipeline = make_w2v_pipeline(
    Word2VecTrainer(vector_size=50, epochs=20),
    memory=tempfile.mkdtemp(),
    random_state=0,
    bow=None,
    units=32,
    epochs=8,
)
search = GridSearchCV(
    pipeline,
    {"clf__train_embeddings": [False, True]},
    cv=StratifiedGroupKFold(3, shuffle=True, random_state=0),
)
search.fit(songs.data, songs.target, groups=songs.album)

# %%
results = pd.DataFrame(search.cv_results_)
columns = ["param_clf__train_embeddings", "mean_test_score", "std_test_score"]
results[columns].round(3)

# %%
# The scores of the folds, side by side. With 180 songs the folds differ more than the candidates
# often do: look at both before believing in a winner.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for row, label in zip(results.itertuples(), ["frozen", "trained"], strict=True):
    scores = [row.split0_test_score, row.split1_test_score, row.split2_test_score]
    ax.plot(scores, [label] * 3, "o", alpha=0.7)
ax.set(xlabel="accuracy on unseen albums", ylim=(-0.5, 1.5))

# %%
# Which words did training move most?
pipeline.set_params(clf__train_embeddings=True).fit(songs.data, songs.target)
for shift in word_shift(pipeline, topn=5):
    print(f"{shift.word}  {shift.distance:.3f}")
