"""The inputs of createDataset.py of 2017: what a user would miss if it went wrong."""

import pytest

from talklikeme.exports import legacy_dataset
from tests.table_kit import as_file, errors, messages, notes, read


@pytest.mark.parametrize("header", ["From,Content", "Date;From;Content", '"","From","Content"'])
@pytest.mark.parametrize("name", ["whatsapp_chats.csv", "x/WhatsApp_Chats (1).csv"])
def test_whatsapp_tables_keep_their_order(header: str, name: str) -> None:
    mark = ";" if ";" in header else ","
    before = mark * (header.count(mark) - 1)
    text = f'{header}\n{before}Zoë{mark}"a\nb"\n{before}Kim{mark}c\n{before}{mark}d\n'
    items = read(legacy_dataset, as_file(text, name))
    found = messages(items)
    assert [(m.sender_name, m.text, m.seq) for m in found] == [("Zoë", "a\nb", 0), ("Kim", "c", 1)]
    assert found[0].ts < found[1].ts
    assert {(m.platform, m.is_me) for m in found} == {("whatsapp", None)}
    assert [(error.records, error.why) for error in errors(items)] == [(1, "no sender")]
    assert "no times" in notes(items)[0].why


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "From,Content\nAnn,hi\n"),
        ("whatsapp_chats.csv", "Name,Words\nAnn,hi\n"),
        ("whatsapp_chats.csv", ""),
        ("whatsapp_chats.csv", "\0\1\2From,Content" * 999),
    ],
)
def test_what_is_something_else_is_left_alone(name: str, text: str) -> None:
    file = as_file(text, name)
    assert not legacy_dataset.recognises(file, file.head())
