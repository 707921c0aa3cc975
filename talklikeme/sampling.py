"""How the tokens of a reply are drawn; the same for every engine."""

from dataclasses import dataclass
from typing import Final

# The likeliest tokens that are drawn from at all; Fan et al. 2018. Beyond them lie typing errors.
TOP_K: Final = 50


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn: nucleus sampling (Holtzman et al. 2020), or the likeliest at 0."""

    temperature: float
    top_p: float
