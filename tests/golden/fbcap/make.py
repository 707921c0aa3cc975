"""Write an invented archive in the forms of fbchat-archive-parser (formats.md §4.4): python make.py."""

import csv
import io
import json
from pathlib import Path

HERE = Path(__file__).parent
THREADS = {
    "Ali Can, Zoë Ruiz": [("Kim Berg", "first", "22:58"), ("Ali Can", "hi: all", "23:00")],
    "Zoë Ruiz": [
        ("Kim Berg", "hej [2013] \\o/", "09:30"), ("Zoë Ruiz", "", "21:59"),
        ("Kim Berg", "two\n\nlines, \"quoted\"", "22:05"), ("Zoë Ruiz", "later one", "22:05"),
    ],
}  # fmt: skip
COLOURS = {
    "dim": "\x1b[2m",
    "name": "\x1b[36m",
    "plain": "\x1b[37m",
    "thread": "\x1b[33m",
    "none": "\x1b[0m",
}


def stamp(minute: str) -> str:
    return f"2013-10-04T{minute}+02:00"


def text(colours: dict[str, str], *, head=True, only: str | None = None) -> str:
    paint = {key: colours.get(key, "") for key in COLOURS}
    dash = "-" * 33
    lines = (
        [dash, f" Conversation history of {paint['name']}Kim Berg{paint['plain']}", dash, ""]
        if head
        else []
    )
    for names, chat in THREADS.items():
        if only in (None, names):
            lines += [f"Conversation with {paint['thread']}{names}{paint['plain']}:", ""]
            for sender, said, minute in chat:
                start = f"{paint['dim']}[{stamp(minute)}] {paint['name']}{sender}: {paint['plain']}"
                below = said.split("\n")
                lines += (
                    [start + said]
                    if len(below) == 1
                    else [start, "", *("    " + line for line in below), ""]
                )
            lines.append("")
    return "\n".join(lines)


def rows() -> list[list[str]]:
    return [
        [names, who, stamp(minute), said]
        for names, chat in THREADS.items()
        for who, said, minute in chat
    ]


def table() -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [["thread", "sender", "date", "message"], *rows()]
    )
    return out.getvalue()


def objects(key_order: str) -> dict:
    threads = [
        {
            "participants": names.split(", "),
            "messages": [
                {"date": stamp(at), "sender": who, "message": said} for who, said, at in chat
            ],
        }
        for names, chat in THREADS.items()
    ]
    found = {"user": "Kim Berg", "threads": threads}
    return found if key_order == "user first" else dict(reversed(found.items()))


def yaml() -> str:
    lines = ["threads:"]
    for thread in objects("")["threads"]:
        lines.append("- messages:")
        for one in thread["messages"]:
            lines += [
                f"  - date: '{one['date']}'",
                f"    message: {json.dumps(one['message'])}",
                f"    sender: {one['sender']}",
            ]
        lines += ["  participants:", *(f"  - {name}" for name in thread["participants"])]
    return "\n".join([*lines, "user: Kim Berg", ""])


FILES = {
    "fbMessages.txt": text({}),
    "without_head.txt": text({}, head=False),
    "from_a_terminal.txt": text(COLOURS),
    "archive.csv": table(),
    "archive.json": json.dumps(objects("user first")),
    "pretty.json": json.dumps(objects("user last"), ensure_ascii=False, indent=4, sort_keys=False),
    "archive.yaml": yaml(),
    "fbchat_dump_201711071648/manifest.txt": "Chat history manifest for: Kim Berg\n\n  1. Ali Can, Zoë Ruiz\n  2. Zoë Ruiz\n",
    "fbchat_dump_201711071648/thread_1.txt": text({}, head=False, only="Ali Can, Zoë Ruiz"),
    "fbchat_dump_201711071648/thread_2.json": json.dumps(objects("")["threads"][1]),
}  # fmt: skip

if __name__ == "__main__":
    for name, content in FILES.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    expected = [
        [who, "text" if said else "empty", said, at, who == "Kim Berg", len(names.split(", ")) > 1]
        for names, who, at, said in ((n, w, s[11:16], t) for n, w, s, t in rows())
    ]
    (HERE / "expected_messages").write_text(
        json.dumps(expected, ensure_ascii=False, indent=1), encoding="utf-8"
    )
