"""Writes the golden WhatsApp files: one invented chat as 18 phones would export it.

Run from the repository root: python tests/golden/whatsapp/make.py
"""

import json
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
LRM, NBSP, NNBSP = "\u200e", "\u00a0", "\u202f"
GROUP = "Lisbon: May trip"
ZOE, KIM, PHONE = "Zoë Ruiz 🌵", "Kim: work", "+49 170 1234567"


class Line(NamedTuple):
    """One message of the invented chat."""

    time: str
    author: str
    kind: str
    text: str = ""
    edited: bool = False


# No day is later than the 12th, so only the order of the lines can tell 3/2 from 2/3.
CHAT = [
    Line("2024-02-03 21:41", "", "notice"),
    Line("2024-02-03 21:41", "", "created"),
    Line("2024-02-03 21:42", KIM, "text", "hi all 👋🏽"),
    Line("2024-02-03 21:42", ZOE, "text", "one thing: who books?\n\n- flights\n2/11/19: Arrival"),
    Line("2024-02-11 00:08", PHONE, "text", "me, tomorrow 😴"),
    Line("2024-02-11 12:05", PHONE, "media"),
    Line("2024-02-11 12:05", ZOE, "text", "👨‍👩‍👧 lovely"),
    Line("2024-03-05 01:30", KIM, "deleted"),
    Line("2024-03-05 13:30", KIM, "text", "sorry: wrong chat", edited=True),
    Line("2024-03-05 13:31", ZOE, "text", "*audio omitted* is a fine band name <3 (really)"),
    Line("2024-04-02 09:00", KIM, "text", "see https://example.org/a: b"),
    Line("2024-04-02 09:00", KIM, "text", "ok"),
    Line("2024-04-02 09:00", KIM, "text", "ok"),
    Line("2024-04-02 23:59", ZOE, "text", "bom dia @\u2068Kim: work\u2069 ¿sí?"),
]


class Words(NamedTuple):
    """What WhatsApp itself writes in a language."""

    notice: str
    created: str
    android_media: str
    ios_image: str
    deleted: str
    edited: str


ENGLISH = Words(
    "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them. Tap to learn more.",
    "{} created group “{}”",
    "<Media omitted>",
    "image omitted",
    "This message was deleted",
    "<This message was edited>",
)
GERMAN = Words(
    "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen oder anhören, nicht einmal WhatsApp. Tippe, um mehr zu erfahren.",
    "{} hat die Gruppe „{}“ erstellt.",
    "<Medien ausgeschlossen>",
    "Bild weggelassen",
    "Diese Nachricht wurde gelöscht.",
    "<Diese Nachricht wurde bearbeitet.>",
)
SPANISH = Words(
    "Los mensajes y las llamadas están cifrados de extremo a extremo. Nadie fuera de este chat, ni siquiera WhatsApp, puede leerlos ni escucharlos. Toca para obtener más información.",
    "{} creó el grupo “{}”.",
    "<Multimedia omitido>",
    "imagen omitida",
    "Se eliminó este mensaje.",
    "<Se editó este mensaje.>",
)
DUTCH = Words(
    "Berichten en gesprekken worden end-to-end versleuteld. Niemand buiten deze chat kan ze lezen of beluisteren, zelfs WhatsApp niet. Tik voor meer informatie.",
    "{} heeft de groep '{}' gemaakt",
    "<Media weggelaten>",
    "afbeelding weggelaten",
    "Dit bericht is verwijderd",
    "<Dit bericht is bewerkt>",
)
SWEDISH = Words(
    "Meddelanden och samtal är totalsträckskrypterade. Ingen utanför den här chatten, inte ens WhatsApp, kan läsa eller lyssna på dem. Tryck för att läsa mer.",
    "{} skapade gruppen “{}”",
    "<Media har utelämnats>",
    "bild utelämnad",
    "Det här meddelandet raderades",
    "<Det här meddelandet redigerades>",
)
FINNISH = Words(
    "Viestit ja puhelut ovat täysin salattuja. Kukaan keskustelun ulkopuolinen, edes WhatsApp, ei voi lukea tai kuunnella niitä. Lue lisää napauttamalla.",
    "{} loi ryhmän “{}”",
    "<Media jätettiin pois>",
    "kuva jätetty pois",
    "Tämä viesti poistettiin",
    "<Tätä viestiä muokattiin>",
)


class Phone(NamedTuple):
    """How a phone of a country writes a stamp, in the letters of strftime; AM/PM in its own way."""

    words: Words
    android: str
    ios: str = ""
    markers: tuple[str, str] = ("AM", "PM")


PHONES = {
    "us": Phone(ENGLISH, f"-m/-d/%y, -I:%M{NNBSP}%p", f"-m/-d/%y, -I:%M:%S{NNBSP}%p"),
    "uk": Phone(ENGLISH, "%d/%m/%Y, %H:%M", "%d/%m/%Y, %H:%M:%S"),
    "de": Phone(GERMAN, "%d.%m.%y, %H:%M", "%d.%m.%y, %H:%M:%S"),
    "es": Phone(SPANISH, "-d/-m/%y, -H:%M", "-d/-m/%y, -H:%M:%S"),
    "mx": Phone(
        SPANISH,
        "%d/%m/%Y, %I:%M %p",
        "-d/%m/%y, -I:%M:%S %p",
        (f"a.{NBSP}m.", f"p.{NBSP}m."),
    ),
    "nl": Phone(DUTCH, "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"),
    "se": Phone(SWEDISH, "%Y-%m-%d %H:%M"),
    "za": Phone(ENGLISH, "%Y/%m/%d, %H:%M"),
    "fi": Phone(FINNISH, "-d.-m.%Y klo -H.%M", "-d.-m.%Y klo -H.%M.%S"),
    "in": Phone(ENGLISH, f"%d/%m/%y, -I:%M{NNBSP}%p", f"%d/%m/%y, -I:%M:%S{NNBSP}%p", ("am", "pm")),
}


def render_stamp(time: datetime, pattern: str, markers: tuple[str, str]) -> str:
    """Like strftime on every platform; "-d" is the day without its zero."""
    values = {
        "d": time.day, "m": time.month, "H": time.hour, "I": time.hour % 12 or 12,
        "M": time.minute, "S": time.second, "y": time.year % 100, "Y": time.year,
    }  # fmt: skip
    for letter, value in values.items():
        pattern = pattern.replace(f"%{letter}", f"{value:02}").replace(f"-{letter}", str(value))
    return pattern.replace("%p", markers[time.hour >= 12])


def android_line(line: Line, words: Words) -> str:
    """What follows the dash."""
    if not line.author:
        return {"notice": words.notice, "created": words.created.format(KIM, GROUP)}[line.kind]
    body = {"media": words.android_media, "deleted": words.deleted}.get(line.kind, line.text)
    return f"{line.author}: {body}" + (f" {LRM}{words.edited}" if line.edited else "")


def ios_line(line: Line, words: Words) -> str:
    """What follows the bracket: notices have an author, and the app's own words a mark."""
    if not line.author:
        author = {"notice": GROUP, "created": KIM}[line.kind]
        return f"{author}: {LRM}{android_line(line, words)}"
    author = f"\u202a{PHONE.replace(' ', NBSP)}\u202c" if line.author == PHONE else line.author
    body = {"media": LRM + words.ios_image, "deleted": LRM + words.deleted}.get(
        line.kind, line.text
    )
    return f"{author}: {body}" + (f" {LRM}{words.edited}" if line.edited else "")


def render_android(phone: Phone) -> str:
    """The whole file of an Android phone."""
    lines = []
    for line in CHAT:
        stamp = render_stamp(datetime.fromisoformat(line.time), phone.android, phone.markers)
        lines.append(f"{stamp} - {android_line(line, phone.words)}\n")
    return "".join(lines)


def render_ios(phone: Phone) -> str:
    """The whole file of an iPhone, with the byte order mark and the line ends of recent ones."""
    lines = ["\ufeff"]
    for second, line in enumerate(CHAT):
        time = datetime.fromisoformat(line.time).replace(second=second)
        stamp = render_stamp(time, phone.ios, phone.markers)
        mark = "" if line.author and line.kind == "text" else LRM
        lines.append(f"{mark}[{stamp}] {ios_line(line, phone.words)}\r\n")
    return "".join(lines)


def expected() -> list[dict[str, object]]:
    """What every one of the files says."""
    return [
        {
            "minute": line.time,
            "author": line.author,
            "kind": "system" if not line.author else line.kind,
            "text": line.text.replace("\u2068", "").replace("\u2069", ""),
            "edited": line.edited,
        }
        for line in CHAT
    ]


def main() -> None:
    """Write all files."""
    for country, phone in PHONES.items():
        (FOLDER / f"android_{country}.txt").write_text(
            render_android(phone), encoding="utf-8", newline=""
        )
        if phone.ios and country not in {"se", "za"}:
            (FOLDER / f"ios_{country}.txt").write_text(
                render_ios(phone), encoding="utf-8", newline=""
            )
    text = json.dumps(expected(), ensure_ascii=False, indent=1) + "\n"
    (FOLDER / "expected.json").write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
