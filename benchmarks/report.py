"""What a benchmark found: rows for a table, JSON and a plot."""

# pyright: standard

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

mpl.use("svg")


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: what, against whom, the ratio, its goal if any, the terms."""

    name: str
    peer: str
    ratio: float
    goal: float | None
    terms: str
    at_least: bool = True

    @property
    def held(self) -> bool:
        """Whether the goal was reached; without one it is."""
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def line(self) -> str:
        """Print as a row of a Markdown table."""
        sign = ">=" if self.at_least else "<="
        held = "reached" if self.held else "missed"
        goal = "none" if self.goal is None else f"{sign} {self.goal:g}, {held}"
        return (
            f"| {self.name} | {self.peer} | {self.ratio:.2f} | {goal} | {self.terms} |"
        )


HEAD = "| what | beside | ratio | goal | terms |\n|---|---|---|---|---|\n"


def write(rows: Sequence[Row], folder: Path, machine: str) -> str:
    """Write `benchmarks.json`, `.svg` and `.md` into `folder`; gives the table.

    Rows that an earlier run on the same machine made, and this one did not, stay.
    """
    table = HEAD + "\n".join(row.line() for row in rows) + "\n"
    rows = _merged(rows, folder / "benchmarks.json", machine)
    whole = HEAD + "\n".join(row.line() for row in rows) + "\n"
    known = {"machine": machine, "rows": [asdict(row) for row in rows]}
    (folder / "benchmarks.json").write_text(json.dumps(known, indent=2) + "\n")
    text = (
        "# Benchmarks\n\nMade by `make bench` on one machine; only ratios travel.\n\n"
        f"Machine: {machine}.\n\n{whole}\n![Ratios](benchmarks.svg)\n"
    )
    (folder / "benchmarks.md").write_text(text)
    _plot(rows, folder / "benchmarks.svg")
    return table


def _merged(rows: Sequence[Row], path: Path, machine: str) -> list[Row]:
    kept: dict[tuple[str, str], Row] = {}
    if path.exists():
        known = json.loads(path.read_text())
        if known["machine"] == machine:
            kept = {(one["name"], one["peer"]): Row(**one) for one in known["rows"]}
    kept |= {(row.name, row.peer): row for row in rows}
    return list(kept.values())


def _plot(rows: Sequence[Row], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 0.5 * len(rows) + 1.2))
    names = [f"{row.name} / {row.peer}" for row in rows]
    colours = ["#2b6f74" if row.held else "#b4552d" for row in rows]
    axes.barh(names, [row.ratio for row in rows], color=colours)
    for place, row in enumerate(rows):
        if row.goal is not None:
            axes.plot([row.goal] * 2, [place - 0.4, place + 0.4], color="black", lw=2)
    axes.invert_yaxis()
    axes.set_xlabel("ratio; the black stroke is the goal")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
