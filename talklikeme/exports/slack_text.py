"""Slack's mrkdwn and rich text as the text that people saw (formats.md §14)."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from talklikeme.exports.loose_values import dict_of, dicts_of, text_of
from talklikeme.exports.slack_emoji import EMOJI

NameOf = Callable[[str], str]

_ENTITY = re.compile(r"<([^<>]*)>")
_SHORT_CODE = re.compile(r"(?<!\w):([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?(?!\w)")
_TONES: Final = {str(tone): chr(0x1F3FB + tone - 2) for tone in range(2, 7)}
_MOST_NESTED: Final = 20


def render_text(text: str, name_of: NameOf) -> str:
    """Mentions, links and escapes as shown; the three escapes last, `&amp;` after the others."""
    if "<" in text:
        text = _ENTITY.sub(lambda found: _render_entity(found[1], name_of), text)
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _SHORT_CODE.sub(_render_short_code, text) if ":" in text else text


def _render_entity(body: str, name_of: NameOf) -> str:
    target, _, label = body.partition("|")
    mark = target[:1]
    if mark == "@":
        return "@" + (name_of(target[1:]) or label or target[1:]).removeprefix("@")
    if mark == "#":
        return "#" + (label or target[1:]).removeprefix("#")
    if mark == "!":
        return _render_special(target[1:], label)
    return label or target.removeprefix("mailto:").removeprefix("tel:")


def _render_special(target: str, label: str) -> str:
    """<!here>, <!subteam^S1|@grp>, <!date^1700000000^{date}|14 Nov> and what may come."""
    name = target.partition("^")[0]
    if label:
        return label if name in ("date", "subteam") else "@" + label.removeprefix("@")
    return "@group" if name == "subteam" else f"@{name}"


def _render_short_code(found: re.Match[str]) -> str:
    known = EMOJI.get(found[1])
    return known + _TONES.get(found[2], "") if known else found[0]


def emoji_of(name: str) -> str:
    """A reaction's name, like "+1::skin-tone-2", as an emoji; unknown ones as a short code."""
    return _SHORT_CODE.sub(_render_short_code, f":{name}:")


def render_blocks(blocks: Any, name_of: NameOf) -> str:
    """The rich text of a message; other blocks are forms and cards by apps."""
    parts = [
        render_element(element, name_of, 0)
        for block in dicts_of(blocks)
        if block.get("type") == "rich_text"
        for element in dicts_of(block.get("elements"))
    ]
    return "\n".join(part for part in (one.strip("\n") for one in parts) if part)


def render_element(element: dict[str, Any], name_of: NameOf, depth: int) -> str:
    """A paragraph, list, quote or piece of code, with all that it holds."""
    inner = dicts_of(element.get("elements")) if depth < _MOST_NESTED else []
    if element.get("type") == "rich_text_list":
        return "\n".join(_list_items(element, inner, name_of, depth))
    if inner:
        return "".join(render_element(one, name_of, depth + 1) for one in inner)
    return _render_leaf(element, name_of)


def _list_items(
    element: dict[str, Any], inner: list[dict[str, Any]], name_of: NameOf, depth: int
) -> Iterator[str]:
    is_ordered = element.get("style") == "ordered"
    for number, item in enumerate(inner, start=1):
        bullet = f"{number}." if is_ordered else "•"
        yield f"{bullet} {render_element(item, name_of, depth + 1)}"


def _render_leaf(element: dict[str, Any], name_of: NameOf) -> str:
    kind = element.get("type")
    if kind == "user":
        user = text_of(element.get("user_id"))
        return f"@{name_of(user) or user}"
    if kind == "emoji":
        return _render_emoji(element)
    if kind == "broadcast":
        return f"@{text_of(element.get('range'))}"
    if kind == "channel":
        return f"#{text_of(element.get('channel_id'))}"
    return next(
        (text for key in ("text", "url", "fallback", "value") if (text := text_of(element.get(key)))),
        text_of(dict_of(element.get("text")).get("text")),
    )  # fmt: skip


def _render_emoji(element: dict[str, Any]) -> str:
    """Newer exports write the code points beside the name: "1f44b-1f3fb"."""
    points = text_of(element.get("unicode")).split("-")
    try:
        return "".join(chr(int(point, 16)) for point in points)
    except (ValueError, OverflowError):
        return emoji_of(text_of(element.get("name")))
