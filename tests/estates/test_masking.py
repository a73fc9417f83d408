"""ORG-4: what is shown by default."""

import pytest
from django.db import connection

from estates import masking
from estates.models import Owner
from tests.estates.conftest import ID_CARD


@pytest.mark.parametrize(
    ("plain", "shown"),
    [("13812341234", "138****1234"), ("+85261234567", "****67"), ("1234", "****"), ("", "")],
)
def test_phone(plain, shown):
    assert masking.phone(plain) == shown


@pytest.mark.parametrize(
    ("plain", "shown"),
    [(ID_CARD, "110***********002X"), ("E12345678", "****78"), ("A1", "****"), ("", "")],
)
def test_document_number(plain, shown):
    assert masking.id_number(plain) == shown


def test_the_document_number_is_encrypted_at_rest(house):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM estates_owner")
        (stored,) = cursor.fetchone()

    assert ID_CARD not in stored
    assert stored.startswith("gAAAA")
    assert Owner.objects.get().id_number == ID_CARD
