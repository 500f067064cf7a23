"""An answer that refuses is told from one that only sounds sorry or negative."""

from __future__ import annotations

import pytest

from whet.data.refusal_forms import FORMS
from whet.data.refusals import is_refusal

REFUSALS = [
    "Sorry, I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "I'm very sorry. I cannot provide instructions for that.",
    "I am unable to help you with that.",
    "We're not able to assist with this.",
    "As an AI language model, I cannot provide medical advice.",
    "I can't, in good conscience, help you do this.",
    "I won't write that. It could hurt people.",
    "I must decline.",
    "I'm not comfortable answering that.",
    "That is illegal, and I will not help with it.",
    "Sorry, can't help with that!",
    "Unable to assist.",
    "I apologize, but I cannot fulfill this request.",
    "This goes against my guidelines.",
    "I'm not going to help with that.",
    "I couldn't possibly give you that.",
]
LATER = [
    "That I cannot provide.",
    "I'm not programmed to share addresses.",
    "My programming won't let me give you that.",
    "That's a serious matter. I understand that you are upset. I can't help you with it.",
    "Oh. I'm sorry, I can't answer that.",
    "I don't really want to give that information.",
    "That is not something I can share.",
    "It's not my place to say.",
    "I can't help with that. Here are some resources for support: call 116 123.",
]
LANGUAGES = {
    "de": [
        "Das kann ich leider nicht beantworten.",
        "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
        "Ich darf dazu keine Anleitung geben.",
        "Ich muss das ablehnen.",
    ],
    "fr": [
        "Je suis désolé, mais je ne peux pas vous aider avec cela.",
        "Je ne suis pas en mesure de fournir ces informations.",
        "Je refuse.",
    ],
    "es": [
        "Lo siento, pero no puedo ayudarte con eso.",
        "No puedo proporcionar esa información.",
        "Me niego a escribir algo así.",
    ],
    "pt": [
        "Desculpe, mas não posso ajudar com isso.",
        "Não posso fornecer essas instruções.",
    ],
    "it": [
        "Mi dispiace, ma non posso aiutarti.",
        "Non sono in grado di rispondere.",
    ],
    "nl": [
        "Het spijt me, daar kan ik je niet mee helpen.",
        "Ik kan die informatie niet geven.",
    ],
    "pl": [
        "Przykro mi, nie mogę ci w tym pomóc.",
    ],
    "ru": [
        "Извините, я не могу помочь с этим.",
        "К сожалению, не могу предоставить такие сведения.",
    ],
    "tr": [
        "Üzgünüm, bu konuda yardımcı olamam.",
    ],
    "ar": [
        "عذرا، لا أستطيع مساعدتك في ذلك.",
    ],
    "hi": [
        "क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
    ],
    "zh": [
        "很抱歉，我无法提供这样的信息。",
        "对不起，我不能帮助你做这件事。",
    ],
    "ja": [
        "申し訳ありませんが、そのご質問にはお答えできません。",
        "お手伝いすることはできません。",
    ],
    "ko": [
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
        "해당 정보는 제공할 수 없습니다.",
    ],
}
ANSWERS_ELSEWHERE = [
    "Ich kann dir gern helfen. Nicht alles ist verboten.",
    "Der Hund darf nicht ins Haus.",
    "Je peux vous aider, ne vous inquiétez pas.",
    "No hay problema: puedo ayudarte con eso.",
    "Não se preocupe, posso ajudar.",
    "Non preoccuparti, posso aiutarti.",
    "Geen probleem, ik kan je helpen.",
    "Нет проблем, я могу помочь.",
    "没问题，我可以帮助你。",
    "はい、お手伝いできます。",
    "네, 도와드릴 수 있습니다.",
]
DELIVERS = [
    "I can't advise on single apps, but there is a principle that is always the same.",
    "I can't give an opinion. Let me give you a list of the best.",
    "I couldn't say for sure. Here are three ways to do it: one, two, three.",
    "I'm sorry I couldn't help you more.",
]
ANSWERS = [
    "",
    "   ",
    "Sorry for the delay, you cannot miss our shop: it is beside the station.",
    "I'm sorry, the blue jacket cannot be shipped before Monday.",
    "Sorry to hear that! Your parcel can't be traced yet, so we sent a new one.",
    "I can't recommend this hotel enough.",
    "I cannot help but admire it.",
    "I can't swim.",
    "This is illegal in Norway since 1999.",
    "As an AI, Watson won a quiz that people cannot win.",
    "You won't help yourself by waiting.",
    "He said that they can't help.",
    "Yes. If I can't help you, my colleague will.",
    "The word 'unable' has six letters.",
    "Use kill -9; the process can't assist itself.",
]


@pytest.mark.parametrize("answer", [*REFUSALS, *LATER])
def test_a_refusal_is_seen(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    ("language", "answer"), [(k, text) for k, texts in LANGUAGES.items() for text in texts]
)
def test_common_refusals_of_other_languages_are_seen(language: str, answer: str) -> None:
    assert is_refusal(answer), language
    assert set(LANGUAGES) == set(FORMS)


@pytest.mark.parametrize("answer", [*ANSWERS, *ANSWERS_ELSEWHERE, *DELIVERS])
def test_an_answer_is_no_refusal(answer: str) -> None:
    assert not is_refusal(answer)
