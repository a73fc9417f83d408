import pytest

from foundation.notices.models import Level, Notice
from foundation.notices.services import mark_all_read, send, unread_count


def test_everyone_gets_it_in_one_statement(people, at, django_assert_num_queries):
    with django_assert_num_queries(1):
        told = send(
            to=people, title="整改到期", body="消防栓漏水", url="/x/1/", at=at, key="zg:1:due", level=Level.URGENT
        )
    assert told == 3
    notice = Notice.objects.get(user=people[0])
    assert (notice.title, notice.body, notice.url, notice.at) == ("整改到期", "消防栓漏水", "/x/1/", at)
    assert notice.is_urgent
    assert notice.is_unread


def test_nobody_is_told_the_same_thing_twice(people, zhang, at):
    send(to=[zhang, zhang], title="整改到期", at=at, key="zg:1:due")
    assert send(to=people, title="整改到期", at=at, key="zg:1:due") == 2
    assert send(to=people, title="整改到期", at=at, key="zg:1:due") == 0
    assert Notice.objects.count() == 3
    assert send(to=people, title="整改逾期", at=at, key="zg:1:late") == 3


def test_what_was_read_does_not_come_back(zhang, at):
    send(to=[zhang], title="整改到期", at=at, key="zg:1:due")
    mark_all_read(user=zhang, at=at)
    send(to=[zhang], title="整改到期", at=at, key="zg:1:due")
    assert unread_count(zhang) == 0


def test_it_knows_what_it_tells_of(zhang, wang, at):
    send(to=[zhang], title="新岗位", at=at, key="post:1", subject=wang)
    notice = Notice.objects.get()
    assert (notice.subject_kind, notice.subject_id) == (wang._meta.label_lower, wang.pk)


def test_to_nobody_is_nothing(db, at, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert send(to=[], title="整改到期", at=at, key="zg:1:due") == 0


@pytest.mark.parametrize("url", ["https://example.com/", "//example.com/x", "javascript:alert(1)"])
def test_it_leads_nowhere_else(zhang, at, url):
    with pytest.raises(ValueError, match="page of this site"):
        send(to=[zhang], title="整改到期", at=at, key="k", url=url)


def test_an_unknown_level_is_refused(zhang, at):
    with pytest.raises(ValueError, match="loud"):
        send(to=[zhang], title="整改到期", at=at, key="k", level="loud")
