"""Write one invented chat as the HTML pages of seven ages (formats.md §3): python make.py."""

import json
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
# Newest first, as on the page: sender, text, files, reactions, "YYYY-mm-dd HH:MM".
CHAT = [
    ("Kim Berg", "see you\nsoon & <safe>", [], [("❤", "Zoë Ruiz")], "2023-03-06 18:26"),
    ("Zoë Ruiz", "", ["photos/7.jpg"], [], "2023-03-06 18:25"),
    ("Kim Berg", "https://example.org/a?b=1&c=2", ["https://example.org/a?b=1&c=2"], [], "2023-03-06 18:25"),
    ("Zoë Ruiz", "You sent an attachment.", [], [], "2023-03-05 00:05"),
    ("Kim Berg", "", [], [], "2023-03-05 00:04"),
    ("Zoë Ruiz", "hej 👩‍👧 né", [], [("👍🏽", "Kim Berg"), ("😆", "Zoë Ruiz")], "2023-02-28 12:00"),
]  # fmt: skip
ENGLISH = ["Jan", "Feb", "Mar"]
GERMAN = ["Januar", "Februar", "März"]
OLD = (
    "pam _3-95 _2pi0 _2lej uiBoxWhite noborder",
    "_3-96 _2pio _2lek _2lel",
    "_3-96 _2let",
    "_3-94 _2lem",
    "_tqp",
)
OLD_IG = (
    "pam _3-95 _2ph- _2lej uiBoxWhite noborder",
    "_3-95 _2pim _2lek _2lel",
    "_3-95 _2let",
    "_3-94 _2lem",
    "_tqp",
)
NEW = (
    "pam _3-95 _2ph- _a6-g uiBoxWhite noborder",
    "_3-95 _2pim _a6-h _a6-i",
    "_3-95 _a6-p",
    "_3-94 _a6-o",
    "_a6-q",
)
BARE = ("", "", "", "", "")


def us(when: str) -> str:
    day, time = when.split()
    year, month, date = map(int, day.split("-"))
    hour, minute = map(int, time.split(":"))
    half = "pm" if hour >= 12 else "am"
    return f"{ENGLISH[month - 1]} {date:02d}, {year} {hour % 12 or 12}:{minute:02d} {half}"


def us_at(when: str) -> str:
    return (
        us(when).replace("2023 ", "2023 at ").replace(" pm", "\u202fPM").replace(" am", "\u202fAM")
    )


def german(when: str) -> str:
    day, time = when.split()
    year, month, date = map(int, day.split("-"))
    return f"{date}. {GERMAN[month - 1]} {year}, {time}"


def numeric(when: str) -> str:
    day, time = when.split()
    year, month, date = day.split("-")
    return f"{date}.{month}.{year} klo {time.replace(':', '.')}"


def card(uri: str) -> str:
    if uri.startswith("http"):
        return f'<div><div><a href="{escape(uri)}">A card</a><div>somebody else wrote this</div></div></div>'
    return f'<div><a href="{uri}"><img src="{uri}" class="_2yuc"/></a></div>'


def box(message, classes, when, *, tag="div", name="div", nest=False, gap="", files="") -> str:
    sender, text, uris, reactions, at = message
    box_class, sender_class, body_class, time_class, list_class = classes
    cards = "".join(card(uri if uri.startswith("http") else files + uri) for uri in uris)
    wrap = ("<span>", "</span>") if list_class == "_a6-q" else ("", "")
    items = "".join(f"<li>{wrap[0]}{emoji}{who}{wrap[1]}</li>" for emoji, who in reactions)
    likes = f'<ul class="{list_class}">{items}</ul>' if items else ""
    stamp = f'<a href="x"><div class="_a72d">{when(at)}</div></a>' if nest else when(at)
    said = escape(text, quote=False).replace("\n", "<br />")
    parts = ["<div></div>", f"<div>{said}</div>", "<div></div>", cards, f"<div>{likes}</div>"]
    body = gap.join(parts)
    return gap.join([
        f'<{tag} class="{box_class}">',
        f'<{name} class="{sender_class}">{sender}</{name}>',
        f'<div class="{body_class}"><div>{body}</div></div>',
        f'<div class="{time_class}">{stamp}</div></{tag}>',
    ])  # fmt: skip


def page(classes, when, header: str, title_class: str, **options) -> str:
    gap = options.get("gap", "")
    boxes = gap.join(box(message, classes, when, **options) for message in CHAT)
    head = f'<div class="{classes[0]}"><div class="{classes[1]}">{header}</div></div>'
    return (
        f"<html><head><title>Zoë Ruiz</title><style>.x{{}}</style></head><body>{gap}"
        f'<div class="{title_class}">Zoë Ruiz</div>{gap}<div class="_4t5n" role="main">{head}{boxes}</div></body></html>'
    )


INBOX = "messages/inbox/zoeruiz_1015/message_1.html"
ENGLISH_HEAD = "Participants: Zoë Ruiz and Kim Berg"
PAGES = {
    f"2018/{INBOX}": page(OLD, us, ENGLISH_HEAD, "_3b0d"),
    f"instagram-2020/{INBOX}": page(OLD_IG, us_at, ENGLISH_HEAD, "_3b0d"),
    f"2022/your_activity_across_facebook/{INBOX}": page(
        NEW, us, ENGLISH_HEAD, "_a70e", files="your_activity_across_facebook/messages/inbox/zoeruiz_1015/"
    ),
    f"2023_german/{INBOX}": page(NEW, german, "Teilnehmer: Zoë Ruiz und Kim Berg", "_a70e", name="h2"),
    f"2025_section/{INBOX}": page(
        ("_a6-g", *NEW[1:]), us, ENGLISH_HEAD, "_a70e", name="h2", tag="section", nest=True
    ),
    f"finnish_printed_nicely/{INBOX}": page(NEW, numeric, "Osallistujat: Zoë Ruiz ja Kim Berg", "_a70e", gap="\n   "),
    f"without_classes/{INBOX}": page(BARE, us, ENGLISH_HEAD, "", nest=True, gap="\n "),
}  # fmt: skip

if __name__ == "__main__":
    for path, text in PAGES.items():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    kinds = ["text", "empty", "media", "text", "media", "text"]
    expected = [
        {
            "sender_name": sender, "kind": kind, "text": text if kind == "text" else "",
            "files": [uri.rsplit("/", 1)[-1] for uri in uris],
            "reactions": [list(reaction) for reaction in reactions], "local": at,
        }
        for (sender, text, uris, reactions, at), kind in zip(reversed(CHAT), kinds, strict=True)
    ]  # fmt: skip
    (HERE / "expected.json").write_text(
        json.dumps(expected, ensure_ascii=False, indent=1), encoding="utf-8"
    )
