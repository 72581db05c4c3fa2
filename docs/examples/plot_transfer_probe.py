"""
Does transfer pay?
==================

Word vectors help where documents share meanings but few words. Whether yours do is a question
of a second: mean word vectors stand beside a linear model on n-grams, and both decide about
documents that neither has seen.
"""

# %%
# Songs of six artists are told apart by their words. Vectors that were learnt from the songs
# themselves add nothing to what a linear model on words, pairs and characters knows.
from sklearn_w2v import Word2VecTrainer, WordVectors, transfer_probe
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
trainer = Word2VecTrainer(vector_size=50, epochs=5, random_state=0)
print(transfer_probe(songs.data, songs.target, trainer, groups=songs.album))

# %%
# Here each sentence has words of its own, and only the vectors know that they mean weather of
# one kind or the other.
import numpy as np

draw = np.random.default_rng(0)
words = [chr(0x4E00 + number) for number in range(600)]
kind = np.arange(600) % 2
vectors = WordVectors(words, np.column_stack([2 * kind - 1, draw.normal(size=(600, 9))]))
sentences = [[words[4 * row + row % 2 + 2 * place] for place in (0, 1)] for row in range(149)]
labels = [("rainy", "sunny")[row % 2] for row in range(149)]
probe = transfer_probe(sentences, labels, vectors, tokenizer=None)
print(probe)

# %%
# The classifiers ask the same question in ``fit``: no network is trained where vectors do not
# pay. The answer stays in ``transfer_``.
from sklearn_w2v import make_w2v_pipeline

model = make_w2v_pipeline(trainer, random_state=0).fit(songs.data, songs.target)
print(model["clf"].transfer_)
print("epochs of the network:", model["clf"].n_iter_)
