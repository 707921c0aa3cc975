"""A conversation as the model sees it: a list of turns in the shape of TRL's chat datasets."""

from typing import Literal, TypedDict


class Turn(TypedDict):
    """One message: the friend is the user, I am the assistant."""

    role: Literal["user", "assistant"]
    content: str
