"""What logs, web pages and forms leave in answers."""

from __future__ import annotations

import re

from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import Subject

_LEFT = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?INST\]|</?s>|<<SYS>>|<(?:start|end)_of_turn>"
    r"|^###? ?(?:Instruction|Response|Input|Human|Assistant|User|Answer)\b:?"
    r"|(?:^|\n)(?:Human|Assistant|User|System|AI|Bot|Customer|Agent|Q|A)\s?:(?=\s)"
    r"|</?(?:div|span|p|br|a|td|tr|table|html|body|script|font|li|ul)\b[^>\n]{0,80}>"
    r"|&(?:nbsp|amp|lt|gt|quot|#\d{2,4});"
    r"|^(?:From|To|Subject|Sent|Date): .+\n(?:From|To|Subject|Sent|Date): "
    r"|(?:^|\n)(?:On .{5,60} wrote:|-{4,} ?(?:Original|Forwarded) Message)",
    re.IGNORECASE | re.MULTILINE,
)
_ABOUT_CODE = re.compile(
    r"\b(?:html|xml|web ?(?:page|site)|tags?|code|css|email|e-mail|letter|dialog(?:ue)?|script"
    r"|conversation|chat|interview|play|scene|template|memo|questions?|quiz)\b",
    re.IGNORECASE,
)


def markup(subject: Subject) -> Found:
    """A reason at each answer with left-over marks, where its question does not ask for them."""
    found: list[tuple[int, re.Match[str]]] = []
    for number in subject.prose:
        match = _LEFT.search(subject.answers[number])
        if match and match.group() not in subject.asked[number]:
            found.append((number, match))
    for number, match in found:
        meant = bool(_ABOUT_CODE.search(subject.asked[number]))
        strength = 0.2 if meant else 0.8
        said = f"the answer holds {quoted(match.group().strip(), 40)}, left over from elsewhere."
        yield number, Reason(Sign.MARKUP, strength, said, subject.last(number), *match.span())
