"""
Text next to numbers
====================

A table has a column of text and columns of numbers. ``W2VVectorizer`` makes features of the text,
and scikit-learn's ``ColumnTransformer`` puts them next to the others.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, W2VVectorizer, Word2VecTrainer
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
frame = pd.DataFrame({"text": songs.data})
frame["lines"] = frame["text"].str.count("\n") + 1
frame["characters a line"] = frame["text"].str.len() / frame["lines"]
frame["kanji"] = frame["text"].str.count(r"[\u4e00-\u9fff]") / frame["text"].str.len()
frame.head(3)

# %%
words = make_pipeline(
    JapaneseTokenizer(form="surface", pos=None),
    W2VIndexer(Word2VecTrainer(vector_size=20, epochs=20), random_state=0),
    W2VVectorizer(),
)
numbers = ["lines", "characters a line", "kanji"]
columns = {
    "text": [("text", words, "text")],
    "numbers": [("numbers", "passthrough", numbers)],
    "both": [("text", words, "text"), ("numbers", "passthrough", numbers)],
}
results = {}
folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
for name, parts in columns.items():
    model = make_pipeline(
        ColumnTransformer(parts), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    scores = cross_val_score(model, frame, songs.target, groups=songs.album, cv=folds)
    results[name] = scores
    print(f"{name:8} {scores.mean():.3f}")

# %%
figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
means, deviations = [[f(one) for one in results.values()] for f in (np.mean, np.std)]
ax.barh(list(results), means, xerr=deviations, color="tab:blue", alpha=0.7)
ax.axvline(1 / 6, color="gray", linestyle=":")
ax.set(xlabel="accuracy on unseen albums (dotted: chance)", xlim=(0, 1.05))
ax.invert_yaxis()

# %%
# Frames come out where they are asked for, with names.
table = ColumnTransformer(columns["both"]).set_output(transform="pandas").fit_transform(frame)
table.iloc[:3, -5:].round(2)
