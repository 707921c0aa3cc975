"""One friend in several apps: suggested by full name, joined by the user's file."""

from pathlib import Path

import pytest
import yaml

from talklikeme.errors import ConfigError
from talklikeme.owner import find_owners
from talklikeme.people import load_people, suggest_people
from tests.chats import said, surveyed

MESSAGES = [
    said("zoë ruiz", "hi", "10:00", sender_name="Zoë Ruiz"),
    said("user22", "hi", "10:01", sender_name="zoë RUIZ", platform="telegram", is_me=False),
    said("anna", "hi", "10:02", sender_name="Anna"),
    said("user33", "hi", "10:03", sender_name="Anna", platform="telegram", is_me=False),
    said("me", "hi", "10:04", sender_name="Kim Berg"),
]


def test_only_full_names_are_suggested_as_one_person(tmp_path: Path) -> None:
    survey = surveyed(MESSAGES)
    text = suggest_people(survey, find_owners(survey))
    persons = yaml.safe_load(text)

    assert sorted(map(sorted, persons.values())) == [
        ["telegram/user22", "whatsapp/zoë ruiz"],
        ["telegram/user33"],
        ["whatsapp/anna"],
    ]
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    people = load_people(tmp_path / "people.yaml")
    assert people.name_of(MESSAGES[0]) == people.name_of(MESSAGES[1])
    assert people.name_of(MESSAGES[2]) != people.name_of(MESSAGES[3])


def test_a_person_of_the_users_own_naming_is_used(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("Annie: [whatsapp/anna, telegram/user33]\n", encoding="utf-8")
    people = load_people(path)
    assert [people.name_of(message) for message in MESSAGES[2:4]] == ["Annie", "Annie"]
    assert load_people(None).name_of(MESSAGES[2]) == "Anna"


@pytest.mark.parametrize("text", ["- a", "Zoë: anna", "Zoë: [1]", "Zoë: {", "\x00"])
def test_a_broken_file_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"people\.yaml"):
        load_people(path)
