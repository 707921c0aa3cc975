"""My words: what a tokenizer makes of a sentence, which words are mine, and what the model takes for alike."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import gradio as gr
from tokenizers import Tokenizer

from talklikeme.options import AppOptions
from talklikeme.pages.look import QUIET, build_heading, render
from talklikeme.pages.neighbours import draw_neighbours
from talklikeme.report.telling import WORDS_FILE
from talklikeme.vocabulary import Neighbourhood, find_learned, split_up

_SENTENCE: Final = "ngl wyd tmrw, im sooo hyped 😂😂"
_LONGEST: Final = 300  # characters
_WORDS: Final = 6
_BASE: Final = Path("models") / "base"
_COLOURS: Final = 6


def build_words_page(out: AppOptions) -> None:
    """Inside a Blocks."""
    build_heading(
        "My words",
        "The model reads pieces, not letters. Its own tokenizer learned which of mine belong together.",
    )
    tokenizers = _open_tokenizers(out)
    example = _choose_sentence(list(tokenizers.values()))
    sentence = gr.Textbox(example, label="A sentence", max_length=_LONGEST, elem_id="sentence")
    pieces = gr.HTML(_show_pieces(example, tokenizers), elem_id="pieces")
    gr.HTML(render("my_words", **_read_words(out)), elem_id="mine")
    word = gr.Textbox("football", label="Words near this one", max_length=40, elem_id="word")
    picture = gr.HTML(elem_id="neighbours")
    open_model = cache(lambda: Neighbourhood.open(out.model_folder, out.pairs_folder / "pairs.txt"))

    def show_neighbours(text: str | None) -> str:
        model = open_model()
        return draw_neighbours(text or "", model.near(text or "") if model else [])

    sentence.change(
        lambda text: _show_pieces((text or "")[:_LONGEST], tokenizers),
        inputs=sentence,
        outputs=pieces,
        **QUIET,
    )
    word.submit(show_neighbours, inputs=word, outputs=picture, **QUIET)
    word.blur(show_neighbours, inputs=word, outputs=picture, **QUIET)
    gr.on(None, show_neighbours, inputs=word, outputs=picture, **QUIET)


def _open_tokenizers(out: AppOptions) -> dict[str, Tokenizer]:
    """Mine, and the base model's to compare it with; those that there are."""
    folders = {"My tokenizer": out.model_folder, "The base model's": _BASE}
    paths = {name: folder / "tokenizer.json" for name, folder in folders.items()}
    return {name: Tokenizer.from_file(str(path)) for name, path in paths.items() if path.exists()}


def _choose_sentence(tokenizers: Sequence[Tokenizer]) -> str:
    """Of words for which mine has a token and the base model's has not, where there are some."""
    learned = find_learned(*tokenizers) if len(tokenizers) == 2 else []
    # A word's token begins with the space before it: one that opened the sentence would fall apart.
    return f"I write {' '.join(learned[:_WORDS])}" if learned else _SENTENCE


def _show_pieces(text: str, tokenizers: dict[str, Tokenizer]) -> str:
    rows = []
    for name, tokenizer in tokenizers.items():
        pieces = split_up(tokenizer, text)
        shown = [
            {"text": one.text.replace(" ", "␣") or "·", "id": one.id, "colour": place % _COLOURS}
            for place, one in enumerate(pieces)
        ]
        rows.append({"name": name, "pieces": shown, "size": f"{tokenizer.get_vocab_size():,}"})
    return render("pieces", rows=rows, characters=len(text))


def _read_words(out: AppOptions) -> dict[str, Sequence[Any]]:
    """What prepare_data.py found that I say more than my friends; nothing where it found nothing."""
    try:
        found = json.loads((out.pairs_folder / WORDS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"words": [], "emoji": []}
    return {kind: [_say(one) for one in found[kind]] for kind in ("words", "emoji")}


def _say(one: dict[str, Any]) -> dict[str, Any]:
    ratio = one["mine"] / one["theirs"] if one["theirs"] else None
    times = "never by them" if ratio is None else f"{ratio:,.{0 if ratio >= 10 else 1}f}×"
    return {"token": one["token"], "times": times}
