"""People, groups and chats of a Signal export (formats.md §19.1)."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.loose_values import dict_of, dicts_of, id_of, text_of
from talklikeme.messages import clean_name

SELF: Final = "self"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, a group, or the owner."""

    id: str
    name: str
    is_group: bool = False
    members: tuple[str, ...] = ()
    section: str | None = None


class Account:
    """What the frames before the messages tell; grows while they stream by."""

    def __init__(self, long_texts: dict[str, ExportFile]) -> None:
        self._own_name = ""
        self._recipients: dict[str, Recipient] = {}
        self._by_aci: dict[str, str] = {}
        self._chats: dict[str, str] = {}
        self._long_texts = long_texts
        self.missing_texts = 0

    def take(self, frame: dict[str, Any] | None) -> None:
        """Remember what a frame says about people and chats."""
        if frame is None:
            return
        if isinstance(own := frame.get("account"), dict):
            self._own_name = _full_name(own, "givenName", "familyName") or text_of(
                own.get("username")
            )
        elif isinstance(raw := frame.get("recipient"), dict):
            self._take_recipient(raw)
        elif isinstance(chat := frame.get("chat"), dict):
            number, recipient = id_of(chat.get("id")), id_of(chat.get("recipientId"))
            if number and recipient:
                self._chats[number] = recipient

    def _take_recipient(self, raw: dict[str, Any]) -> None:
        number = id_of(raw.get("id"))
        if number is None:
            return
        contact = raw.get("contact")
        if isinstance(contact, dict):
            self._recipients[number] = _read_contact(contact, number)
            if aci := text_of(contact.get("aci")):
                self._by_aci[aci] = number
        elif isinstance(group := raw.get("group"), dict):
            self._recipients[number] = _read_group(group, number)
        elif "self" in raw:
            self._recipients[number] = Recipient(SELF, "", section="saved_messages")
        elif "releaseNotes" in raw:
            self._recipients[number] = Recipient(
                "releaseNotes", "Signal", section="private_channel"
            )
        else:
            self._recipients[number] = Recipient(f"recipient{number}", "")

    def person(self, number: Any) -> Recipient | None:
        """Who has this recipient id."""
        return self._recipients.get(id_of(number) or "")

    def name_of(self, person: Recipient) -> str:
        """A display name; the owner's is in another frame."""
        return clean_name(self._own_name) if person.id == SELF else person.name

    def name_by_aci(self, aci: str) -> str:
        """The name of somebody mentioned."""
        person = self._recipients.get(self._by_aci.get(aci, ""))
        return self.name_of(person) if person else ""

    def chat(self, number: Any) -> Recipient | None:
        """Whom a chat is with."""
        return self.person(self._chats.get(id_of(number) or ""))

    def conversation_id(self, number: Any) -> str:
        """By whom it is with; ids of chats are of this export only."""
        partner = self.chat(number)
        return f"signal:{partner.id}" if partner else f"signal:chat{id_of(number) or ''}"

    def participants(self, chat: Recipient) -> tuple[str, ...]:
        """The members of a group, or the one person."""
        if not chat.is_group:
            return (self.name_of(chat),) if self.name_of(chat) else ()
        names = (self.name_by_aci(aci) for aci in chat.members)
        return tuple(dict.fromkeys(name for name in names if name))

    def long_text(self, pointer: dict[str, Any]) -> str | None:
        """The whole of a text of which the message holds the first 2 KiB."""
        digest = text_of(dict_of(pointer.get("locatorInfo")).get("plaintextHash"))
        try:
            file = self._long_texts[base64.b64decode(digest).hex()]
            return decode_text(file.read())[0]
        except (KeyError, binascii.Error, ValueError, ExportError):
            self.missing_texts += 1
            return None


def _full_name(names: dict[str, Any], given: str, family: str) -> str:
    return clean_name(f"{text_of(names.get(given))} {text_of(names.get(family))}")


def _read_contact(contact: dict[str, Any], number: str) -> Recipient:
    """The name that the owner gave comes before the one that the person chose."""
    phone = id_of(contact.get("e164")) or ""
    names = (
        _full_name(dict_of(contact.get("nickname")), "given", "family"),
        _full_name(contact, "systemGivenName", "systemFamilyName"),
        clean_name(text_of(contact.get("systemNickname"))),
        _full_name(contact, "profileGivenName", "profileFamilyName"),
        clean_name(text_of(contact.get("username"))),
        f"+{phone}" if phone else "",
    )
    aci = text_of(contact.get("aci"))
    person_id = aci or phone or text_of(contact.get("pni")) or f"recipient{number}"
    return Recipient(person_id, next((name for name in names if name), aci))


def _read_group(group: dict[str, Any], number: str) -> Recipient:
    snapshot = dict_of(group.get("snapshot"))
    title = clean_name(text_of(dict_of(snapshot.get("title")).get("title")))
    members = tuple(text_of(member.get("userId")) for member in dicts_of(snapshot.get("members")))
    group_id = text_of(group.get("masterKey")) or f"recipient{number}"
    return Recipient(group_id, title, is_group=True, members=members)
