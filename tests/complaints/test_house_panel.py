"""一户一档 shows the cases and visits of the house (ORG-7)."""

from django.urls import reverse

from complaints.services.visiting import plan_visit
from estates.models import Owner
from foundation.timers import services as timers
from tests.complaints.factories import DAY, MONDAY, journal, make_case, make_house, transferred
from tests.complaints.pages import at


def panel_of(cast, user, house):
    with at():
        response = cast.client(user).get(reverse("estates:house", args=[house.pk]))
    found = [panel for panel in response.context["panels"] if panel.title == "诉求与访问"]
    return response, found[0].context if found else None


def test_it_lists_the_houses_cases_and_visits_and_their_journal(cast):
    house = make_house(cast.estate_a1)
    case = make_case(cast, house=house, text="水管漏水")
    make_case(cast, house=make_house(cast.estate_a1, "1601"), text="别家的事")
    visit = plan_visit(
        house=house, visitor=cast.service, by=cast.service_lead, at=MONDAY, planned_on=MONDAY.date(), mode="face"
    )
    response, panel = panel_of(cast, cast.service, house)
    assert (panel["cases"], panel["visits"]) == ([case], [visit])
    shown = response.content.decode()
    assert reverse("complaints:case", args=[case.pk]) in shown
    assert "别家的事" not in shown
    assert [entry.verb for entry in response.context["entries"]].count("case.register") == 1
    assert "visit.plan" in [entry.verb for entry in response.context["entries"]]


def test_who_may_not_read_cases_reads_none_here(cast):
    house = make_house(cast.estate_a1)
    make_case(cast, house=house, text="水管漏水")
    response, panel = panel_of(cast, cast.archivist, house)
    assert panel is None
    assert "水管漏水" not in response.content.decode()


def test_reminders_before_the_limit_stay_on_the_case(cast):
    """A house's timeline tells what became of it, not whom we reminded; a limit that passed is told."""
    house = make_house(cast.estate_a1)
    case = transferred(make_case(cast, house=house), cast)
    timers.sweep(at=MONDAY + DAY)
    with at(MONDAY + DAY):
        entries = cast.client(cast.service).get(reverse("estates:house", args=[house.pk])).context["entries"]
    told = [entry.data["share"] for entry in entries if entry.verb == "case.escalate"]
    assert told
    assert set(told) == {"100%"}
    assert journal(case).count("escalate") > len(told)


def test_a_first_value_has_no_arrow(cast):
    house = make_house(cast.estate_a1)
    transferred(make_case(cast, house=house), cast)
    with at():
        shown = cast.client(cast.service).get(reverse("estates:house", args=[house.pk])).content.decode()
    assert "工程部" in shown
    assert "（空）" not in shown


def test_who_calls_is_one_click_from_the_form(cast):
    house = make_house(cast.estate_a1)
    owner = Owner.objects.create(house=house, name="黄桂兰", phone="13812345678", since=MONDAY.date())
    url = f"{reverse('complaints:register')}?caller=o{owner.pk}"
    with at():
        assert url in cast.client(cast.service).get(reverse("estates:house", args=[house.pk])).content.decode()
        form = cast.client(cast.service).get(url)
        other = cast.client(cast.auditor).get(reverse("estates:house", args=[house.pk])).content.decode()
    assert form.context["form"].found.house == house
    shown = form.content.decode()
    assert 'value="黄桂兰"' in shown
    assert f'value="{house} 黄桂兰（业主）"' in shown
    assert f'data-draft="case:o{owner.pk}"' in shown
    assert reverse("complaints:register") not in other


def test_a_house_without_people_is_the_caller_itself(cast):
    house = make_house(cast.estate_a1)
    with at():
        shown = cast.client(cast.service).get(reverse("estates:house", args=[house.pk])).content.decode()
    assert f"{reverse('complaints:register')}?caller=h{house.pk}" in shown
