"""INS-6: drafts are edited, published versions never change, a new one starts from the next period."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import Error, connection, transaction

from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from inspections.content import content_of, fingerprint
from inspections.models import ChecklistVersion, Inspection, Item, Schedule, Section
from inspections.services.checklists import create_draft, discard_draft, publish_version, write_content
from inspections.services.generation import generate_inspections
from tests.inspections.content import published, sections

AT = datetime(2026, 11, 20, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def version(db):
    return published()


def refused(statement):
    with pytest.raises(Error, match=r"frozen|Cannot"), transaction.atomic():
        statement()


def test_what_is_published_cannot_be_changed_by_any_road(version):
    item = version.items.first()
    refused(lambda: item.save())
    refused(lambda: Item.objects.filter(pk=item.pk).update(what="别的"))
    refused(lambda: Item.objects.bulk_update([item], ["what"]))
    refused(lambda: item.delete())
    refused(
        lambda: Item.objects.create(
            version=version, section=item.section, code="new", what="x", criterion="y", role="security"
        )
    )
    refused(lambda: Section.objects.filter(version=version).update(name="别的"))
    refused(lambda: version.sections.first().delete())
    refused(lambda: ChecklistVersion.objects.filter(pk=version.pk).update(state="draft"))
    refused(lambda: ChecklistVersion.objects.filter(pk=version.pk).update(note="x"))
    refused(lambda: version.delete())

    def raw():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inspections_item SET weight = 9 WHERE id = %s", [item.pk])

    refused(raw)
    assert fingerprint(content_of(version)) == fingerprint(sections())


def test_an_item_cannot_be_moved_into_a_published_version(version):
    draft = create_draft(checklist=version.checklist, by=None, at=AT)
    refused(lambda: draft.items.update(version=version))


def test_a_draft_begins_as_a_copy_and_there_is_one(version, cast):
    draft = create_draft(checklist=version.checklist, by=cast.administrator, at=AT)
    assert draft.number == 2
    assert fingerprint(content_of(draft)) == fingerprint(content_of(version))
    assert create_draft(checklist=version.checklist, by=cast.administrator, at=AT) == draft
    assert Entry.objects.about(draft).get().verb == "checklist.draft"


def test_a_new_version_starts_from_the_next_period_and_old_inspections_keep_theirs(version, cast):
    daily = _schedule(version, cast, "day")
    monthly = _schedule(version, cast, "month")
    generate_inspections(at=AT)
    second = publish_version(version=create_draft(checklist=version.checklist, by=None, at=AT), by=None, at=AT)
    assert second.effective_on == date(2026, 11, 21)
    generate_inspections(at=AT + timedelta(hours=1))
    assert set(Inspection.objects.values_list("version", flat=True)) == {version.pk}
    generate_inspections(at=AT + timedelta(days=1))
    assert set(daily.inspections.filter(period_start=date(2026, 11, 21)).values_list("version", flat=True)) == {
        second.pk
    }
    generate_inspections(at=AT + timedelta(days=11))
    assert set(monthly.inspections.filter(period_start=date(2026, 11, 1)).values_list("version", flat=True)) == {
        version.pk
    }
    assert set(monthly.inspections.filter(period_start=date(2026, 12, 1)).values_list("version", flat=True)) == {
        second.pk
    }


def test_periods_made_up_use_the_version_that_was_in_force_then(version, cast):
    daily = _schedule(version, cast, "day")
    generate_inspections(at=AT - timedelta(days=3))
    second = publish_version(version=create_draft(checklist=version.checklist, by=None, at=AT), by=None, at=AT)
    generate_inspections(at=AT + timedelta(days=1))
    by_day = dict(daily.inspections.filter(estate=cast.estate_a1).values_list("period_start__day", "version"))
    assert by_day == {17: version.pk, 18: version.pk, 19: version.pk, 20: version.pk, 21: second.pk}


def _schedule(version, cast, frequency):
    row = Schedule.objects.create(
        code=frequency,
        name=frequency,
        checklist=version.checklist,
        tier="estate",
        frequency=frequency,
        starts_on=date(2026, 11, 17),
    )
    row.nodes.set([cast.group])
    return row


def test_a_version_is_published_once(version):
    with pytest.raises(Refused, match="已经发布"):
        publish_version(version=version, by=None, at=AT)


def test_an_empty_draft_or_an_empty_subject_is_not_published(version):
    draft = create_draft(checklist=version.checklist, by=None, at=AT)
    draft.items.filter(section__code="lifts").delete()
    with pytest.raises(Refused, match="升降系统安全管理"):
        publish_version(version=draft, by=None, at=AT)
    write_content(draft, [])
    with pytest.raises(Refused, match="还没有检查项"):
        publish_version(version=draft, by=None, at=AT)


def test_a_discarded_draft_leaves_its_number_and_its_trace(version, cast):
    draft = create_draft(checklist=version.checklist, by=cast.administrator, at=AT)
    discard_draft(version=draft, by=cast.administrator, at=AT)
    assert not ChecklistVersion.objects.filter(state="draft").exists()
    assert Entry.objects.about(version.checklist).get().verb == "checklist.discard"
    with pytest.raises(Refused, match="不能放弃"):
        discard_draft(version=version, by=cast.administrator, at=AT)
