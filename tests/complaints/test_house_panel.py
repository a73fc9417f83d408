"""一户一档 shows the cases and visits of the house (ORG-7)."""

from django.urls import reverse

from complaints.services.visiting import plan_visit
from tests.complaints.factories import MONDAY, make_case, make_house
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
