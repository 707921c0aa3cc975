"""Numbers that states give to people. `python-stdnum` knows the checksums of most of them.

Formats that are mere digits count only after a word that names them; those with a checksum and a
shape of their own (an Italian codice fiscale, a Finnish hetu) count anywhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from talklikeme.privacy.checks import accepts
from talklikeme.privacy.findings import Span
from talklikeme.privacy.gates import folded
from talklikeme.privacy.words import NOT_AFTER, NOT_BEFORE, before

_GATE = re.compile(r"\d(?:[^\d\n]{0,6}\d){3}")
_ANY = r"[ .\-]?"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one kind of number looks like, who checks it, and which words must stand before it."""

    spelling: str
    pattern: re.Pattern[str]
    checker: str
    words: str
    context: re.Pattern[str] | None


def _spelled(pattern: str) -> re.Pattern[str]:
    return re.compile(NOT_BEFORE + r"(?<![\d][.,/-])(?:" + pattern + ")" + NOT_AFTER)


def _rule(pattern: str, checker: str = "", context: str = "") -> _Rule:
    words = re.compile(rf"(?i)(?<![^\W_])(?:{context})") if context else None
    return _Rule(pattern, _spelled(pattern), checker, context, words)


_RULES = (
    # Shapes of their own
    _rule(r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    _rule(r"9\d\d-\d{2}-\d{4}", "us.itin"),
    _rule(r"(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])( ?)\d{2}\1\d{2}\1\d{2}\1[A-D]"),
    _rule(r"\d{2}(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[A-Z]\d{3}"),  # German pension
    _rule(r"[12][ .]?\d{2}[ .]?\d{2}[ .]?[\dAB]{2}[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}", "fr.nir"),
    _rule(r"\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Za-z]", "es.dni"),
    _rule(r"[XYZxyz]-?\d{7}-?[A-Za-z]", "es.nie"),
    _rule(r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]", "it.codicefiscale"),
    _rule(r"\d{2}\.\d{2}\.\d{2}[ -]\d{3}[.-]\d{2}", "be.nn"),
    _rule(r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    _rule(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", "fi.hetu"),
    _rule(r"\d{6}-\d{4}", "dk.cpr"),
    _rule(r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    _rule(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", "cl.rut"),
    _rule(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
    _rule(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", "in_.pan"),
    _rule(r"\d{17}[\dXx]", "cn.ric"),
    _rule(r"\d{6}-\d{7}", "kr.rrn"),
    _rule(r"\d{6}-\d{2}-\d{4}", "my.nric"),
    _rule(r"\d-\d{4}-\d{5}-\d{2}-\d", "th.pin"),
    _rule(r"\d{6}/\d{4}", "cz.rc"),
    _rule(r"756\.?\d{4}\.?\d{4}\.?\d{2}", "ch.ssn"),
    # Digits that need a word
    _rule(r"\d{3}[ -]?\d{2}[ -]?\d{4}", "us.ssn", r"ssn|social sec"),
    _rule(r"\d{3} ?\d{3} ?\d{4}", "gb.nhs", r"nhs\b"),
    _rule(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "de.idnr", r"steuer|id-?nr|tin\b"),
    _rule(r"[A-Z0-9]{9,10}", "", r"(?:personal)?ausweis\w*|perso\b"),
    _rule(rf"\d{{3,4}}{_ANY}\d{{2}}{_ANY}\d{{3}}", "nl.bsn", r"bsn|burgerservice|sofi"),
    _rule(r"\d{11}", "be.nn", r"rijksregister|registre national|num[eé]ro national|nn\b|insz|niss"),
    _rule(r"\d{11}", "pl.pesel", r"pesel"),
    _rule(r"(?:19|20)?\d{6}[ -]?\d{4}", "se.personnummer", r"person|pnr"),
    _rule(r"\d{6}[ -]?\d{4}", "dk.cpr", r"cpr|person"),
    _rule(r"\d{6} ?\d{5}", "no.fodselsnummer", r"f[øo]dsels|person|fnr"),
    _rule(r"\d{11}", "ee.ik", r"isikukood|asmens|ik\b"),
    _rule(r"\d{6}-?\d{5}", "", r"personas kods"),
    _rule(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", "br.cpf", r"cpf"),
    _rule(r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK]", "cl.rut", r"rut\b|run\b"),
    _rule(r"\d{1,2}\.?\d{3}\.?\d{3}", "ar.dni", r"dni|documento"),
    _rule(r"\d{1,3}(?:\.?\d{3}){2,3}", "", r"c[eé]dula|cc\b"),
    _rule(r"\d{4}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar", r"a?adhaa?r|uid\b"),
    _rule(r"\d{16}", "id.nik", r"nik\b|ktp"),
    _rule(r"\d{4}[ -]?\d{4}[ -]?\d{4}", "jp.in_", r"マイナンバー|個人番号|my number"),
    _rule(r"\d{13}", "th.pin", r"บัตร|thai id|id"),
    _rule(r"\d{12}", "my.nric", r"ic\b|nric|mykad"),
    _rule(r"\d{6} ?\d{4} ?\d{3}", "za.idnr", r"id\b|rsa id"),
    _rule(r"\d{11}", "tr.tckimlik", r"t\.?c\.?\b|kimlik|tckn"),
    _rule(r"\d{12}", "ru.inn", r"инн|inn\b"),
    _rule(r"\d{3}-?\d{3}-?\d{3}[ -]?\d{2}", "", r"снилс|snils"),
    _rule(r"\d{2} ?\d{2} ?\d{6}", "", r"паспорт"),
    _rule(r"\d{10}", "ua.rntrc", r"інн|іпн|рнокпп|ипн"),
    _rule(r"\d{13}", "ro.cnp", r"cnp|buletin"),
    _rule(r"\d{10}", "bg.egn", r"егн|egn"),
    _rule(r"\d{9,10}", "cz.rc", r"rodn|rč\b|rc\b"),
    _rule(r"(?:HR ?)?\d{11}", "hr.oib", r"oib"),
    _rule(r"\d{11}", "gr.amka", r"αμκα|amka"),
    _rule(r"\d{7}[A-Za-z]{1,2}", "ie.pps", r"pps"),
    _rule(r"\d{3} ?\d{3} ?\d{3}", "pt.nif", r"nif|contribuinte"),
    _rule(r"\d{4} ?\d{6}", "at.vnr", r"sv(?:nr)?\b|sozialvers|versicherungs"),
    _rule(r"\d{3} ?\d{3} ?\d{2,3}", "au.tfn", r"tfn|tax file"),
    _rule(r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin", r"sin\b|nas\b|social ins"),
    _rule(r"\d{2,3}-?\d{3}-?\d{3}", "nz.ird", r"ird\b"),
    _rule(r"\d{8}-?\d", "il.idnr", r"ת\.?ז|תעודת זהות|teudat"),
    _rule(
        r"(?=[A-Z]*\d+[A-Z]*\d)[A-Z0-9]{7,9}", "",
        r"passports?\b|pass ?nr|reisepass\w*|pasaporte|passeport|passaporto?|paspoort\w*|paszport\w*"
        r"|护照|パスポート|여권|pasaport",
    ),
)  # fmt: skip


_WITH_SHAPE = tuple(rule for rule in _RULES if rule.context is None)
_WITH_WORD = tuple(rule for rule in _RULES if rule.context)
# One search each that says, for most texts, that none of the rules has anything in it.
_ANY_SHAPE = _spelled(
    "|".join(rule.spelling.replace("( ?)", " ?").replace(r"\1", " ?") for rule in _WITH_SHAPE)
)
_ANY_WORD = re.compile(r"(?<![^\W_])(?:" + "|".join(rule.words for rule in _WITH_WORD) + ")")


def find_ids(text: str) -> Iterator[Span]:
    """Yield national ids, tax and social security numbers, passport numbers."""
    if not _GATE.search(text):
        return
    if _ANY_SHAPE.search(text):
        yield from _find_by(_WITH_SHAPE, text)
    if _ANY_WORD.search(folded(text)):
        yield from _find_by(_WITH_WORD, text)


def _find_by(rules: Iterable[_Rule], text: str) -> Iterator[Span]:
    for rule in rules:
        if rule.context and not rule.context.search(text):
            continue
        for match in rule.pattern.finditer(text):
            if _holds(rule, text, match):
                yield Span(*match.span(), "id")


def _holds(rule: _Rule, text: str, match: re.Match[str]) -> bool:
    if not match[0].isascii() or sum(map(str.isdigit, match[0])) < 4:
        return False
    if rule.context and not rule.context.search(before(text, match.start())):
        return False
    return not rule.checker or accepts(_checker(rule.checker), match[0].replace(" ", ""))


def _checker(name: str) -> Callable[[str], Any]:
    """A checker of python-stdnum, loaded when first needed: most chats need few."""
    is_valid: Callable[[str], Any] = import_module(f"stdnum.{name}").is_valid
    return is_valid
