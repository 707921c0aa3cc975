"""E-mail addresses, links and IP addresses, as people type them and as apps paste them."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator

from talklikeme.privacy.findings import RedactionSettings, Span
from talklikeme.privacy.gates import may_spell_email
from talklikeme.privacy.words import NOT_AFTER, NOT_BEFORE, any_of, before

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w+%-]{1,64}(?:\.[\w+%-]{1,64}){0,8}+@"
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.(?:[A-Za-z]{2,24}|[\u0430-\u044f]{2,10})(?![0-9A-Za-z_\u00aa-\u058f-])"
)
_GLUED_AT = re.compile(r"@(?<=[\w+%-]@)[\w-]")  # seldom so in a mention
_CJK = re.compile(r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

# "name at host dot com". Signs in brackets are clear; the bare words need a host people mail from.
_SPOKEN = re.compile(
    r"(?i)(?<![\w.+-])(?P<name>[\w+-]{1,64}(?:\.[\w+-]{1,64}){0,4})"
    r"(?P<at>\s?[\[({]\s?(?:at|ät|arroba|arobase|@)\s?[\])}]\s?"
    r"|\s(?:at|ät|arobase|arroba|chiocciola|apenstaartje)\s)"
    r"(?P<host>[\w-]{1,63})"
    r"(?P<rest>(?:\s?[\[({]\s?(?:dot|punkt|punt|punto|point|ponto)\s?[\])}]\s?[\w-]{2,24}"
    r"|\s(?:dot|punkt|punt|punto|point|ponto)\s[\w-]{2,24}|\.[\w-]{2,24}){1,3})(?!\w)"
)
_SPOKEN_GATE = re.compile(
    r"(?i)[\[({]\s?(?:at|ät|arroba|arobase|@)|\s(?:at|ät|arobase|arroba|chiocciola|apenstaartje)\s"
)
_MAIL_HOSTS = set(
    any_of([
        "gmail googlemail hotmail outlook live msn yahoo ymail icloud me mac aol gmx web proton",
        "protonmail posteo mailbox freenet t-online orange free laposte sfr libero virgilio terra",
        "uol bol ziggo kpn xs4all mail yandex rambler ukr seznam wp onet o2 interia naver qq 163",
        "126 hey fastmail tutanota comcast verizon att btinternet sky",
    ]).split("|")
)  # fmt: skip
_MAIL_WORD = re.compile(r"(?i)mail|correo|courriel|adress|indirizzo|почт")
_NOT_NAMES = {"me", "us", "look", "it", "him", "her", "them", "is", "was", "am", "are", "be", "work",
              "working", "job", "meet", "here", "there", "that", "this", "up"}  # fmt: skip

_TAIL = r"[^\s<>\"'`|\\^{}“”„«»\u3000-\u303f\uff00-\uffef]"
_TOP_LEVEL = any_of([
    "com org net edu gov mil int info biz io dev app xyz online site shop blog club tech cloud",
    "de at ch fr nl be lu uk ie es pt it pl cz sk hu ro bg gr se no dk fi ee lv lt ru ua by tr",
    "us ca mx br ar cl co pe au nz jp cn kr tw hk sg in id th vn ph za ng ke eg il sa ae pk eu",
    "me to so is ly gg tv cc fm am be gl ws vc im рф example",
])  # fmt: skip
# Endings that are words, or files: with a path behind them they are links all the same.
_SAFE_ENDINGS = any_of([
    "com org net edu gov info biz io dev app xyz online shop blog example de at ch fr nl lu uk pl",
    r"cz sk hu ro bg gr dk fi ee lv lt ru ua tr mx br ar cl nz com\.au org\.au net\.au jp cn kr tw hk sg eu рф",
])  # fmt: skip
_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}"
_LINK = re.compile(
    rf"(?i)(?:(?<![a-z])(?:https?|ftp|sftp|rtsp|magnet|tg|whatsapp)://{_TAIL}+"
    rf"|(?<![\w@./-])www\.{_TAIL}{{4,}}"
    rf"|(?<![\w@.:/=+-]){_HOST}(?:{_TOP_LEVEL})(?::\d{{1,5}})?/(?!/){_TAIL}*"
    rf"|(?<![\w@.:/=+-]){_HOST}(?:{_SAFE_ENDINGS})(?![\w@-])(?!\.\w))"
)
_NOT_LINKS = {"asp.net", "vb.net", "ado.net", "socket.io", "draw.io", "e.g", "i.e"}
_MAP = re.compile(
    r"(?i)[a-z]+://(?:[^/\s]*@)?(?:maps\.google\.|(?:www\.)?google\.[a-z.]+/maps|goo\.gl/maps|maps\.app\.goo\.gl"
    r"|maps\.apple\.com|(?:www\.)?openstreetmap\.org|osm\.org|(?:www\.)?waze\.com|ul\.waze\.com"
    r"|(?:www\.)?what3words\.com|w3w\.co|yandex\.\w+/maps|(?:www\.)?bing\.com/maps|here\.com|share\.here\.com"
    r"|plus\.codes|map\.naver\.com|map\.kakao\.com|(?:uri\.)?amap\.com|2gis\.)"
)
_HOST_OF = re.compile(r"(?i)^(?:[a-z]+://)?(?:[^/@?#\s]*@)?(?:www\.)?([^/:?#\s]+)")
_CLOSERS = {")": "(", "]": "["}

_IPV4 = re.compile(
    NOT_BEFORE + r"(?<![\d][.,:])(?<!\.)(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}"
    r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\.\d)" + NOT_AFTER
)
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?![\w:])")
_VERSION = re.compile(
    r"(?i)(?:\bv|\b(?:version|ver|firmware|build|release|driver|update|section|chapter|kapitel"
    r"|abschnitt|treiber|versión|versão|версия|rev|fw|patch|ios|android|chrome|kernel)\b[^\d\n]{0,12}|[<>~!=]=\s?)$"
)
_VERSION_AFTER = re.compile(r"(?i)\s(?:build|release|version|update|firmware|patch)\b")
_HARMLESS = ("127.", "0.", "255.")  # this machine, no machine, a netmask


def find_emails(text: str, small: str) -> Iterator[Span]:
    """Yield addresses, also those spelled out to hide them; `small` is the text, folded."""
    if "@" in text and _GLUED_AT.search(text):
        for match in _EMAIL.finditer(text):
            glued = _CJK.match(match[0])
            yield Span(match.start() + (glued.end() if glued else 0), match.end(), "email")
    if may_spell_email(small) and _SPOKEN_GATE.search(text):
        for match in _SPOKEN.finditer(text):
            if _is_spoken(text, match):
                yield Span(*match.span(), "email")


def _is_spoken(text: str, match: re.Match[str]) -> bool:
    if not re.search(rf"(?i)(?:\W)(?:{_TOP_LEVEL})$", match["rest"]):
        return False
    if re.search(r"[\[({]", match["at"]):
        return True
    if match["name"].lower() in _NOT_NAMES or match["rest"].startswith("."):
        return False
    host = match["host"].lower()
    return host in _MAIL_HOSTS or bool(_MAIL_WORD.search(before(text, match.start())))


def find_links(text: str, settings: RedactionSettings) -> Iterator[Span]:
    """Yield links, without the punctuation of the sentence around them; map links are places."""
    for match in _LINK.finditer(text):
        end = _trim(text, *match.span())
        link = text[match.start() : end]
        if link.lower() in _NOT_LINKS or is_kept_host(text, match.start(), link, settings):
            continue
        yield Span(match.start(), end, "place" if _MAP.match(link) else "url")


def _trim(text: str, start: int, end: int) -> int:
    counts = Counter(text[start:end])
    while end > start:
        last = text[end - 1]
        opener = _CLOSERS.get(last, "")
        if last not in ".,!?;:…*~_。，！？；：" and not (opener and counts[opener] < counts[last]):
            break
        counts[last] -= 1
        end -= 1
    return end


def is_kept_host(text: str, start: int, link: str, settings: RedactionSettings) -> bool:
    """Whether a bare host is what an earlier redaction left of a link."""
    return settings.keep_hosts and text.endswith("<url> ", 0, start) and host_of(link) == link


def host_of(link: str) -> str:
    """The host of a link, in small letters; "" where it is a number."""
    match = _HOST_OF.match(link)
    host = match[1].lower() if match else ""
    return host if _LINK.fullmatch(host) and host not in _NOT_LINKS else ""


def find_ips(text: str) -> Iterator[Span]:
    """Yield IPv4 and IPv6 addresses, private ones too; versions and localhost are none."""
    if text.count(".") > 2:
        for match in _IPV4.finditer(text):
            is_version = _VERSION.search(before(text, match.start())) or _VERSION_AFTER.match(
                text, match.end()
            )
            if match[0].isascii() and not match[0].startswith(_HARMLESS) and not is_version:
                yield Span(*match.span(), "ip")
    if text.count(":") > 1:
        for match in _IPV6.finditer(text):
            if _is_ipv6(match[0]):
                yield Span(*match.span(), "ip")


def _is_ipv6(value: str) -> bool:
    if sum(map(bool, value.split(":"))) < 3 or not re.search(r"\d", value):
        return False
    try:
        return not ipaddress.IPv6Address(value).is_loopback
    except ValueError:
        return False
