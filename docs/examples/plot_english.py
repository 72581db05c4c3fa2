"""
Your own tokenizer, and English
===============================

No step after the tokenizer knows which language it reads. Any function from a text to its words
will do, or token lists of your own.
"""

# %%
# Short reports, of the weather or from the kitchen.
import re

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.model_selection import cross_val_score

from sklearn_w2v import W2VCNNClassifier, W2VIndexer, WordVectors, make_w2v_pipeline

weather = [
    "Heavy rain will reach the coast by noon.",
    "A cold wind blows from the north tonight.",
    "Snow fell on the hills all morning.",
    "Fog hides the harbour until the sun comes out.",
    "The storm broke two masts and a window.",
    "Tomorrow will be mild, with clouds in the evening.",
    "Frost is expected in the valleys after midnight.",
    "It rained so hard that the river rose.",
    "A dry summer, says the forecast, and hot.",
    "Thunder rolled over the lake at dusk.",
    "The wind turns west and brings showers.",
    "Sunny spells, then hail in the afternoon.",
]
kitchen = [
    "Stir the soup until the onions are soft.",
    "Bake the bread for forty minutes.",
    "Add salt, pepper and a spoon of butter.",
    "Chop the garlic and fry it gently.",
    "Let the dough rest under a cloth.",
    "Boil the rice with a pinch of salt.",
    "Whisk the eggs and pour them into the pan.",
    "Slice the carrots and roast them with oil.",
    "Simmer the beans for an hour, then taste.",
    "Melt the chocolate over hot water.",
    "Peel the potatoes and mash them with milk.",
    "Serve the stew with bread and herbs.",
]
texts = weather + kitchen
labels = ["weather"] * len(weather) + ["kitchen"] * len(kitchen)


def words(text):
    """Lower-case words without punctuation."""
    return re.findall(r"[a-z']+", text.lower())


# %%
# A function as the tokenizer; the vectors are learnt from two dozen sentences, which is too few for
# them to be worth much. The linear branch on words does the work.
pipeline = make_w2v_pipeline(tokenizer=words, random_state=0, epochs=5, units=8)
pipeline.fit(texts, labels)
print(pipeline.predict(["Rain and wind until noon.", "Fry the onions in butter."]))

# %%
# Vectors that know what words mean make the difference. These are written by hand, for the sake of
# the example: their dimensions are sky, stove and clock. With GloVe or word2vec from a file it
# would be ``W2VIndexer("glove.6B.100d.txt")``.
topics = {
    "sky": """rain rained wind winds snow fog sun storm mild clouds frost summer hot forecast
        thunder river lake hills coast harbour valleys showers hail sunny cold dry north west
        blows drizzle gale""",
    "stove": """soup onions bread butter salt pepper garlic dough rice eggs pan carrots oil beans
        milk chocolate water potatoes stew herbs spoon pinch stir bake fry boil roast melt mash
        serve ladle""",
    "clock": "noon tonight morning tomorrow evening midnight dusk afternoon minutes hour",
}
listed = [(word, topic) for topic in topics for word in topics[topic].split()]
vectors = WordVectors(
    [word for word, _ in listed],
    [[float(topic == one) for one in topics] for _, topic in listed],
)
tokens = [[word for word in words(text) if word not in ENGLISH_STOP_WORDS] for text in texts]
indexer = W2VIndexer(vectors, min_count=2, random_state=0)
ids = indexer.fit_transform(tokens)
print(f"known words: {indexer.coverage_['tokens']:.0%}")
network = W2VCNNClassifier(
    channels="static", filters=8, kernel_sizes=(1,), learning_rate=0.05, epochs=20, random_state=0
)
print(cross_val_score(network, ids, labels, cv=4))

# %%
# No sentence of the training data has "drizzle", "gale" or "ladle"; the vectors know them.
network.fit(ids, labels)
new = ["drizzle and gale", "a ladle", "mashed ladle at dusk", "stew in the storm"]
probability = network.predict_proba(indexer.transform([words(text) for text in new]))

figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
left = np.zeros(len(new))
for place, name in enumerate(network.classes_):
    ax.barh(new, probability[:, place], left=left, label=name)
    left += probability[:, place]
ax.set(xlabel="probability", xlim=(0, 1))
ax.invert_yaxis()
figure.legend(loc="outside right upper")
