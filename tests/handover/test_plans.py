"""户型图 and pins (HND-3): one upload for all houses of a kind; a pin is a place on one picture, which then stays."""

from __future__ import annotations

import io

import pypdf
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from foundation import pdf
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from handover.choices import StepKind
from handover.models import Defect, HousePlan, PlannedHouse
from handover.pins import pictures_of
from handover.planpapers import plan_parts
from handover.services.builders import signed_key
from handover.services.defects import pin_defect
from handover.services.plans import (
    Spot,
    add_plan,
    assign_houses,
    remove_plan,
    rename_plan,
    replace_picture,
    unassign_houses,
)
from tests.handover.factories import DAY, HOUR, MONDAY, at_step, fresh, journal, make_handover, make_house, refused
from tests.handover.houses import fixed, found, make_builder
from tests.handover.plans import drawing, make_plan, spot_on
from tests.handover.signatures import sign_paper

pytestmark = pytest.mark.django_db
AT = MONDAY + HOUR


def new_plan(cast, name="A户型", **options):
    given = {"estate": cast.estate_a1, "picture": drawing(), "by": cast.service_lead, "at": AT, **options}
    return add_plan(name=name, **given)


def assign(plan, cast, doors, *, building=None, unit=None, verb=assign_houses):
    return verb(plan=plan, building=building, unit=unit, doors=doors, by=cast.service_lead, at=AT)


def planned(plan):
    return sorted(plan.houses.values_list("house__number", flat=True))


def pictures(plan):
    return Attachment.objects.for_owner(plan, HousePlan.PICTURE)


# --- plans ----------------------------------------------------------------------------------------------------------


def test_a_plan_is_kept_with_its_picture_and_journalled(cast):
    plan = new_plan(cast, " A户型 ")
    assert (plan.name, plan.estate) == ("A户型", cast.estate_a1)
    assert (pictures_of([plan.pk])[plan.pk].width, journal(plan, prefix="plan.")) == (400, ["add"])


def test_a_name_is_there_once_per_estate(cast):
    plan = new_plan(cast)
    with refused("已有同名的户型"):
        new_plan(cast)
    other = new_plan(cast, "B户型")
    with refused("已有同名的户型"):
        rename_plan(plan=other, name="A户型", by=cast.service_lead, at=AT)
    rename_plan(plan=other, name="B2户型", by=cast.service_lead, at=AT)
    told = Entry.objects.about(other).filter(verb="plan.rename").get()
    assert told.data["plan"] == {"before": "B户型", "after": "B2户型"}
    assert fresh(plan).name == "A户型"


def test_what_is_no_picture_keeps_nothing(cast):
    with refused("JPEG"):
        new_plan(cast, picture=drawing_that_is_text())
    assert not HousePlan.objects.exists()


def drawing_that_is_text():
    file = drawing()
    file.file.seek(0)
    file.file.write(b"no picture at all")
    file.file.seek(0)
    return file


def test_only_those_who_keep_plans_upload(cast):
    for user in (cast.service, cast.engineering, cast.foreign_manager, cast.auditor):
        with refused("不能维护户型图"):
            new_plan(cast, by=user)


# --- houses ---------------------------------------------------------------------------------------------------------


def test_houses_have_a_plan_by_the_end_of_their_door(cast):
    for number in ("101", "102", "202", "1502", "1512", "2"):
        make_house(cast.estate_a1, number)
    plan = new_plan(cast)
    assert assign(plan, cast, ["02"]) == 3
    assert planned(plan) == ["102", "1502", "202"]
    # One figure is a whole number, not an ending: 1512 does not end with the door 2.
    assert assign(plan, cast, ["2"]) == 1
    assert planned(plan) == ["102", "1502", "2", "202"]
    told = Entry.objects.about(plan).filter(verb="plan.assign").first()
    assert told is not None
    assert told.data["where"] in ("全部楼栋 02室", "全部楼栋 2室")


def test_a_house_has_one_plan_and_goes_to_the_newest(cast):
    house = make_house(cast.estate_a1, "1502")
    first, second = new_plan(cast), new_plan(cast, "B户型")
    assign(first, cast, [])
    assign(second, cast, ["1502"], building=house.building, unit=house.unit)
    assert (planned(first), planned(second)) == ([], ["1502"])
    with refused("都已经用这张图"):
        assign(second, cast, ["02"])
    assert assign(second, cast, ["02"], verb=unassign_houses) == 1
    with refused("没有符合的房号"):
        assign(second, cast, ["02"], verb=unassign_houses)
    assert not PlannedHouse.objects.exists()


def test_houses_of_another_estate_and_building_stay_as_they_are(cast):
    mine, foreign = make_house(cast.estate_a1, "1502"), make_house(cast.estate_a2, "1502")
    plan = new_plan(cast)
    with refused("没有可以分配的房屋"):
        assign(plan, cast, [], building=foreign.building)
    assert assign(plan, cast, []) == 1
    assert list(plan.houses.values_list("house", flat=True)) == [mine.pk]


# --- pins -----------------------------------------------------------------------------------------------------------


def test_a_defect_is_pinned_on_the_plan_of_its_house(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    defect = fresh(found(cast, handover=handover, spot=spot_on(plan, 0.25, 0.4)))
    assert (defect.plan, defect.pin_x, defect.pin_y) == (plan, 0.25, 0.4)
    assert fresh(found(cast, handover=handover)).plan is None


def test_a_defect_is_pinned_later_moved_and_taken_off(cast):
    handover = make_handover(cast)
    defect = found(cast, handover=handover)
    client, url = cast.client(cast.engineering), reverse("handover:pin_defect", args=[defect.pk])
    assert reverse("handover:pin_defect", args=[defect.pk]) not in client.get(page_of(defect)).content.decode()
    plan = make_plan(handover.house, by=cast.service_lead)
    picture = str(pictures(plan).get().uuid)
    assert url in client.get(page_of(defect)).content.decode()
    for pin, place in (("0.5,0.125", (0.5, 0.125)), ("0.75,0", (0.75, 0)), ("", (None, None))):
        assert client.post(url, {"pin": pin, "picture": picture}).status_code == 302
        assert (fresh(defect).pin_x, fresh(defect).pin_y) == place
    assert fresh(defect).plan is None
    assert journal(defect, prefix="defect.") == ["open", "pin", "pin", "pin"]
    wrong = client.post(url, {"pin": "2,2", "picture": picture})
    assert wrong.status_code == 422
    assert "没有读出来" in wrong.content.decode()
    assert cast.client(cast.cashier).post(url).status_code == 403
    fixed(defect, cast)
    with refused("已经登记过整改完成"):
        pin_defect(defect=defect, spot=spot_on(plan, 0.5, 0.5), by=cast.engineering, at=AT)
    assert url not in client.get(page_of(defect)).content.decode()


def page_of(defect):
    return reverse("handover:defect", args=[defect.pk])


def test_a_pin_on_another_picture_than_the_house_has_now_is_refused(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    before = spot_on(plan, 0.25, 0.4)
    replace_picture(plan=plan, picture=drawing("B.png"), by=cast.service_lead, at=AT)
    assert pictures(plan).count() == 1
    with refused("平面图刚刚换过"):
        found(cast, handover=handover, spot=before)
    PlannedHouse.objects.all().delete()
    with refused("平面图刚刚换过"):
        found(cast, handover=handover, spot=spot_on(plan, 0.25, 0.4))
    assert not Defect.objects.exists()


def test_a_picture_with_pins_stays_and_another_plan_takes_over(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    defect = found(cast, handover=handover, spot=spot_on(plan, 0.25, 0.4))
    picture = pictures(plan).get()
    with refused("已有 1 个遗留问题标在这张图上，不能换图"):
        replace_picture(plan=plan, picture=drawing(), by=cast.service_lead, at=AT)
    with refused("不能删除"):
        remove_plan(plan=plan, by=cast.service_lead, at=AT)
    newer = new_plan(cast, "A户型新版")
    assign(newer, cast, [])
    assert (fresh(defect).plan, pictures(plan).get()) == (plan, picture)
    page = cast.client(cast.engineering).get(reverse("handover:house_defects", args=[handover.pk])).content.decode()
    assert "A户型新版平面图" in page
    assert 'cx="25.00%" cy="40.00%"' in page


def test_a_plan_without_pins_is_removed_with_its_picture(cast):
    plan = make_plan(make_house(cast.estate_a1, "1502"), by=cast.service_lead)
    key = plan.pk
    remove_plan(plan=plan, by=cast.service_lead, at=AT)
    assert not HousePlan.objects.exists()
    assert not PlannedHouse.objects.exists()
    assert not Attachment.objects.filter(owner_kind="handover.houseplan").exists()
    assert Entry.objects.filter(subject_kind="handover.houseplan", subject_id=key, verb="plan.remove").exists()


@pytest.mark.parametrize("place", [{"pin_x": 1.01}, {"pin_y": -0.01}, {"pin_x": None}, {"plan": None}])
def test_the_database_keeps_pins_on_their_plan(cast, place):
    handover = make_handover(cast)
    defect = found(cast, handover=handover, spot=spot_on(make_plan(handover.house, by=cast.service_lead), 0, 1))
    with pytest.raises(IntegrityError, match="defect_pin_lies_on_a_plan"), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(**place)


def test_a_forged_picture_is_no_place(cast):
    handover = make_handover(cast)
    foreign = make_plan(make_house(cast.estate_b1, "1502"), by=cast.foreign_manager)
    make_plan(handover.house, by=cast.service_lead)
    with refused("平面图刚刚换过"):
        found(cast, handover=handover, spot=Spot(pictures(foreign).get().uuid, 0.5, 0.5))


# --- pages ----------------------------------------------------------------------------------------------------------


def pinned_house(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    return handover, plan, found(cast, handover=handover, spot=spot_on(plan, 0.25, 0.4))


def test_the_archivist_uploads_assigns_and_removes(cast):
    handover = make_handover(cast)
    archivist = cast.client(cast.everyone["archivist"])
    given = {"estate": cast.estate_a1.pk, "name": "A户型", "picture": drawing()}
    assert archivist.post(reverse("handover:add_plan"), given).status_code == 302
    plan = HousePlan.objects.get()
    url = {
        verb: reverse(f"handover:{verb}_plan", args=[plan.pk]) for verb in ("assign", "unassign", "remove", "rename")
    }
    place = f"u{handover.house.unit_id}"
    assert archivist.post(url["assign"], {"where": place, "doors": "01室、02室"}).status_code == 302
    assert planned(plan) == ["1502"]
    page = archivist.get(reverse("handover:plan", args=[plan.pk])).content.decode()
    assert "1502" in page
    again = archivist.post(url["assign"], {"where": place, "doors": "99"})
    assert again.status_code == 422
    assert "没有可以分配的房屋" in again.content.decode()
    assert archivist.post(url["rename"], {"name": ""}).status_code == 422
    assert archivist.post(url["unassign"], {"where": "", "doors": ""}).status_code == 302
    assert archivist.post(url["remove"]).status_code == 302
    assert not HousePlan.objects.exists()


def test_the_list_says_how_many_houses_have_no_plan(cast):
    handover, _, _ = pinned_house(cast)
    client = cast.client(cast.service)
    assert "没有平面图" not in client.get(reverse("handover:plans")).content.decode()
    make_handover(cast, "1503", name="第二批")
    page = client.get(reverse("handover:plans")).content.decode()
    assert "还有 1 户交房的房屋没有平面图" in page
    assert "上传户型图" not in page  # 客服 look at it; 客服主管 keep it
    assert "1 户" in page
    assert handover.estate.name in page


def test_a_tap_on_the_plan_comes_with_the_form(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    picture = pictures(plan).get()
    url = reverse("handover:register_defect", args=[handover.pk])
    given = {
        "client_key": "0193b2f0-0000-7000-8000-000000000001", "room": "主卧", "what": "墙面|空鼓", "mark": "",
        "pin": "0.5,0.125", "picture": str(picture.uuid),
    }  # fmt: skip
    client = cast.client(cast.engineering)
    for wrong in ("1.5,0.2", "0.5", "x,y", "nan,0.2", "0.1,0.2,0.3"):
        response = client.post(url, given | {"pin": wrong})
        assert response.status_code == 422
        assert "平面图上的位置没有读出来" in response.content.decode()
    kept = client.post(url, given | {"what": ""}).content.decode()
    assert 'name="pin" value="0.5,0.125"' in kept
    assert client.post(url, given).status_code == 302
    defect = Defect.objects.get()
    assert (defect.pin_x, defect.pin_y) == (0.5, 0.125)
    page = client.get(reverse("handover:house_defects", args=[handover.pk])).content.decode()
    assert 'cx="50.00%" cy="12.50%"' in page
    assert reverse("handover:defect", args=[defect.pk]) in page
    record = client.get(reverse("handover:defect", args=[defect.pk])).content.decode()
    assert 'cx="50.00%" cy="12.50%"' in record


def test_what_was_pinned_on_a_replaced_picture_is_pinned_again(cast):
    handover = make_handover(cast)
    plan = make_plan(handover.house, by=cast.service_lead)
    old = pictures(plan).get().uuid
    replace_picture(plan=plan, picture=drawing("B.png"), by=cast.service_lead, at=AT + DAY)
    given = {
        "client_key": "0193b2f0-0000-7000-8000-000000000002", "room": "主卧", "what": "墙面|空鼓", "mark": "",
        "pin": "0.5,0.125", "picture": str(old),
    }  # fmt: skip
    response = cast.client(cast.engineering).post(reverse("handover:register_defect", args=[handover.pk]), given)
    assert response.status_code == 422
    text = response.content.decode()
    assert "平面图刚刚换过" in text
    assert 'name="pin" value=""' in text


def test_the_signed_record_prints_with_the_plan_and_its_pins(cast):
    handover = at_step(cast, StepKind.INSPECTION)
    plan = make_plan(handover.house, by=cast.service_lead)
    found(cast, handover=handover, fault="开裂")
    found(cast, handover=handover, spot=spot_on(plan, 0.25, 0.4), remark="窗下")
    sign_paper(handover, "inspection", by=cast.service)
    later = found(cast, handover=handover, spot=spot_on(plan, 0.9, 0.9), at=AT + 2 * DAY)
    client = cast.client(cast.service)
    content = client.get(reverse("handover:paper", args=[handover.pk, "inspection"])).content
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 2
    assert "验房平面图" in pages[1]
    assert "2 主卧 墙面 空鼓（窗下）" in " ".join(pages[1].split())
    # What was found after the signature is on no signed list.
    assert later.plan == plan
    assert "3 主卧" not in " ".join(pages[1].split())
    whole = client.get(reverse("handover:paper_set", args=[handover.pk])).content
    assert "验房平面图" in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(whole)).pages)


def test_a_pin_is_printed_where_it_was_put(cast):
    """25 % and 40 % of a picture 400 × 300 px (300 × 225 pt) that begins at the margin of 16 mm."""
    handover = at_step(cast, StepKind.INSPECTION)
    plan = make_plan(handover.house, by=cast.service_lead)
    for x, y in ((0.25, 0.4), (0.75, 0.4), (0.25, 0.8)):
        found(cast, handover=handover, spot=spot_on(plan, x, y))
    (part,) = plan_parts(handover, AT, AT)
    places: dict[str, tuple[float, float]] = {}

    def see(text, cm, tm, font, size):
        # Figures alone, of which those of the plan come first; the list has them again.
        if text.strip() in ("1", "2", "3"):
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            places.setdefault(text.strip(), (x, y))

    content = pdf.render(part.template, part.context, images=part.images)
    pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=see)
    (x1, y1), (x2, y2), (x3, y3) = (places[number] for number in "123")
    assert x1 == pytest.approx(45.4 + 75, abs=4)
    assert (x2 - x1, y2 - y1) == (pytest.approx(150, abs=1), pytest.approx(0, abs=1))
    assert (x3 - x1, y1 - y3) == (pytest.approx(0, abs=1), pytest.approx(90, abs=1))


def test_a_builder_sees_the_plan_of_their_own_defects_only(client, cast):
    builder, other = make_builder(cast), make_builder(cast, "另一家", ("门窗",))
    handover, plan, defect = pinned_house(cast)
    assert defect.builder == builder
    uuid = pictures(plan).get().uuid
    for one, status in ((builder, 200), (other, 404)):
        assert client.get(reverse("handover:builder_plan", args=[signed_key(one), uuid])).status_code == status
    page = client.get(reverse("handover:builder_page", args=[signed_key(builder)])).content.decode()
    assert 'cx="25.00%" cy="40.00%"' in page
    assert str(handover.house) in page


def test_a_record_without_pins_prints_as_before(cast):
    handover = at_step(cast, StepKind.INSPECTION)
    make_plan(handover.house, by=cast.service_lead)
    found(cast, handover=handover)
    signature = sign_paper(handover, "inspection", by=cast.service)
    assert plan_parts(handover, signature.at, AT) == []


def test_only_who_sees_the_estate_sees_its_plans(cast):
    _, plan, _ = pinned_house(cast)
    uuid = pictures(plan).get().uuid
    for user, status in ((cast.engineering, 200), (cast.foreign_engineering, 404)):
        client = cast.client(user)
        assert client.get(reverse("attachments:shown", args=[uuid])).status_code == status
        assert client.get(reverse("handover:plan", args=[plan.pk])).status_code == status
