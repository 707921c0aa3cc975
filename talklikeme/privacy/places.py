"""Street addresses in the notations of DE, EN, FR, ES, NL, IT and PT, postcodes, coordinates.

A rule sees a street with its number, and what follows it up to the town. A street without a
number, and a town by itself, stay.
"""

import re
from collections.abc import Iterator

from talklikeme.privacy.findings import Span
from talklikeme.privacy.gates import folded
from talklikeme.privacy.words import any_of, before

_CAP = r"[A-ZÀ-ÖØ-ÞŒŠŽ]"
_TOWN = rf"{_CAP}[\w'’.-]*\w(?:[ -](?:(?:am|an der|sur|sous|de|la|del|upon|the|do) )?{_CAP}[\w'’-]+){{0,3}}"
_TOWN_AT_END = rf"{_TOWN}(?=\s*(?:$|[.,!?;)\n]))"
_UNIT = (
    r"(?!\s?(?:%|€|\$|km\b|min|uhr\b|std|stunden|euro|mal\b|mètres|minut|hours?\b|times\b|veces|"
    r"m\b|x\b|tage?\b|jahre|days?\b|dinge|punkte|leute|personen|volte|minuti))"
)
_NUMBER = r"\d{1,4}[a-zA-Z]?(?:\s?[-–/]\s?\d{1,4}[a-z]?)?(?![\w:])(?![.,]\d)"

_EN_SUFFIX = any_of([
    r"street st avenue ave road rd boulevard blvd drive dr lane ln court ct place pl terrace square sq",
    r"highway hwy parkway pkwy way close crescent cres circle cir trail gardens grove mews row walk",
])  # fmt: skip
_EN_SMALL = r"street|st|avenue|ave|road|rd|boulevard|blvd|drive|lane|ln|terrace"
_UK_POST = r"(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})"
_CA_POST = r"(?:[A-Z]\d[A-Z] ?\d[A-Z]\d)"
_STATE = r"[A-Z]{2,3}"
_EN_NOT = (
    r"(?!(?i:" + any_of([
        r"minutes? mins? hours? hrs? days? weeks? months? years? people times? more of the a in on and to",
        r"way lane miles? km blocks? men cars? guys? bedroom trains? good great nice big long small house",
        r"houses first last other different is at from by car or down up st road street",
    ]) + r")\b)"
)  # fmt: skip
_ENGLISH = (
    r"(?<![\w.,:/$£€#-])(?:(?i:flat|apt|unit|apartment)\.? \w{1,4}, ?)?\d{1,5}[A-Za-z]?(?:-\d{1,5})? "
    rf"(?:(?:[NSEW]\.? )?(?:{_EN_NOT}(?:{_CAP}[\w'’.-]*|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?i:{_EN_SUFFIX})"
    rf"|(?:{_EN_NOT}[a-z']{{2,}} ){{1,2}}?(?i:{_EN_SMALL}))(?![\w'’-])\.?(?: (?:NW|NE|SW|SE|N|S|E|W)\b)?"
    r"(?:,? (?i:apt|apartment|unit|suite|ste|floor|fl|#)\.? ?#?\w{1,5})?"
    rf"(?:,? {_UK_POST}|,? {_TOWN},? {_UK_POST}|,? {_TOWN}(?:,? {_STATE})?,? {_CA_POST}"
    rf"|,? {_TOWN},? {_STATE},? \d{{4,5}}(?:-\d{{4}})?|, {_TOWN}, {_STATE}(?!\w)|, {_TOWN_AT_END})?"
)

_DE_TAIL = rf"(?:,? (?:D-|A-|CH-)?\d{{4,5}} {_TOWN})"
_DE_END = r"(?:straße|strasse|str\.|str|gasse|allee|platz|weg|damm|ufer|chaussee|promenade|steig|ring|markt)"
_DE_WORD = "(?:Straße|Strasse|Str\\.|Allee|Platz|Weg|Gasse|Damm|Ufer|Ring|Chaussee)"
_DE_NOT = (
    r"(?!(?i:" + any_of([
        r"heimweg rückweg hinweg arbeitsweg schulweg umweg fahrtweg parkplatz tabellenplatz spielplatz",
        r"sitzplatz arbeitsplatz stellplatz flugplatz sportplatz startplatz ausweg vorweg unterweg",
        r"fußweg radweg weihnachtsmarkt supermarkt flohmarkt baumarkt stehplatz listenplatz podestplatz",
        r"onderweg bijweg feldweg hering hering autobahnring",
    ]) + r")\b)"
)  # fmt: skip
_GERMAN = (
    rf"(?<![\w-]){_DE_NOT}(?:(?i:[a-zäöüß]{{3,}}(?:-[a-zäöüß]{{2,}}){{0,3}}-?{_DE_END})"
    rf"|{_CAP}[\w-]{{2,}} {_DE_WORD})"
    rf" ?{_NUMBER}{_UNIT}{_DE_TAIL}?"
)
_GERMAN_LOOSE = (
    r"(?<![\w-])(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Unter den|Zum|Zur|Alte[rn]?|Neue[rn]?|Hinter der)"
    rf" {_CAP}[\w-]+(?: {_CAP}[\w-]+)? {_NUMBER}{_DE_TAIL}"
)
_NL_END = "(?:straat|laan|gracht|kade|dijk|singel|plein|weg|steeg|hof)"
_DUTCH = (
    rf"(?<![\w-])(?!(?i:onderweg|halfweg)\b)(?i:[a-z]{{3,}}{_NL_END})"
    rf" {_NUMBER}{_UNIT}(?:,? \d{{4}} ?[A-Z]{{2}}\b(?: {_TOWN})?)?"
)
_ARTICLE = (
    r"(?:(?i:de las|de los|de la|de l['’]|della|delle|dello|dei|degli|dell['’]|del|des|du|das|dos|da|do|de|di|d['’]"
    r"|le|la|les|van de|van)(?:(?<=['’])| ))?"
)
_NAME = rf"{_CAP}[\w'’.-]*(?: (?:(?:de|la|del|di|da|et|y|e) )?{_CAP}[\w'’.-]*){{0,4}}"
_FRENCH_KIND = r"(?i:rue|avenue|av\.?|boulevard|bd|bld|place|chemin|allée|impasse|quai|cours|route|square|passage)"
_POST_TOWN = rf"(?:,? (?:\d{{5}}(?:-\d{{3}})?|\d{{4}}(?:-\d{{3}})?) {_TOWN})"
_FRENCH = (
    rf"(?<![\w.,:/-])\d{{1,4}}(?: ?(?:bis|ter|quater)\b)?,? {_FRENCH_KIND} {_ARTICLE}(?:{_NAME}|(?<=[ '’])[a-zà-ÿ]{{4,}})"
    rf"{_POST_TOWN}?"
)
_ROMANCE_KIND = (
    r"(?:(?i:rue|avenue|boulevard|chaussée|calle|avenida|avda\.?|av\.|plaza|pza\.?|paseo|carrer|camino|ronda|calzada"
    r"|via|viale|piazza|corso|vicolo|rua|travessa|praça|estrada|alameda|largo) |[Cc]/ ?)"
)
_ROMANCE = (
    rf"(?<!\w){_ROMANCE_KIND}{_ARTICLE}{_NAME},? (?:n[º°.o]\.? ?)?{_NUMBER}{_UNIT}"
    rf"(?:, \d{{1,2}} ?[ºªo°](?: ?[A-Z]\b)?)?(?:{_POST_TOWN}|, {_TOWN_AT_END})?"
)
_STATES = any_of([
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND",
    "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC",
])  # fmt: skip
_STREETS = (re.compile(_ENGLISH), re.compile(_GERMAN_LOOSE), re.compile(_FRENCH))
_STREETS_BEFORE_NUMBER = (re.compile(_GERMAN), re.compile(_DUTCH))
_ROMANCE_STREETS = (re.compile(_ROMANCE),)
_POSTCODES = (
    re.compile(rf"(?<![\w-]){_UK_POST}(?!\w)"),
    re.compile(r"(?<![\w-])[A-CEGHJ-NPR-TVXY]\d[A-Z] \d[A-Z]\d(?!\w)"),
)
_US_TOWN = re.compile(rf"(?<!\w){_TOWN}, (?:{_STATES}) \d{{5}}(?:-\d{{4}})?(?!\w)")
# What each of the patterns that take long must have in it, to be looked for in folded text.
_STREET_NUMBER = re.compile(
    r"(?:s(?:traße|trasse|tr\.?|traat|ingel|teeg|teig)|gasse|allee|pl(?:atz|ein)|weg|damm|ufer|chaussee"
    r"|promenade|ring|markt|laan|gracht|kade|dijk|hof) ?\d"
)
_ROMANCE_STREET = re.compile(
    r"(?:rue|a(?:venue|venida|vda\.?|v\.|lameda)|boulevard|c(?:haussée|alle|arrer|amino|alzada|orso)"
    r"|p(?:laza|za\.?|aseo|iazza|raça)|ronda|v(?:ia(?:le)?|icolo)|rua|travessa|estrada|largo) |c/"
)
_POSTCODE_PART = re.compile(r"\d(?=[A-Z])")
_LONG_NUMBER = re.compile(r"\d{4}")
_NL_POST = re.compile(r"(?<!\w)\d{4} ?[A-Z]{2}(?!\w)")
_POST_WORD = re.compile(r"(?i)(?:postcode|post code)\b[^\d\n]{0,8}$")
_PLZ = re.compile(
    rf"(?i:\b(?:plz|postleitzahl|code postal|código postal|cap|zip(?: code)?))[ :]{{1,3}}(\d{{4,5}} {_TOWN})"
)

_PAIR = re.compile(
    r"(?<![\w.,:-])(?:geo:)?([+-]?\d{1,2}\.\d{4,15})\s?[,;]?\s?([+-]?\d{1,3}\.\d{4,15})(?![\w.]\d|\w)"
)
_GPS_WORD = re.compile(r"(?i)gps|coord|koord|geo:|lat|location|position|ubicaci|standort|here|hier")
_DEGREES = r"\d{1,3} ?° ?\d{1,2}(?:[.,]\d+)? ?['′’](?: ?\d{1,2}(?:[.,]\d+)? ?(?:\"|″|''|”))?"
_DMS = re.compile(
    rf"(?<!\w){_DEGREES} ?[NS][ ,;]{{0,3}}{_DEGREES} ?[EWO](?!\w)"
    rf"|(?<!\w)[NS] ?{_DEGREES}[ ,;]{{0,3}}[EWO] ?{_DEGREES}"
)
_THREE_WORDS = re.compile(r"(?<![\w/:])///[^\W\d_]{3,}\.[^\W\d_]{3,}\.[^\W\d_]{3,}(?![\w.]\w)")
_DIGIT = re.compile(r"\d")


def find_places(text: str) -> Iterator[Span]:
    """Yield addresses and coordinates; map links are found with the other links."""
    if "///" in text:
        yield from (Span(*match.span(), "place") for match in _THREE_WORDS.finditer(text))
    if not _DIGIT.search(text):
        return
    for pattern in _streets_worth_a_try(text):
        yield from (Span(*match.span(), "place") for match in pattern.finditer(text))
    if _LONG_NUMBER.search(text):
        yield from _find_with_long_number(text)
    if "°" in text:
        yield from (Span(*match.span(), "place") for match in _DMS.finditer(text))


def _streets_worth_a_try(text: str) -> Iterator[re.Pattern[str]]:
    yield from _STREETS
    small = folded(text)
    if _STREET_NUMBER.search(small):
        yield from _STREETS_BEFORE_NUMBER
    if _ROMANCE_STREET.search(small):
        yield from _ROMANCE_STREETS
    if _POSTCODE_PART.search(text):
        yield from _POSTCODES


def _find_with_long_number(text: str) -> Iterator[Span]:
    """Yield postcodes beside their words or their towns, and coordinates."""
    yield from (Span(*match.span(), "place") for match in _US_TOWN.finditer(text))
    for match in _NL_POST.finditer(text):
        if _POST_WORD.search(before(text, match.start())):
            yield Span(*match.span(), "place")
    yield from (Span(*match.span(1), "place") for match in _PLZ.finditer(text))
    for match in _PAIR.finditer(text):
        if _is_pair(text, match):
            yield Span(*match.span(), "place")


def _is_pair(text: str, match: re.Match[str]) -> bool:
    """Two small decimals are more often sums than the Gulf of Guinea, unless a word says so."""
    latitude, longitude = abs(float(match[1])), abs(float(match[2]))
    if latitude > 90 or longitude > 180:
        return False
    said = _GPS_WORD.search(before(text, match.start()) + match[0])
    return max(latitude, longitude) >= 10 or bool(said)
