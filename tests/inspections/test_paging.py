"""Pages of long lists hold what a plain slice would, from whichever end they are read."""

import pytest
from django.db.models import F

from accounts.models import User
from foundation.records.paging import PAGE, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    """Names in threes, and none for some, so that the order needs the key and nulls have their place."""
    User.objects.bulk_create(
        User(username=f"u{number}", name=f"{number // 3:03d}", phone=None if number % 5 else f"139{number:08d}")
        for number in range(4 * PAGE + 7)
    )
    return User.objects.order_by(F("phone").desc(nulls_last=True), "name", "pk")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_each_page_is_the_slice_of_that_number(rows, number):
    page = page_of(rows, count=rows.count(), number=str(number), related=())
    assert list(page) == list(rows[(number - 1) * PAGE : number * PAGE])
    assert page.paginator.num_pages == 5


def test_a_number_beyond_the_end_is_the_last_page(rows):
    assert len(page_of(rows, count=rows.count(), number="999", related=())) == 7


def test_nothing_found_is_one_empty_page(rows):
    page = page_of(rows.none(), count=0, number="3", related=())
    assert (list(page), page.number, page.has_other_pages()) == ([], 1, False)
