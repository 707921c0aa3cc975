"""Write two invented chats as Facebook's archives of three ages (formats.md §4): python make.py."""

import json
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
# Newest first: sender, text, minute; 22:05 is the wall clock of UTC+02.
PAIR = [
    ("Zoë Ruiz", "later one", "22:05"), ("Kim Berg", "two\nlines & <more>", "22:05"),
    ("Zoë Ruiz", "", "21:59"), ("Kim Berg", "hej", "09:30"),
]  # fmt: skip
GROUP = [("Ali Can", "hi all", "23:00"), ("Kim Berg", "first", "22:58")]


def us(minute: str) -> str:
    hour, rest = minute.split(":")
    half = "pm" if int(hour) >= 12 else "am"
    return f"Friday, October 4, 2013 at {int(hour) % 12 or 12}:{rest}{half} UTC+02"


def german(minute: str) -> str:
    return f"Freitag, 4. Oktober 2013 um {minute} CEST"


def french(minute: str) -> str:
    return f"vendredi 4 octobre 2013, {minute} UTC+02:00"


def block(names: str, chat, when, *, gap="", opened='<div class="thread">') -> str:
    lines = [f"{opened}{names}"]
    for sender, text, minute in chat:
        lines.append(
            f'<div class="message">{gap}<div class="message_header">{gap}<span class="user">{sender}</span>'
            f'<span class="meta">{when(minute)}</span></div>{gap}</div>{gap}<p>{escape(text, quote=False)}</p>'
        )
    return gap.join(lines) + "</div>"


def page(body: str) -> str:
    head = '<head><meta charset="UTF-8" /><title>Kim Berg - Messages</title></head>'
    menu = '<div class="nav"><img src="../photos/profile.jpg" /><ul><li><a href="../index.htm">P</a></li></ul></div>'
    foot = '<div class="footer">Downloaded by Kim Berg on Friday, October 4, 2013 at 11:00pm UTC+02</div>'
    return f'<html>{head}<body>{menu}<div class="contents"><h1>Kim Berg</h1><div>{body}</div></div>{foot}</body></html>'


def thread_page(names: str, chat, when, heading: str) -> str:
    head = (
        f"<head><title>{heading}</title></head><body><a href='../html/messages.htm'>Back</a><br/>"
    )
    return f"<html>{head}{block(names, chat, when)}</body></html>"


INDEX = '<p><a href="../messages/0.html">Zoë Ruiz</a></p><p><a href="../messages/1.html">Ali Can, Zoë Ruiz</a></p>'
FILES = {
    "2013_one_page/html/messages.htm": page(
        block("Kim Berg, Zoë Ruiz", PAIR[:2], us)
        + block("Ali Can, Kim Berg, Zoë Ruiz", GROUP, us)
        + block("Zoë Ruiz, Kim Berg", PAIR[2:], us)
        + block("Kim Berg, Zoë Ruiz", PAIR[:2], us)
    ),
    "2015_german_printed_nicely/messages.htm": page(
        block("Kim Berg, Zoë Ruiz", PAIR, german, gap="\n      ")
        + block("Ali Can, Kim Berg, Zoë Ruiz", GROUP, german, gap="\n      ")
    ),
    "2017_index/html/messages.htm": page(INDEX),
    "2017_index/messages/0.html": thread_page("<h3>Conversation with Zoë</h3>", PAIR, french, "Zoë"),
    "2017_index/messages/1.html": thread_page("<h3>Conversation with 2</h3>", GROUP, french, "2"),
    "2018_participants/html/messages.htm": page(INDEX.replace("Ali Can, Zoë Ruiz", "Ali and 1 other")),
    "2018_participants/messages/0.html": thread_page(
        "<h3>Conversation with Zoë</h3>Participants: Zoë Ruiz", PAIR, us, "Zoë"
    ),
    "2018_participants/messages/1.html": thread_page(
        "<h3>Conversation with A</h3>Participants: Ali Can, Zoë Ruiz", GROUP, us, "A"
    ),
}  # fmt: skip

if __name__ == "__main__":
    for name, text in FILES.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("hej", "he\x08j"), encoding="utf-8")
    group, pair = "messenger:ali can + kim berg + zoë ruiz", "messenger:kim berg + zoë ruiz"
    expected = [
        [
            name,
            sender,
            "text" if text else "empty",
            text,
            minute,
            sender == "Kim Berg",
            name == group,
        ]
        for name, chat in ((group, GROUP), (pair, PAIR))
        for sender, text, minute in reversed(chat)
    ]
    (HERE / "expected.json").write_text(
        json.dumps(expected, ensure_ascii=False, indent=1), encoding="utf-8"
    )
