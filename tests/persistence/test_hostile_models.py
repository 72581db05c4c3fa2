"""Model files from elsewhere, with checksums that fit: refused, before they cost or do anything."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import os
import struct
import sys
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from _hostile_files import entries, model_file, zipped
from joblib import cpu_count
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VCNNClassifier,
    W2VIndexer,
    W2VVectorizer,
    WordVectors,
    load,
    make_w2v_pipeline,
    save,
)
from sklearn_w2v.networks.design import NetworkWeights
from sklearn_w2v.vectors.store import MemoryStore

TEXTS = ["雨 雪 霧", "傘 雨 雪", "夏 海 砂", "祭 夏 海"] * 3
LABELS = [0, 0, 1, 1] * 3
WORDS = ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "v.txt"
    WordVectors(WORDS, np.random.default_rng(0).normal(size=(8, 3))).save(path)
    return path


def skops_of(path):
    with zipfile.ZipFile(path) as file:
        return file.read("model.skops")


@pytest.fixture(scope="module")
def whole(source):
    """Inner entries of models, by kind."""
    clf = {"random_state": 0, "epochs": 1, "tokenizer": None}
    kinds = {
        "lstm": ("all", make_w2v_pipeline(source, units=2, **clf)),
        "cnn": ("rows", make_w2v_pipeline(source, network="cnn", filters=2, bow="words", **clf)),
        "reference": ("reference", make_w2v_pipeline(source, units=2, bow=None, **clf)),
        "vectorizer": (
            "rows",
            make_pipeline(W2VIndexer(source), W2VVectorizer(pooling="sif"), LogisticRegression()),
        ),
    }
    made = {}
    for name, (vectors, model) in kinds.items():
        model.fit(TEXTS, LABELS)
        blend = getattr(model[-1], "_blend", None)
        if blend is not None:
            model[-1]._built_network()
            blend.weight = 0.5  # so that the network counts
        path = source.parent / f"{name}.w2v"
        save(model, path, vectors=vectors)
        made[name] = entries(skops_of(path))
        load(path).predict(TEXTS)
    return made


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Whether a model is refused for a reason; it leaves nothing behind."""
    monkeypatch.chdir(tmp_path)

    def check(parts, reason="Cannot read the model file", **options):
        data = parts if isinstance(parts, bytes) else model_file(zipped(parts))
        path = tmp_path / "m.w2v"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=reason) as caught:
            load(path, **options)
        assert repr(os.fspath(path)) in str(caught.value)
        assert [one.name for one in tmp_path.iterdir()] == ["m.w2v"]

    return check


def node(kind, module, name, **more):
    return {"__loader__": kind, "__module__": module, "__class__": name, "__id__": -7, **more}


def of_json(value):
    return node("JsonNode", "builtins", "str", content=json.dumps(value), __id__=None)


def changed(parts, name, **attributes):
    """Entries with other attributes of all objects of a class."""
    tree = json.loads(parts["schema.json"])
    found = 0
    for one in objects(tree, name):
        found += 1
        state = one["content"]
        for key, value in attributes.items():
            if key not in state["content"]:
                state["key_types"]["content"].append(node("TypeNode", "builtins", "str"))
            state["content"][key] = value if is_node(value) else of_json(value)
    assert found
    return with_tree(parts, tree)


def with_tree(parts, tree):
    return {**parts, "schema.json": json.dumps(tree).encode()}


def is_node(value):
    return isinstance(value, dict) and "__loader__" in value


def nodes(tree):
    """All nodes, in the file's order or another."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if is_node(one):
            yield one
        todo += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def objects(tree, name):
    """Nodes of a class; an object that is referred to often stands there as often."""
    found = [one for one in nodes(tree) if one["__class__"] == name]
    return [one for one in found if one["__loader__"] != "TypeNode"]


def array(parts, values):
    """A node of an array, and entries with it."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    name = f"{len(parts)}.npy"
    parts[name] = buffer.getvalue()
    return node("NdArrayNode", "numpy", "ndarray", type="numpy", file=name, __id__=f"a{name}")


# ------------------------------------------------------------------ the zip
@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "..\\evil", "C:\\evil", "a/../../evil", "\x00evil"]
)
def test_names_of_entries_go_nowhere(whole, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = {**whole["reference"], name: b"evil"}
    path = tmp_path / "m.w2v"
    path.write_bytes(model_file(zipped(parts)))
    load(path).predict(TEXTS)  # nothing asks for that entry, and nothing is unpacked
    assert [one.name for one in tmp_path.iterdir()] == ["m.w2v"]


def test_symbolic_links_are_bytes(whole, refused, tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name in ("meta.json", "card.md", "model.skops"):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o120777 << 16
            file.writestr(info, "/etc/passwd")
    refused(data.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_that_come_twice(whole, refused):
    outer = io.BytesIO(model_file(zipped(whole["lstm"])))
    with zipfile.ZipFile(outer, "a") as file:
        file.writestr("card.md", "# another card")
    refused(outer.getvalue(), "several entries of one name")
    inner = io.BytesIO(zipped(whole["lstm"]))
    with zipfile.ZipFile(inner, "a") as file:
        file.writestr("schema.json", "{}")
    refused(model_file(inner.getvalue()), "several entries of one name")


def test_what_stands_ahead_of_the_zip(whole, refused):
    data = model_file(zipped(whole["lstm"]))
    refused(b"\x80\x04." + data, "something stands before it")
    refused(b"#!/bin/sh\n" + data, "something stands before it")
    refused(zipped({}), "it is empty")


def test_flags_and_methods_of_entries(whole, refused):
    data = bytearray(model_file(zipped(whole["lstm"])))
    places = [data.rindex(b"PK\x01\x02", 0, data.rindex(name)) for name in (b"model.skops",)]
    for place in places:
        encrypted = bytearray(data)
        encrypted[place + 8] |= 1
        refused(bytes(encrypted))
        method = bytearray(data)
        struct.pack_into("<H", method, place + 10, 99)
        refused(bytes(method))
        huge = bytearray(data)
        struct.pack_into("<2I", huge, place + 20, 2**32 - 1, 2**32 - 1)  # zip64, without its field
        refused(bytes(huge))
        large = bytearray(data)
        struct.pack_into("<2I", large, place + 20, 2**32 - 2, 2**32 - 2)
        refused(bytes(large))
        elsewhere = bytearray(data)
        struct.pack_into("<I", elsewhere, place + 42, 2**32 - 2)
        refused(bytes(elsewhere))


def test_entries_that_lie_upon_each_other(whole, refused):
    parts = {**whole["lstm"], "big": bytes(1 << 16)}
    data = bytearray(zipped(parts))
    first = data.index(b"PK\x01\x02")
    directory = bytes(data[first : data.rindex(b"PK\x05\x06")])
    entry = directory[directory.rindex(b"PK\x01\x02") :]
    more = b"".join(entry.replace(b"big", b"%03d" % number) for number in range(500))
    end = bytearray(data[data.rindex(b"PK\x05\x06") :])
    count = len(parts) + 500
    struct.pack_into("<2H2I", end, 8, count, count, len(directory) + len(more), first)
    refused(model_file(bytes(data[:first]) + directory + more + bytes(end)))


# ------------------------------------------------------------------ arrays
def header(shape, dtype="<f4"):
    out = io.BytesIO()
    form = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(header((10**12, 300)) + bytes(64), id="huge"),
        pytest.param(header((2**62, 2**62)) + bytes(64), id="overflowing"),
        pytest.param(header((-4, -4)) + bytes(64), id="negative"),
        pytest.param(header((3,), "|O") + bytes(24), id="objects"),
        pytest.param(header((1,), "<U1000000000"), id="a long text"),
        pytest.param(b"\x93NUMPY\x03\x00" + bytes(64), id="an unknown version"),
        pytest.param(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(64), id="a long header"),
        pytest.param(b"\x93NUMPY\x01\x00\x10\x00__import__('os')", id="code as header"),
    ],
)
@pytest.mark.parametrize("ending", [".npy", ".bin", ""])
def test_arrays_are_looked_at_whatever_their_name(whole, refused, data, ending):
    parts = dict(whole["lstm"])
    name = "evil" + ending
    parts[name] = data
    evil = node("NdArrayNode", "numpy", "ndarray", type="numpy", file=name)
    refused(changed(parts, "W2VIndexer", _used=evil))


def sparse_node(parts, data):
    parts["s.npz"] = data
    return node("SparseMatrixNode", "scipy.sparse._csr", "csr_matrix", type="scipy", file="s.npz")


def test_sparse_matrices_that_unpack_without_end(whole, refused):
    parts = dict(whole["lstm"])
    bomb = {"data.npy": header((10**12,)) + bytes(1 << 27)}
    evil = sparse_node(parts, zipped(bomb, zipfile.ZIP_DEFLATED))
    refused(changed(parts, "W2VIndexer", _used=evil), "compressed or too big")
    parts = dict(whole["lstm"])
    evil = sparse_node(parts, zipped({"data.npy": header((10**12,)) + bytes(99)}))
    refused(changed(parts, "W2VIndexer", _used=evil), "is not an array")
    evil = sparse_node(parts, zipped({"data.npy": b"\x80\x04."}))
    refused(changed(parts, "W2VIndexer", _used=evil), "is not a sparse matrix")


# ------------------------------------------------------------------ the tree
def doubling(levels):
    """A tree of few nodes that stands for 2**levels: each level is twice the one below."""
    below = of_json("x")
    for number in range(levels):
        ref = node("ListNode", "builtins", "list", content=[], __id__=f"n{number - 1}")
        below = node(
            "ListNode",
            "builtins",
            "list",
            content=[below, ref] if number else [below],
            __id__=f"n{number}",
        )
    return below


def test_trees_that_grow_when_they_are_read(whole, refused):
    refused(changed(whole["lstm"], "W2VIndexer", _own=doubling(60)), "have the number")


def test_a_tree_within_itself(whole, refused):
    tree = json.loads(whole["lstm"]["schema.json"])
    again = {**tree, "content": None}
    tree["content"]["content"]["steps"] = again
    refused(with_tree(whole["lstm"], tree), "have the number")


@pytest.mark.parametrize("levels", [900, 20_000])
def test_deep_trees(whole, refused, levels):
    deep = of_json("x")
    for number in range(450):  # about what Python's own writer takes
        deep = node("ListNode", "builtins", "list", content=[deep], __id__=f"d{number}")
    parts = changed(whole["lstm"], "W2VIndexer", _own=deep)
    refused(parts)
    text = '{"a":' * levels + "1" + "}" * levels
    refused({**whole["lstm"], "schema.json": text.encode()})
    value = {**of_json(1), "content": "[" * 100_000}
    refused(changed(whole["lstm"], "W2VIndexer", _own=value))


def test_one_array_for_many_objects(whole, refused):
    parts = dict(whole["lstm"])
    big = array(parts, np.zeros(9))
    many = [{**big, "__id__": -number - 1} for number in range(3)]
    copies = node("ListNode", "builtins", "list", content=many)
    refused(changed(parts, "W2VIndexer", _own=copies), "share")


def test_keys_whose_hashes_collide(whole, refused):
    keys = [str(number * (2**61 - 1)) for number in range(20_000)]
    kinds = [node("TypeNode", "builtins", "int", __id__=None)] * len(keys)
    evil = node(
        "DictNode",
        "builtins",
        "dict",
        key_types=node("ListNode", "builtins", "list", content=kinds, __id__=-8),
        content={key: of_json(1) for key in keys},
    )
    refused(changed(whole["lstm"], "W2VIndexer", _own=evil), "keys that are not strings")
    numbers = [of_json(int(key)) for key in keys]
    evil = node("SetNode", "builtins", "set", content=numbers)
    refused(changed(whole["lstm"], "W2VIndexer", _own=evil), "keys that are not strings")


@pytest.mark.parametrize("kind", ["ListNode", "SetNode", "ConstructorFromReduceNode", "TupleNode"])
@pytest.mark.parametrize(
    "name",
    [
        "sklearn_w2v.pipeline._apply",
        "sklearn_w2v.text.tokenizer.JapaneseTokenizer",
        "sklearn.metrics._classification.accuracy_score",
    ],
)
def test_nothing_is_called_with_the_files_values(whole, refused, kind, name):
    module, _, short = name.rpartition(".")
    content = [of_json("x")]
    if kind == "ConstructorFromReduceNode":
        content = node("TupleNode", "builtins", "tuple", content=content, __id__=-9)
    evil = node(kind, module, short, content=content)
    refused(changed(whole["lstm"], "W2VIndexer", _own=evil), "stands in it as")


def test_stores_are_built_by_their_own_constructor(whole, refused):
    fields = node("DictNode", "builtins", "dict", content={}, key_types=of_json([]), __id__=-9)
    evil = node("ObjectNode", "sklearn_w2v.vectors.cache", "SourceStore", content=fields)
    refused(changed(whole["lstm"], "WordVectors", _store=evil), "stands in it as 'ObjectNode'")


CANARY = "w2v_canary_module"


@pytest.mark.parametrize(
    "kind", ["ObjectNode", "TypeNode", "FunctionNode", "MethodNode", "LossNode"]
)
def test_modules_of_names_in_the_file_are_not_imported(
    whole, refused, kind, tmp_path_factory, monkeypatch
):
    folder = tmp_path_factory.mktemp("modules")
    (folder / f"{CANARY}.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(folder))
    target = {"obj": of_json(1), "func": "f"}
    evil = node(kind, CANARY, "Thing", content=target, __reduce__={"args": of_json([])})
    if kind == "ObjectNode":
        evil["content"] = of_json({})
    refused(changed(whole["lstm"], "W2VIndexer", _own=evil), "m.w2v")
    assert CANARY not in sys.modules


# ------------------------------------------------------------------ references
@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/proc/self/mem", "spacy:os.path"])
def test_references_to_other_files(whole, path, tmp_path, monkeypatch):
    tree = json.loads(whole["reference"]["schema.json"])
    for one in objects(tree, "SourceStore"):
        one["content"]["content"][0] = of_json(path)
    file = tmp_path / "m.w2v"
    file.write_bytes(model_file(zipped(with_tree(whole["reference"], tree))))
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        load(file)
    assert "root:" not in str(caught.value)  # nothing of what stands there


def test_references_without_a_fingerprint_open_nothing(whole, refused):
    tree = json.loads(whole["reference"]["schema.json"])
    for one in objects(tree, "SourceStore"):
        one["content"]["content"][2] = of_json(None)
    parts = with_tree(whole["reference"], tree)
    refused(parts, "without their fingerprint")


# ------------------------------------------------------------------ values
BAD = [None, "雨", -1, 1e300, True, [], {}, [[1]], 10**30]

ATTRIBUTES = {
    "lstm": {
        "W2VIndexer": ["maxlen_", "_n_known", "_own", "_used", "vectors_", "match_", "coverage_"],
        "W2VLSTMClassifier": [
            *("pooling", "output", "bow", "memory", "callbacks"),
            *("classes_", "n_classes_", "_targets", "_seed", "_draws", "_network"),
            *("history_", "n_features_in_", "vectors_", "predict_proba", "_decide"),
        ],
        "NetworkWeights": ["design", "ids", "values", "head"],
        "Design": ["architecture", "channels", "output", "maxlen"],
        "Output": ["activation", "multilabel"],
        "LSTM": ["dim", "n_classes", "seed"],
        "Blend": ["scale", "weight", "features", "branch", "means", "means_weight"],
        "LinearBranch": ["coef", "intercept", "_tfidf"],
        "NgramCounter": ["keys_", "pairs", "characters"],
        "Targets": ["classes", "multilabel"],
        "TfidfTransformer": ["idf_", "norm"],
        "Pipeline": ["steps", "memory"],
        "WordVectors": ["_store"],
    },
    "cnn": {"W2VCNNClassifier": ["channels", "_network"], "CNN": ["dim", "n_classes", "seed"]},
    "vectorizer": {
        "W2VVectorizer": [
            *(
                "vectors_",
                "pooling",
                "components_",
                "_ids",
                "_weights",
                "_unseen_weight",
                "_pooling",
            ),
        ]
    },
}
# values that mean something
FINE = {
    "means": (None,),
    "hidden": (None,),
    "maxlen": (None,),
    "bow": (None,),
    "memory": (None,),
    "callbacks": (None,),
    "vectors_": (None,),
    "history_": ({},),
    "_own": ({},),
    "norm": (None,),
    "pairs": (True,),
    "multilabel": (True,),
}
CASES = [
    (kind, name, attribute)
    for kind, classes in ATTRIBUTES.items()
    for name, attributes in classes.items()
    for attribute in attributes
]


@pytest.mark.parametrize(("kind", "name", "attribute"), CASES)
def test_values_of_other_types(whole, kind, name, attribute, tmp_path):
    for value in BAD:
        path = tmp_path / "m.w2v"
        path.write_bytes(model_file(zipped(changed(whole[kind], name, **{attribute: value}))))
        if value in FINE.get(attribute, ()) and type(value) is type(FINE[attribute][0]):
            continue
        with pytest.raises(ValueError, match=r"Cannot read the model file .*m\.w2v"):
            load(path)


def with_architecture(parts, name, **values):
    """A classifier whose network was made with other parameters."""
    tree = json.loads(parts["schema.json"])
    [one] = objects(tree, name)
    fields = one["content"]["content"]
    for key, value in values.items():
        assert key in fields
        fields[key] = value if is_node(value) else of_json(value)
    return with_tree(parts, tree)


ARCHITECTURES = [
    *(("lstm", name) for name in ("units", "hidden", "dropout", "pooling", "bidirectional")),
    *(("cnn", name) for name in ("filters", "kernel_sizes", "max_norm")),
]


@pytest.mark.parametrize(("kind", "name"), ARCHITECTURES)
def test_architectures_that_no_fit_can_have(whole, refused, kind, name):
    architecture = {"lstm": "LSTM", "cnn": "CNN"}[kind]
    fine = {"max_norm": [None, True, 1e300, 10**30], "bidirectional": [True]}
    for value in BAD:
        if any(value is one or value == one for one in fine.get(name, ())):
            continue
        refused(with_architecture(whole[kind], architecture, **{name: value}))


def with_weights(parts, attribute, values):
    """A classifier whose ids, rows or other weights are others."""
    parts = dict(parts)
    tree = json.loads(parts["schema.json"])
    [one] = objects(tree, "NetworkWeights")
    one["content"]["content"][attribute] = array(parts, values)
    return with_tree(parts, tree)


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("ids", np.array([0, 1, 2, -3], np.int32)),
        ("ids", np.array([0, 1, 2, 10**6], np.int32)),
        ("ids", np.array([0, 1, 2, 2], np.int32)),
        ("ids", np.array([1, 0, 2, 3], np.int32)),
        ("ids", np.zeros(0, np.int32)),
        ("ids", np.zeros((2, 2), np.int32)),
        ("ids", np.arange(9, dtype=np.float64)),
        ("ids", np.array(["0", "1"])),
        ("values", np.zeros((1, 3), np.float32)),
        ("values", np.zeros((10, 4), np.float32)),
        ("values", np.zeros((10, 3), np.float64)),
        ("values", np.zeros(30, np.float32)),
        ("head", np.zeros(3, np.float32)),
    ],
)
def test_ids_and_rows_of_other_shapes(whole, refused, attribute, values):
    refused(
        with_weights(whole["lstm"], attribute, values),
        "NetworkWeights in it has|another network",
    )


@pytest.mark.parametrize("units", [3, 10**6, 10**9])
def test_networks_larger_than_their_weights_are_not_built(whole, refused, units):
    for name in ("units", "hidden"):
        parts = with_architecture(whole["lstm"], "LSTM", **{name: units})
        refused(parts, "NetworkWeights in it has head")
    parts = with_architecture(whole["cnn"], "CNN", filters=units)
    refused(parts, "NetworkWeights in it has head")
    sizes = node("TupleNode", "builtins", "tuple", content=[of_json(units)] * 3, __id__=-9)
    parts = with_architecture(whole["cnn"], "CNN", kernel_sizes=sizes)
    refused(parts, "NetworkWeights in it has head")


def packed(parts, **changes):
    """A model with other arguments of its packed vectors."""
    parts = dict(parts)
    tree = json.loads(parts["schema.json"])
    for place, value in changes.items():
        new = array(parts, value) if isinstance(value, np.ndarray) else value
        for one in objects(tree, "PackedStore"):
            one["content"]["content"][int(place[1:])] = new
    return with_tree(parts, tree)


@pytest.mark.parametrize(
    "changes",
    [
        {"_2": np.frombuffer(b"\xff\xfe" + "雪霧傘夏海砂祭".encode() + b"a", np.uint8)},
        {"_2": np.arange(24, dtype=np.int64)},
        {"_3": np.array([3] * 7 + [4], np.int32)},
        {"_3": np.array([2, 4] + [3] * 6, np.int32)},
        {"_3": np.array([-3, 9] + [3] * 6, np.int32)},
        {"_4": of_json(10**12)},
        {"_4": of_json(-1)},
        {"_4": of_json("8")},
        {"_5": np.array([0, 0, 1], np.int64)},
        {"_5": np.array([0, 99], np.int64)},
        {"_6": np.zeros((8, 0), np.float32)},
        {"_6": np.zeros((7, 3), np.float32)},
        {"_6": np.zeros((8, 3), np.float64)},
        {"_7": np.array([0] * 7 + [8], np.int32)},
        {"_7": np.array([0] * 7 + [-1], np.int32)},
        {"_8": of_json([1, 2])},
        {"_9": of_json([1, 2, 3])},
    ],
)
def test_packed_vectors_whose_parts_do_not_fit(whole, refused, changes):
    refused(packed(whole["lstm"], **changes))


def test_a_memory_that_unpickles(whole, refused):
    refused(changed(whole["lstm"], "Pipeline", memory="/tmp/cache"), "has memory=")


def test_every_single_value_replaced(whole, tmp_path):
    """Whatever stands in place of a value: refused, or a model that predicts or says why not."""
    tree = json.loads(whole["cnn"]["schema.json"])
    places = [one for one in nodes(tree) if one["__loader__"] == "JsonNode"]
    draw = np.random.default_rng(0)
    path = tmp_path / "m.w2v"
    loaded, tried = 0, places[:: max(1, len(places) // 60)]
    for one in tried:
        before = one["content"]
        one["content"] = json.dumps(BAD[draw.integers(len(BAD))])
        path.write_bytes(model_file(zipped(with_tree(whole["cnn"], tree))))
        one["content"] = before
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                model = load(path)
            except ValueError:
                continue
            loaded += 1
            try:
                assert model.predict_proba(TEXTS).shape == (12, 2)
            except (ValueError, TypeError, AttributeError):
                pass
    assert 0 < loaded < len(tried)


def test_reading_the_card_looks_at_the_outside_only(whole, tmp_path):
    from sklearn_w2v import read_card

    path = tmp_path / "m.w2v"
    path.write_bytes(model_file(b"no zip"))
    assert read_card(path) == "# card"
    with pytest.raises(ValueError, match="Cannot read the model file"):
        load(Path(path))


# ------------------------------------------------------------------ what a model may reach
@pytest.fixture
def forged(tmp_path, monkeypatch):
    """Save what `save` refuses or leaves out, as a forger would; returns the path."""

    def write(estimator):
        with monkeypatch.context() as patch:
            patch.setattr("sklearn_w2v.persistence.model_file.check_reach", lambda one: None)
            patch.setattr("sklearn_w2v.persistence.packing._plain_parameters", lambda *_: None)
            save(estimator, tmp_path / "forged.w2v")
        return tmp_path / "forged.w2v"

    return write


@pytest.mark.parametrize("given", ["filename", "file", None])
@pytest.mark.parametrize("kind", [CountVectorizer, TfidfVectorizer, HashingVectorizer])
def test_texts_do_not_become_paths(kind, given, forged, tmp_path):
    model = make_pipeline(kind(analyzer="char"), LogisticRegression()).fit(TEXTS, LABELS)
    model[0].input = given
    with pytest.raises(ValueError, match=f"{kind.__name__} in it has input={given!r}"):
        save(model, tmp_path / "m.w2v")
    assert not (tmp_path / "m.w2v").exists()
    with pytest.raises(ValueError, match=rf"forged\.w2v.*{kind.__name__} in it has input="):
        load(forged(model))
    model[0].input = "content"
    save(model, tmp_path / "m.w2v")
    assert load(tmp_path / "m.w2v").predict(TEXTS).tolist() == model.predict(TEXTS).tolist()


ROWS = np.arange(24.0).reshape(12, 2)


@pytest.mark.parametrize(
    ("attribute", "model"),
    [
        ("stack_method", StackingClassifier([("a", GaussianNB())], cv=2)),
        ("stack_method_", StackingClassifier([("a", GaussianNB())], cv=2)),
        ("response_method", FixedThresholdClassifier(GaussianNB())),
        ("chain_method", ClassifierChain(GaussianNB())),
        ("chain_method_", ClassifierChain(GaussianNB())),
    ],
)
def test_methods_are_not_called_by_a_name_of_the_file(attribute, model, forged, tmp_path):
    y = np.array(LABELS)
    model = clone(model).fit(ROWS, np.column_stack([y, 1 - y]) if "chain" in attribute else y)
    save(model, tmp_path / "m.w2v")
    np.testing.assert_array_equal(load(tmp_path / "m.w2v").predict(ROWS), model.predict(ROWS))
    for value in ("set_params", "__reduce__"):
        setattr(model, attribute, [value] if attribute == "stack_method_" else value)
        with pytest.raises(ValueError, match=f"{type(model).__name__} in it has {attribute}="):
            load(forged(model))


def test_functions_do_not_take_the_place_of_methods(forged):
    model = LogisticRegression().fit(ROWS, LABELS)
    model.predict = np.exp
    with pytest.raises(ValueError, match="LogisticRegression in it has predict="):
        load(forged(model))


@pytest.mark.parametrize(
    "name",
    [
        "sklearn_w2v.vectors.word_vectors.WordVectors",
        "sklearn_w2v.vectors.cache.SourceStore",
        "sklearn.feature_extraction.text.CountVectorizer",
    ],
)
def test_classes_are_not_called_as_functions(whole, refused, name):
    module, _, short = name.rpartition(".")
    evil = node("TypeNode", module, short)
    refused(changed(whole["lstm"], "W2VIndexer", _own=evil), "stands in it as 'TypeNode'")


def nested(inner, levels):
    for _ in range(levels):
        outer = np.empty(1, object)
        outer[0] = inner
        inner = outer
    return inner


def masked(inner):
    return np.ma.MaskedArray(nested(inner, 1), mask=True)


@pytest.mark.parametrize(
    "hidden",
    [
        *(lambda inner, n=n: nested(inner, n) for n in range(4)),
        masked,
        lambda inner: nested(masked(inner), 1),
        lambda inner: nested([{"a": (inner,)}], 2),
        lambda inner: np.array([[inner, None], [None, None]], object),
    ],
)
def test_estimators_in_arrays_of_objects_are_checked(hidden, forged, tmp_path):
    inner = make_pipeline(LogisticRegression(), memory=str(tmp_path / "pickles"))
    model = FunctionTransformer(kw_args={"x": hidden(inner)}).fit(ROWS)
    with pytest.raises(ValueError, match="Pipeline in it has memory="):
        load(forged(model))
    save(model, tmp_path / "m.w2v")  # which leaves the folder out, of a copy
    load(tmp_path / "m.w2v")
    assert inner.memory == str(tmp_path / "pickles")


@pytest.mark.parametrize("n_jobs", [0, 0.5, "all", [2]])
def test_n_jobs_that_are_none(n_jobs, forged):
    model = LogisticRegression().fit(ROWS, LABELS)
    model.n_jobs = n_jobs
    with pytest.raises(ValueError, match="LogisticRegression in it has n_jobs="):
        load(forged(model))


def test_no_more_processes_than_cores(tmp_path):
    for given, loaded in ((10_000, -1), (-1, -1), (None, None), (1, 1), (cpu_count(), cpu_count())):
        tokenizer = JapaneseTokenizer(n_jobs=given).fit(["雨"])
        save(tokenizer, tmp_path / "m.w2v")
        assert load(tmp_path / "m.w2v").n_jobs == loaded
        assert tokenizer.n_jobs == given


# ------------------------------------------------------------------ small files, large tables
def small_model(vectors):
    """A pipeline whose classifier holds no rows of its own."""
    clf = W2VCNNClassifier(
        channels="static", filters=1, kernel_sizes=(1,), epochs=1, random_state=0
    )
    model = make_pipeline(W2VIndexer(vectors, random_state=0), clf)
    return model.fit([["a"], ["b"]] * 4, [0, 1] * 4)


DIM = 5_000


def of_one_row(n_words):
    """Vectors of words that share one row: some bytes each, in a file."""
    words = ["a", "b", *(f"x{number:x}" for number in range(n_words))]
    store = MemoryStore(words, np.ones((1, DIM), np.float32), np.zeros(len(words), np.int32))
    return WordVectors._of(store)


def with_all_ids(model):
    """A pipeline whose network has a row for each word."""
    weights = model[1].__getstate__()["_network"]
    ids = np.arange(len(model[0].vectors_) + 2, dtype=np.int32)
    model[1]._network = NetworkWeights(weights.design, ids, None, weights.head)
    return model


def test_ids_times_dimensions_are_bounded(forged):
    model = with_all_ids(small_model(of_one_row(60_000)))
    path = forged(model)
    assert os.path.getsize(path) < 1_500_000
    with pytest.raises(ValueError, match=r"its tables take 1,2\d\d,\d+,\d+ bytes or more, but a"):
        load(path)


def test_ids_times_dimensions_of_many_classifiers_are_bounded_together(forged):
    model = with_all_ids(small_model(of_one_row(1_500)))
    load(forged(model)).predict([["a"]])
    model.steps += [(f"more{number}", copy.copy(model[1])) for number in range(2)]
    with pytest.raises(ValueError, match="its tables take"):
        load(forged(model))


@pytest.mark.parametrize("filters", [10**5, 10**9])
def test_weights_that_are_drawn_when_the_network_is_built_are_bounded(forged, filters):
    model = small_model(WordVectors(["a", "b"], np.ones((2, 500))))
    weights = model[1].__getstate__()["_network"]
    architecture = dataclasses.replace(weights.design.architecture, filters=filters)
    design = dataclasses.replace(weights.design, architecture=architecture)
    model[1]._network = NetworkWeights(design, weights.ids, None, None)
    with pytest.raises(ValueError, match="its tables take"):
        load(forged(model))


def test_further_words_times_dimensions_are_bounded(forged):
    model = small_model(WordVectors(["a", "b"], np.ones((2, 12 * DIM))))
    more = model[0].vectors_.extended([f"x{number:x}" for number in range(2_000)], seed=0)
    model[0].vectors_ = model[1].vectors_ = more
    path = forged(model)
    with pytest.raises(ValueError, match=r"its tables take 48\d,\d+,\d+ bytes or more"):
        load(path)


def test_one_word_is_looked_up_without_rows_of_the_others(forged):
    model = small_model(WordVectors(["a", "b"], np.ones((2, 500))))
    more = model[0].vectors_.extended([f"x{number:x}" for number in range(10_000)], seed=0)
    model[0].vectors_ = model[1].vectors_ = more
    loaded = load(forged(model))
    vectors = loaded[0].vectors_
    tracemalloc.start()
    try:
        row = vectors["x77"]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # all rows are 20 MB
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(row, more["x77"])


@pytest.mark.parametrize("width", [1 << 21, 1 << 25])
def test_the_width_of_documents_is_bounded(forged, width):
    model = small_model(WordVectors(["a", "b"], np.eye(2)))
    model[0].maxlen_ = model[1].n_features_in_ = width
    with pytest.raises(ValueError, match=f"W2VIndexer in it has maxlen_={width}"):
        load(forged(model))
