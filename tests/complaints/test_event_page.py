"""同一事件: the list, and the event with its cases, answered together (CMP-16)."""

import pytest
from django.urls import reverse

from complaints.models import Case
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    called_back,
    case_in,
    journal,
    make_case,
    make_house,
    reported,
    tied,
    transferred,
)
from tests.complaints.pages import at

LIST = reverse("complaints:events")


@pytest.fixture(autouse=True)
def now():
    with at(MONDAY + 4 * HOUR):
        yield


@pytest.fixture
def event(cast):
    return tied(cast, 3)


def url(event, verb="event"):
    return reverse(f"complaints:{verb}", args=[event.pk])


class TestList:
    def test_it_counts_the_cases_and_the_open_ones(self, cast, event):
        case = event.cases.first()
        called_back_case = reported(transferred(case, cast), cast)
        assert called_back_case.state == Case.State.TO_ANSWER
        row = cast.client(cast.service).get(LIST).context["page"].object_list[0]
        assert (row, row.total, row.open_cases) == (event, 3, 3)

    def test_one_whose_cases_are_all_closed_stands_under_closed(self, cast):
        event = tied(cast, 2)
        Case.objects.filter(event=event).update(event=None)
        closed = called_back(case_in(cast, Case.State.TO_CALLBACK), cast)
        Case.objects.filter(pk=closed.pk).update(event=event)
        client = cast.client(cast.service)
        assert list(client.get(LIST).context["page"]) == []
        assert list(client.get(LIST, {"status": "closed"}).context["page"]) == [event]
        assert list(client.get(LIST, {"status": "all"}).context["page"]) == [event]

    def test_another_estates_is_not_shown(self, cast, event):
        assert list(cast.client(cast.foreign_manager).get(LIST, {"status": "all"}).context["page"]) == []


class TestPage:
    def test_it_shows_all_its_cases_and_how_many_customers_they_are(self, cast, event):
        response = cast.client(cast.service).get(url(event))
        assert [case.event_id for case in response.context["cases"]] == [event.pk] * 3
        assert "投诉客户 3 户" in response.content.decode()
        for case in event.cases.all():
            assert reverse("complaints:case", args=[case.pk]) in response.content.decode()

    def test_elsewhere_it_does_not_exist(self, cast, event):
        assert cast.client(cast.foreign_manager).get(url(event)).status_code == 404

    def test_who_may_not_tie_only_reads(self, cast, event):
        response = cast.client(cast.engineering).get(url(event))
        assert (response.context["verbs"], response.context["untie_forms"]) == ([], [])
        assert "归入更多" not in response.content.decode()

    def test_its_queries_do_not_grow(self, cast, django_assert_max_num_queries):
        event = tied(cast, 12)
        client = cast.client(cast.service)
        client.get(url(event))
        with django_assert_max_num_queries(14):
            client.get(url(event))


class TestAnswer:
    def test_one_answer_reaches_all_open_cases(self, cast, event):
        response = cast.client(cast.service).post(url(event, "answer_event"), {"answer": "18 点恢复供水"})
        assert response["Location"] == url(event)
        assert all(journal(case)[-1] == "reply" for case in event.cases.all())

    def test_without_words_the_dialog_opens_again(self, cast, event):
        response = cast.client(cast.service).post(url(event, "answer_event"), {"answer": " "})
        assert response.status_code == 422
        assert "data-open" in response.content.decode()

    def test_nothing_left_to_answer_is_said_instead_of_offered(self, cast, event):
        Case.objects.filter(event=event).update(state=Case.State.HANDLING)
        Case.objects.filter(event=event).update(state=Case.State.TO_ANSWER)
        Case.objects.filter(event=event).update(state=Case.State.TO_CALLBACK)
        verbs = cast.client(cast.service).get(url(event)).context["verbs"]
        assert [(verb.label, verb.why_not) for verb in verbs] == [("统一答复", "这个事件没有可以答复的诉求单。")]

    def test_get_elsewhere_and_without_the_right(self, cast, event):
        verb = url(event, "answer_event")
        assert cast.client(cast.service).get(verb).status_code == 405
        assert cast.client(cast.foreign_manager).post(verb, {"answer": "好"}).status_code == 404
        assert cast.client(cast.engineering).post(verb, {"answer": "好"}).status_code == 403


class TestTieMore:
    @pytest.fixture
    def late(self, cast, event):
        house = make_house(cast.estate_a1, "1801")
        return make_case(cast, house=house, phone="13666660000", at=MONDAY + 2 * DAY)

    def test_it_offers_untied_ones_of_the_building_and_takes_the_ticked(self, cast, event, late):
        make_case(cast, house=make_house(cast.estate_a1, "101", building="9幢"), phone="13666660001")
        client = cast.client(cast.service)
        assert client.get(url(event)).context["candidates"] == [late]
        assert client.post(url(event, "tie_more"), {"cases": [late.pk]}).status_code == 302
        assert event.cases.filter(pk=late.pk).exists()

    def test_none_ticked_is_refused_in_words(self, cast, event, late):
        response = cast.client(cast.service).post(url(event, "tie_more"), {})
        assert response.status_code == 422
        assert "请至少选择一张诉求单。" in response.content.decode()

    def test_get_elsewhere_and_without_the_right(self, cast, event, late):
        verb = url(event, "tie_more")
        assert cast.client(cast.service).get(verb).status_code == 405
        assert cast.client(cast.foreign_manager).post(verb, {"cases": [late.pk]}).status_code == 404
        assert cast.client(cast.engineering).post(verb, {"cases": [late.pk]}).status_code == 403
