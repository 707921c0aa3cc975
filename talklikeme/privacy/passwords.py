"""Passwords, PINs and one-time codes: what stands beside their usual words.

A password may be any word, so after "is" it counts unless it says how the password is ("wrong");
a code must have digits. Keys of a shape of their own (AWS, GitHub, JWT) need no word.
"""

import re
from collections.abc import Iterator

from talklikeme.privacy.findings import Span
from talklikeme.privacy.words import any_of

_PASS = any_of([
    r"pass(?:word|wd|phrase) pw pwd psw passwort kennwort passw(?:ö|oe)rter contrase(?:ñ|n)a senha",
    r"wachtwoord has[lł]o l(?:ö|oe?)senord(?:et)? adgangskode(?:n)? kodeord(?:et)? passord(?:et)? salasana",
    r"[sş]ifre(?:si|m|miz|niz)? parola пароль heslo jelsz[oó] parol[aă] clave schlüssel wlan-schlüssel",
    r"wlan-passwort wlan-schlüssel wifi-passwort mdp κωδικός sandi",
])  # fmt: skip
_PASS_PHRASES = r"mot de passe|palavra[- ]passe|kata sandi|kata laluan|mật khẩu|كلمة السر|كلمة المرور|ה?סיסמה|पासवर्ड"
_CODE = any_of([
    r"\w{0,12}pass-?codes? \w{0,16}code(?:'s|s)? pins? \w{0,12}pin otp 2fa tan puk (?:karten)?prüfnummer cvv2? cvc2? geheimzahl",
    r"c[oó]digos? codice cod digicode \w{0,8}kode?(?:n|en|unuz|u|em)? koodi tunnusluku",
    r"код пин пін kod(?:e|en|unuz)? mã رمز קוד कोड",
])  # fmt: skip
_KEY = re.compile(
    rf"(?i)(?<![\w@#])(?:(?P<pass>(?:{_PASS_PHRASES}|{_PASS})(?:'s)?)|(?P<code>{_CODE}))(?![\w@])"
)
_BARE_PASS = re.compile(r"(?i)(?<!\w)(?P<pass>pass)(?=\s?[:=])")
_NOT_CODES = re.compile(
    r"(?i)(?:area|zip|post|postal|country|error|exit|status|dress|qr|bar|promo|discount|source|morse"
    r"|colou?r|http|product|return|sort|vor|fehler|quell|farb|rabatt|gutschein|coupon|voucher|uni|en|de"
    r"|geo|swift|bic|airport|dial(?:l?ing)?|line|steuer|booking|buchungs|hex|lines of|write|wrote|writing)[\s-]?$"
)
_NOT_CODES_AFTER = re.compile(
    r"(?i)\s*(?:postal|review|geass|red|civil|barres|fiscal\w*|penal|promo\w*)\b"
)

_TOKEN = re.compile(
    r"\s*([:=：]|->|→|[-–](?=\s)|\"[^\"\n]{2,40}\"|“[^”\n]{2,40}”|[^\s:=：][^\s：]*)"
)
_IS = set(
    any_of([
        "is are it's ist lautet war sind es son está est c'est é è era are is: zijn to jest är er on",
        "är: je это είναι היא הוא هي هو là adalah yaitu now jetzt",
    ]).split("|")
)  # fmt: skip
_FILLERS = set(
    any_of([
        "for of the to my our your new this that at on wifi wi-fi wlan wi-fi's netflix email laptop door",
        "für vom von zum zur fürs der die das den dem unser mein neue del de la el do da dos du des le il",
        "al per van voor het till från od do от від для на к a am im in otp домофона вайфаю подъезда",
        "verification vérification verificación verificação verifica one-time login security",
        "wifi's pentru na k haslo",
    ]).split("|")
)  # fmt: skip
_HOW_IT_IS = set(
    any_of([
        "wrong correct right incorrect different same expired weak strong required case too not the a an",
        "my your our on in written saved stored still changed reset invalid always very so hard easy",
        "secret protected long short old new gone lost needed missing safe good bad ok fine working what",
        "there here unknown again just also only empty hidden encrypted forgotten forgot sensitive please",
        "falsch richtig weg abgelaufen vergessen nicht zu immer noch gleich das der die dasselbe sicher",
        "unsicher schwach geheim neu alt lang kurz geändert nötig ungültig mal echt so ganz",
        "faux bon mauvais incorrect oublié trop pas le la expiré changé perdu toujours",
        "mal incorrecta correcta la el muy igual falsa errada incorreta certa a o muito mesma sbagliata",
        "giusta la non sempre fout verkeerd goed niet vergeten hetzelfde te altijd weg fel galt forkert",
        "väärin yanlış doğru неверный неправильный не тот верный złe nie dobre špatně nem rossz greșită",
    ]).split("|")
)  # fmt: skip
_SYMBOL_INSIDE = re.compile(r"\w[^\w\s.,'’:;/?…\-]+\w")
# "The password has changed: …": words of any kind between, so the value must look the part.
_LATER_VALUE = re.compile(
    r"[^\n:=]{1,40}[:=]\s?(?P<value>(?=\S*\d)(?=\S*[^\W\d_])[^\s/<>]{5,40})(?!\S)"
)
_CODE_VALUE = re.compile(r"[A-Za-z]{0,2}-?(?P<code>\d[\w-]{1,9}[#*]?|[A-Z]{1,3}\d[\w-]{2,8})(?!\w)")
_SECOND_HALF = re.compile(r"[ -](\d{3})(?![\w.,:-]\d|\w)")
_CARD_CODE = re.compile(r"(?i)(?:cvv2?|cvc2?|prüfnummer)[ :=]*$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT_AFTER = re.compile(
    r"(?i)\s*(?:%|€|\$|lines?|people|times|hours?|min|mal|euro|uhr|o'clock|am\b|pm\b|days?|km)"
)
_STEPS = 6

_REVERSED = re.compile(
    r"(?i)(?<![\w.,:-])(?:G-)?(?P<code>\d{3}[ -]?\d{1,5})\s(?:is|ist|es|est|è|é|är|er|to|as|als|como|comme"
    r"|—|-)\s(?:your|you|dein\w*|ihr\w*|tu|su|votre|ton|il tuo|seu|je|jouw|uw|din|ditt|twój|the|a)?"
    r"[^\n\d]{0,40}?(?:code|password|passcode|pin|kod|kode|código|codice|otp|passwort)(?!\w)"
)
_CJK = re.compile(
    r"(?P<pass>密码|密碼|パスワード|비밀번호|암호)|(?P<code>验证码|驗證碼|认证码|暗証番号|認証コード|確認コード|認証番号|인증번호|인증 ?코드)"
)
_CJK_VALUE = re.compile(r"[\s:：是は為为는은이가=]{0,4}(?P<value>[!-~]{3,40})")
_SHAPES = re.compile(
    r"(?<![\w-])(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,90}|xox[abp]-[\w-]{10,80}"
    r"|sk-[A-Za-z0-9_-]{20,200}|AIza[\w-]{35}|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000})(?![\w-])"
)
_SHAPES_GATE = re.compile(r"AKIA|gh[pousr]_|github_pat|xox[abp]-|sk-|AIza|eyJ")


def find_secrets(text: str) -> Iterator[Span]:
    """Yield the values, never the words that announce them; gates.may_have_secret comes before."""
    if _SHAPES_GATE.search(text):
        yield from (Span(*match.span(), "secret") for match in _SHAPES.finditer(text))
    for pattern in (_KEY, _BARE_PASS):
        for key in pattern.finditer(text):
            spans = list(_after_key(text, key))
            yield from spans or _later(text, key)
    for match in _REVERSED.finditer(text):
        yield Span(*match.span("code"), "secret")
    for key in _CJK.finditer(text):
        yield from _after_cjk_key(text, key)


def _after_key(text: str, key: re.Match[str]) -> Iterator[Span]:
    is_code = key["pass"] is None if "pass" in key.groupdict() else False
    if is_code and (_NOT_CODES.search(text[max(0, key.start() - 12) : key.start()] + _stem(key[0]))
                    or _NOT_CODES_AFTER.match(text, key.end())):  # fmt: skip
        return
    at, link, may_name = key.end(), "", False
    for step in range(_STEPS):
        token = _TOKEN.match(text, at)
        if token is None or "\n" in token[0]:
            return
        word = token[1]
        if word in {":", "=", "：", "->", "→", "-", "–"}:
            link = "sign"
        elif word.lower() in _IS and not link:
            link = "is"
        elif word[-1] in ":=" and word[:-1].lower() in _FILLERS | _IS:
            link = "sign"
        else:
            span = _value(text, token.start(1), word, is_code, link, step)
            if span:
                yield span
            is_filler = word.lower() in _FILLERS
            if span or link or not (is_filler or may_name):
                return
            may_name = is_filler  # "the code of the gate is": one word that is not listed
        at = token.end()


def _later(text: str, key: re.Match[str]) -> Iterator[Span]:
    match = _LATER_VALUE.match(text, key.end()) if key["pass"] else None
    if match:
        value = match["value"].rstrip(".,;:)?\"'…")
        yield Span(match.start("value"), match.start("value") + len(value), "secret")


def _stem(key: str) -> str:
    """The part of a compound before "code": "Fehler" of "Fehlercode"."""
    return re.sub(r"(?i)(?:code|kode?|pin)\w*$", "", key)


def _value(text: str, start: int, word: str, is_code: bool, link: str, step: int) -> Span | None:
    if word[0] in '"“' and link and len(word) > 3:
        return Span(start + 1, start + len(word) - 1, "secret")
    if is_code:
        return _code_value(text, start, link, step)
    value = word.rstrip(".,;:)?\"'…").removeprefix('"')
    if _is_password(value, link) and not value.startswith("<"):
        return Span(start, start + len(value), "secret")
    return None


def _is_password(value: str, link: str) -> bool:
    if len(value) < 3 or value.lower().rstrip("!") in _HOW_IT_IS | _FILLERS | _IS:
        return False
    has_digit = any(map(str.isdigit, value))
    if link == "sign":
        return True
    if has_digit and (any(map(str.isalpha, value)) or len(value) >= 4):
        return bool(link) or not _YEAR.fullmatch(value)
    return bool(_SYMBOL_INSIDE.search(value))


def _code_value(text: str, start: int, link: str, step: int) -> Span | None:
    match = _CODE_VALUE.match(text, start)
    if match is None or _UNIT_AFTER.match(text, match.end()):
        return None
    begin, end = match.span("code")
    second = _SECOND_HALF.match(text, end)
    if second and end - begin == 3:
        end = second.end()
    digits = sum(map(str.isdigit, text[begin:end]))
    fewest = 3 if link or _CARD_CODE.search(text[max(0, start - 14) : start]) else 4
    is_year = not link and step > 0 and _YEAR.fullmatch(text[begin:end])
    return Span(begin, end, "secret") if digits >= fewest and not is_year else None


def _after_cjk_key(text: str, key: re.Match[str]) -> Iterator[Span]:
    match = _CJK_VALUE.match(text, key.end())
    if match is None or match["value"].startswith("<"):
        return
    value = match["value"].rstrip(".,;:)?\"'")
    if key["code"] and not re.fullmatch(r"(?=.*\d{3})[\w-]{3,10}", value):
        return
    if len(value) >= 3:
        yield Span(match.start("value"), match.start("value") + len(value), "secret")
