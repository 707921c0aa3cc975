"""Each message's text as it may be trained on: secrets replaced, and names if that is wished."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from talklikeme.messages import Message
from talklikeme.privacy import Pseudonyms, RedactionReport, RedactionSettings, redact
from talklikeme.privacy.secrets import SecretHashes, new_key


@dataclass(frozen=True)
class PrivacyChoice:
    """What the user wants replaced; `friends` are the names to be invented anew, if any."""

    mode: Literal["off", "report", "on"] = "on"
    settings: RedactionSettings = field(default_factory=RedactionSettings)
    friends: tuple[str, ...] = ()
    seed: int = 0
    key: bytes = field(default_factory=new_key, repr=False)  # of the hashes of what is found


class Cleaner:
    """Replaces what the choice says, and keeps count."""

    def __init__(self, choice: PrivacyChoice) -> None:
        self._choice = choice
        self._names = Pseudonyms(choice.friends, choice.seed) if choice.friends else None
        self.report = RedactionReport()
        self.secrets = SecretHashes(choice.key, choice.settings)

    def clean(self, message: Message) -> Message:
        """The message with its text as it may be used; the same object if nothing changes."""
        text = message.text
        if self._choice.mode != "off" and text:
            redacted = redact(text, self._choice.settings)
            self.report.add(redacted.findings)
            self.secrets.add_findings(text, redacted.findings)
            if self._choice.mode == "on":
                text = redacted.text
        text = self.rename(text)
        return message if text == message.text else replace(message, text=text)

    def rename(self, text: str) -> str:
        """A text with invented names in it, where the user wants that."""
        return self._names.apply(text) if self._names and text else text
