"""How refusals open in other languages than English: the first person, not able or not willing.

Common forms only, each tried on made sentences of its language (tests/data/test_refusals.py). How
often real refusals of a language are seen, nobody has measured; docs/gates.md says so.
"""

from __future__ import annotations

import re

_DE_ACT = (
    r"(?:(?:weiter)?helfen|behilflich|unterstützen|beantworten|antworten|geben|nennen|liefern"
    r"|bereitstellen|erklären|beraten|tun|machen|schreiben|erstellen|nachkommen|erfüllen|teilen)"
)
_FR_ACT = (
    r"(?:aider|assister|répondre|fournir|donner|faire|expliquer|créer|écrire|partager"
    r"|satisfaire|accéder|conseiller|participer|discuter)"
)
_ES_ACT = (
    r"(?:ayudar|asistir|responder|proporcionar|dar|hacer|explicar|crear|escribir|compartir|cumplir"
    r"|ofrecer|facilitar|participar|brindar)"
)
_PT_ACT = (
    r"(?:ajud|auxili|respond|fornec|dar\b|fazer|explic|cri|escrev|compartilh|oferec|atend|particip)"
)
_IT_ACT = r"(?:aiut|assist|rispond|forn|dar|far|spieg|cre|scriv|condivid|offr|soddisf|partecip)"

FORMS: dict[str, str] = {
    "de": (
        rf"\bich (?:kann|darf|werde|möchte"
        rf"|will)\b[^.!?\n]{{0,60}}\bnicht\b[^.!?\n]{{0,60}}{_DE_ACT}"
        rf"|\b(?:kann|darf|werde|möchte) ich\b[^.!?\n]{{0,40}}\b(?:nicht|keine[nrs]?)\b"
        rf"[^.!?\n]{{0,60}}{_DE_ACT}"
        rf"|\bich (?:kann|darf|werde)\b[^.!?\n]{{0,40}}\bkeine[nrs]?\b[^.!?\n]{{0,60}}{_DE_ACT}"
        r"|\bich bin nicht in der lage\b|\bdas (?:kann|darf|werde) ich (?:leider )?nicht\b"
        r"|\bich (?:muss|werde) (?:das |dies |diese anfrage )?(?:leider )?ablehnen\b"
    ),
    "fr": (
        rf"\bje ne (?:peux|puis|veux|vais|saurais)\b[^.!?\n]{{0,25}}{_FR_ACT}"
        r"|\bje ne suis pas (?:en mesure|capable|autorisée?|programmée?)\b"
        r"|\bje (?:refuse|dois refuser|dois décliner)\b|\bil m'est impossible\b"
    ),
    "es": (
        rf"\bno (?:puedo|podría|voy a|quiero)\b[^.!?\n]{{0,20}}{_ES_ACT}"
        r"|\bno (?:me es posible|estoy autorizad[oa]|estoy en condiciones|soy capaz)\b"
        r"|\bme niego a\b|\bdebo (?:rechazar|negarme|declinar)\b"
    ),
    "pt": (
        rf"\bnão (?:posso|consigo|vou|poderia)\b[^.!?\n]{{0,20}}\b(?:o |a |te |lhe )?{_PT_ACT}"
        r"|\bnão (?:estou autorizad[oa]|sou capaz|me é possível)\b|\brecuso-me\b"
    ),
    "it": (
        rf"\bnon (?:posso|potrei|voglio|intendo)\b[^.!?\n]{{0,20}}\b{_IT_ACT}"
        r"|\bnon (?:sono in grado|sono autorizzat[oa]|mi è possibile)\b|\bmi rifiuto\b"
        r"|\bdevo (?:rifiutare|declinare)\b"
    ),
    "nl": (
        r"\b(?:ik (?:kan|mag|zal|wil)|(?:kan|mag|zal|wil) ik)\b[^.!?\n]{0,40}\b(?:niet|geen)\b"
        r"[^.!?\n]{0,40}(?:helpen|geven|beantwoorden|doen|verstrekken|bieden|assisteren|delen)"
        r"|\bik ben niet in staat\b|\bik moet weigeren\b"
    ),
    "pl": (
        r"\bnie (?:mogę|będę|potrafię)\b[^.!?\n]{0,30}(?:pom[oó]|udzieli|odpowiedzie|podać|zrobi"
        r"|dostarczy|spełni)|\bodmawiam\b|\bmuszę odmówić\b"
    ),
    "ru": (
        r"\bне (?:могу|буду|стану|вправе|в состоянии|имею права)\b[^.!?\n]{0,40}(?:помо"
        r"|предостав|ответ|дать|да(?:ва|м)"
        r"|сдела|дела|рассказ|объясн|выполн|поддерж|участв|созда|написа)"
        r"|\bвынужден[аы]? отказать|\bя отказываюсь\b"
    ),
    "tr": (
        r"yardımcı olam(?:am|ıyorum|ayacağım)|yardım edem(?:em|iyorum)"
        r"|(?:yapam|verem|sağlayam|yanıtlayam|paylaşam)(?:am|em|ıyorum|iyorum)"
    ),
    "ar": (
        r"لا (?:أستطيع|استطيع|يمكنني|أقدر)[^.!؟\n]{0,20}(?:مساعد|تقديم|الإجابة|توفير|القيام"
        r"|تزويد|إعطاء)"
        r"|لن (?:أساعد|أقوم|أقدم)|يجب أن أرفض"
    ),
    "hi": (
        r"(?:मदद|सहायता|उत्तर|जवाब|जानकारी|प्रदान)[^।!?\n]{0,20}नहीं (?:कर|दे) सक(?:ता|ती|ते)"
    ),
    "zh": (
        r"(?:我|本人|我们|抱歉|对不起|很遗憾|不好意思)[^。！？\n]{0,12}(?:无法|不能|不可以|没法|没办法|不会|不便|拒绝)"
        r"[^。！？\n]{0,12}(?:帮|提供|回答|协助|满足|支持|参与|给出|给你|给您|告诉|生成|讨论|执行|完成|这样做)"
    ),
    "ja": (
        r"(?:お答え|お手伝い|ご提供|提供|お応え|応じる|対応|回答|お教え|教える|支援|協力|手伝う|手助け|作成|説明)"
        r"[^。！？\n]{0,8}(?:でき(?:ません|ない|かねます)|(?:致し|いたし|し)かねます|わけにはいきません)"
    ),
    "ko": (
        r"(?:도와|도움|제공|답변|대답|알려|드릴|지원|응할|작성|설명)[^.!?\n]{0,14}"
        r"(?:수 없|수는 없|수가 없|드리기 어렵|드릴 수 없|않겠습니다|못합니다)"
    ),
}  # fmt: skip
"""By language: what a sentence of the opening has to hold."""

OTHER_LANGUAGES = re.compile("|".join(FORMS.values()), re.IGNORECASE)
