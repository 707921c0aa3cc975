"""What WhatsApp writes in place of a message, in the languages of its menus.

Source: ../shared/formats.md §16.6, which gives the placeholders of media for all of them and the
other sentences for English, German, Spanish, French, Italian, Portuguese and Dutch. The other
words are from memory; a wrong one matches nothing, and marks and structure catch what is missing.
"""

import re


def _phrases(table: str) -> frozenset[str]:
    return frozenset(phrase.strip().casefold() for phrase in re.split(r"[|\n]", table)) - {""}


# Android, in angle brackets; old and new wording.
OMITTED_MEDIA = _phrases("""
    Media omitted|Medien ausgeschlossen|Medien weggelassen|Multimedia omitido|Archivo omitido
    Médias omis|Fichier omis|Media omessi|Media omesso|Mídia omitida|Mídia oculta
    Ficheiro não revelado|Media weggelaten|media utelämnat|Media har utelämnats|Medier udeladt
    Mediefil udeladt|Media utelatt|Uten vedlegg|Media jätettiin pois|Media jätetty pois
    pominięto multimedia|pliki pominięto|Média vynechány|Médiá vynechané|Média elhagyva
    Hiányzó médiafájl|conținut media omis|Medijski zapis izostavljen|datoteke izpuščene
    Medij izpuščen|Без медиафайлов|Файл пропущен|медіа пропущено|Без файл|Αρχείο παραλήφθηκε
    Εξαίρεση πολυμέσων|Medya dahil edilmedi|Medya atlanmış|המדיה לא נכללה|מדיה הושמטה
    تم استبعاد الوسائط|رسانه حذف شد|मीडिया के बिना|Media tidak disertakan|Media dikecualikan
    Media disingkirkan|bỏ qua tệp phương tiện|ไฟล์สื่อถูกลบ|メディアなし
    メディアは含まれていません|미디어 파일 제외됨|미디어 파일을 생략한 대화내용|忽略多媒體檔
    省略多媒体文件|Mitjans omesos|media weggelaat|meedia välja jäetud|praleista|nav iekļauta multivide
    медији су изостављени
""")

# iPhones name the kind: "image omitted", "Bild weggelassen", "pominięto obraz".
_OMITTED_THINGS = {
    "image": """image|photo|view once photo|Bild|Foto|imagen|imagem|immagine|afbeelding|billede|bilde
        kuva|obraz|obrázek|obrázok|kép|imagine|slika|изображение|фото|зображення|снимка|εικόνα
        görüntü|fotoğraf|imatge|gambar""",
    "video": """video|view once video|video note|video message|Videonotiz|Videonachricht|vídeo|vidéo
        nota de video|nota de vídeo|mensaje de video|note vidéo|nota video|videobericht|videonotitie
        filmik|wideo|видео|відео|βίντεο|videó""",
    "audio": """audio|voice message|view once voice message|áudio|mensaje de voz|ljud|lyd|ääni
        dźwięk|zvuk|hang|аудио|аудіо|ήχος|ses|àudio""",
    "gif": "GIF|GIF'en",
    "sticker": """sticker|figurinha|autocolante|klistermärke|klistermærke|klistremerke|tarra|naklejka
        nálepka|matrica|стикер|стікер|αυτοκόλλητο|çıkartma|stiker|adhesiu""",
    "document": """document|Dokument|documento|documento PDF|dokumentti|dokumentum|документ|έγγραφο
        belge|dokumen""",
    "contact": """Contact card|Kontaktkarte|tarjeta de contacto|ficha de contacto|fiche contact
        carte de contact|scheda contatto|cartão do contato|cartão de contacto|contactkaart
        kontaktkort|yhteystietokortti|wizytówka|карточка контакта|kişi kartı|kartu kontak""",
}
OMITTED_THINGS = {
    phrase: kind for kind, table in _OMITTED_THINGS.items() for phrase in _phrases(table)
}
OMITTED_VERBS = _phrases("""
    omitted|weggelassen|ausgelassen|ausgeschlossen|omitido|omitida|absent|absente|omis|omise
    retiré|manquant|manquante|ocultado|ocultada|oculto|oculta|omesso|omessa|esclusa|escluso
    non incluso|non inclusa|weggelaten|utelämnad|utelämnat|uteslutet|udeladt|utelatt|jätetty pois
    jätettiin pois|pominięto|pominięty|vynechán|vynechána|vynecháno|vynechaný|elhagyva|omis
    izostavljen|отсутствует|пропущено|пропущен|пропуснат|παραλείφθηκε|dahil edilmedi|omès
    tidak disertakan|weggelaat
""")

# Android writes "FILE (file attached)", iPhones "<attached: FILE>".
ATTACHED = _phrases("""
    file attached|Datei angehängt|archivo adjunto|fichier joint|arquivo anexado|ficheiro anexado
    bestand bijgevoegd|file allegato|fil bifogad|bifogad fil|fil vedhæftet|vedhæftet fil
    fil vedlagt|vedlagt fil|tiedosto liitetty|liitetiedosto|liitetty tiedosto|plik załączony
    załączono plik|załączony plik|soubor přiložen|přiložený soubor|priložený súbor|csatolt fájl
    fájl csatolva|fișier atașat|datoteka priložena|priložena datoteka|файл добавлен|файл додано
    прикачен файл|συνημμένο αρχείο|dosya ekli|קובץ מצורף|ملف مرفق|الملف مرفق|फ़ाइल संलग्न
    file terlampir|fail dilampirkan|tệp đính kèm|ไฟล์แนบ|添付ファイル|파일 첨부됨|文件附件
    附件|檔案已附加|fitxer adjunt|lêer aangeheg
    attached|Anhang|angehängt|adjunto|pièce jointe|joint|anexado|anexo|allegato|bijgevoegd|bijlage
    bifogad|bilaga|vedhæftet|vedlagt|vedlegg|liite|liitetty|załącznik|załączono|příloha|přiloženo
    príloha|csatolva|melléklet|atașat|прикреплено|вложение|вкладення|ekli|ek|מצורף|مرفق|संलग्न
    terlampir|dilampirkan|đính kèm|แนบ|添付|첨부됨|첨부|adjunt|aangeheg
""")

# A final full stop is left out, here and below.
DELETED = _phrases("""
    This message was deleted|Message deleted|Diese Nachricht wurde gelöscht|Nachricht gelöscht
    Se eliminó este mensaje|Este mensaje fue eliminado|Este mensaje se eliminó|Mensaje eliminado
    Ce message a été supprimé|Ce message a été effacé|Questo messaggio è stato eliminato
    Mensagem apagada|Esta mensagem foi apagada|Essa mensagem foi apagada
    Esta mensagem foi eliminada|Dit bericht is verwijderd|Bericht verwijderd
    Meddelandet raderades|Detta meddelande raderades|Det här meddelandet raderades
    Det här meddelandet har raderats|Det här meddelandet togs bort|Denne besked blev slettet
    Beskeden blev slettet|Denne meldingen ble slettet|Meldingen ble slettet|Tämä viesti poistettiin
    Tämä viesti on poistettu|Ta wiadomość została usunięta|Usunięto tę wiadomość
    Tato zpráva byla smazána|Tato zpráva byla odstraněna|Táto správa bola odstránená
    Táto správa bola vymazaná|Ezt az üzenetet törölték|Ez az üzenet törölve lett
    Acest mesaj a fost șters|Ova poruka je izbrisana|To sporočilo je bilo izbrisano
    Данное сообщение удалено|Это сообщение удалено|Це повідомлення видалено
    Це повідомлення було видалено|Това съобщение беше изтрито|Αυτό το μήνυμα διαγράφηκε
    Αυτό το μήνυμα έχει διαγραφεί|Bu mesaj silindi|הודעה זו נמחקה|ההודעה נמחקה
    تم حذف هذه الرسالة|این پیام حذف شد|این پیام حذف شده است|यह मैसेज डिलीट कर दिया गया है
    यह मैसेज डिलीट किया गया|यह संदेश हटा दिया गया है|Pesan ini telah dihapus|Pesan ini dihapus
    Mesej ini telah dipadamkan|Tin nhắn này đã bị xóa|ข้อความนี้ถูกลบแล้ว|ข้อความนี้ถูกลบ
    このメッセージは削除されました|삭제된 메시지입니다|이 메시지는 삭제되었습니다|此消息已删除
    此訊息已刪除|這則訊息已刪除|S'ha suprimit aquest missatge|Aquest missatge s'ha suprimit
    Hierdie boodskap is uitgevee|Hierdie boodskap is geskrap|See sõnum kustutati
    Ši žinutė buvo ištrinta|Šis ziņojums tika dzēsts|Ова порука је избрисана
""")
# Only its sender is told "you": the one place in which an export says who its owner is.
DELETED_BY_ME = _phrases("""
    You deleted this message|You deleted this message as admin|Du hast diese Nachricht gelöscht
    Sie haben diese Nachricht gelöscht|Eliminaste este mensaje|Has eliminado este mensaje
    Vous avez supprimé ce message|Hai eliminato questo messaggio|Você apagou esta mensagem
    Você apagou essa mensagem|Apagaste esta mensagem|Eliminou esta mensagem
    U hebt dit bericht verwijderd|Je hebt dit bericht verwijderd|U heeft dit bericht verwijderd
    Du raderade detta meddelande|Du raderade det här meddelandet|Du tog bort det här meddelandet
    Du slettede denne besked|Du slettet denne meldingen|Poistit tämän viestin
    Usunąłeś tę wiadomość|Usunięto przez Ciebie tę wiadomość|Smazali jste tuto zprávu
    Odstranili jste tuto zprávu|Odstránili ste túto správu|Törölted ezt az üzenetet
    Ai șters acest mesaj|Izbrisali ste ovu poruku|Izbrisali ste to sporočilo
    Вы удалили данное сообщение|Вы удалили это сообщение|Ви видалили це повідомлення
    Изтрихте това съобщение|Διαγράψατε αυτό το μήνυμα|Bu mesajı sildiniz|מחקת הודעה זו
    מחקת את ההודעה הזו|لقد حذفت هذه الرسالة|حذفت هذه الرسالة|شما این پیام را حذف کردید
    आपने यह मैसेज डिलीट कर दिया है|आपने यह मैसेज डिलीट किया|Anda telah menghapus pesan ini
    Anda menghapus pesan ini|Anda telah memadamkan mesej ini|Bạn đã xóa tin nhắn này
    คุณลบข้อความนี้แล้ว|คุณได้ลบข้อความนี้|このメッセージを削除しました|이 메시지를 삭제했습니다
    您已删除此消息|您删除了此消息|你已刪除此訊息|您已刪除此訊息|Has suprimit aquest missatge
    Jy het hierdie boodskap uitgevee|Kustutasid selle sõnumi|Избрисали сте ову поруку
""")
EDITED = _phrases("""
    This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje
    Este mensaje fue editado|Ce message a été modifié|Questo messaggio è stato modificato
    Mensagem editada|Esta mensagem foi editada|Essa mensagem foi editada|Dit bericht is bewerkt
    Dit bericht is gewijzigd|Det här meddelandet redigerades|Det här meddelandet har redigerats
    Meddelandet redigerades|Denne besked blev redigeret|Denne meldingen ble redigert
    Tätä viestiä muokattiin|Tätä viestiä on muokattu|Ta wiadomość została edytowana
    Tato zpráva byla upravena|Táto správa bola upravená|Ezt az üzenetet szerkesztették
    Acest mesaj a fost editat|Данное сообщение изменено|Сообщение изменено|Повідомлення змінено
    Bu mesaj düzenlendi|הודעה זו נערכה|تم تعديل هذه الرسالة|Pesan ini telah diedit
    Mesej ini telah diedit|Tin nhắn này đã được chỉnh sửa|このメッセージは編集されました
    수정된 메시지입니다|此消息已编辑|此訊息已編輯|S'ha editat aquest missatge
    Hierdie boodskap is gewysig
""")

WAITING = _phrases("""
    Waiting for this message. This may take a while|Waiting for this message
    Auf diese Nachricht warten. Dies kann etwas dauern|Esperando el mensaje. Esto puede tomar tiempo
    En attente de ce message. Ceci peut prendre du temps
""")
LIVE_LOCATION = _phrases("""
    live location shared|Live-Standort wird geteilt|Live-Standort geteilt
    ubicación en tiempo real compartida|Se compartió la ubicación en tiempo real
    position en direct partagée|localisation en direct partagée|posizione attuale condivisa
    posizione in tempo reale condivisa|localização em tempo real compartilhada
    localização em tempo real partilhada|live locatie gedeeld|live locatie wordt gedeeld
    liveplats delad|realtidsplats delas|live-placering delt|live-posisjon delt|reaaliaikainen sijainti jaettu
    udostępniono bieżącą lokalizację|трансляция местоположения|canlı konum paylaşıldı
""")

# "Missed voice call" is nobody's own sentence; "Voice call, 5 min" could be one without its mark.
MISSED_CALLS = _phrases("""
    Missed voice call|Missed video call|Missed group voice call|Missed group video call
    Missed call|Silenced voice call|Silenced video call|Verpasster Sprachanruf
    Verpasster Videoanruf|Verpasster Anruf|Verpasster Gruppenanruf|Stummgeschalteter Sprachanruf
    Llamada perdida|Llamada de voz perdida|Videollamada perdida|Appel vocal manqué
    Appel vidéo manqué|Appel manqué|Chiamata vocale persa|Videochiamata persa|Chiamata persa
    Ligação de voz perdida|Ligação de vídeo perdida|Chamada de voz perdida|Chamada de vídeo perdida
    Chamada perdida|Gemiste spraakoproep|Gemiste audio-oproep|Gemiste video-oproep
    Gemiste oproep|Gemist spraakgesprek|Gemist videogesprek|Missat röstsamtal
    Missat videosamtal|Mistet taleopkald|Ubesvaret taleopkald|Ubesvaret videoopkald
    Tapt taleanrop|Tapt videoanrop|Ubesvart taleanrop|Ubesvart videoanrop
    Vastaamaton äänipuhelu|Vastaamaton videopuhelu|Nieodebrane połączenie głosowe
    Nieodebrane połączenie wideo|Пропущенный аудиозвонок|Пропущенный видеозвонок
    Cevapsız sesli arama|Cevapsız görüntülü arama|Panggilan suara tak terjawab
    Panggilan video tak terjawab
""")
CALLS = MISSED_CALLS | _phrases("""
    Voice call|Video call|Group voice call|Group video call|Group call|Sprachanruf|Videoanruf
    Gruppenanruf|Llamada de voz|Videollamada|Appel vocal|Appel vidéo|Chiamata vocale|Videochiamata
    Ligação de voz|Ligação de vídeo|Chamada de voz|Chamada de vídeo|Spraakoproep|Audio-oproep
    Video-oproep|Röstsamtal|Videosamtal|Taleopkald|Videoopkald|Taleanrop|Videoanrop|Äänipuhelu
    Videopuhelu|Połączenie głosowe|Połączenie wideo|Аудиозвонок|Видеозвонок|Sesli arama
    Görüntülü arama|Panggilan suara|Panggilan video|Voice call ended|Video call ended
""")
