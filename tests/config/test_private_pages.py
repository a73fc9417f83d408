"""ORG-4: a page with people's data is in no cache after its reader has logged out."""

from django.urls import reverse


def test_pages_of_someone_logged_in_are_not_stored(cast):
    client = cast.client(cast.service)
    for name in ("reports:home", "estates:houses", "inspections:today"):
        assert client.get(reverse(name))["Cache-Control"] == "private, no-store"


def test_files_and_public_pages_keep_their_own_rules(client, cast):
    assert "no-store" not in client.get(reverse("service_worker"))["Cache-Control"]
    assert not client.get(reverse("manifest")).has_header("Cache-Control")
