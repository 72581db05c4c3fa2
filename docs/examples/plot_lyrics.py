"""
Whose song is it?
=================

Word vectors learnt from song lyrics become the embedding of an LSTM that tells the artists
apart. All songs of an album are either in training or in the test.
"""

# %%
# Six invented artists sing of the same things; the voice tells them apart.
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_w2v import TrainingHistoryDisplay, make_w2v_pipeline
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
print(songs.data[30][:60])

# %%
# One album of each artist is kept for the test.
folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
train, test = next(folds.split(songs.data, songs.target, groups=songs.album))
texts = np.array(songs.data, dtype=object)
pipeline = make_w2v_pipeline(random_state=0)
pipeline.fit(texts[train], songs.target[train])
print(f"accuracy on unseen albums: {pipeline.score(texts[test], songs.target[test]):.3f}")

# %%
TrainingHistoryDisplay.from_estimator(pipeline)

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 6), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    songs.target[test],
    pipeline.predict(texts[test]),
    display_labels=songs.target_names,
    xticks_rotation=35,
    colorbar=False,
    ax=ax,
)

# %%
# What fine-tuning did to a word:
classifier = pipeline["clf"]
for vectors in (classifier.vectors_, classifier.word_vectors_):
    print([word for word, _ in vectors.most_similar("雨", topn=5)])
