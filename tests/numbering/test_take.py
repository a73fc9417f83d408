import threading

import pytest
from django.db import connection, transaction

from foundation.numbering.models import Counter
from foundation.numbering.services import format_number, take


def one(place: str = "HZ01", **more) -> int:
    return take(kind="ZG", place=place, period="202611", **more)[0]


@pytest.mark.django_db
def test_a_series_begins_with_one_and_goes_on():
    assert [one(), one(), one()] == [1, 2, 3]


@pytest.mark.django_db
def test_kind_place_and_period_are_series_of_their_own():
    one()
    assert one(place="HZ02") == 1
    assert take(kind="JC", place="HZ01", period="202611") == range(1, 2)
    assert take(kind="ZG", place="HZ01", period="202612") == range(1, 2)


@pytest.mark.django_db
def test_many_at_once_are_one_statement(django_assert_num_queries):
    one()
    with django_assert_num_queries(1):
        assert take(kind="ZG", place="HZ01", period="202611", count=5) == range(2, 7)
    assert one() == 7


@pytest.mark.django_db
def test_a_rolled_back_transaction_leaves_no_gap():
    one()
    with transaction.atomic():
        assert one() == 2
        transaction.set_rollback(True)
    assert one() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, -1])
def test_less_than_one_is_refused(count):
    with pytest.raises(ValueError, match="at least 1"):
        one(count=count)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_refused():
    with pytest.raises(RuntimeError):
        one()
    assert not Counter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_takers_at_once_get_every_number_once_and_leave_no_gap():
    """Eight threads, some of which change their mind: 1…n, each once."""
    kept: list[int] = []
    lock = threading.Lock()

    def work(seat: int) -> None:
        try:
            for turn in range(15):
                with transaction.atomic():
                    number = one()
                    if changes_mind := (seat + turn) % 4 == 0:
                        transaction.set_rollback(True)
                if not changes_mind:
                    with lock:
                        kept.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seat,)) for seat in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) > 80
    assert sorted(kept) == list(range(1, len(kept) + 1))


def test_how_a_number_is_written():
    assert format_number("ZG", "HZ01", "202611", 1) == "ZG-HZ01-202611-0001"
    assert format_number("ZG", "HZ01", "202611", 12345) == "ZG-HZ01-202611-12345"
    assert format_number("JB", "", "2026", 7) == "JB-2026-0007"
