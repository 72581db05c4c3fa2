"""
Kim's four channels
===================

The convolutional network of Kim (2014) with its four ways to use word vectors: random ones,
frozen ones, trained ones, and both frozen and trained ones under the same filters.
"""

# %%
# The vectors are learnt once, from the lyrics themselves. Larger ones from elsewhere go the same
# way: ``W2VIndexer("vectors.bin")``.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from sklearn_w2v import JapaneseTokenizer, W2VCNNClassifier, W2VIndexer, Word2VecTrainer
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
tokens = JapaneseTokenizer(form="surface", pos=None).fit_transform(songs.data)
trainer = Word2VecTrainer(vector_size=50, epochs=20, random_state=0)
ids = W2VIndexer(trainer, random_state=0).fit_transform(tokens)
print(ids.shape, ids.vectors)

# %%
# The ids remember their vectors through all folds.
folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
scores = {}
for channels in ("rand", "static", "non-static", "multichannel"):
    network = W2VCNNClassifier(
        channels=channels, filters=32, kernel_sizes=(1, 2, 3), epochs=10, random_state=0
    )
    scores[channels] = cross_val_score(network, ids, songs.target, groups=songs.album, cv=folds)
    print(f"{channels:12} {scores[channels].mean():.3f} ± {scores[channels].std():.3f}")

# %%
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.boxplot(list(scores.values()), orientation="horizontal", tick_labels=list(scores))
ax.axvline(np.mean(songs.target == 0), color="gray", linestyle=":")
ax.set(xlabel="accuracy on unseen albums (dotted: chance)")

# %%
# Here the vectors were learnt from the lyrics of all folds, without their labels. That is allowed
# where the texts to predict are at hand; where they are not, put the indexer into the pipeline,
# as :func:`~sklearn_w2v.make_w2v_pipeline` does. On 180 songs the network hardly gets beyond
# chance, and a linear model on words is far ahead. On Kim's own data, with published vectors, it
# is another matter: see :doc:`/models`.
