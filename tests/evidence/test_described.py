"""What the reference says of Evidence is what there is."""

from pathlib import Path

from lapel.base.permissions import NEEDS, Permission
from lapel.evidence.api.errors import REASONS, STATUS
from lapel.evidence.custody.model import Action
from lapel.evidence.ingest.model import Cause
from lapel.evidence.people.model import BUILT_IN

PAGE = (Path(__file__).parents[2] / "docs/reference/evidence.md").read_text()


def test_the_reference_names_every_act_and_no_other() -> None:
    table = PAGE[PAGE.index("| action |") : PAGE.index("A transaction that")]
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if "|" in line]
    named = {name.strip(" `") for cell in cells for name in cell.split(",")}
    assert named == {str(action) for action in Action}


def test_the_reference_names_what_each_role_may() -> None:
    lines = PAGE.splitlines()
    for permission in Permission:
        may = [" yes " if permission in role.permissions else " " for role in BUILT_IN]
        needs = ", ".join(f"`{one}`" for one in sorted(NEEDS.get(permission, ())))
        row = next(line for line in lines if line.startswith(f"| `{permission}` |"))
        cells = row.split("|")
        assert cells[3].strip() == needs, permission
        assert cells[4:9] == may, permission


def test_the_reference_names_every_cause_and_status() -> None:
    assert all(f"| `{cause}` |" in PAGE for cause in Cause)
    for status in {*STATUS.values(), *REASONS.values()}:
        assert f"| {status} |" in PAGE, status
