"""Answers Messenger's texts one after the other, away from the web server.

All in memory: what waits here is lost with the process.
"""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Iterable

from talklikeme.channels.conversations import Conversations
from talklikeme.channels.failures import describe_failure
from talklikeme.channels.graph import GraphClient, SendError
from talklikeme.channels.messenger_events import TextMessage
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.replies import Replier

logger = logging.getLogger(__name__)

_MOST_WAITING = 1000
_MOST_REMEMBERED_IDS = 10_000
_GRACE_SECONDS = 20.0
_WISHES = {"/reset", "forget me", "forget me please", "please forget me"}
FORGOTTEN = "Forgotten. We start anew."


class MessengerWorker:
    """One thread, so that the answers of a conversation keep the order of its questions."""

    def __init__(self, replier: Replier, settings: MessengerSettings) -> None:
        self._replier = replier
        self._graph = GraphClient(settings)
        self._conversations = Conversations(settings.session_gap_minutes)
        self._waiting: queue.Queue[TextMessage | None] = queue.Queue()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._is_open = False
        # a daemon, so that a send that hangs cannot keep the process alive after stop() gave up
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._is_open = True
        self._thread.start()

    def stop(self) -> None:
        """Finish what was accepted, within a grace period."""
        self._is_open = False
        self._waiting.put(None)
        self._thread.join(_GRACE_SECONDS)
        if self._thread.is_alive():
            logger.warning("stopped with %d messages unanswered", self._waiting.qsize())
        else:
            self._graph.close()

    def accept(self, messages: Iterable[TextMessage]) -> bool:
        """Queue what is new among them; False if there is no room, and Meta should come again."""
        for message in messages:
            key = (message.page_id, message.mid)
            if key in self._seen:
                continue
            if not self._is_open or self._waiting.qsize() >= _MOST_WAITING:
                return False
            self._remember(key)
            self._waiting.put(message)
        return True

    def _remember(self, key: tuple[str, str]) -> None:
        self._seen[key] = None
        if len(self._seen) > _MOST_REMEMBERED_IDS:
            self._seen.popitem(last=False)

    def _run(self) -> None:
        while (message := self._waiting.get()) is not None:
            try:
                self._answer(message)
            except SendError as error:
                logger.warning("a reply was not sent: %s", error)
            except Exception as error:  # one bad message must not silence the bot
                logger.error("a message got no reply: %s", describe_failure(error))

    def _answer(self, message: TextMessage) -> None:
        key = (message.page_id, message.sender_id)
        if is_wish_to_forget(message.text):
            self._conversations.forget(key)
            self._graph.send_text(message.page_id, message.sender_id, FORGOTTEN)
            return
        turns = self._conversations.add(key, {"role": "user", "content": message.text})
        self._graph.show_typing(message.page_id, message.sender_id)
        for bubble in self._replier.reply(turns):
            self._graph.send_text(message.page_id, message.sender_id, bubble)
            self._conversations.add(key, {"role": "assistant", "content": bubble})


def is_wish_to_forget(text: str) -> bool:
    """Whether a friend wants what was said to be forgotten."""
    return " ".join(text.casefold().strip(" .!").split()) in _WISHES
