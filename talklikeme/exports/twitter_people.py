"""Who is who in a Twitter archive: its owner, and the friends whom the owner's tweets mention."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.twitter_stream import read_values
from talklikeme.messages import clean_name

_PEOPLE_FILE: Final = re.compile(rb"\s*window\.(?:YTD\.(?:account|tweets?)\.|__THAR_CONFIG)")
_TWEETS: Final = re.compile(rb"\s*window\.YTD\.tweets?\.")
_MANIFEST: Final = re.compile(rb"\s*window\.__THAR_CONFIG")
_MENTIONS: Final = ("item.tweet.entities.user_mentions.item", "item.entities.user_mentions.item")


class People:
    """The owner's id, and the names of ids."""

    def __init__(self, conversation_ids: Iterable[str]) -> None:
        self.names: dict[str, str] = {}
        self.owner: str | None = None
        self._pairs = [set(pair) for one in conversation_ids if len(pair := one.split("-")) == 2]

    def learn_owner(self, account_id: Any, *names: Any) -> None:
        """Take the id that an account or manifest file states, with the first name there is."""
        if not isinstance(account_id, str | int) or isinstance(account_id, bool) or not account_id:
            return
        self.owner = self.owner or str(account_id)
        for name in names:
            self.learn_name(account_id, name)

    def learn_name(self, account_id: Any, name: Any) -> None:
        """Remember what somebody is called, unless a better name is known."""
        if isinstance(account_id, str | int) and isinstance(name, str) and clean_name(name):
            self.names.setdefault(str(account_id), clean_name(name))

    def find_owner(self) -> None:
        """Without a statement: who is in the id of every conversation of two."""
        everywhere = set.intersection(*self._pairs) if self._pairs else set()
        if self.owner is None and len(everywhere) == 1:
            self.owner = everywhere.pop()


def is_people_file(file: ExportFile) -> bool:
    """Whether the file tells names and not messages."""
    return bool(_PEOPLE_FILE.match(file.head().removeprefix(b"\xef\xbb\xbf")))


def read_people(files: Sequence[ExportFile], people: People) -> Iterator[ExportError]:
    """Learn from account, manifest and tweets, in this order of trust."""
    for file in sorted(files, key=_trust):
        try:
            _learn(file, people)
        except ExportError as error:
            yield ExportError(error.path, error.why.partition(";")[0], hint=error.hint)
    people.find_owner()


def _trust(file: ExportFile) -> int:
    start = file.read(200).removeprefix(b"\xef\xbb\xbf")
    return 2 if _TWEETS.match(start) else 1 if _MANIFEST.match(start) else 0


def _learn(file: ExportFile, people: People) -> None:
    trust = _trust(file)
    if trust == 2:
        for prefix in _MENTIONS:
            for mention in _mappings(read_values(file, prefix)):
                people.learn_name(mention.get("id_str"), mention.get("name"))
                people.learn_name(mention.get("id_str"), mention.get("screen_name"))
        return
    for user in _mappings(read_values(file, "userInfo" if trust else "item")):
        account = user.get("account", user)
        if isinstance(account, Mapping):
            names = [account.get(key) for key in ("accountDisplayName", "displayName", "username")]
            people.learn_owner(account.get("accountId"), *names, account.get("userName"))


def _mappings(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    return (value for value in values if isinstance(value, Mapping))
