"""Nothing the program says is left without a name, in either language."""

import string

import pytest

from api.locale import BESIDE, LANGUAGES, Language, declared, texts
from tests.api.conftest import District, P


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_declared_word_has_a_name(language: Language):
    named = texts(language)
    missing = [f"{s}.{word}" for s, words in declared().items() for word in words if not named.get(s, {}).get(word)]
    assert missing == [], f"{language}.toml does not name these"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_left_over_of_a_word_that_is_gone(language: Language):
    words = declared()
    left = [
        f"{s}.{w}"
        for s, names in texts(language).items()
        if s not in ("values", *BESIDE)
        for w in names
        if w not in words.get(s, ())
    ]
    assert left == []


def test_both_languages_explain_the_same_mistakes_with_the_same_particulars():
    zh, en = texts("zh")["values"], texts("en")["values"]
    assert list(zh) == list(en)
    for mistake in zh:
        assert particulars(zh[mistake]) == particulars(en[mistake]), mistake


def test_labels_and_helps_are_about_fields_there_are_and_the_same_in_both_languages():
    fields, commands = set(declared()["fields"]), declared()["commands"]
    for section in BESIDE:
        zh, en = texts("zh")[section], texts("en")[section]
        assert list(zh) == list(en)
        for key in zh:
            owner, dot, field = key.rpartition(".")
            assert field in fields, key
            assert not dot or owner in commands or owner in INNER, key


INNER = (
    *("period", "exchange", "code", "expectation", "remark", "holder", "unit_share", "new_project", "tax_part"),
    *("settings", "target_window", "jobs_held", "post_taken", "post_left", "funds_received"),
)
"""Models within commands, and kinds of fact, that a label or a help is about."""


def particulars(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_two_words_of_one_section_share_a_name():
    for language in LANGUAGES:
        for section in declared():
            if section not in ("fields", "nouns"):
                names = list(texts(language)[section].values())
                assert len(names) == len(set(names)), (language, section)


def test_the_vocabulary_is_told_in_both_languages(district: District):
    words = district.get("/vocabulary").json()["words"]
    assert words["stages"][2] == {"word": "signed", "zh": "签约", "en": "signed"}
    assert {"word": "received", "zh": "到位资金", "en": "funds received"} in words["measures"]
    assert set(words) == set(declared())


def test_marks_that_answers_show_are_in_the_vocabulary(district: District):
    funds = {"act": "receive", "occurred_on": "2026-01-02", "reason": "先到账", "voucher": "V"}
    district.recorded(f"{P}/funds", funds | {"amount": {"amount": "1.00", "currency": "CNY"}})
    plan = {"act": "adopt", "occurred_on": "2026-01-12", "start": "2026-02-01", "completion": "2026-03-01"}
    district.recorded(f"{P}/plans", plan | {"reason": "补录"})
    district.recorded(f"{P}/annulments", {"target": 5, "because": "误报"}, "clerk")
    words = {named["word"] for named in district.get("/vocabulary").json()["words"]["marks"]}
    status = district.get(P).json()["status"]
    shown = {mark["mark"] for mark in status["marks"]}
    shown |= {mark for moment in district.get(f"{P}/timeline").json()["timeline"]["moments"] for mark in moment["marks"]}
    assert {"not_started_when_due", "completion_overdue", "irregular", "pending"} <= shown
    assert shown <= words
