"""The catalogue of models, as data."""

import tomllib
from dataclasses import dataclass
from importlib import resources

from lapel.base.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Model:
    """What differs between models: ratings and the range of the pre-event buffer."""

    name: str
    title: str
    drop: str
    ingress: str
    pre_event_least_s: int
    pre_event_most_s: int

    def pre_event_s(self, wanted: int) -> int:
        """Bring the wanted length of the buffer into the model's range."""
        return min(max(wanted, self.pre_event_least_s), self.pre_event_most_s)


def catalogue() -> dict[str, Model]:
    """Read all models."""
    text = resources.files("lapel.camera").joinpath("models.toml").read_text("utf-8")
    return {name: Model(name, **fields) for name, fields in tomllib.loads(text).items()}


def model(name: str) -> Model:
    """Give a model by its name; raises `NotFoundError` with those there are."""
    models = catalogue()
    if name not in models:
        known = ", ".join(sorted(models))
        raise NotFoundError(f"there is no model {name!r}; there are {known}")
    return models[name]
