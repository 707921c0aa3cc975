"""Sentences that Messenger itself writes into a message's text (formats.md §1.5).

They stand where a person's words would stand and only their wording gives them away, so each
pattern is anchored at both ends and, where somebody acts, at the sender's own name or "You".
"""

import re
from collections.abc import Set
from typing import Final

from talklikeme.messages import Kind

_Patterns = tuple[tuple[Kind, re.Pattern[str]], ...]


def _compile(patterns: tuple[tuple[Kind, str], ...]) -> _Patterns:
    return tuple((kind, re.compile(rf"(?:{pattern})[.!]?")) for kind, pattern in patterns)


_NICKNAME: Final = r"(?:your|my|his|her|their|(?:your|his|her|their) own) nickname"
_EVENTS: Final = "|".join(
    (
        r"named the (?:group|plan) .+|removed the group name|removed the nickname for .+",
        rf"set the nickname for .+ to .+|set {_NICKNAME} to .+|(?:cleared|removed) {_NICKNAME}",
        r"(?:set|changed|removed) the (?:emoji|quick reaction)(?: to .+)?",
        r"changed the (?:(?:chat )?(?:theme|colors?)|group photo|chat photo)(?: .+)?",
        r"added .+ to the group|added .+ as (?:a )?(?:group )?admins?",
        r"removed .+ (?:from the group|as (?:a )?(?:group )?admins?)",
        r"left the group|created (?:the|this|a) group|joined the group(?: .+)?",
        r"(?:joined the|started a|started an) (?:video chat|video call|audio call|call)",
        r"started sharing (?:video|live location)|(?:un)?pinned a message",
        r"turned (?:on|off) (?:disappearing messages|vanish mode|member approval|message requests)(?: .+)?",
        r'voted for ["“].+|changed (?:his|her|their|your) vote to .+|waved at .+',
        r"(?:started|created) a (?:plan|reminder)(?: .+)?|responded (?:Going|Can't Go) to .+",
        r"(?:is|are) now an admin(?: .+)?",
    )
)
_PLACEHOLDERS: Final = (
    r"(?:sent|shared) (?:an? )?(?:attachment|photo|photos|\d+ photos|sticker|link|video|videos|GIF|"
    r"voice message|audio|post|story|file)|hat einen Anhang gesendet|envió un archivo adjunto|"
    r"a envoyé une pièce jointe|ha inviato un allegato|enviou um anexo|"
    r"heeft een bijlage (?:verzonden|gestuurd)"
)
_CALLS: Final = r"missed (?:your|a) (?:video |audio )?(?:call|chat)(?: (?:from|with) .+)?|called (?:you|[^\Wa-z_].*)"
# The kind of a sentence by what the sender, or "You", is said to have done. First match wins.
_ACTED: Final = _compile(
    (
        ("media", _PLACEHOLDERS),
        ("location", r"(?:sent|shared|is sharing|are sharing|stopped sharing) (?:a |your |his |her |their )?"
                     r"(?:live )?location(?: .+)?"),
        ("reaction_notice", r"reacted .{1,12} to (?:your|his|her|their|a|.+'s) (?:own )?message"),
        ("poll", r"created a poll:? (?s:.+)"),
        ("call", _CALLS),
        ("deleted", r"unsent a message"),
        ("system", _EVENTS),
    )
)  # fmt: skip
# Whole sentences with no actor, or in languages whose word order hides it.
_WHOLE: Final = _compile(
    (
        ("reaction_notice", r"Reacted .{1,12} to (?:your|a) message|Hat mit .{1,12} auf (?:deine|eine) Nachricht "
                            r"reagiert|A réagi (?:avec )?.{1,12} à votre message|"
                            r"Reaccionó con .{1,12} a tu mensaje|Ha reagito con .{1,12} al tuo messaggio"),
        ("system", r"You are now connected on Messenger|Say hi to your new Facebook friend, .+|"
                   r"You can now message and call each other and see info like Active Status.*|"
                   r"This poll is no longer available|You're now friends.* on Facebook|"
                   r"Messages and calls are (?:now )?secured with end-to-end encryption.*"),
        ("call", r"The (?:video chat|video call|audio call|call) ended|You missed a (?:video |audio )?(?:call|chat) "
                 r"(?:from|with) .+"),
        ("media", r"Du hast einen Anhang gesendet|Enviaste un archivo adjunto|Vous avez envoyé une "
                  r"pièce jointe|Hai inviato un allegato|Você enviou um anexo|Je hebt een bijlage "
                  r"(?:verzonden|gestuurd)"),
    )
)  # fmt: skip
_MAX_LENGTH: Final = 400  # Messenger's sentences are short; a long text is somebody's own


def third_person_start(sender: str, text: str) -> str | None:
    """The two words after the sender's own full name: "Kim Berg hat die Gruppe …" → "hat die"."""
    if " " not in sender or not text.startswith(f"{sender} ") or len(text) > _MAX_LENGTH:
        return None
    return " ".join(text[len(sender) :].split()[:2]) or None


class SentenceJudge:
    """Tells Messenger's sentences from people's words.

    People hardly speak of themselves by full name. A beginning such as "Kim Berg hat die" that at
    least three senders share is therefore Messenger's, in whatever language it is.
    """

    def __init__(self, starts: Set[str] = frozenset()) -> None:
        self._starts = starts

    def classify(self, sender: str, text: str) -> Kind | None:
        """The kind of a sentence by Messenger, or None for the sender's own words."""
        if len(text) > _MAX_LENGTH:
            return None
        for kind, pattern in _WHOLE:
            if pattern.fullmatch(text):
                return kind
        deed = _strip_subject(sender, text)
        if deed is not None:
            for kind, pattern in _ACTED:
                if pattern.fullmatch(deed):
                    return kind
        return "system" if third_person_start(sender, text) in self._starts else None


def _strip_subject(sender: str, text: str) -> str | None:
    """What follows the sender's name, any first part of it, or "You"."""
    if text.startswith("You "):
        # People do write "You called me"; Messenger ends its sentences with a full stop.
        is_sentence = text.endswith((".", "!")) or text.startswith("You created a poll: ")
        return text.removeprefix("You ") if is_sentence else None
    words = sender.split(" ")
    for count in range(len(words), 0, -1):
        subject = " ".join(words[:count]) + " "
        if text.startswith(subject):
            return text[len(subject) :]
    return None
