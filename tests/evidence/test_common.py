"""Passwords that are known, and what is little more than that."""

import string
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.evidence.people import common, rules

LISTED: Final = st.sampled_from(common.listed())
TOP: Final = st.sampled_from(common.listed()[: common.TOP])
SIGNS: Final = st.text(string.digits + string.punctuation, max_size=4)
RARE: Final = (
    "anchor", "beacon", "cobalt", "drizzle", "ember", "fathom", "gravel", "hazel",
    "inlet", "juniper", "kelp", "lichen", "marrow", "nettle", "ochre", "plinth",
)  # fmt: skip


def test_the_list_is_large_ordered_and_says_where_it_is_from() -> None:
    words = common.listed()
    assert len(words) == len(set(words)) > 29_000
    assert words[:3] == ("123456", "password", "12345678")
    assert all(word == word.casefold() and len(word) >= common.WORD for word in words)
    assert common.FILE.stat().st_size < 100_000


@given(LISTED, SIGNS, SIGNS)
def test_a_known_one_stays_one_however_it_is_dressed_up(
    word: str, before: str, after: str
) -> None:
    assert common.is_common(word)
    assert common.is_common(word.upper())
    assert common.is_common(before + word + after)
    assert common.is_common(word * 3)


@given(TOP, TOP)
def test_two_of_the_most_frequent_together_are_known(one: str, two: str) -> None:
    assert common.is_common(one + two)
    assert common.is_common(f"{one} {two}2026!")


@given(st.lists(st.sampled_from(RARE), min_size=4, max_size=5, unique=True))
def test_several_words_that_do_not_belong_together_will_do(words: list[str]) -> None:
    for between in (" ", "", "-", "7"):
        typed = between.join(words)
        assert rules.password_fault(typed, "mara.ellison", typed) is None


@given(st.binary(min_size=12, max_size=32))
def test_what_a_machine_drew_will_do(drawn: bytes) -> None:
    typed = drawn.hex()
    if len(set(typed)) > 8:
        assert not common.is_common(typed[:1] + "zq" + typed)


@given(st.text(max_size=rules.PASSWORD_MOST))
def test_any_text_is_judged(typed: str) -> None:
    assert common.is_common(typed) in {True, False}


@pytest.mark.parametrize(
    "typed",
    [
        "P@ssw0rd2026!",
        "$unshine12345",
        "Welcome 01012026",
        "letmeinletmeinlet",
        "correct horse battery staple",
        "Administrator1!",
        "EvidenceEvidence",
        "qwertyuiopasdf",
        "mnbvcxzlkjhg",
        "1q2w3e4r5t6y7u",
        "Police2026Police2026",
        "123123123123",
        "iloveyou-iloveyou",
    ],
)
def test_these_are_refused(typed: str) -> None:
    assert rules.password_fault(typed, "mara.ellison", typed) == "common"


@pytest.mark.parametrize(
    "typed",
    [
        "tidal velvet anchor plum",
        "passwordless doors creak",
        "my dog ate 3 evidence bags",
        "Xk7#vTq2!mWz",
        "83920174856x8392",
    ],
)
def test_these_will_do(typed: str) -> None:
    assert rules.password_fault(typed, "mara.ellison", typed) is None
