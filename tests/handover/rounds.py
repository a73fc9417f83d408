"""A hundred rounds in which two people want the same thing at the same moment, and the houses for it, made in bulk.

said = contest(subjects, first, second)      # per subject what the two verbs said: "" for the one that did
hall = make_hall(cast)                       # 100 houses of one open batch, their owners there, every step waiting
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

from estates.models import House
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from handover.choices import StepKind
from handover.models import Handover, HandoverStep
from tests.cast import Cast
from tests.handover.factories import HOUR, MONDAY, make_batch, make_house

HOW_OFTEN = 100
PATIENCE = 30


def contest(subjects: Sequence[Any], *verbs: Callable[[Any], object]) -> list[list[str]]:
    """Each verb on a thread and a connection of its own goes through the subjects; before each one they wait for all."""
    gate, wrong = threading.Barrier(len(verbs)), []
    said = [[""] * len(verbs) for _ in subjects]

    def walk(side: int, verb: Callable[[Any], object]) -> None:
        try:
            for number, subject in enumerate(subjects):
                gate.wait(PATIENCE)
                try:
                    verb(subject)
                except Refused as refused:
                    said[number][side] = refused.sentence
        except BaseException as error:
            wrong.append(error)
            gate.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=walk, args=pair) for pair in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    return said


def one_won(said: list[list[str]], sentence: str) -> list[int]:
    """In every round exactly one did and each of the others got the sentence; which side won."""
    assert len(said) == HOW_OFTEN
    for words in said:
        assert words.count("") == 1, words
        assert all(sentence in one for one in words if one), words
    return [words.index("") for words in said]


def journalled_once(subjects: Sequence[models.Model], verb: str) -> None:
    """Of each subject one line, and none beside."""
    lines = Counter(Entry.objects.filter(verb=verb).values_list("subject_id", flat=True))
    assert lines == {subject.pk: 1 for subject in subjects}


def make_houses(cast: Cast, how_many: int = HOW_OFTEN) -> list[House]:
    first = make_house(cast.estate_a1, "101")
    others = [
        House(
            estate=first.estate, building=first.building, unit=first.unit, number=str(number), area=first.area,
            code=f"3幢2单元{number}",
        )
        for number in range(102, 101 + how_many)
    ]  # fmt: skip
    return [first, *House.objects.bulk_create(others)]


def make_hall(cast: Cast, done: Sequence[str] = ()) -> list[Handover]:
    """With the steps `done` behind them."""
    batch = make_batch(cast, [])
    at = MONDAY + HOUR
    handovers = Handover.objects.bulk_create(
        Handover(
            batch=batch, estate_id=batch.estate_id, house=house, buyer_name=f"购房人{house.number}",
            state=Handover.State.UNDER_WAY, arrived_at=at,
        )
        for house in make_houses(cast)
    )  # fmt: skip
    type(batch).objects.filter(pk=batch.pk).update(state="open")
    behind = {"state": "done", "taken_at": at, "taken_by": cast.service, "done_at": at, "done_by": cast.service}
    HandoverStep.objects.bulk_create(
        HandoverStep(handover=one, kind=kind, position=position, **(behind if kind in done else {}))
        for one in handovers
        for position, kind in enumerate(StepKind, 1)
    )
    return handovers
