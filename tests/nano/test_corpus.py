import json
import random

import pytest

from nano.corpus import SKILLS, Source, document, is_held_out
from nano.corpus.document import articles
from nano.corpus.intents import INTENTS, related
from nano.corpus.labels import intent_task, topic_task
from nano.corpus.refusals import HARMFUL_ACTS
from nano.corpus.topics import TOPICS
from nano.corpus.words import COMMON_WORDS, invented
from nano.exams import EXAMS


def documents_of(skill, held_out, count=60):
    return [skill.write(Source(random.Random(f"test {i}"), held_out)) for i in range(count)]


def test_a_document_is_fixed_by_its_seed_and_index():
    first = [document(3, index, late=0.4) for index in range(50)]
    assert first == [document(3, index, late=0.4) for index in range(50)]
    assert first != [document(4, index, late=0.4) for index in range(50)]


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_every_skill_writes_plain_text_or_a_conversation_that_ends_with_an_answer(skill, held_out):
    for messages in documents_of(skill, held_out):
        roles = [message["role"] for message in messages]
        assert all(message["content"].strip() for message in messages), messages
        if roles == ["text"]:
            continue
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns and len(turns) % 2 == 0, roles
        assert turns == ["user", "assistant"] * (len(turns) // 2), roles


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_no_template_place_is_left_open(skill):
    for messages in documents_of(skill, held_out=False):
        for message in messages:
            for place in ("{o}", "{e}", "{v}", "{a}", "{n}", "{p}", "{t}", "{k}", "None"):
                assert place not in message["content"], message


def test_json_forms_are_valid_json_with_the_asked_keys_only():
    (skill,) = (skill for skill in SKILLS if skill.name == "json_form")
    for messages in documents_of(skill, held_out=False):
        form = json.loads(messages[-1]["content"])
        asked = messages[0]["content"]
        assert form and all(key in asked for key in form), messages


def test_held_out_intents_and_topics_never_occur_in_training_label_sets():
    for seed in range(300):
        for make in (intent_task, topic_task):
            source = Source(random.Random(seed))
            task = make(source)
            names = {label.replace("-", "_").replace(" ", "_").lower() for label in task.labels}
            known = {name for name in (*INTENTS, *TOPICS) if is_held_out(name)}
            assert not names & known, names & known


def test_related_intents_of_a_training_source_stay_on_its_side():
    source = Source(random.Random(1))
    for _ in range(50):
        intent = source.pick_split(list(INTENTS))
        assert not any(is_held_out(name) for name in related(source, intent, 20))


def test_invented_words_of_the_two_sides_never_meet():
    trained = {invented(Source(random.Random(seed))) for seed in range(3000)}
    scored = {invented(Source(random.Random(seed), held_out=True)) for seed in range(3000)}
    assert not trained & scored
    assert not any(is_held_out(word) for word in trained)


def test_both_sides_of_every_split_have_something():
    for items in (list(INTENTS), list(TOPICS), HARMFUL_ACTS, COMMON_WORDS):
        held = [item for item in items if is_held_out(item)]
        assert 0 < len(held) < len(items) / 2, (len(held), len(items))


@pytest.mark.parametrize("exam", EXAMS, ids=lambda exam: exam.name)
def test_every_exam_asks_the_same_question_of_a_seed_and_knows_its_answer(exam):
    def ask(seed):
        return exam.draw(Source(random.Random(seed), held_out=True))

    for seed in range(20):
        question = ask(seed)
        assert question == ask(seed)
        assert question.answer and 0 <= question.chance <= 1
        assert question.messages[-1]["role"] == "user"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("a owl and an fox", "an owl and a fox"),
        ("A empty hour", "An empty hour"),
        ("a honest man, a euro, a used car", "an honest man, a euro, a used car"),
    ],
)
def test_articles_follow_the_next_word(written, wanted):
    assert articles(written) == wanted
