"""By which keys the people of a house are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models

from estates.models.nodes import Estate
from estates.querysets import OfEstateQuerySet

if TYPE_CHECKING:
    from estates.models.houses import House


class NameKey(models.Model):
    """One way to write the name of a present owner, co-owner or tenant; finds them from its beginning.

    Only the database writes here, by triggers on the people's own tables: whoever moves in or out by whatever way is
    found, or no longer found, from that moment.
    """

    class Kind(models.TextChoices):
        OWNER = "owner", "业主"
        CO_OWNER = "co_owner", "共有人"
        TENANT = "tenant", "租户"

    # The house's, so that the index alone tells whose estate it is.
    estate = models.ForeignKey(Estate, on_delete=models.CASCADE, related_name="+", db_index=False)
    house: models.ForeignKey[House] = models.ForeignKey("estates.House", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField("姓名", max_length=60)
    key = models.CharField(max_length=60, db_collation="C")

    objects = OfEstateQuerySet.as_manager()

    class Meta:
        verbose_name = "姓名索引"
        verbose_name_plural = "姓名索引"
        # Read in the order of the keys: a page of results is full, or the keys are at an end, after some thousand of them.
        indexes = [models.Index(fields=["key", "estate"], include=["house", "kind", "name"], name="name_key")]

    def __str__(self) -> str:
        return self.key


def keeps_name_keys(table: str, kinds: tuple[NameKey.Kind, ...], co_owners: str = "") -> list[pgtrigger.Trigger]:
    """Triggers that write the keys anew for the houses of which a row of `table` changed.

    `co_owners` is the column with further names, which have the second kind. A row written without spellings, by SQL
    of one's own, is found by its name as it stands.
    """
    columns = ", ".join(filter(None, ["id", "house_id", "until", "name", "spellings", co_owners]))
    # All of it is named in this file's callers, nothing is input.
    before, after = f"SELECT {columns} FROM old_rows", f"SELECT {columns} FROM new_rows"  # noqa: S608
    occasions = {
        "added": (pgtrigger.Insert, {"new": "new_rows"}, after),
        "removed": (pgtrigger.Delete, {"old": "old_rows"}, before),
        "changed": (
            pgtrigger.Update,
            {"old": "old_rows", "new": "new_rows"},
            f"({before} EXCEPT {after}) UNION ALL ({after} EXCEPT {before})",
        ),
    }
    names = f"person.name || person.{co_owners}" if co_owners else "ARRAY[person.name]"
    first, *others = (f"'{kind.value}'" for kind in kinds)
    kind = f"CASE WHEN called.name = person.name THEN {first} ELSE {others[0]} END" if others else first
    return [
        pgtrigger.Trigger(
            name=f"keep_name_keys_{occasion}",
            when=pgtrigger.After,
            operation=operation,
            level=pgtrigger.Statement,
            referencing=pgtrigger.Referencing(**tables),
            func=f"""
                DELETE FROM estates_namekey
                WHERE house_id IN (SELECT house_id FROM ({rows}) AS touched)
                AND kind IN ({", ".join([first, *others])});

                INSERT INTO estates_namekey (estate_id, house_id, kind, name, key)
                SELECT DISTINCT house.estate_id, house.id, {kind}, called.name, spelling.key
                FROM {table} AS person
                JOIN estates_house AS house ON house.id = person.house_id
                CROSS JOIN LATERAL unnest({names}) AS called(name)
                CROSS JOIN LATERAL jsonb_array_elements_text(
                    COALESCE(person.spellings -> called.name, jsonb_build_array(lower(called.name)))
                ) AS spelling(key)
                WHERE person.until IS NULL AND person.house_id IN (SELECT house_id FROM ({rows}) AS touched);

                RETURN NULL;
            """,  # noqa: S608
        )
        for occasion, (operation, tables, rows) in occasions.items()
    ]
