"""WhatsApp's own sentences in a chat: "Messages and calls are end-to-end encrypted", "Ann left".

Source: ../shared/formats.md §16.6 for English and German; the other languages are from memory. On
Android a notice has no author and needs no words. An iPhone prints one (the group or the partner)
and puts U+200E before the sentence, so only sentences with that mark are compared with the looser
words: nobody's typed message is at risk.
"""

import re

# How the first line of nearly every chat begins. Long and unmistakable: believed without a mark.
_ENCRYPTION_OPENINGS = """
    Messages and calls are end-to-end encrypted
    Messages and calls are now secured with end-to-end
    Messages you send to this
    Messages to this chat and calls are now secured
    Messages to this group are now secured
    Nachrichten und Anrufe sind Ende-zu-Ende
    Nachrichten, die du in diesem Chat sendest
    Nachrichten, die du in diese
    Nachrichten in diesem Chat sowie Anrufe sind
    Los mensajes y las llamadas están cifrados
    Los mensajes y llamadas están cifrados
    Los mensajes en este chat y las llamadas
    Los mensajes que envías a este
    Les messages et les appels sont chiffrés
    Les messages et appels sont chiffrés
    Les messages envoyés dans cette discussion
    Les messages que vous envoyez dans
    I messaggi e le chiamate sono crittografati
    I messaggi che invii in questa chat
    As mensagens e ligações são protegidas
    As mensagens e as ligações são protegidas
    As mensagens e as chamadas são
    As mensagens e chamadas são
    Mensagens e ligações são protegidas
    As mensagens que você enviar
    Berichten en gesprekken worden end-to-end
    Berichten en oproepen worden end-to-end
    Berichten en oproepen zijn end-to-end
    Berichten die je naar deze
    Meddelanden och samtal är totalsträckskrypterade
    Meddelanden och samtal är krypterade från
    Meddelanden och samtal är end-to-end
    Beskeder og opkald er end-to-end
    Beskeder og opkald er krypteret
    Meldinger og anrop er ende-til-ende
    Meldinger og samtaler er ende-til-ende
    Viestit ja puhelut ovat täysin salattuja
    Viestit ja puhelut on suojattu
    Viestit ja puhelut salataan
    Wiadomości i połączenia są w pełni szyfrowane
    Wiadomości i połączenia są szyfrowane
    Wiadomości i połączenia są zabezpieczone
    Zprávy a hovory jsou koncově šifrovan
    Zprávy a hovory jsou šifrovan
    Správy a hovory sú šifrovan
    Správy a hovory sú zabezpečené
    Az üzenetek és hívások végponttól végpontig
    Az üzenetek és a hívások végponttól végpontig
    Mesajele și apelurile sunt criptate
    Poruke i pozivi su
    Poruke i pozivi potpuno su
    Sporočila in klici so šifrirani
    Сообщения и звонки защищены
    Повідомлення та дзвінки захищені
    Повідомлення й виклики захищено
    Съобщенията и обажданията са
    Τα μηνύματα και οι κλήσεις είναι
    Mesajlar ve aramalar uçtan uca
    ההודעות והשיחות מוצפנות
    הודעות ושיחות מוצפנות
    الرسائل والمكالمات مشفرة
    الرسائل والمكالمات مشفّرة
    پیام‌ها و تماس‌ها
    मैसेज और कॉल
    मैसेज और कॉल्स
    Pesan dan panggilan dienkripsi
    Pesan dan panggilan terenkripsi
    Mesej dan panggilan disulitkan
    Tin nhắn và cuộc gọi được mã hóa
    ข้อความและการโทรได้รับการเข้ารหัส
    メッセージと通話はエンドツーエンド
    메시지와 통화는 종단간
    메시지 및 통화는 종단간
    消息和通话已进行端到端加密
    訊息和通話都經端對端加密
    訊息和通話經端對端加密
    Els missatges i les trucades estan xifrats
    Boodskappe en oproepe is end-tot-end
    Sõnumid ja kõned on
    Žinutės ir skambučiai yra
    Ziņojumi un zvani ir
    Поруке и позиви су
"""
_OPENINGS = [line.strip() for line in _ENCRYPTION_OPENINGS.split("\n") if line.strip()]
_ENCRYPTION = re.compile("|".join(map(re.escape, _OPENINGS)))
_FIRST_LETTERS = frozenset(opening[:6] for opening in _OPENINGS)
# Android prints these with an author; only as a whole sentence.
_TIMER = re.compile(
    r"[^\n]{0,100}(?:(?:turned (?:on|off) disappearing messages|updated the message timer)\. "
    r"|(?:hast|hat) (?:selbstlöschende Nachrichten|die Nachrichtendauer)[^\n]{0,60}\. )[^\n]{20,250}"
)
_TIMER_WORDS = ("disappear", "elbstlösch", "Nachrichtendauer")

# Words in a sentence that WhatsApp itself has marked.
_MARKED = re.compile(
    # English
    r"\b(?:created (?:this |the )?(?:group|community)|added|left\b|removed|joined|requested to join"
    r"|changed (?:the|this|their|to)|now an admin|no longer an admin|security code|end-to-end"
    r"|disappearing messages|message timer|pinned a message|started a (?:voice |video |group )?call"
    r"|blocked this|unblocked this|business|is a contact|invite link|meta ai|phone number"
    r"|settings|only admins|all members|deleted this group|was added|were added)"
    # German
    r"|\b(?:hast|hat|haben|wurdest?|wurden) .*(?:hinzugefügt|erstellt|entfernt|geändert|angepinnt|angeheftet"
    r"|verlassen|aktiviert|deaktiviert|beigetreten|blockiert|gestartet)|ist (?:jetzt )?beigetreten"
    r"|bist jetzt (?:ein )?admin|sicherheitsnummer|ende-zu-ende|unternehmenskonto|ist ein kontakt"
    # Spanish, Portuguese
    r"|\b(?:creó|creaste|añadió|añadiste|agregó|agregaste|eliminó a|salió|saliste|se unió|te uniste"
    r"|cambió|cambiaste|fijó|ahora eres|código de seguridad|mensajes temporales|extremo a extremo"
    r"|criou|criaste|adicionou|saiu|removeu|entrou|mudou|alterou|fixou|agora é admin"
    r"|código de segurança|mensagens temporárias|ponta a ponta|conta comercial|cuenta de empresa)\b"
    # French, Italian
    r"|\b(?:a créé|avez créé|a ajouté|avez ajouté|a quitté|est parti|a retiré|a rejoint|a modifié"
    r"|a changé|a épinglé|êtes maintenant|code de sécurité|messages éphémères|bout en bout"
    r"|ha creato|hai creato|ha aggiunto|hai aggiunto|è uscit[oa]|ha abbandonato|ha rimosso"
    r"|ha cambiato|ha modificato|ha fissato|ora sei|codice di sicurezza|messaggi effimeri)\b"
    # Dutch, Swedish, Danish, Norwegian, Finnish
    r"|\b(?:heeft|hebt|hebben) .*(?:gemaakt|toegevoegd|verwijderd|gewijzigd|verlaten|vastgezet)"
    r"|\b(?:bent nu beheerder|beveiligingscode|tijdelijke berichten|verdwijnende berichten"
    r"|skapade|lade till|lämnade|tog bort|ändrade|gick med|säkerhetskod|försvinnande meddelanden"
    r"|totalsträcks|oprettede|tilføjede|forlod|fjernede|opprettet|la til|forlot|fjernet|endret"
    r"|sikkerhedskode|sikkerhetskode|loi ryhmän|lisäsi|poistui|poisti|vaihtoi|muutti|liittyi"
    r"|turvakoodi|katoavat viestit|täysin salattu)"
    # Polish, Russian, Turkish, Indonesian
    r"|\b(?:utworzył|dodał|opuścił|usunął|zmienił|dołączył|kod zabezpieczeń|znikające wiadomości"
    r"|создал|добавил|покинул|вышел|удалил|изменил|присоединил|код безопасности"
    r"|oluşturdu|ekledi|ayrıldı|çıkardı|değiştirdi|katıldı|güvenlik kodu"
    r"|membuat grup|menambahkan|keluar|mengeluarkan|mengubah|bergabung|kode keamanan)"
)
_GROUP = re.compile(
    r"\b(?:group|gruppe|grupo|groupe|gruppo|groep|grupp|ryhmä|grup[aęyiou]?\b|skupin|csoport|групп|груп"
    r"|ομάδα|kumpulan|nhóm|community)|קבוצ|مجموعة|ग्रुप|群|그룹|グループ|กลุ่ม"
)
_UNCLOSED_QUOTE = re.compile(r'^[^"]*"[^"]*$|“[^”]*$|«[^»]*$|„[^“”"]*$')
_NO_NAME_IS_THAT_LONG = 25


def is_encryption_notice(sentence: str) -> bool:
    """Whether it is the sentence with which chats begin."""
    return sentence[:6] in _FIRST_LETTERS and _ENCRYPTION.match(sentence) is not None


def is_sure_notice(sentence: str) -> bool:
    """Whether no person would write this, mark or not."""
    if is_encryption_notice(sentence):
        return True
    is_near = 60 < len(sentence) < 450 and any(word in sentence for word in _TIMER_WORDS)
    return is_near and _TIMER.fullmatch(sentence) is not None


def is_marked_notice(sentence: str) -> bool:
    """Whether a sentence that WhatsApp marked as its own tells of an event, not of a file."""
    return is_encryption_notice(sentence) or _MARKED.search(sentence[:400].casefold()) is not None


def tells_of_group(sentence: str) -> bool:
    """Whether a notice speaks of a group."""
    return _GROUP.search(sentence[:400].casefold()) is not None


def is_half_notice(name: str) -> bool:
    """Whether what stands before ": " is no name but a notice that contains a colon."""
    if _UNCLOSED_QUOTE.search(name):
        return True
    return len(name) > _NO_NAME_IS_THAT_LONG and _MARKED.search(name.casefold()) is not None
