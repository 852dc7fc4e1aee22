"""``flowhook nlu evaluate``."""

from __future__ import annotations

import csv
import json

import pytest

from tests.nlu.shop import SHOP, made_up

FLOW = """\
flow: order
intents:
  order: {examples: ["I want a pizza", "one pizza please", "can I order food", "a pizza with {topping}"]}
  opening: {examples: ["when are you open", "opening hours", "are you open on sunday", "one pizza please!"]}
slots:
  topping: {values: {pepperoni: [salami]}}
nodes:
  - say: Hello.
"""


@pytest.fixture
def many(shop):
    """A CSV file to learn from, and one to ask."""
    for name, first, after in (("train.csv", 0, 15), ("test.csv", 15, 25)):
        with (shop.root / name).open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "category"])
            for intent, texts in made_up(6, 25).items():
                rows.writerows([text, intent] for text in texts[first:after])
    return shop


def test_a_file_is_asked_of_what_another_taught(many, run):
    found = json.loads(run("nlu", "evaluate", "test.csv", "--train", "train.csv", "--json").output)
    assert found["intents"] == 6
    assert found["sentences"] == {"learned": 90, "asked": 60}
    assert found["folds"] is None
    assert found["accuracy"] > 0.8
    assert found["macroF1"] == pytest.approx(found["accuracy"], abs=0.1)
    at = found["atConfidence"]
    assert at["right"] + at["wrong"] + at["refused"] == pytest.approx(1, abs=0.001)
    assert len(found["tenExamples"]["draws"]) == 5
    assert found["outOfScope"]["intentsLeftOut"] == 1
    assert 0.5 < found["outOfScope"]["auroc"] <= 1
    assert 0 < found["msPerMessage"]["p50"] <= found["msPerMessage"]["p99"]
    assert found["trainingSeconds"] > 0
    assert found["memory"]["model"] > 1000
    assert found["byIntent"]["intent0"]["count"] == 10
    assert found["everyday"]["asked"] == 80
    assert 70 <= found["everyday"]["refused"] <= 80
    assert found["smallFlows"]["draws"] == 6
    assert 0.5 < found["smallFlows"]["balance"] <= 1
    assert all(missed["score"] < 0.4 for missed in found["missed"])
    assert {near["text"] for near in found["nearMisses"]} <= {missed["text"] for missed in found["missed"]}
    assert all(near["wanted"] == near["likeliest"] for near in found["nearMisses"])
    assert found["costs"]["trainingSeconds"] > 0
    assert found["costs"]["warmSeconds"] > 0
    assert 0 <= found["costs"]["loopStoodStillMs"]["p99"] <= found["costs"]["loopStoodStillMs"]["longest"]


def test_one_file_is_cross_validated(shop, run):
    (shop.root / "shop.yaml").write_text(json.dumps(SHOP))
    said = run("nlu", "evaluate", "shop.yaml", "--folds", "4", "--confusions", "2").output
    assert said.startswith("4 intents, 16 sentences, in 4 parts\n")
    for line in ("accuracy", "macro F1", "at 0.4", "out of scope", "p99", "training", "memory"):
        assert line in said
    assert "/80" in said
    assert "Won by no intent" in said
    assert "Taken for another" in said
    assert said.count(" → ") == 2


def test_a_flow_is_asked_what_it_was_taught(shop, run):
    shop.flow.write_text(FLOW)
    found = json.loads(run("nlu", "evaluate", "--flow", "order", "--folds", "2", "--json").output)
    assert found["sentences"] == {"learned": 8, "asked": 8}
    assert [(overlap["intent"], overlap["other"]) for overlap in found["overlaps"]] == [("order", "opening")]
    (shop.root / "asked.json").write_text('{"order": ["a pizza with salami"], "opening": ["opening hours"]}')
    found = json.loads(run("nlu", "evaluate", "asked.json", "--flow", "order", "--json").output)
    assert found["accuracy"] == 1.0
    assert "Nearly the same sentence" in run("nlu", "evaluate", "--flow", "order").output


def test_every_language_of_a_flow_is_measured_at_once(shop, run):
    """Unless one is named; the first one's figures stand on top, as ever."""
    shop.flow.write_text(
        "flow: order\nlocales: [en, de]\nintents:\n"
        "  order: {examples: {en: [I want a pizza, a pizza please], de: [Pizza bitte, ich will Pizza]}}\n"
        "  opening: {examples: {en: [when are you open, opening hours], de: [wann habt ihr offen, offen]}}\n"
        "nodes:\n  - say: Hello.\n"
    )
    found = json.loads(run("nlu", "evaluate", "--flow", "order", "--folds", "2", "--json").output)
    assert list(found["languages"]) == ["en", "de"]
    assert found["language"] == "en"
    assert found["sentences"] == found["languages"]["en"]["sentences"] == {"learned": 4, "asked": 4}
    said = run("nlu", "evaluate", "--flow", "order", "--folds", "2").output
    assert said.startswith("en\n")
    assert "\nde\n2 intents, 4 sentences, in 2 parts\n" in said
    assert said.count("stood still") == 2
    found = json.loads(run("nlu", "evaluate", "--flow", "order", "--language", "de", "--json").output)
    assert list(found["languages"]) == ["de"]


def test_headers_are_found_and_missing_ones_missed_not(shop, run):
    (shop.root / "a.csv").write_text("intent,text\norder,a pizza\nopen,when do you open\n" * 3)
    (shop.root / "b.csv").write_text("a pizza,order\nwhen do you open,open\n\n")
    found = json.loads(run("nlu", "evaluate", "b.csv", "--train", "a.csv", "--json").output)
    assert (found["accuracy"], found["sentences"]["asked"]) == (1.0, 2)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", "text,intent\n", "a.csv holds no sentences"),
        ("a.csv", "text,intent\nonly a text\n", "a.csv:2: expected a text and an intent"),
        ("a.yaml", "order: yes\n", 'the intent "order" is no list of sentences'),
        ("a.yaml", "- order\n", "no mapping of intents"),
        ("a.json", "{", "a.json"),
    ],
)
def test_files_that_hold_no_examples(shop, run, name, content, complaint):
    (shop.root / name).write_text(content)
    found = run("nlu", "evaluate", name, code=2)
    assert complaint in found.output


def test_wrong_use(shop, run):
    assert "name a FILE, or a --flow" in run("nlu", "evaluate", code=2).output
    assert 'no flow "pizza"' in run("nlu", "evaluate", "--flow", "pizza", code=2).output
    assert "no intents" in run("nlu", "evaluate", "--flow", "order", code=2).output
    shop.flow.write_text(FLOW.replace("nodes:", "locales: [en]\nnodes:"))
    said = run("nlu", "evaluate", "--flow", "order", "--language", "ja", code=2).output
    assert 'not in the locale "ja" (it is in en)' in said
