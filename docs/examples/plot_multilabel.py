"""
Many labels a document
======================

A document may have two labels, or none: an indicator matrix as ``y`` gives each label a
probability of its own. Here each document is a medley of two songs; who sings in it?
"""

# %%
# Medleys are made of songs of one side of the split only, so that no song, and no album, is in
# training and in the test.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import classification_report
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import MultiLabelBinarizer

from sklearn_w2v import make_w2v_pipeline
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()


def medleys(rows, number, seed):
    """First verses of two songs each, and their singers."""
    random = np.random.default_rng(seed)
    pairs = [random.choice(rows, 2, replace=False) for _ in range(number)]
    verses = [song.split("\n\n")[0] for song in songs.data]
    texts = ["\n\n".join(verses[row] for row in pair) for pair in pairs]
    return texts, [set(songs.target[pair].tolist()) for pair in pairs]


split = StratifiedGroupKFold(3, shuffle=True, random_state=0)
train, test = next(split.split(songs.data, songs.target, groups=songs.album))
texts, singers = medleys(train, 300, seed=0)
test_texts, test_singers = medleys(test, 100, seed=1)
binarizer = MultiLabelBinarizer(classes=range(6))
y, y_test = binarizer.fit_transform(singers), binarizer.transform(test_singers)
print(y[:3])

# %%
pipeline = make_w2v_pipeline(random_state=0, epochs=8, units=16)
pipeline.set_params(ids__maxlen=200).fit(texts, y)
predicted = pipeline.predict(test_texts)
names = [f"artist {number}" for number in range(6)]
print(classification_report(y_test, predicted, target_names=names, digits=2, zero_division=0))
print(f"all singers right: {np.mean((predicted == y_test).all(axis=1)):.2f}")

# %%
# Each probability is independent: a row need not sum to one, and the threshold of one half may be
# moved for each label.
probability = pipeline.predict_proba(test_texts)
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for place, label in enumerate(["not in it", "sings"]):
    ax.hist(probability[y_test == place], bins=np.linspace(0, 1, 21), alpha=0.6, label=label)
ax.set(xlabel="probability of a label", ylabel="labels of medleys")
ax.legend()
