from django.contrib import admin

from foundation.journal.models import Entry


def test_the_admin_only_looks(rf):
    look = admin.site._registry[Entry]
    request = rf.get("/")
    assert not look.has_add_permission(request)
    assert not look.has_change_permission(request)
    assert not look.has_delete_permission(request)
