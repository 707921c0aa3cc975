"""Fill the score table and the speed of docs/privacy.md: python -m benchmarks.redaction_scores

The scores are those that tests/test_privacy.py asserts, of tests/golden/privacy/labelled.tsv.
"""

import time
from pathlib import Path

from benchmarks.tables import write_block
from talklikeme.privacy import RedactionSettings, redact
from tests.privacy_scores import table

DOC = Path(__file__).parents[1] / "docs" / "privacy.md"
PLAIN = (
    "ok", "haha yes", "see you tomorrow at the station then", "ich komme gleich, brauchst du was?",
    "what do you want to eat tonight", "good night ❤️", "Das war echt super gestern! Danke dir",
    "did you see what she wrote in the group? I can't believe it", "mdr trop bien", "jaja klar",
)  # fmt: skip


def measure_speed(rounds: int = 5000) -> float:
    """Messages per second of one process, for short messages with nothing in them."""
    settings = RedactionSettings(region="DE")
    started = time.perf_counter()
    for _ in range(rounds):
        for text in PLAIN:
            redact(text, settings)
    return rounds * len(PLAIN) / (time.perf_counter() - started)


def main() -> None:
    speed = round(max(measure_speed() for _ in range(3)), -3)
    scores = f"{table()}\n\nMessages with nothing in them: {speed:,.0f} a second in one process."
    write_block(DOC, "scores", scores)
    print(scores)


if __name__ == "__main__":
    main()
