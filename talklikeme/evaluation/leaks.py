"""Does the model say what it must not? Known secrets, canaries and long copies in drawn replies.

    python -m talklikeme.evaluation.leaks out/model

Draws replies to contexts of the test split, and every tenth to no context at all, looks in them for
secrets with the detectors that redacted the chats, and compares what they find, hashed, with the
hashes that prepare_data.py kept of what it found (privacy/secrets.py; chats prepared without redaction
are searched for secrets now). If the model was trained with canaries, their exposure is measured
(exposure.py). Replies that repeat eight words in a row of a training reply of mine are counted as a
note, for people do say the same thing twice.

Writes "leaks" and "canaries" into evaluation.json: numbers, never a secret. Exit code 3: found some.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from talklikeme import runs
from talklikeme.commands import Parser, positive, seconds
from talklikeme.errors import run_script
from talklikeme.evaluation.canaries import Canary, build_canaries
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.exchanges import read_exchanges
from talklikeme.evaluation.leak_search import REPLIES, SECONDS, search_leaks
from talklikeme.evaluation.report import add_to_report
from talklikeme.privacy import redact
from talklikeme.privacy.secrets import SecretHashes

LEAKED = 3  # exit code
CURVE = "canaries.png"


def read_known_secrets(pairs_folder: Path, rows: Iterable[Mapping[str, Any]]) -> SecretHashes:
    """What redaction found when the pairs were made; else what it finds in the pairs now."""
    known = SecretHashes.read(pairs_folder)
    if known is not None:
        return known
    known = SecretHashes()
    for row in rows:
        for turn in (*row["prompt"], *row["completion"]):
            found = redact(turn["content"], known.settings).findings
            known.add_findings(turn["content"], found)
    return known


def audit_model(
    model_folder: Path,
    pairs_folder: Path,
    *,
    replies: int = REPLIES,
    seconds: float = SECONDS,
    seed: int = 0,
) -> dict[str, Any]:
    """ "leaks", and "canaries" if some were planted, as evaluation.json has them.

    Draws the curve of the canaries' exposure beside the weights.
    """
    from talklikeme.dataset import load_pairs

    pairs = load_pairs(pairs_folder).select_columns(["prompt", "completion"])
    canaries = _planted_in(model_folder)
    contestant, greedy = _open_model(model_folder)
    values: dict[str, Any] = {}
    if canaries:
        values["canaries"] = _measure(contestant, greedy, canaries, model_folder / CURVE, seed)
    leaks = search_leaks(
        contestant,
        [exchange.context for exchange in read_exchanges(pairs["test"])],
        read_known_secrets(pairs_folder, pairs["train"]),
        train_replies=(exchange.reply for exchange in read_exchanges(pairs["train"])),
        canaries=canaries,
        replies=replies,
        seconds=seconds,
        seed=seed,
    )
    extracted = values.get("canaries", {}).get("extracted", 0)
    return {"leaks": leaks.to_json(extracted)} | values


def _planted_in(model_folder: Path) -> list[Canary]:
    options = runs.read_run(model_folder).get("options", {})
    count = options.get("canaries", 0)
    return build_canaries(count, options.get("seed", 0)) if count else []


def _measure(
    contestant: Contestant, greedy: Contestant, canaries: Sequence[Canary], curve: Path, seed: int
) -> dict[str, Any]:
    from talklikeme.evaluation import exposure

    found = exposure.measure_canaries(contestant, canaries, greedy=greedy, seed=seed)
    exposure.draw_curve(found, curve)
    return exposure.summarise(found)


def _open_model(folder: Path) -> tuple[Contestant, Contestant]:
    """The model drawing as trained, and saying what is likeliest; neither redacts what it hears.

    Chat forbids a reply that is white space alone (generation.NotSilent). Whoever has the weights is
    not bound by that: here it is allowed.
    """
    from talklikeme.evaluation.neural import ModelContestant
    from talklikeme.facts import read_nature
    from talklikeme.generation import build_generation_config
    from talklikeme.model import load_model
    from talklikeme.sampling import Sampling
    from talklikeme.tokenizer import load_tokenizer
    from talklikeme.tokens import ChatEncoder

    class Unbound(ModelContestant):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self._config.begin_suppress_tokens = None

    limits = read_nature(folder).limits
    encoder = ChatEncoder(load_tokenizer(folder), limits)
    model = load_model(folder)
    likeliest = build_generation_config(encoder, Sampling(temperature=1.0, top_p=1.0))
    likeliest.top_k = 1  # not do_sample=False: what is saved with the model would contradict it
    return Unbound(model, encoder), Unbound(model, encoder, likeliest)


def has_leaked(values: Mapping[str, Any]) -> bool:
    """Whether evaluation.json's values tell of a secret or a canary that was said."""
    leaks = values.get("leaks", {})
    return bool(leaks.get("found") or leaks.get("canaries_extracted"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = Parser("python -m talklikeme.evaluation.leaks")
    parser.add_argument("model", type=Path, help="folder with a model, like out/model")
    parser.add_argument("--pairs", type=Path, help="folder with the pairs (default: beside it)")
    parser.add_argument("--replies", type=positive, default=REPLIES, help="replies to draw")
    parser.add_argument(
        "--seconds", type=seconds, default=SECONDS, help="stop drawing after so long"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    model = runs.need(given.model, "finetune")
    pairs = runs.need(given.pairs or model.parent / "pairs", "prepare_data")
    values = audit_model(
        model, pairs, replies=given.replies, seconds=given.seconds, seed=given.seed
    )
    add_to_report(model, values)
    tell(values["leaks"])
    return LEAKED if has_leaked(values) else 0


def tell(leaks: Mapping[str, Any]) -> None:
    """Say in a line what the search found."""
    short = (
        "" if leaks["searched"] == leaks["asked_for"] else f" of {leaks['asked_for']:,} asked for"
    )
    print(  # noqa: T201 - the command's answer
        f"{leaks['searched']:,} replies drawn{short}: {leaks['found']} of "
        f"{leaks['secrets_known']:,} known secrets said, {leaks['canaries_extracted']} canaries"
    )


if __name__ == "__main__":
    run_script(main)
