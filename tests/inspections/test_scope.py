"""ORG-2: what a person sees of the inspections follows from the roles they hold, place by place."""

from django.urls import reverse

from accounts.roles import Role
from foundation.attachments.services import attach
from inspections.models import Inspection, Rectification
from tests.inspections.factories import day, make_inspection, make_rectification, photo


def test_a_post_without_the_right_opens_no_inspection_of_its_place(cast):
    """收银 at one estate and 工程 at another: the inspections of the second only."""
    clerk = cast.hire(Role.CASHIER, cast.estate_a1, "clerk")
    clerk.posts.create(role=Role.ENGINEERING, node=cast.estate_a2, starts_on=day().date())
    clerk = type(clerk).objects.get(pk=clerk.pk)
    theirs = make_inspection(cast.estate_a2)
    make_rectification(cast.estate_a1, by=cast.engineering)
    assert list(Inspection.objects.visible_to(clerk)) == [theirs]
    assert not Rectification.objects.visible_to(clerk).exists()


def test_a_photo_is_read_by_those_who_may_read_its_inspection(cast, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    inspection = make_inspection(cast.estate_a1)
    file = attach(owner=inspection, slot="item:1", upload=photo(), by=cast.engineering, at=day())
    url = reverse("attachments:shown", args=[file.uuid])
    assert cast.client(cast.engineering).get(url).status_code == 200
    assert cast.client(cast.cashier).get(url).status_code == 404
    assert cast.client(cast.foreign_engineering).get(url).status_code == 404


def test_an_administrator_of_a_branch_reads_checklists_and_changes_none(cast):
    admin = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "branch-admin")
    make_inspection(cast.estate_a1)
    client = cast.client(admin)
    for name in ("checklist", "escalationstep"):
        assert client.get(reverse(f"admin:inspections_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:inspections_{name}_add")).status_code == 403
        assert cast.client(cast.administrator).get(reverse(f"admin:inspections_{name}_add")).status_code == 200
