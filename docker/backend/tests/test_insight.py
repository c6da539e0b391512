"""Streaks, rates, scores and due days, against definitions too slow or too plain to use."""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habit_tracker.core import insight
from habit_tracker.core.clock import date_in, time_zones
from habit_tracker.core.insight import (
    HALF_LIFE_DAYS,
    RECENT_DAYS,
    Plan,
    Progress,
    Record,
    Rule,
    progress,
    trends,
)
from habit_tracker.core.schedule import (
    DAILY,
    AnySchedule,
    Goal,
    Interval,
    Weekdays,
    Weekly,
    week_of,
    weekday_of,
)
from tests.support import naive

TODAY = date(2028, 3, 1)  # a Wednesday; the day before is 29 February
WORKDAYS = Weekdays(kind="weekdays", weekdays=(1, 2, 3, 4, 5))

fixed_schedules = st.one_of(
    st.just(DAILY),
    st.sets(st.integers(1, 7), min_size=1).map(
        lambda days: Weekdays(kind="weekdays", weekdays=tuple(days))
    ),
    st.integers(1, 7).map(lambda times: Weekly(kind="weekly", times=times)),
)
# What is done early under one of these moves all that follows.
schedules = fixed_schedules | (
    st.integers(2, 12).map(lambda days: Interval(kind="interval", days=days))
)
# Around leap days, ends of years (weeks cross them), and anywhere else.
todays = st.one_of(
    st.sampled_from([TODAY, date(2024, 2, 29), date(2027, 1, 1), date(2100, 3, 1)]),
    st.dates(date(1990, 1, 1), date(2200, 1, 1)),
)
# Days ago. Dense around today, so that streaks happen, break, and lie in the future.
agos = st.sets(st.integers(-5, 60))


ONCE = Weekly(kind="weekly", times=1)
THIRD = Interval(kind="interval", days=3)

goals = st.none() | st.builds(
    Goal, kind=st.sampled_from(["at_least", "at_most"]), target=st.integers(1, 3), unit=st.just("x")
)
BASE = TODAY.toordinal()


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """What a habit asked for in the last months, with changes and pauses."""
    since = [0, *sorted(draw(st.sets(st.integers(BASE - 70, BASE + 2), max_size=3)))]
    rules = tuple(Rule(day, draw(schedules), draw(goals)) for day in since)
    pauses = draw(st.lists(st.tuples(st.integers(-80, 3), st.integers(0, 20)), max_size=3))
    return Plan(
        BASE - draw(st.integers(0, 70)),
        rules,
        tuple((BASE + first, BASE + first + more) for first, more in pauses),
        draw(st.integers(1, 7)),
    )


records = st.dictionaries(
    st.integers(BASE - 75, BASE + 3), st.none() | st.integers(0, 4), max_size=70
).map(
    lambda days: Record(
        {day: count for day, count in days.items() if count is not None},
        {day for day, count in days.items() if count is None},
    )
)


def judge(
    schedule: AnySchedule,
    done: set[int],
    skipped: set[int] | None = None,
    today: date = TODAY,
    start: int = 0,
) -> Progress:
    """Progress from days given as "so many days ago"."""
    now = today.toordinal()
    plan = Plan(now - start, (Rule(0, schedule),))
    record = Record({now - ago: 1 for ago in done}, {now - ago for ago in skipped or ()})
    return progress(plan, record, now)


class TestDays:
    @given(st.dates())
    def test_weekdays_are_the_calendars(self, day: date) -> None:
        assert weekday_of(day.toordinal()) == day.isoweekday()

    @given(st.dates(max_value=date(9999, 12, 30)))
    def test_weeks_turn_on_mondays_whatever_the_year(self, day: date) -> None:
        following = day + timedelta(days=1)
        turned = week_of(following.toordinal(), 1) - week_of(day.toordinal(), 1)
        assert turned == (following.isoweekday() == 1)
        same = day.isocalendar()[:2] == following.isocalendar()[:2]
        assert same == (turned == 0)


class TestStreak:
    def test_nothing_is_no_streak(self) -> None:
        assert judge(DAILY, set()).streak == 0

    def test_an_unfinished_today_breaks_nothing(self) -> None:
        assert judge(DAILY, {1, 2}).streak == 2

    def test_a_missed_yesterday_does(self) -> None:
        assert judge(DAILY, {2, 3}).streak == 0
        assert judge(DAILY, {2, 3}).best_streak == 2

    def test_a_leap_day_is_a_day(self) -> None:
        assert judge(DAILY, {0, 1, 2}).streak == 3

    def test_a_skip_neither_breaks_nor_counts(self) -> None:
        assert judge(DAILY, {0, 2}, {1}).streak == 2

    def test_days_off_neither_break_nor_count(self) -> None:
        # From Wednesday back: Mon, Tue, Wed; Sat and Sun off; Fri.
        assert judge(WORKDAYS, {0, 1, 2, 5}).streak == 4
        assert judge(WORKDAYS, {0, 1, 2, 6}).streak == 3

    def test_more_than_asked_for_counts(self) -> None:
        assert judge(WORKDAYS, {0, 1, 2, 3}).streak == 4

    def test_weeks(self) -> None:
        twice = Weekly(kind="weekly", times=2)
        # This week began two days ago, the last one nine. Once so far: it is not over.
        assert judge(twice, {0, 3, 10, 11}).streak == 0
        assert judge(twice, {0, 3, 9, 10, 16}).streak == 2
        assert judge(twice, {0, 1, 3, 4, 10, 11}).streak == 3

    def test_a_skip_asks_for_one_time_less(self) -> None:
        twice = Weekly(kind="weekly", times=2)
        assert judge(twice, {3, 10, 11}, {4}).streak == 2
        assert judge(twice, {10, 11}, {3}).streak == 0
        # All that was asked for is skipped, so nothing was: neither broken nor counted.
        assert judge(twice, {10, 11}, {3, 4}).streak == 1

    @given(agos, todays)
    def test_daily_is_the_longest_unbroken_run_that_reaches_today(
        self, done: set[int], today: date
    ) -> None:
        def run_up_to(last: int) -> int:
            lengths = range(1, len(done) + 1)
            return max((n for n in lengths if set(range(last, last + n)) <= done), default=0)

        found = judge(DAILY, done, today=today)
        # A run up to yesterday is part of the one up to today, if there is one.
        assert found.streak == max(run_up_to(0), run_up_to(1))
        assert found.best_streak == max((run_up_to(n) for n in range(61)), default=0)

    @given(agos, st.integers(1, 7), todays)
    def test_weekly_counts_the_weeks_that_met_their_number(
        self, done: set[int], times: int, today: date
    ) -> None:
        past = [today - timedelta(days=ago) for ago in done if ago >= 0]
        counts = {day.isocalendar()[:2]: 0 for day in past}
        for day in past:
            counts[day.isocalendar()[:2]] += 1
        expected, monday = 0, today - timedelta(days=today.weekday())
        if counts.get(monday.isocalendar()[:2], 0) >= times:
            expected += 1
        monday -= timedelta(weeks=1)
        while counts.get(monday.isocalendar()[:2], 0) >= times:
            expected += 1
            monday -= timedelta(weeks=1)
        found = judge(Weekly(kind="weekly", times=times), done, today=today, start=90)
        assert found.streak == expected

    @given(schedules, agos, todays)
    def test_the_current_one_is_never_better_than_the_best(
        self, schedule: AnySchedule, done: set[int], today: date
    ) -> None:
        found = judge(schedule, done, today=today)
        assert 0 <= found.streak <= found.best_streak

    @given(st.sampled_from([DAILY, WORKDAYS]), agos, agos, todays)
    def test_checking_in_today_adds_exactly_one(
        self, schedule: AnySchedule, done: set[int], skipped: set[int], today: date
    ) -> None:
        before = judge(schedule, done - {0}, skipped, today)
        assert judge(schedule, done | {0}, skipped, today).streak == before.streak + 1

    @given(schedules, agos, agos, st.integers(0, 60), todays)
    def test_skipping_never_lowers_a_streak(
        self, schedule: AnySchedule, done: set[int], skipped: set[int], ago: int, today: date
    ) -> None:
        # A first day that is certain: a skip before it would move it back.
        before = judge(schedule, done, skipped, today, start=90)
        after = judge(schedule, done, skipped | {ago}, today, start=90)
        assert after.streak >= before.streak
        assert after.best_streak >= before.best_streak

    @given(st.sets(st.integers(0, 60)), todays)
    def test_a_week_of_seven_is_met_by_seven_days_only(self, done: set[int], today: date) -> None:
        weekly = judge(Weekly(kind="weekly", times=7), done, today=today, start=90)
        assert weekly.best_streak * 7 <= len(done)


@given(schedules, agos, agos, st.integers(0, 90), todays)
def test_the_future_does_not_count(
    schedule: AnySchedule, done: set[int], skipped: set[int], start: int, today: date
) -> None:
    def past(agos: set[int]) -> set[int]:
        return {ago for ago in agos if ago >= 0}

    assert judge(schedule, done, skipped, today, start) == judge(
        schedule, past(done), past(skipped), today, start
    )


@given(agos, todays)
def test_the_recent_days_are_ascending_and_complete(done: set[int], today: date) -> None:
    now = today.toordinal()
    recent = judge(DAILY, done, today=today).recent
    assert all(a < b for a, b in pairwise(recent))
    assert set(recent) == {now - ago for ago in done & set(range(RECENT_DAYS))}


class TestRate:
    @given(schedules, agos, agos, st.integers(0, 90), todays)
    def test_it_is_a_share(
        self, schedule: AnySchedule, done: set[int], skipped: set[int], start: int, today: date
    ) -> None:
        rate = judge(schedule, done, skipped, today, start).rate
        assert rate is None or 0 <= rate <= 1

    @given(schedules, todays)
    def test_everything_is_one_and_nothing_is_none(
        self, schedule: AnySchedule, today: date
    ) -> None:
        assert judge(schedule, set(range(90)), set(), today).rate == 1
        assert judge(schedule, set(), set(), today, start=90).rate == 0

    def test_half_is_a_half(self) -> None:
        assert judge(DAILY, set(range(0, 30, 2)), start=90).rate == 0.5

    def test_an_unfinished_today_and_skips_are_left_out(self) -> None:
        assert judge(DAILY, {1, 2}, {3}, start=4).rate == pytest.approx(2 / 3)

    def test_a_new_habit_is_not_judged_by_days_before_it(self) -> None:
        assert judge(DAILY, {0, 1}, start=1).rate == 1

    def test_a_day_off_counts_only_when_it_was_done(self) -> None:
        # From Wednesday back: Tue, Mon, Sun, Sat, Fri.
        assert judge(WORKDAYS, {1, 5}, start=5).rate == pytest.approx(2 / 3)
        assert judge(WORKDAYS, {1, 4, 5}, start=5).rate == pytest.approx(3 / 4)

    def test_thirty_days_count_and_no_more(self) -> None:
        assert judge(DAILY, {0, 29, 30}, start=90).rate == pytest.approx(2 / 30)
        assert judge(DAILY, {0}, start=29).rate == pytest.approx(1 / 30)

    def test_a_skip_before_the_first_day_moves_that_back_as_well(self) -> None:
        assert judge(DAILY, {0}, {4}).rate == pytest.approx(1 / 4)

    def test_a_skip_asks_for_less_in_a_weekly_one_too(self) -> None:
        # This week, which is met, and the last four, of which one was skipped.
        once = Weekly(kind="weekly", times=1)
        assert judge(once, {1, 10}, {3, 4}, start=90).rate == pytest.approx(2 / 4)

    def test_weekly_is_by_weeks(self) -> None:
        once = Weekly(kind="weekly", times=1)
        assert judge(once, {1, 3, 4, 5, 6}, start=90).rate == pytest.approx(2 / 5)


class TestScore:
    @given(schedules, agos, agos, st.integers(0, 90), todays)
    def test_it_is_a_share(
        self, schedule: AnySchedule, done: set[int], skipped: set[int], start: int, today: date
    ) -> None:
        assert 0 <= judge(schedule, done, skipped, today, start).score <= 1

    @given(fixed_schedules, agos, todays, st.integers(0, 60))
    def test_doing_more_never_lowers_it(
        self, schedule: AnySchedule, done: set[int], today: date, ago: int
    ) -> None:
        before = judge(schedule, done, today=today, start=70).score
        after = judge(schedule, done | {ago}, today=today, start=70).score
        assert after >= before - 1e-12

    @pytest.mark.parametrize(
        ("schedule", "units", "days"),
        [(DAILY, 3, 1), (WORKDAYS, 3, 7 / 5), (Weekly(kind="weekly", times=3), 1, 7)],
    )
    def test_a_unit_weighs_as_much_as_the_days_it_stands_for(
        self, schedule: AnySchedule, units: int, days: float
    ) -> None:
        kept = 0.5 ** (units * days / HALF_LIFE_DAYS)
        assert judge(schedule, {0, 1, 2}, start=2).score == pytest.approx(1 - kept)

    def test_a_part_of_a_week_is_that_part(self) -> None:
        week = 1 - 0.5 ** (7 / HALF_LIFE_DAYS)
        # Last week, of which three days are the least that is asked for; this one is not over.
        thrice = Weekly(kind="weekly", times=3)
        assert judge(thrice, {4}, start=9).score == pytest.approx(week / 3)
        assert judge(thrice, {4, 5}, start=9).score == pytest.approx(week * 2 / 3)
        # Each skipped day asks for one time less.
        assert judge(thrice, {4}, {5}, start=9).score == pytest.approx(week / 2)
        assert judge(thrice, {4}, {5, 6}, start=9).score == pytest.approx(week)

    def test_half_of_it_is_left_after_the_half_life(self) -> None:
        long_ago = set(range(int(HALF_LIFE_DAYS) + 1, 2000))
        assert judge(DAILY, long_ago).score == pytest.approx(0.5, abs=1e-6)

    @given(fixed_schedules)
    def test_a_lapse_costs_little_after_a_long_time(self, schedule: AnySchedule) -> None:
        # Nothing in all of the week before this one.
        found = judge(schedule, set(range(1000)) - set(range(3, 10)), start=999)
        assert 0.6 < found.score < 1
        assert found.streak <= 3

    def test_days_off_leave_it_alone(self) -> None:
        friday = date(2028, 3, 3)
        monday = friday + timedelta(days=3)
        days = set(range(100))
        before = judge(WORKDAYS, days, today=friday).score
        after = judge(WORKDAYS, {ago + 3 for ago in days}, today=monday).score
        assert after == pytest.approx(before)


class TestDue:
    @given(st.sets(st.integers(1, 7), min_size=1), todays)
    def test_weekdays(self, weekdays: set[int], today: date) -> None:
        schedule = Weekdays(kind="weekdays", weekdays=tuple(weekdays))
        assert judge(schedule, set(), today=today).due == (today.isoweekday() in weekdays)

    @given(schedules, agos, todays)
    def test_checking_in_does_not_change_it(
        self, schedule: AnySchedule, done: set[int], today: date
    ) -> None:
        assert (
            judge(schedule, done | {0}, today=today).due
            == judge(schedule, done - {0}, today=today).due
        )

    @given(st.integers(1, 7), todays)
    def test_weekly_is_due_until_it_was_done_often_enough(self, times: int, today: date) -> None:
        schedule = Weekly(kind="weekly", times=times)
        monday = today - timedelta(days=today.weekday())
        due = []
        for number in range(8):
            days = set(range(1, number + 1))  # every day since Monday
            due.append(judge(schedule, days, today=monday + timedelta(days=number), start=99).due)
        assert due == [True] * times + [False] * (7 - times) + [True]


class TestAgainstTheNaiveOne:
    """Two implementations that share no code agree on everything."""

    @given(plans(), records, st.integers(0, 3))
    @settings(max_examples=600, deadline=None)
    def test_progress(self, plan: Plan, record: Record, later: int) -> None:
        today = BASE + later
        found, expected = progress(plan, record, today), naive.progress(plan, record, today)
        assert found.score == pytest.approx(expected.score)
        assert replace(found, score=0) == replace(expected, score=0)

    @given(plans(), records)
    @settings(max_examples=200, deadline=None)
    def test_trends(self, plan: Plan, record: Record) -> None:
        spans = [BASE - ago for ago in (50, 40, 13, 0)]
        weeks = [BASE - 7 * ago - 3 for ago in range(9, -1, -1)]
        found = trends(plan, record, BASE, spans, weeks)
        history = naive.History(plan, record, BASE)
        assert [(one.done, one.due) for one in found.spans] == [
            naive.share(history, first, following - 1)
            for first, following in pairwise([*spans, BASE + 1])
        ]
        for week, score in zip(weeks, found.scores, strict=True):
            assert (score is None) == (min(week + 7, BASE + 1) <= history.start)
        assert found.scores[-1] == pytest.approx(naive.progress(plan, record, BASE).score)
        assert found.met == sum(map(history.met, range(history.start, BASE + 1)))
        for weekday, one in enumerate(found.weekdays, start=1):
            days = [d for d in range(spans[0], BASE + 1) if (d - 1) % 7 + 1 == weekday]
            assert one.done == sum(map(history.met, days))
            assert one.done <= one.due <= len(days)


@given(agos, todays, st.integers(0, 90))
def test_a_daily_score_is_loop_habit_trackers(done: set[int], today: date, start: int) -> None:
    """Score.compute of Loop Habit Tracker (uhabits-core, models/Score.kt), for a daily habit.

    multiplier = 0.5 ** (sqrt(frequency) / 13), and for each day
    score = previous * multiplier + (1 if done else 0) * (1 - multiplier).
    Loop counts a day that is not over as missed; so only days that are over are compared.
    """
    frequency = 1.0
    multiplier = 0.5 ** (sqrt(frequency) / 13)
    expected = 0.0
    for ago in range(max([start, *done]), 0, -1):
        expected = expected * multiplier + (ago in done) * (1 - multiplier)
    assert judge(DAILY, done - {0}, today=today, start=start).score == pytest.approx(expected)


class TestFindings:
    """What figures said that nobody could believe."""

    def test_more_than_asked_in_a_week_does_not_make_up_for_other_weeks(self) -> None:
        """Once a week, four times last week, other weeks missed: the rate was 97 %."""
        found = judge(ONCE, {3, 4, 5, 6}, start=90)
        assert (found.rate, found.streak) == (1 / 4, 1)

    def test_skips_are_nothing_that_was_due(self) -> None:
        """Done, skipped, done, skipped, by weeks: the rate was 56 %."""
        assert judge(ONCE, {24, 10}, {17, 3}, start=27).rate == 1

    @pytest.mark.parametrize("schedule", [DAILY, WORKDAYS, ONCE, THIRD])
    def test_where_nothing_was_due_there_is_no_rate(self, schedule: AnySchedule) -> None:
        """A habit that was only just made: 0 %."""
        assert judge(schedule, set()).rate is None

    def test_a_holiday_leaves_a_streak_without_a_rate(self) -> None:
        """0 % beside streak 160."""
        found = judge(DAILY, set(range(30, 190)), set(range(30)))
        assert (found.streak, found.rate) == (160, None)

    def test_a_skipped_week_is_not_due_any_more(self) -> None:
        """Once a week, skipped on Monday: it was due on Wednesday still."""
        assert judge(ONCE, set(), start=90).due
        assert not judge(ONCE, set(), {2}, start=90).due
        # Today's own skip does not hide it: that could not be taken back.
        assert judge(ONCE, set(), {0}, start=90).due

    @pytest.mark.parametrize("schedule", [DAILY, WORKDAYS, ONCE, THIRD])
    def test_time_at_rest_is_not_missed(self, schedule: AnySchedule) -> None:
        """Archived days counted as missed."""
        done = {ago + 30 for ago in range(60)}
        before = judge(schedule, {ago - 30 for ago in done}, start=59)
        now = TODAY.toordinal()
        plan = Plan(now - 89, (Rule(0, schedule),), ((now - 29, now - 1),))
        after = progress(plan, Record({now - ago: 1 for ago in done}), now)
        # A week that the pause began in may be met by its days before.
        assert after.streak - before.streak in (0, 1)
        assert after.rate in (None, 1)

    def test_a_first_week_that_began_late_asks_for_its_share(self) -> None:
        """Made on a Saturday, three times a week: that week was missed before it began."""
        thrice = Weekly(kind="weekly", times=3)
        saturday = 4  # days ago
        assert judge(thrice, set(), start=saturday).rate is None
        assert judge(thrice, {3}, start=saturday).streak == 1
        assert judge(thrice, {3}, start=saturday + 1).streak == 1  # a Friday: 3 * 3 / 7, so one
        assert judge(thrice, set(), start=saturday + 1).rate == 0

    def test_a_new_schedule_does_not_rewrite_the_past(self) -> None:
        now = TODAY.toordinal()
        record = Record({now - ago: 1 for ago in range(1, 11)})
        twice = Weekly(kind="weekly", times=2)
        changed = Plan(now - 10, (Rule(0, DAILY), Rule(now, WORKDAYS)))
        assert progress(changed, record, now).streak == 10
        # Days and weeks do not add up.
        changed = Plan(now - 10, (Rule(0, DAILY), Rule(now, twice)))
        assert progress(changed, record, now).streak == 0
        goal = Goal(kind="at_least", target=8, unit="glasses")
        changed = Plan(now - 10, (Rule(0, DAILY), Rule(now, DAILY, goal)))
        assert progress(changed, record, now).streak == 10


class TestWork:
    """The work grows with what was recorded, not with the years."""

    @pytest.mark.parametrize("schedule", [DAILY, WORKDAYS, ONCE, THIRD])
    def test_a_check_in_in_1970_costs_nothing(self, schedule: AnySchedule) -> None:
        """500 of these made `/today` take seconds of CPU."""
        steps = 0

        def count(*_: object) -> None:
            nonlocal steps
            steps += 1

        now = TODAY.toordinal()
        first = date(1970, 1, 1).toordinal()
        plan = Plan(now, (Rule(0, schedule),), ((first + 500, first + 9000),))
        sys.setprofile(count)
        try:
            found = progress(plan, Record({first: 1}), now)
        finally:
            sys.setprofile(None)
        # Calls and returns; a day each would be 20,000 of them.
        assert steps < 1000
        assert (found.rate, found.streak) == (0, 0)

    def test_ten_years_cost_a_little_for_each_check_in(self) -> None:
        now = TODAY.toordinal()
        days = [now - ago for ago in range(3650) if ago % 3]
        runs = 0
        for schedule in (DAILY, WORKDAYS, ONCE, THIRD):
            record = Record(dict.fromkeys(days, 1))
            plan = Plan(now - 3650, (Rule(0, schedule),))
            for stretch in insight._stretches(plan, record, now, [now - 29]):
                runs += sum(1 for _ in insight._runs(stretch))
        assert runs <= 2 * 4 * len(days)


class TestToday:
    @given(
        st.sampled_from(sorted(time_zones())),
        st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    )
    def test_it_is_at_most_a_day_from_utcs_and_never_goes_back(
        self, zone: str, now: datetime
    ) -> None:
        today = date_in(zone, now)
        assert abs(today - now.date()) <= timedelta(days=1)
        # Clocks go back an hour in autumn; dates do not.
        assert today <= date_in(zone, now + timedelta(hours=1)) <= today + timedelta(days=2)

    @pytest.mark.parametrize(
        ("now", "today"),
        [
            ("2026-03-28T22:59:59Z", "2026-03-28"),  # CET
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-03-29T21:59:59Z", "2026-03-29"),  # CEST: the day had 23 hours
            ("2026-03-29T22:00:00Z", "2026-03-30"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),  # and this one 25
            ("2026-10-25T23:00:00Z", "2026-10-26"),
        ],
    )
    def test_clock_changes(self, now: str, today: str) -> None:
        assert date_in("Europe/Berlin", datetime.fromisoformat(now)) == date.fromisoformat(today)

    def test_a_zone_that_is_no_more_counts_as_utc(self) -> None:
        now = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
        assert date_in("Nowhere/Gone", now) == date(2026, 1, 1)

    @given(st.sampled_from(sorted(time_zones())), st.sampled_from(sorted(time_zones())))
    def test_moving_house_breaks_no_streak_that_is_kept(self, old: str, new: str) -> None:
        """Done every day until the day of the move: the streak stands in the new zone too."""
        now = datetime(2026, 6, 15, 12, tzinfo=UTC)
        last = date_in(old, now)
        done = {last.toordinal() - ago for ago in range(10)}
        there = date_in(new, now).toordinal()
        record = Record(dict.fromkeys(done, 1))
        found = progress(Plan(last.toordinal() - 9, (Rule(0, DAILY),)), record, there)
        # One day further west it lies in the future, and counts when that day comes.
        assert found.streak == (
            10 if there >= last.toordinal() else 10 - (last.toordinal() - there)
        )
