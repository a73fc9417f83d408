"""Columns that a row works out for itself whenever it is written, by `save` and `bulk_create` alike."""

from __future__ import annotations

from typing import Any

from django.db import models

from estates import spelling


class LookupField(models.CharField):
    """The house's `code` as it is looked up, from the building or `backwards` from the door: byte order, for prefixes."""

    def __init__(self, *args: Any, backwards: bool = False, **kwargs: Any) -> None:
        self.backwards = backwards
        options = {"max_length": 200, "db_collation": "C", "default": "", "editable": False}
        super().__init__(*args, **{**options, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, **({"backwards": True} if self.backwards else {})}

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = spelling.lookup(model_instance.code, self.backwards)
        setattr(model_instance, self.attname, value)
        return value


class SpellingsField(models.JSONField):
    """What finds each of the row's names: {"黄桂兰": ["黄桂兰", "hgl", "huangguilan"]}."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": dict, "editable": False, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> dict[str, list[str]]:
        value = self.of(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    @staticmethod
    def of(person: Any) -> dict[str, list[str]]:
        return {name: spelling.spellings(name) for name in (person.name, *getattr(person, "co_owners", ()))}
