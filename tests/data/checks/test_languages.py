"""The language of texts, and rows in another one than the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from whet.data import read
from whet.data.checks.languages import language_of, languages
from whet.findings import Severity

SAID = {
    "English": "Could you please tell me when the next train to the city is leaving today?",
    "German": "Können Sie mir bitte sagen, wann der nächste Zug in die Stadt heute fährt?",
    "French": "Pouvez-vous me dire quand part le prochain train pour la ville, s'il vous plaît ?",
    "Spanish": "Quiero saber cuándo sale el próximo tren para la ciudad, por favor.",
    "Italian": "Mi può dire quando parte il prossimo treno per la città e da dove, per favore?",
    "Portuguese": "Você pode me dizer quando sai o próximo trem para a cidade, por favor?",
    "Dutch": "Kunt u mij zeggen wanneer de trein naar de stad vandaag van het station gaat?",
    "Polish": "Czy może mi pan powiedzieć, kiedy jest następny pociąg do miasta i skąd on jest?",
    "Turkish": "Bana şehre giden bir sonraki tren ne zaman ve nerede var, bunu nasıl bulurum ya?",
    "Russian": "Скажите, пожалуйста, когда от вас поезд в город и где это можно?",
    "Chinese": "请问下一班去城里的火车什么时候出发？",
    "Japanese": "次の電車はいつ出発しますか、教えてください。",
    "Korean": "다음 기차는 언제 출발하나요? 알려 주세요.",
    "Greek": "Πότε φεύγει το επόμενο τρένο;",
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), SAID.items())
def test_a_sentence_is_known_by_its_script_or_its_little_words(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "Hola", "card_arrival", "", "4K - 3 = 92\n4K = 96, K = 24, K + 3K = 96",
        "name[The Eagle], eatType[coffee shop], food[Japanese]",
        "Anna, Ben, Clara, Dora, Emil, Finn",
        "for (int i = 0; i < n; i++) { if (a[i] not in the_set) { return a[i]; } }",
    ],
)  # fmt: skip
def test_short_texts_code_and_lists_are_not_judged(text: str) -> None:
    assert language_of(text) is None


def test_a_row_in_another_language_is_accused(row) -> None:
    rows = [row(f"{SAID['English']} {n}", "ok", n) for n in range(1, 40)]
    (finding,) = languages([*rows, row(SAID["German"], "ok", 40)])
    assert (finding.line, finding.field) == (40, "question")
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("the question is in German, most are in English: ")


def test_a_translation_is_left_alone(row) -> None:
    rows = [row("Go on.", f"{SAID['English']} {n}", n) for n in range(1, 40)]
    asked = row("Translate it to German: when is the train leaving?", SAID["German"], 40)
    assert languages([*rows, asked]) == []


def test_a_set_of_two_languages_is_one_note(row) -> None:
    rows = [
        row(f"{text} {n}", "ok", n) for n in range(30) for text in (SAID["French"], SAID["Dutch"])
    ]
    (finding,) = languages(rows)
    assert finding.severity is Severity.NOTE
    assert "questions are in several languages: " in finding.message


def test_no_row_of_an_english_set_is_accused(test_data: Path) -> None:
    for file in ("banking77/train.csv", "llamafactory_demo/glaive_toolcall_en_demo.json",
                 "llamafactory_demo/alpaca_en_demo.json"):  # fmt: skip
        assert languages(read(file, root=test_data / "datasets").examples) == [], file


def test_english_answers_in_a_chinese_set_are_found(test_data: Path) -> None:
    file = "llamafactory_demo/alpaca_zh_demo.json"
    found = languages(read(file, root=test_data / "datasets").examples)
    assert 5 <= len(found) <= 15
    assert all("is in English, most are in Chinese" in finding.message for finding in found)
