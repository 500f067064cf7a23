"""The mask proof: finished rows against their messages and against what a server does.

It knows nothing of how rows are made. For each learnt turn it takes the server's prompt from the
tokenizer's own path and looks in the finished row for

    the prompt, token for token | the answer, learnt, decoding to the message | its stop token

and then for learnt tokens that no turn accounts for. With generation markers the learnt tokens
are compared with the mask that transformers makes of them. A row that fails names what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from whet.errors import DataError
from whet.rows.learning import Side, sides_of
from whet.rows.runs import among, num_same, run_begin, run_length
from whet.rows.sequence import Flags, RenderedExample, Tokens, TokenSequence
from whet.rows.served import ServedTurn, head_of_reply, serve
from whet.rows.turns import WhichTurns
from whet.rows.written import answer_pieces, context_pieces, holds, tool_names
from whet.types import Example

BLOCK_ROWS = 1000
MAX_SHOWN_CHARS = 40
NUM_TAIL_TOKENS = 2
NUM_BLANK_TOKENS = 4


class _Fault(ValueError):
    """One thing wrong with a row's mask."""


def prove(
    examples: Sequence[Example],
    rendered: Sequence[RenderedExample],
    tokenizer: Any,
    stop_ids: Sequence[int],
    *,
    turns: WhichTurns = "all",
) -> None:
    """Nothing, if every row learns what it should and nothing else.

    Raises:
        DataError: with a line for each row and turn of which that is not so.
    """
    if [example.id for example in examples] != [row.id for row in rendered]:
        raise DataError(
            f"{len(examples)} rows were read and {len(rendered)} rendered, or in another order; "
            "please report it."
        )
    faults: list[str] = []
    stops = np.asarray(stop_ids, np.int32)
    for start in range(0, len(examples), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        pairs = [*zip(examples[block], rendered[block], strict=True)]
        faults += [fault for example, row in pairs for fault in _mistaken(example, row)]
        sides = [pair for example, row in pairs for pair in _sides(example, row)]
        served = serve(
            [side.example for side, _ in sides], tokenizer, turns == "last",
            [side.first for side, _ in sides],
        )  # fmt: skip
        for (example, asked), (side, row) in zip(served, sides, strict=True):
            found = _Row(example, row, tokenizer, stops).faults(asked)
            faults += [f"{example.source}: {side.name}{fault}" for fault in found]
    if faults:
        raise DataError(faults)


def _sides(example: Example, row: RenderedExample) -> Iterator[tuple[Side, RenderedExample]]:
    """The sides of a row, each with its own sequences; all of them where none says its side."""
    sides = sides_of(example)
    several = len(sides) > 1
    for side in sides:
        pairs = zip(row.sequences, row.kinds, strict=True)
        own = tuple(sequence for sequence, part in pairs if part is side.part or not several)
        yield side, RenderedExample(row.id, row.source, own)


def _mistaken(example: Example, row: RenderedExample) -> list[str]:
    """A row whose sequences are said to be something else than its example holds."""
    wanted, seen = {side.part for side in sides_of(example)}, set(row.kinds)
    if wanted == seen:
        return []
    return [
        f"{example.source}: the row is rendered as {', '.join(sorted(seen))} and holds "
        f"{', '.join(sorted(wanted))}; please report it."
    ]


class _Row:
    """One finished row under proof."""

    def __init__(
        self, example: Example, row: RenderedExample, tokenizer: Any, stops: Tokens
    ) -> None:
        self.example, self.row, self.tokenizer, self.stops = example, row, tokenizer, stops
        self.claimed = [np.zeros(s.num_tokens, np.bool_) for s in row.sequences]

    def faults(self, asked: Sequence[ServedTurn]) -> list[str]:
        """What is wrong, in words; nothing is searched further in a row without its turns."""
        if not self.row.num_loss_tokens:
            return ["no token of the row is learnt; a row needs an answer to learn."]
        found, last = list(dict.fromkeys(self._doubled())), {}
        for turn in asked:
            try:
                number = self._sequence_of(turn)
                self._check_answer(turn, number)
                last[number] = turn
            except _Fault as fault:
                found.append(f"messages[{turn.index}]: {fault}")
        if not found:
            found += self._strays()
            found += [fault for turn in last.values() for fault in self._lost(turn)]
        return found

    def _text(self, ids: Tokens) -> str:
        text: str = self.tokenizer.decode(
            ids.tolist(), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def _doubled(self) -> Iterator[str]:
        bos = self.tokenizer.bos_token_id
        watched = self.stops if bos is None else np.append(self.stops, np.int32(bos))
        for sequence in self.row.sequences:
            tokens = sequence.tokens
            for first, second in pairwise(np.flatnonzero(among(tokens, watched)).tolist()):
                near = second - first <= NUM_BLANK_TOKENS and tokens[first] == tokens[second]
                if near and not self._text(tokens[first + 1 : second]).strip():
                    name = self.tokenizer.convert_ids_to_tokens(int(tokens[first]))
                    yield (
                        f"{name!r} stands twice in a row: the template writes it twice, or writes "
                        "it and the text holds it too. Take one away."
                    )

    def _sequence_of(self, turn: ServedTurn) -> int:
        """The one sequence in which a turn is learnt right after the server's prompt."""
        n, sequences = len(turn.prompt), self.row.sequences
        begins = [i for i, s in enumerate(sequences) if np.array_equal(s.tokens[:n], turn.prompt)]
        begins = [i for i in begins if sequences[i].num_tokens > n]
        if not begins:
            closest = max(sequences, key=lambda s: num_same(s.tokens, turn.prompt))
            at = max(0, num_same(closest.tokens, turn.prompt) - 4)
            served, seen = self._text(turn.prompt[at:]), self._text(closest.tokens[at:n])
            raise _Fault(
                f"the row does not read as the server would ask: served {_shown(served)}, in the "
                f"row {_shown(seen)}."
            )
        learnt = [i for i in begins if sequences[i].trained[n]]
        if not learnt:
            seen = self._text(sequences[begins[0]].tokens[n : n + 8])
            raise _Fault(f"the answer's beginning {_shown(seen)} is not learnt.")
        if len(learnt) > 1:
            raise _Fault(f"the answer is learnt {len(learnt)} times.")
        return learnt[0]

    def _check_answer(self, turn: ServedTurn, number: int) -> None:
        """Raises _Fault unless all of the answer and its stop token are learnt."""
        sequence, n = self.row.sequences[number], len(turn.prompt)
        end = n + run_length(sequence.trained[n:])
        ids = sequence.tokens[n:end]
        stops = np.flatnonzero(among(ids, self.stops))
        if not len(stops):
            raise _Fault(
                f"the answer's stop token is not learnt (what is learnt ends with "
                f"{_shown(self._text(ids)[-MAX_SHOWN_CHARS:])}), so the model would never stop."
            )
        length = int(stops[0]) + 1
        if turn.marked is None and len(ids) > length:
            after = self._text(ids[length:])
            raise _Fault(f"{_shown(after)} is learnt behind the answer's stop token.")
        self._check_text(turn, self._text(ids[: length - 1]))
        self._check_served(turn, sequence, n + length)
        begin = n if turn.marked is None else self._check_marks(turn, sequence, end)
        self.claimed[number][begin:end] = True

    def _check_text(self, turn: ServedTurn, answer: str) -> None:
        for name, piece in answer_pieces(turn.message):
            if not holds(answer, piece) and not holds(answer, self._round_trip(piece)):
                raise _Fault(
                    f"the {name} {_shown(piece)} is written as {_shown(answer)}: the template "
                    "changes, cuts or leaves out what the row says. Change the row or the template."
                )

    def _round_trip(self, piece: str) -> str:
        """The piece as the tokenizer gives it back: some normalise, or lack a character."""
        ids = self.tokenizer(piece, add_special_tokens=False)["input_ids"]
        return self._text(np.asarray(ids, np.int32)).strip()

    def _check_served(self, turn: ServedTurn, sequence: TokenSequence, end: int) -> None:
        """The row through the stop token has to be what the template writes for the answered."""
        if np.array_equal(sequence.tokens[:end], turn.answered[:end]):
            return
        # Otherwise tokenised (a token would straddle the border), or the history was rewritten:
        # then the answer has to follow the end of its prompt there as it does here.
        begin = max(0, len(turn.prompt) - NUM_TAIL_TOKENS)
        learnt, whole = self._text(sequence.tokens[begin:end]), self._text(turn.answered)
        if learnt not in whole:
            written = _shown(whole[-MAX_SHOWN_CHARS:])
            raise _Fault(f"the row has {_shown(learnt)}, and the template writes {written}.")

    def _check_marks(self, turn: ServedTurn, sequence: TokenSequence, end: int) -> int:
        """Where learning begins; it has to begin and end where the template's marks do."""
        assert turn.marked is not None
        n, tokens = len(turn.prompt), sequence.tokens
        begin = run_begin(sequence.trained, n)
        if not self._is_head(turn, tokens[begin:n]):
            raise _Fault(
                f"{_shown(self._text(tokens[begin:n]))} is learnt and belongs to the prompt: a "
                "generation marker opens too early."
            )
        if not self._keeps_marks(turn, tokens, begin, end):
            enclosed = self._text(turn.answered[turn.marked])[-MAX_SHOWN_CHARS:]
            raise _Fault(
                f"{_shown(self._text(tokens[begin:end]))} is learnt, and the template's generation "
                f"markers enclose {_shown(enclosed)}."
            )
        return begin

    def _keeps_marks(self, turn: ServedTurn, tokens: Tokens, begin: int, end: int) -> bool:
        """Whether tokens [begin, end) are what transformers marks for this turn."""
        assert turn.marked is not None
        n, same = len(turn.prompt), num_same(tokens, turn.answered)
        if same <= n:  # tokenised otherwise, or the history was rewritten
            enclosed = self._text(turn.answered[turn.marked])
            return enclosed.endswith(self._text(tokens[n:end]))
        marked = turn.marked[:same]
        first, last = run_begin(marked, n), n + run_length(marked[n:])
        # A token that swallows the white space after it (Phi-3's) is marked for that alone.
        first = first if self._is_head(turn, tokens[first:n]) else n
        # Of a new line's two tokens (Llama 2's word mark, then the byte) only one is marked.
        blank = not self._text(tokens[last - 1 : end]).strip()
        return first == begin and (last == end or (n < last < end and blank))

    def _is_head(self, turn: ServedTurn, tokens: Tokens) -> bool:
        """Whether tokens before an answer are of the head that the generation prompt writes."""
        if not len(tokens):
            return True
        head = head_of_reply(self.example, turn, self.tokenizer)
        return head.endswith(self._text(tokens))

    def _strays(self) -> Iterator[str]:
        for sequence, claimed in zip(self.row.sequences, self.claimed, strict=True):
            stray: Flags = sequence.trained & ~claimed
            if not stray.any():
                continue
            first = int(stray.argmax())
            text = self._text(sequence.tokens[first : first + run_length(stray[first:])])
            yield f"{_shown(text)} is learnt, and is no answer to learn{self._owner(text)}."

    def _owner(self, text: str) -> str:
        for index, message in enumerate(self.example.messages):
            content = (message.get("content") or "").strip()
            if content and text.strip() and (text.strip() in content or content in text):
                return f" but part of messages[{index}] ({message['role']})"
        return ""

    def _lost(self, turn: ServedTurn) -> Iterator[str]:
        """Messages before a turn, and tools, that the template does not write as they are."""
        prompt = turn.prompt_text
        for index, message in enumerate(self.example.messages[: turn.index]):
            lost = [piece for piece in context_pieces(message) if not holds(prompt, piece)]
            if lost:
                yield (
                    f"messages[{index}]: the template changes, cuts or leaves out the "
                    f"{message['role']} message {_shown(lost[0])}, so the model would not read it "
                    "as it stands. Change the row or the template."
                )
        lost = [name for name in tool_names(self.example.tools) if name not in prompt]
        if lost:
            yield f"the template leaves out the tools ({', '.join(lost)}); name one that has them."


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 3] + "...")
