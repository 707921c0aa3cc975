"""Cheap tests that say, for most texts, that a detector would find nothing in them.

Each is a necessary condition of what its detector finds, never a sufficient one: it may let too
much pass, which costs time, but hold nothing back, which would cost a secret. The patterns look
at `folded` text, for one without (?i) is several times faster; a new word belongs here too.
"""

import re

# What (?i) takes for another letter, beyond what lower() does; and İ, which lower() makes two.
_ODD = str.maketrans("İıſµϰϐϑϕϖϱϵᲀᲁᲂᲃᲄᲅᲆᲇᲈ", "iisμκβθφπρεвдосттъѣꙋ")
_ANY_ODD = re.compile(f"[{''.join(map(chr, _ODD))}]")

# Letters and the punctuation of sentences; a dot or "!" only where no word is glued to it.
_PLAIN_RUN = r"[a-zA-ZÀ-ÖØ-öø-ÿ\s,;?'’…]*+"
_PLAIN = re.compile(rf"{_PLAIN_RUN}(?:[.!]+(?!\w){_PLAIN_RUN})*+")

_DOT_WORD = re.compile(r"dot|p(?:un[kt]|oint|onto)")
_AT_IN_BRACKETS = re.compile(r"[\[({]\s?[@aä]")
_DOT_IN_WORD = re.compile(r"\.(?<=\w\.)[^\W\d_]")

_PASS = (
    r"p(?:ass|s?w|aro)|s(?:enh|alas|ifr|andi|lo(?<=[ae]slo))|loe?sen|lalu|c(?:ontra|lave)|wacht|mdp"
    r"|k(?:enn|od)|jelsz"
)
_CODE = r"|tan(?!\w)|tunn|c(?:od|v[cv])|p(?:ins?(?!\w)|uk)|tp(?<=otp)|fa(?<=2fa)|zahl|kood"
_FOREIGN = (
    r"|prüfn|hasł|lösen|şifre|паро|код|п[иі]н|schlüs|mật|mã|cód|κωδ|كلم|رمز|סיסמ|קוד|पास|कोड"
    r"|[密验驗証认認暗確パ비암인]"
)
_PASS_WORD = re.compile(_PASS)
_SECRET_WORD = re.compile(_PASS + _CODE)
_SECRET_WORD_ANYWHERE = re.compile(_PASS + _CODE + _FOREIGN)
_VALUE_SIGN = re.compile(r"[:=>\"-]|\w[^\w\s.,':;/?-]+\w")
_KEY_SHAPE = re.compile(r"AKIA|gh[pousr]_|github_pat|xox[abp]-|sk-|AIza|eyJ")


def folded(text: str) -> str:
    """The text in small letters, letter by letter, as (?i) compares them."""
    if text.isascii() or not _ANY_ODD.search(text):  # translate() is slow
        return text.lower()
    return text.translate(_ODD).lower()


def is_plain(text: str) -> bool:
    """Whether a text is words and sentences only: no digit, no sign that links or separates."""
    return _PLAIN.fullmatch(text) is not None and "AKIA" not in text and "AIza" not in text


def may_spell_email(small: str) -> bool:
    """Whether a folded text has what a spelled-out address needs."""
    if _DOT_WORD.search(small):
        return True
    return "." in small and _AT_IN_BRACKETS.search(small) is not None


def may_have_link(text: str) -> bool:
    """Whether there is a scheme, or a dot between letters."""
    return "://" in text or ("." in text and _DOT_IN_WORD.search(text) is not None)


def may_have_secret(text: str, small: str, has_digit: bool) -> bool:
    """Whether there is a word that announces a secret, and anything that could be its value."""
    if ("-" in text or "_" in text or "AKIA" in text or "AIza" in text) and _KEY_SHAPE.search(text):
        return True
    if not text.isascii():
        return _SECRET_WORD_ANYWHERE.search(small) is not None
    if has_digit or '"' in text:  # a code is in digits or in quotes
        return _SECRET_WORD.search(small) is not None
    return _PASS_WORD.search(small) is not None and _VALUE_SIGN.search(text) is not None
