"""What picks say: a share of right ones and where the true one lies.

Guessing gives one half. Wilson's interval (1927), as scipy has it, holds for ten picks too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from talklikeme.blindtest.answers import Answer


@dataclass(frozen=True, slots=True)
class Result:
    """Right picks of so many, and the 95 % interval of their share."""

    right: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of 1."""
        return self.right / self.of

    @property
    def verdict(self) -> str:
        """In words; nothing is claimed that chance explains."""
        if self.low > 0.5:
            return "can tell the bot from the person"
        if self.high < 0.5:
            return "takes the bot for the person"
        return "cannot be told from guessing"


def sum_up(answers: Iterable[Answer]) -> Result | None:
    """None if there are no answers."""
    from scipy.stats import binomtest

    picks = [one.is_right for one in answers]
    if not picks:
        return None
    right = sum(picks)
    interval = binomtest(right, len(picks)).proportion_ci(0.95, method="wilson")
    return Result(right, len(picks), float(interval.low), float(interval.high))


def sum_up_testers(answers: Iterable[Answer]) -> dict[str, Result]:
    """By the name that they gave, else by their sitting; who answered most comes first."""
    by_tester: dict[str, list[Answer]] = defaultdict(list)
    for one in answers:
        by_tester[one.tester or f"somebody ({one.sitting[:6]})"].append(one)
    ordered = sorted(by_tester, key=lambda name: (-len(by_tester[name]), name))
    return {name: result for name in ordered if (result := sum_up(by_tester[name]))}
