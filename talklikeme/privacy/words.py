"""Words that stand before a number and say what it is, in the languages people chat in."""

import re
from collections.abc import Iterable

_REACH = 40

# A word may be glued to a number only in scripts that write no spaces.
NOT_BEFORE = r"(?<![0-9A-Za-z_\u00aa-\u058f])"
NOT_AFTER = r"(?![0-9A-Za-z_\u00aa-\u058f])"


def any_of(words: Iterable[str]) -> str:
    """An alternation, longest first, for use inside a pattern."""
    return "|".join(
        sorted((word for line in words for word in line.split()), key=len, reverse=True)
    )


PHONE = re.compile(
    r"(?i)(?<![^\W\d_])(?:" + any_of([
        r"call ring phones? tele?(?:phone|f[oó]n\w*)? mob(?:ile|il|iel)?s? m[oó]vil cell? cel(?:ular|l)?",
        r"cellphone text txt sms whats\w* wa wapp zap numbers? num(?:[eé]r\w*)? numm\w+ nomor no\.? nr\.?",
        r"n[uú]mero landline office hotline clinic fax reach handy\w* telnr tlf\.? tlfn\.? ruf\w* anruf\w*",
        r"festnetz natel b[uü]ro joindre appel\w* portable fixe fijo ll[aá]ma\w* apunta agend\w*",
        r"escr[ií]beme fono liga chama salva telem[oó]vel chiama\w* cellulare bel bellen gsm",
        r"huisarts ring\w* v[aä]xeln puh puhelin\w* numeroni zadzwo\w+ dzwo\w+ kom[oó]rk\w* volej",
        r"mobil\w* h[ií]vj\w* sun[aă]\w* numara\w* ara ha?p hp contact mpesa sim",
        r"номер\w* тел\w* набери звони\w* позвони\w* дзвони\w* моб\w* τηλ\w* πάρε κινητ\w*",
        r"رقم\w* جوال\w* هاتف\w* טלפון הטלפון נייד",
    ]) + r")(?![^\W\d_])"
    r"|电话|電話|手机|手機|号码|打我|番号|携帯|번호|전화|연락처|โทร|เบอร์|số"
)  # fmt: skip

NOT_PHONE = re.compile(
    r"(?i)(?<![^\W\d_])(?:" + any_of([
        r"orders? track\w* usps ups fedex dhl parcel package shipment invoice refs?\.? reference ticket",
        r"case confirmation booking serial s/n imei isbn ean vin upc sku id account acct code",
        r"unix timestamp version build commit lotto lottery model",
        r"sendung\w* bestell\w* auftrag\w* rechnung\w* kunden\w* vorgang\w* aktenzeichen konto\w*",
        r"commande colis facture suivi dossier pedido factura env[ií]o referencia cuenta encomenda",
        r"bestelling\w* factuur\w* klant\w* ordine spedizione fattura zam[oó]wieni\w* paczk\w*",
        r"beställning\w* ordernummer заказ\w* трек\w* счет",
    ]) + r")(?:[\s-]*(?:number|nummer|numm?er|num|no|nr|n°|id|code|#)\.?)?(?![^\W\d_])"
    r"|订单|单号|注文|주문|송장"
)  # fmt: skip

CARD = re.compile(r"(?i)card|karte|carte|tarjeta|cart[aã]o|carta|kart|карт|visa|卡|カード|카드")


def before(text: str, at: int) -> str:
    """What stands on the line before a place, as far as it can still speak of what follows."""
    return text[max(0, at - _REACH) : at].rpartition("\n")[2]


def says_phone(text: str, at: int) -> bool | None:
    """Whether the nearest telling word before a number makes it a phone number; None: no word."""
    line = before(text, at)
    wanted = max((match.end() for match in PHONE.finditer(line)), default=-1)
    unwanted = max((match.end() for match in NOT_PHONE.finditer(line)), default=-1)
    if wanted == unwanted == -1:
        return None
    return wanted > unwanted
