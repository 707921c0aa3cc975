"""Which identities are one friend: a YAML that the user checks, one entry a person.

    Zoë Ruiz:
      - whatsapp/zoë ruiz
      - telegram/user22

Suggested together are only identities with the same full name; two people may share a first name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from talklikeme.errors import ConfigError
from talklikeme.messages import Message, name_key
from talklikeme.owner import Owners, show_name
from talklikeme.survey import SenderFacts, Survey

_HEADER = """\
# Which identities are one friend. Join lines under one name where you know it is the same person,
# then pass this file with --people. Nothing was joined on a first name alone.
"""


class People:
    """Names of friends, joined where the user said so."""

    def __init__(self, persons: Mapping[str, Iterable[str]] | None = None) -> None:
        self._person_of = {
            identity: person
            for person, identities in (persons or {}).items()
            for identity in identities
        }

    def name_of(self, message: Message) -> str:
        """The friend's name: the person's if the identity belongs to one."""
        person = self._person_of.get(f"{message.platform}/{message.sender_id}")
        return person or message.sender_name or message.sender_id

    def persons_called(self, name: str) -> set[str]:
        """The persons one of whose identities, with its app or without, is called so."""
        key = name_key(name)
        return {
            person
            for identity, person in self._person_of.items()
            if key in (name_key(identity), name_key(identity.partition("/")[2]))
        }


def load_people(path: Path | None) -> People:
    """Read people.yaml; raises ConfigError for anything but lists of identities under names."""
    if path is None:
        return People()
    try:
        persons: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"--people {path}: cannot be read ({type(error).__name__})") from None
    if not isinstance(persons, dict):
        raise ConfigError(f"--people {path}: needs names with lists of identities")
    for person, identities in persons.items():
        if not isinstance(identities, list) or not all(isinstance(one, str) for one in identities):
            raise ConfigError(f"--people {path}, {person}: needs a list like [whatsapp/zoë ruiz]")
    return People({str(person): identities for person, identities in persons.items()})


def suggest_people(survey: Survey, owners: Owners) -> str:
    """The text of a people.yaml for all friends in the exports."""
    groups: dict[str, list[SenderFacts]] = defaultdict(list)
    for sender in survey.senders.values():
        if sender.sender_id and sender.sender_id not in owners.get(sender.platform, ()):
            groups[_join_key(sender)].append(sender)
    persons: dict[str, list[str]] = defaultdict(list)
    for group in groups.values():
        identities = [f"{one.platform}/{one.sender_id}" for one in group]
        name = show_name(group[0])
        persons[name if name not in persons else f"{name} ({identities[0]})"] += identities
    return _HEADER + yaml.safe_dump(dict(persons), allow_unicode=True, sort_keys=True)


def _join_key(sender: SenderFacts) -> str:
    name = name_key(show_name(sender))
    is_full_name = len(name.split()) > 1
    return name if is_full_name else f"{sender.platform}/{sender.sender_id}"
