"""Each step takes effect exactly once, in order, whatever is repeated, run twice at once or failing."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from foundation.timers import registry, services, tasks
from foundation.timers.models import Clock, ClockStep
from foundation.timers.sweeping import LATE_AFTER
from foundation.timers.values import Limit, Subject
from foundation.worktime.models import CalendarDay
from tests.timers.clocks import BROKEN, DAY, DAYS, HOUR, KIND, SECOND, SHARES, START, steps, subject


def start_some(number, *, kind=KIND, at=START, ladder=SHARES):
    subjects = [Subject(pk, 7) for pk in range(1, number + 1)]
    services.start_many(kind=kind, model=CalendarDay, subjects=subjects, at=at, limit=Limit(2), ladder=ladder)


@pytest.mark.django_db
class TestOneSweep:
    def test_gen_1_a_step_is_due_from_its_moment_on(self, told):
        start_some(1)
        assert services.sweep(at=START + DAY - SECOND).steps == 0
        assert services.sweep(at=START + DAY).steps == 1
        assert [(firing.step.code, firing.due_at, firing.late) for firing in told] == [("handler", START + DAY, False)]

    def test_repeated_it_does_nothing(self, told):
        start_some(3)
        services.sweep(at=START + DAY)
        assert services.sweep(at=START + DAY).clocks == 0
        assert len(told) == 3
        assert ClockStep.objects.count() == 3

    def test_what_was_missed_is_caught_up_in_order_and_marked_late(self, told):
        start_some(2)
        result = services.sweep(at=START + 3 * DAY)
        assert str(result) == "计时 2，步骤 6，补记 4，失败 0"
        for pk in (1, 2):
            mine = [firing for firing in told if firing.clock.subject_id == pk]
            assert [(f.step.code, f.due_at, f.late, f.newest) for f in mine] == [
                ("handler", START + DAY, True, False),
                ("manager", START + 2 * DAY, True, False),
                ("branch", START + 3 * DAY, False, True),
            ]
        recorded = ClockStep.objects.filter(clock__subject_id=1)
        assert [(step.code, step.due_at, step.taken_at, step.late) for step in recorded] == [
            ("handler", START + DAY, START + 3 * DAY, True),
            ("manager", START + 2 * DAY, START + 3 * DAY, True),
            ("branch", START + 3 * DAY, START + 3 * DAY, False),
        ]

    def test_one_clock_is_caught_up_to_a_moment_itself_included_and_no_further(self, told):
        start_some(2)
        services.catch_up(clock=Clock.objects.get(subject_id=1), at=START + 5 * DAY, upto=START + 2 * DAY)
        assert [(f.clock.subject_id, f.step.code, f.at) for f in told] == [
            (1, "handler", START + 5 * DAY),
            (1, "manager", START + 5 * DAY),
        ]
        assert Clock.objects.get(subject_id=1).next_at == START + 3 * DAY

    @pytest.mark.parametrize(("delay", "late"), [(LATE_AFTER, False), (LATE_AFTER + SECOND, True)])
    def test_a_step_is_late_when_recorded_noticeably_after_it_was_due(self, delay, late, told):
        start_some(1)
        services.sweep(at=START + DAY + delay)
        assert [firing.late for firing in told] == [late]
        assert ClockStep.objects.get().late is late

    def test_the_oldest_come_first_and_a_kind_is_called_once_a_batch(self, told):
        for pk, offset in ((1, 2), (2, 0), (3, 1)):
            services.start(
                kind=KIND,
                subject=subject(pk),
                node=7,
                at=START + offset * HOUR,
                limit=Limit(2),
                ladder=SHARES,
            )
        services.sweep(at=START + 2 * DAY - SECOND)
        assert [firing.clock.subject_id for firing in told] == [2, 3, 1]

    def test_it_goes_on_batch_by_batch(self, told):
        start_some(25)
        result = services.sweep(at=START + DAY, batch=10)
        assert (result.clocks, len(told)) == (25, 25)

    def test_two_steps_at_one_moment_both_happen(self, told):
        start_some(1, ladder=(*SHARES, DAYS[0]))
        services.sweep(at=START + 2 * DAY)
        assert [firing.step.code for firing in told] == ["handler", "manager", "lead"]

    def test_an_empty_sweep_is_a_handful_of_queries(self, django_assert_num_queries):
        start_some(3)
        with django_assert_num_queries(4):  # what time alone does to records, then a savepoint around one claim
            services.sweep(at=START)

    def test_the_number_of_queries_does_not_grow_with_the_clocks(self, django_assert_num_queries):
        start_some(100)
        with django_assert_num_queries(4):
            assert services.sweep(at=START + DAY).clocks == 100


@pytest.mark.django_db
class TestFailingHandlers:
    def test_one_that_raises_does_not_block_the_others(self, told):
        start_some(3, kind=BROKEN)
        start_some(2)
        result = services.sweep(at=START + DAY)
        assert (result.clocks, result.steps) == (3, 3)
        odd = list(Clock.objects.filter(kind=BROKEN, subject_id__in=[1, 3]))
        assert sorted(result.failed) == sorted((clock.pk, "处理程序出错") for clock in odd)
        for clock in odd:
            assert steps(clock) == [], "its claim is undone with it"
            assert (clock.failures, clock.next_at) == (1, START + DAY + services.timedelta(minutes=1))
            assert clock.error == "RuntimeError: 处理程序出错"
        assert sorted((firing.clock.kind, firing.clock.subject_id) for firing in told) == [
            (BROKEN, 2),
            (KIND, 1),
            (KIND, 2),
        ]
        assert set(Clock.objects.failing()) == set(odd)

    def test_it_is_tried_again_later_and_later_and_nothing_is_lost(self, monkeypatch, told):
        start_some(1, kind=BROKEN)
        clock = Clock.objects.get()
        for minutes in (1, 2, 4):
            at = clock.next_at
            services.sweep(at=at)
            clock.refresh_from_db()
            assert clock.next_at - at == services.timedelta(minutes=minutes)
        monkeypatch.setitem(registry._handlers, BROKEN, told.extend)
        services.sweep(at=clock.next_at)
        clock.refresh_from_db()
        assert [(firing.step.code, firing.due_at, firing.late) for firing in told] == [("handler", START + DAY, True)]
        assert (clock.failures, clock.error, clock.next_at) == (0, "", START + 2 * DAY)

    def test_a_kind_without_a_handler_is_reported(self):
        start_some(1, kind="tests.unknown")
        assert [words for _, words in services.sweep(at=START + DAY).failed] == ["没有登记处理程序：tests.unknown"]

    def test_a_change_tries_a_failed_step_again(self, monkeypatch, told):
        start_some(1, kind=BROKEN)
        services.sweep(at=START + DAY)
        monkeypatch.setitem(registry._handlers, BROKEN, told.extend)
        clock = services.stop(clock=Clock.objects.get(), at=START + DAY + SECOND)
        assert (steps(clock), clock.failures) == ([(1, "handler")], 0)

    def test_a_failing_handler_does_not_stop_a_users_change(self):
        clock = services.start(kind=BROKEN, subject=subject(1), node=7, at=START, limit=Limit(2), ladder=SHARES)
        services.hold(clock=clock, at=START + HOUR)
        clock = services.release(clock=clock, at=START + 3 * DAY)
        assert (clock.state, clock.failures) == ("running", 1)


@pytest.mark.django_db
class TestCommandAndTask:
    def test_the_command_prints_one_line_of_figures(self, capsys):
        start_some(2)
        call_command("sweep_timers", at="2026-11-03T10:00")
        assert capsys.readouterr().out == "计时 2，步骤 2，补记 0，失败 0\n"

    def test_an_unreadable_moment_is_refused_in_words(self):
        with pytest.raises(CommandError, match="看不懂的时间"):
            call_command("sweep_timers", at="明天")

    def test_the_task_sweeps_at_now(self, told):
        start_some(1, at=START - 3000 * DAY)
        assert tasks.sweep() == "计时 1，步骤 4，补记 4，失败 0"


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_two_sweeps_at_once_take_each_step_once(self, told):
        start_some(600)
        results, failures = [], []
        ready = threading.Barrier(2)

        def run():
            try:
                ready.wait()
                results.append(services.sweep(at=START + 2 * DAY, batch=25))
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not failures
        assert sum(result.steps for result in results) == 1200
        assert ClockStep.objects.count() == 1200
        assert len({(firing.clock.pk, firing.step.code) for firing in told}) == len(told) == 1200

    def test_a_clock_that_someone_is_changing_is_left_for_the_next_sweep(self, told):
        start_some(2)
        with transaction.atomic():
            Clock.objects.select_for_update().get(subject_id=1)
            other = threading.Thread(target=lambda: (services.sweep(at=START + DAY), connection.close()))
            other.start()
            other.join(timeout=60)
        assert [firing.clock.subject_id for firing in told] == [2]
        services.sweep(at=START + DAY)
        assert [firing.clock.subject_id for firing in told] == [2, 1]

    def test_a_handler_and_its_claim_commit_together_or_not_at_all(self, monkeypatch):
        start_some(2)
        with transaction.atomic():
            services.sweep(at=START + DAY)
            transaction.set_rollback(True)
        assert ClockStep.objects.count() == 0
        assert services.sweep(at=START + DAY).steps == 2
