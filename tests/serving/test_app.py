from __future__ import annotations

import asyncio
import gzip
import inspect
import json
import time
from unittest import mock

import numpy as np
import pytest

pytest.importorskip("fastapi")

from fastapi import FastAPI
from pydantic import ValidationError
from sklearn.pipeline import make_pipeline
from starlette.testclient import TestClient

from sklearn_w2v import W2VIndexer, W2VLSTMClassifier, WordVectors
from sklearn_w2v.serving import reading
from sklearn_w2v.serving.answers import Answers
from sklearn_w2v.serving.app import create_app
from sklearn_w2v.serving.limits import Limits
from sklearn_w2v.serving.schemas import PredictRequest
from sklearn_w2v.serving.server import bind, known_hosts

LIMITS = Limits(body=2000, texts=3, length=50, explained=20, seconds=20.0)


@pytest.fixture(scope="module")
def client(answers):
    return TestClient(create_app(answers, LIMITS), raise_server_exceptions=False)


def test_labels_and_probabilities(client):
    done = client.post("/predict", json={"texts": ["雨と雪", "夏の海"]})
    assert done.status_code == 200
    first, second = done.json()["predictions"]
    assert (first["label"], second["label"]) == ("wet", "dry")
    assert first["probability"] == first["probabilities"]["wet"] > 0.5
    assert sum(first["probabilities"].values()) == pytest.approx(1)
    assert client.post("/predict", json={"texts": []}).json() == {"predictions": []}


def test_explanations(client):
    found = client.post("/explain", json={"text": "雨の𠮟海"}).json()
    assert found["target"] in ("wet", "dry")
    assert [one["span"] for one in found["tokens"]][-1] == [3, 4]  # characters, not UTF-16
    other = client.post(
        "/explain", json={"text": "雨の海", "target": "dry", "method": "occlusion"}
    ).json()
    assert other["target"] == "dry"


def test_what_the_model_is(client):
    found = client.get("/model").json()
    assert found["classes"] == ["dry", "wet"]
    assert found["card"].startswith("# W2VLSTMClassifier")
    assert found["limits"]["texts"] == 3
    assert found["explains"]
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("{", 400, "The body is not JSON"),
        (
            '{"texts": ["雨"]}'.encode("cp932"),
            400,
            "The body is not UTF-8: byte 0x89 at position 12.",
        ),
        (b'{"texts": ["\xe9\x9b"]}', 400, "The body is not UTF-8: byte 0xe9 at position 12."),
        ("", 422, "Got no body but expected JSON."),
        ("[]", 422, "Got a body of type list but expected an object."),
        ('{"text": "雨"}', 422, "The body lacks texts."),
        ('{"texts": "雨"}', 422, "Got texts of type str but expected a list."),
        ('{"texts": ["雨", 3]}', 422, "Got texts[1] of type int but expected a string."),
        ('{"texts": ["雨"], "more": 1}', 422, "Got more, which is not expected here."),
        ('{"texts": ["雨"], "\\ud83d": 1}', 422, "Got a name with half of a pair"),
        ('{"texts": ["1", "2", "3", "4"]}', 413, "Got 4 texts but expected 3 at most."),
        (
            json.dumps({"texts": ["雨", "雨" * 51]}),
            413,
            "Got texts[1] of 51 characters but expected 50 at most.",
        ),
        ('{"texts": ["' + "x" * 2000 + '"]}', 413, "Got a body of more than 2000 bytes"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(client, body, status, message):
    done = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert done.status_code == status
    assert done.json()["detail"].startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[" * 100_000, "The body is nested too deeply."),
        ("1" * 5000, "The body holds a number of more than 4300 digits."),
    ],
)
def test_json_that_python_cannot_read_is_told_why(answers, body, message):
    client = TestClient(create_app(answers, Limits()), raise_server_exceptions=False)
    done = post(client, "/predict", body)
    assert done.status_code == 400
    assert done.json()["detail"].startswith(message)


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("Identity", 200), ("", 200)])
def test_compressed_bodies_are_refused_by_their_header(client, encoding, status):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    body = gzip.compress(b"{}") if status == 415 else b'{"texts": []}'
    done = client.post("/predict", content=body, headers=headers)
    assert done.status_code == status
    assert status == 200 or done.json()["detail"].startswith("Got Content-Encoding: gzip but")


@pytest.mark.skipif(
    "strict_content_type" not in inspect.signature(FastAPI).parameters,
    reason="this FastAPI reads JSON without its header",
)
def test_a_body_of_another_type_is_told_which_header_it_lacks(client):
    done = client.post("/predict", content='{"texts": ["雨"]}')
    assert done.status_code == 422
    assert "Content-Type: application/json" in done.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"text": "雨", "target": "snow"}, 422, "Got target='snow' but expected one of dry, wet."),
        ({"text": " "}, 422, "Got an empty text but expected words to explain."),
        ({"text": "雨" * 21}, 413, "Got text of 21 characters but expected 20 at most."),
        ({"text": "雨", "method": "magic"}, 422, "Got method='magic' but expected 'integ"),
    ],
)
def test_bad_questions_for_reasons_are_told_what_is_wrong(client, body, status, message):
    done = client.post("/explain", json=body)
    assert done.status_code == status
    assert done.json()["detail"].startswith(message)


def test_half_of_a_pair_of_surrogates_does_not_break_the_answer(client):
    done = post(client, "/predict", '{"texts": ["雨\\ud800"]}')
    assert done.status_code == 200
    done = post(client, "/explain", '{"text": "雨", "method": "\\ud800"}')
    assert done.status_code == 422
    assert done.json()["detail"].startswith("Got method with half of a pair of surrogates")
    done = post(client, "/explain", '{"text": "雨\\ud800海"}')
    assert done.status_code == 200
    assert [one["span"] for one in done.json()["tokens"]][-1] == [2, 3]


def test_half_of_a_pair_is_read_as_the_same_character_by_both():
    texts, labels = ["a ?", "b \ufffd"] * 12, ["x", "y"] * 12
    vectors = WordVectors(["a", "b", "?", "\ufffd"], np.eye(4))
    clf = W2VLSTMClassifier(train_network=False, bow="words", random_state=0)
    model = make_pipeline(W2VIndexer(vectors), clf).fit(texts, labels)
    client = TestClient(create_app(Answers(model, ""), LIMITS), raise_server_exceptions=False)
    [found] = post(client, "/predict", '{"texts": ["\\ud83d"]}').json()["predictions"]
    explained = post(client, "/explain", '{"text": "\\ud83d"}').json()
    assert found["label"] == explained["target"] == "y"
    assert found["probability"] == pytest.approx(explained["probability"])
    assert [one["token"] for one in explained["tokens"]] == ["\ufffd"]


def test_half_of_a_pair_in_a_label_can_be_sent_back():
    vectors = WordVectors(["a", "b"], [[1, 0], [0, 1]])
    clf = W2VLSTMClassifier(train_network=False, bow="words", random_state=0)
    model = make_pipeline(W2VIndexer(vectors), clf).fit(["a a", "b b"] * 12, ["x\ud83d", "y"] * 12)
    client = TestClient(create_app(Answers(model, ""), LIMITS), raise_server_exceptions=False)
    [found] = post(client, "/predict", '{"texts": ["a"]}').json()["predictions"]
    assert found["label"] == "x\ufffd"
    assert found["probability"] == found["probabilities"]["x\ufffd"]
    assert client.get("/model").json()["classes"] == ["x\ufffd", "y"]
    for target in ("x\\ufffd", "x\\ud83d"):
        done = post(client, "/explain", f'{{"text": "a", "target": "{target}"}}')
        assert done.json()["target"] == "x\ufffd"


def post(client, path, content):
    return client.post(path, content=content, headers={"Content-Type": "application/json"})


def test_one_error_of_a_long_list_is_enough():
    with pytest.raises(ValidationError) as error:
        PredictRequest(texts=[1] * 1000)
    assert error.value.error_count() == 1


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("Models.Example", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_requests_for_another_host_are_refused_on_this_machine_alone(answers, host, status):
    with bind("127.0.0.1", 0) as bound:
        hosts = known_hosts(bound, "127.0.0.1", ["models.example"])
        assert known_hosts(bound, "127.0.0.1", ["*"]) is None
    client = TestClient(create_app(answers, LIMITS, hosts))
    done = client.get("/health", headers={"Host": host})
    assert done.status_code == status
    assert status == 200 or "--allow-host" in done.json()["detail"]


def test_requests_for_any_host_are_answered_where_others_may_ask():
    bound = mock.Mock()
    bound.getsockname.return_value = ("0.0.0.0", 8000)
    assert known_hosts(bound, "0.0.0.0", []) is None


@pytest.mark.parametrize("hangs_up", [True, False])
def test_nothing_is_done_for_who_has_hung_up(answers, monkeypatch, hangs_up):
    done = []
    monkeypatch.setattr(Answers, "predict", lambda self, texts, until: done.append(texts) or [])
    body = {"type": "http.request", "body": b'{"texts": ["a"]}', "more_body": False}
    coming = [body, {"type": "http.disconnect"}] if hangs_up else [body]

    async def receive():
        if not coming:
            await asyncio.sleep(60)
        return coming.pop(0)

    async def send(message):
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(create_app(answers, LIMITS)(scope, receive, send))
    assert done == ([] if hangs_up else [["a"]])


def test_more_requests_than_can_be_answered_are_told(answers, monkeypatch):
    monkeypatch.setattr(reading, "_IN_WORK", 0)
    done = TestClient(create_app(answers, LIMITS)).get("/health")
    assert done.status_code == 503
    assert done.json()["detail"].startswith("Too many requests")


def test_no_address_leads_to_the_host_that_a_request_names(client):
    done = client.get("/predict/", headers={"Host": "evil.example"}, follow_redirects=False)
    assert done.status_code == 404


def test_who_waits_too_long_is_told(answers):
    client = TestClient(create_app(answers, Limits(seconds=1e-9)))
    # the body is there at once, so only the answer is late
    done = client.post("/predict", json={"texts": ["雨"]})
    assert done.status_code == 503
    assert "fewer or shorter texts" in done.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"), [("predict", {"texts": ["雨"]}), ("explain", {"text": "雨"})]
)
def test_work_that_is_done_too_late_is_no_answer(answers, monkeypatch, path, body):
    monkeypatch.setattr(Answers, path, lambda *arguments: time.sleep(0.2))
    done = TestClient(create_app(answers, Limits(seconds=0.1))).post(f"/{path}", json=body)
    assert done.status_code == 503


def test_a_fault_of_the_service_says_nothing_of_its_insides(answers, monkeypatch):
    def broken(*arguments: object) -> None:
        raise ValueError("/home/someone/vectors.bin has changed")

    monkeypatch.setattr(Answers, "predict", broken)
    client = TestClient(create_app(answers, LIMITS), raise_server_exceptions=False)
    done = client.post("/predict", json={"texts": ["雨"]})
    assert done.status_code == 500
    assert done.json() == {"detail": "The service has failed; its log says why."}


def test_models_that_cannot_be_explained_say_so(answers, monkeypatch):
    monkeypatch.setattr(answers, "cannot_explain", "It has no words.")
    client = TestClient(create_app(answers, LIMITS))
    done = client.post("/explain", json={"text": "雨"})
    assert (done.status_code, done.json()) == (501, {"detail": "It has no words."})
    assert not client.get("/model").json()["explains"]


def test_addresses_are_listed_without_anything_from_elsewhere(client):
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/predict", "/explain", "/model", "/health"}
    for path in ("/", "/docs", "/page.css", "/page.js"):
        done = client.get(path)
        assert done.status_code == 200
        assert "default-src 'none'" in done.headers["Content-Security-Policy"]
        assert "http://" not in done.text.replace("http://127.0.0.1:8000", "")
        assert "https://" not in done.text
    page = client.get("/docs").text
    assert all(path in page for path in described["paths"])


@pytest.mark.parametrize("name", ["body", "texts", "length", "explained", "seconds"])
@pytest.mark.parametrize("value", [0, float("inf")])
def test_limits_are_positive(name, value):
    with pytest.raises(ValueError, match=f"Got {name}={value} but expected a positive number"):
        Limits(**{name: value})
