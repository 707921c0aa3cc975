"""Whose export it is: profile files of Facebook and Instagram as HTML (formats.md §3)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.html_text import is_too_deep
from talklikeme.messages import clean_name, name_key

# In the language of the account; in others the only person of the chats on the page is believed.
_LABEL_LIST: Final = (
    "name|full name|full_name|username|nom|nom complet|nom d’utilisateur|nombre|nombre completo|"
    "nombre de usuario|vollständiger name|benutzername|nome|nome completo|nome utente|"
    "nome de usuário|naam|volledige naam|gebruikersnaam|namn|navn|nimi|imię i nazwisko"
)
_LABELS: Final = frozenset(_LABEL_LIST.split("|"))
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class OwnerClue:
    """Name keys that a file states to be the owner's, and all others that it mentions."""

    stated: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()


def read_owner_page(file: ExportFile) -> OwnerClue:
    """The owner's name and user name from a profile page."""
    text, _ = decode_text(file.read())
    if is_too_deep(text):
        raise ExportError(file.path, "nested too deeply to be a profile")
    texts: list[str] = []
    body = LexborHTMLParser(text).body
    for node in body.traverse(include_text=True) if body else ():
        if node.tag == "-text" and not _is_hidden(node) and (found := clean_name(node.text())):
            texts.append(found[:_LONGEST_NAME])
    keys = [name_key(found) for found in texts]
    stated = {value for label, value in pairwise(keys) if label in _LABELS}
    return OwnerClue(frozenset(stated - _LABELS), frozenset(keys) - _LABELS)


def _is_hidden(node: LexborNode) -> bool:
    return node.parent is not None and node.parent.tag in ("style", "script")
