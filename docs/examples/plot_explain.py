"""
Which words speak for whom?
===========================

What each word adds to a class's logit, which words training moved, and which words the vectors
lack: the pictures that say what a classifier has learnt.
"""

# %%
# Songs of six invented artists; one album of each is kept for the test.
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_w2v import (
    CoverageDisplay,
    JapaneseTokenizer,
    TokenAttributionDisplay,
    TrainingHistoryDisplay,
    W2VIndexer,
    Word2VecTrainer,
    WordShiftDisplay,
    explain,
    make_w2v_pipeline,
)
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
train, test = next(folds.split(songs.data, songs.target, groups=songs.album))
texts = np.array(songs.data, dtype=object)
artists = np.array(songs.target_names, dtype=object)[songs.target]

# %%
# With the recipe's linear branch (``bow="ngrams"``), shares of words are exact where the branch
# decides alone, and sums of both where the network counts as well (``bow_weights_``).
pipeline = make_w2v_pipeline(random_state=0).fit(texts[train], artists[train])
print(f"accuracy on unseen albums: {pipeline.score(texts[test], artists[test]):.3f}")
print("factors of branch and network:", pipeline["clf"].bow_weights_)

# %%
# In a notebook, an attribution shows the text. Orange words speak for the artist, blue ones
# against; line breaks are words, too. The pointer over a word shows its value.
song = explain(pipeline, texts[test][:1])[0]
song

# %%
# The values add up to what the logit gains over a text without words; what is left is the
# residual.
print(f"{song.baseline_score:.3f} + {song.values.sum():.3f} + {song.residual:.1e}")
print(f"= {song.score:.3f} for {song.target}")

# %%
# The network alone reads words and their neighbours. Its shares are integrated gradients.
network = make_w2v_pipeline(network="cnn", bow=None, epochs=8, random_state=0)
network.fit(texts[train], artists[train])
explain(network, texts[test][:1], target=song.target)[0]

# %%
# The words that count most, all their occurrences together:
TokenAttributionDisplay.from_estimator(network, texts[test][0], target=song.target)

# %%
# Loss after each epoch:
TrainingHistoryDisplay.from_estimator(network, metrics=["loss"])

# %%
# The words that training moved most, among those that come ten times at least. A map of two
# dimensions shows a part of what happens in a hundred.
WordShiftDisplay.from_estimator(network, topn=25, X=texts[train], min_count=10)

# %%
# Which words of unseen albums would vectors know that were learnt from the other albums? Forms of
# a word stand for each other.
tokens = JapaneseTokenizer(form="surface", pos=None, forms=True)
vectors = Word2VecTrainer(random_state=0).fit(tokens.transform(texts[train])).vectors_
indexer = W2VIndexer(vectors, maxlen=1000).fit(tokens.transform(texts[test]))
CoverageDisplay.from_estimator(indexer)
