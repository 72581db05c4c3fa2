from __future__ import annotations

from sklearn_w2v.utils.progress import listening, report_progress


def test_nobody_listens():
    assert report_progress("reading", 1, 2) is False


def test_who_listens_hears_of_it_and_may_stop_it():
    heard = []

    def listener(*told):
        heard.append(told)
        return len(heard) > 1

    with listening(listener):
        assert not report_progress("reading", 1, 2)
        assert report_progress("training", 3, 4, "epoch 1 of 2")
    assert heard == [("reading", 1, 2, ""), ("training", 3, 4, "epoch 1 of 2")]
    assert not report_progress("reading", 2, 2)


def test_training_stops_where_it_is_asked_to(small_vectors):
    from sklearn_w2v import W2VIndexer, W2VLSTMClassifier

    ids = W2VIndexer(small_vectors).fit_transform([["雨"], ["夏"]] * 32)
    told = []

    def listener(*step):
        told.append(step)
        return len(told) == 3

    classifier = W2VLSTMClassifier(units=2, epochs=9, batch_size=32, random_state=0)
    with listening(listener):
        classifier.fit(ids, [0, 1] * 32)
    assert classifier.n_iter_ == 2
    assert told[-1] == ("training", 3, 18, "epoch 2 of 9")


def test_vector_files_tell_how_far_they_are(tmp_path, small_vectors):
    from sklearn_w2v import WordVectors

    told = []
    with listening(lambda *step: told.append(step)):
        for name in ("small.bin", "small.txt.gz"):
            small_vectors.save(tmp_path / name)
            assert WordVectors.load(tmp_path / name).words == small_vectors.words
    size = (tmp_path / "small.bin").stat().st_size
    assert ("writing vectors", 0, 8, "") in told
    assert ("reading vectors", size, size, "") in told


def test_word2vec_tells_of_its_epochs():
    from sklearn_w2v import Word2VecTrainer

    told = []
    with listening(lambda *step: told.append(step)):
        Word2VecTrainer(vector_size=2, epochs=3, random_state=0).fit([["雨", "雪"]] * 4)
    assert [step[1:] for step in told] == [(n, 3, f"epoch {n} of 3") for n in (1, 2, 3)]
