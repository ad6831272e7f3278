"""The one-time code of a machine, as people copy it."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire.machine_code import MachineCode


def code(**changes: object) -> str:
    told = {"url": "https://e:1", "ca": "00" * 32, "secret": "s", **changes}
    return "lapel-dock:" + base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def test_a_code_is_read_as_it_was_printed() -> None:
    read = MachineCode.decode(f" {code()}\n", "dock")
    assert read == MachineCode("dock", "https://e:1", bytes(32), "s")
    assert MachineCode.decode(read.encode(), "dock") == read


def test_a_code_for_another_kind_names_both() -> None:
    with pytest.raises(MalformedError, match="for a dock, not for a view"):
        MachineCode.decode(code(), "view")


@pytest.mark.parametrize(
    "text",
    ["", "lapel-dock:", code()[11:], code(ca="00"), code(ca=7), code() + "x", "[]"],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        MachineCode.decode(text, "dock")


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_malformed(text: str) -> None:
    for tried in (text, f"lapel-dock:{text}"):
        try:
            MachineCode.decode(tried, "dock")
        except MalformedError:
            continue
