"""What check-ins say about a habit: pure functions, without a clock and without a database.

Days are numbers as `date.toordinal()` gives them: arithmetic on them knows no leap years, no month
lengths and no clock changes. All figures come from one sequence of units; README.md, "How it
counts", says what they are.

Nothing here goes through the calendar day by day: units that were missed one after the other are
counted by arithmetic, so that the work grows with the check-ins and not with the years.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from math import exp2
from typing import Literal, NamedTuple

from habit_tracker.core.schedule import (
    DAYS_A_WEEK,
    AnySchedule,
    Daily,
    Goal,
    Interval,
    Weekdays,
    Weekly,
    first_day_of,
    week_of,
    weekday_of,
)

RECENT_DAYS = 30

HALF_LIFE_DAYS = 13.0
"""After so many days of doing nothing, half of a score is left: as in Loop Habit Tracker."""

Period = tuple[int, int]
"""First and last day."""

Unit = Literal["days", "weeks", "times"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The schedule and the goal in force from a day on."""

    since: int
    schedule: AnySchedule
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a habit asked for, over all its time."""

    start: int
    """The day since which it exists; an earlier check-in moves that back."""
    rules: tuple[Rule, ...]
    """Ascending; the first one also holds before its day."""
    pauses: tuple[Period, ...] = ()
    week_start: int = 1
    """The ISO weekday that weeks begin on."""

    def goal_on(self, day: int) -> Goal | None:
        """The goal in force on a day."""
        return self.rules[max(0, bisect_right(self.rules, day, key=_since) - 1)].goal


@dataclass(frozen=True, slots=True)
class Record:
    """What was recorded for a habit."""

    done: Mapping[int, int]
    """Days on which it was done, with their counts."""
    skipped: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How a habit is going."""

    streak: int
    """Met units up to now, of the present kind: a day and a week do not add up."""

    best_streak: int
    """The longest streak ever, of the present kind of unit."""

    rate: float | None
    """What was done of what was due in units that ended in the last RECENT_DAYS days, 0 to 1."""

    score: float
    """0 to 1: an average of all units that forgets: see HALF_LIFE_DAYS."""

    recent: tuple[int, ...]
    """The met days among the last RECENT_DAYS, ascending."""

    recent_skips: tuple[int, ...]
    """The skipped ones, ascending."""

    due: bool
    """Whether today is one of its days. Today's own check-in does not change that."""


class _Run(NamedTuple):
    """So many equal units, one after the other, the last of which ended on a day."""

    end: int
    number: int
    asked: int
    """Of each unit, at least 1."""
    done: int
    """Of each unit, no more than was asked."""
    days: float
    """How many days each stands for: missing a week's only day weighs as much as a week."""


@dataclass(slots=True)
class Tally:
    """What was done of what was due, in times."""

    done: int = 0
    due: int = 0

    @property
    def rate(self) -> float | None:
        """0 to 1; None when nothing was due."""
        return self.done / self.due if self.due else None

    def add(self, run: _Run) -> None:
        """Count a run's units in."""
        self.done += run.number * run.done
        self.due += run.number * run.asked


@dataclass(frozen=True, slots=True)
class Trends:
    """How a habit went over time: see `trends`."""

    weekdays: tuple[Tally, ...]
    """Monday to Sunday, since the beginning of the first span."""
    spans: tuple[Tally, ...]
    scores: tuple[float | None, ...]
    """At the ends of the weeks; None before the habit's start."""
    met: int
    """Days, of all time."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time with one schedule, and what happened in it. All lists are ascending."""

    schedule: AnySchedule
    first: int
    last: int | None
    """None for the one that still goes on."""
    today: int
    week_start: int
    met: list[int]
    skipped: list[int]
    pauses: list[Period]
    """Of the whole habit, disjoint."""
    cuts: list[int]
    """Days that no run reaches across: all its units ended before one of them, or none."""

    @property
    def over(self) -> int:
        """The last day that is over."""
        return self.today - 1 if self.last is None else self.last

    def active_days(self, first: int, last: int) -> int:
        """How many days of a span were not paused."""
        paused = sum(
            min(end, last) - max(begin, first) + 1
            for begin, end in _overlapping(self.pauses, first, last)
        )
        return max(0, last - first + 1 - paused)

    def week(self, number: int) -> Period:
        """The part of a week that lies in this stretch; of the present one, all its days."""
        first = first_day_of(number, self.week_start)
        last = first + DAYS_A_WEEK - 1
        return max(first, self.first), last if self.last is None else min(last, self.last)


def progress(plan: Plan, record: Record, today: int) -> Progress:
    """Judge a habit today. Days after today do not count."""
    recent = today - RECENT_DAYS + 1
    stretches = _stretches(plan, record, today, [recent])
    streak = best = 0
    score = 0.0
    tally = Tally()
    unit = unit_of(stretches[0].schedule)
    for stretch in stretches:
        if unit_of(stretch.schedule) != unit:
            unit = unit_of(stretch.schedule)
            streak = best = 0
        for run in _runs(stretch):
            score = _forget(score, run)
            streak = streak + run.number if run.done == run.asked else 0
            best = max(best, streak)
            if run.end >= recent:
                tally.add(run)
    # A stretch is a day at least.
    met = [day for stretch in stretches[-RECENT_DAYS:] for day in stretch.met if day >= recent]
    return Progress(
        streak=streak,
        best_streak=best,
        rate=tally.rate,
        score=score,
        recent=tuple(met),
        recent_skips=tuple(sorted(day for day in record.skipped if recent <= day <= today)),
        due=_is_due(stretches),
    )


def trends(plan: Plan, record: Record, today: int, spans: list[int], weeks: list[int]) -> Trends:
    """Judge a habit over time.

    `spans` are the first days of consecutive spans, `weeks` those of consecutive weeks, ascending
    and up to today. A unit belongs to the span in which it ended. A weekday's `due` counts the
    days on which the habit was due, or, when it leaves the day open, could have been done.
    """
    stretches = _stretches(plan, record, today, sorted({*spans, *weeks}))
    tallies = [Tally() for _ in spans]
    ends = [*weeks[1:], today + 1]
    scores: list[float] = []
    score = 0.0
    for stretch in stretches:
        for run in _runs(stretch):
            while run.end >= ends[len(scores)]:
                scores.append(score)
            score = _forget(score, run)
            if run.end >= spans[0]:
                tallies[bisect_right(spans, run.end) - 1].add(run)
    scores += [score] * (len(ends) - len(scores))
    before = sum(end <= stretches[0].first for end in ends)
    return Trends(
        weekdays=_by_weekday(stretches, spans[0]),
        spans=tuple(tallies),
        scores=(*[None] * before, *scores[before:]),
        met=sum(len(stretch.met) for stretch in stretches),
    )


def unit_of(schedule: AnySchedule) -> Unit:
    """What a streak under this schedule counts."""
    match schedule:
        case Weekly():
            return "weeks"
        case Interval():
            return "times"
        case _:
            return "days"


def _forget(score: float, run: _Run) -> float:
    """The score after a run: the longer ago a unit was, the less it weighs."""
    kept = exp2(-run.number * run.days / HALF_LIFE_DAYS)
    return score * kept + run.done / run.asked * (1 - kept)


def _stretches(plan: Plan, record: Record, today: int, cuts: list[int]) -> list[_Stretch]:
    """The habit's time from its start until today: a stretch for each schedule."""
    done = sorted(day for day in record.done if day <= today)
    skipped = sorted(day for day in record.skipped if day <= today)
    start = min(plan.start, today, *done[:1], *skipped[:1])
    met = done
    if any(rule.goal for rule in plan.rules):
        met = [
            day
            for day in done
            if (goal := plan.goal_on(day)) is None or goal.is_met(record.done[day])
        ]
    pauses = _merged(plan.pauses)
    # Only a change of the schedule: one of the goal does not cut a week in two.
    changes = [(start, plan.rules[0].schedule)]
    for rule in plan.rules[1:]:
        if rule.since <= today and rule.schedule != changes[-1][1]:
            since = max(start, rule.since)
            if since == changes[-1][0]:
                changes.pop()  # in force for no day
            changes.append((since, rule.schedule))
    ends = [since - 1 for since, _ in changes[1:]]
    return [
        _Stretch(
            schedule=schedule,
            first=first,
            last=last,
            today=today,
            week_start=plan.week_start,
            met=_between(met, first, today if last is None else last),
            skipped=_between(skipped, first, today if last is None else last),
            pauses=pauses,
            cuts=cuts,
        )
        for (first, schedule), last in zip(changes, [*ends, None], strict=True)
    ]


def _runs(stretch: _Stretch) -> Iterator[_Run]:
    """The stretch's units in their order, without those that do not count."""
    match stretch.schedule:
        case Weekly():
            return _weeks(stretch, stretch.schedule.times)
        case Interval():
            return _intervals(stretch, stretch.schedule.days)
        case Weekdays():
            return _days(stretch, stretch.schedule.weekdays)
        case Daily():
            return _days(stretch, tuple(range(1, DAYS_A_WEEK + 1)))


_Event = tuple[int, int, _Run | None]
"""From a day (or week) to another one: a run of units, or time that asked for nothing."""


def _days(stretch: _Stretch, weekdays: tuple[int, ...]) -> Iterator[_Run]:
    weight = DAYS_A_WEEK / len(weekdays)
    events: list[_Event] = [
        # On whichever weekday: more than was asked for is no mistake.
        (first, last, _Run(last, last - first + 1, asked=1, done=1, days=weight))
        for first, last in _consecutive(stretch.met, stretch.cuts)
    ]
    events += [(day, day, None) for day in stretch.skipped]
    events += [
        (*pause, None) for pause in _overlapping(stretch.pauses, stretch.first, stretch.over)
    ]

    def missed(first: int, last: int) -> Iterator[_Run]:
        for begin, end in _split(first, last, stretch.cuts):
            number = end - begin + 1
            if len(weekdays) < DAYS_A_WEEK:
                number = sum(
                    (end - day) // DAYS_A_WEEK - (begin - 1 - day) // DAYS_A_WEEK
                    for day in weekdays
                )
            if number:
                yield _Run(end, number, asked=1, done=0, days=weight)

    return _fill(stretch.first, stretch.over, events, missed)


def _weeks(stretch: _Stretch, times: int) -> Iterator[_Run]:
    def week(day: int) -> int:
        return week_of(day, stretch.week_start)

    first, final = (
        week(stretch.first),
        week(stretch.today if stretch.last is None else stretch.last),
    )
    met = Counter(map(week, stretch.met))
    skips = Counter(map(week, _unpaused(stretch.skipped, stretch.pauses)))
    # Those about which there is more to say than that they were missed.
    special = {first, final, *met, *skips}
    events: list[_Event] = []
    for begin, end in _overlapping(stretch.pauses, stretch.first, stretch.over):
        begins, ends = max(first, week(begin)), min(final, week(end))
        special |= {begins, ends}
        events.append((begins + 1, ends - 1, None))
    for number in special:
        span = stretch.week(number)
        active = stretch.active_days(*span)
        # Its share, when a part of the week was paused or under another schedule.
        asked = max(0, times * active // DAYS_A_WEEK - skips[number])
        done = min(met[number], max(1, asked))
        is_over = number != final or stretch.last is not None
        run = None
        if done >= max(1, asked) or (asked and is_over):
            run = _Run(min(span[1], stretch.today), 1, max(1, asked), done, max(1, active))
        events.append((number, number, run))

    def missed(begin: int, end: int) -> Iterator[_Run]:
        for begins, ends in _split(begin, end, list(map(week, stretch.cuts))):
            last = first_day_of(ends + 1, stretch.week_start) - 1
            yield _Run(last, ends - begins + 1, asked=times, done=0, days=DAYS_A_WEEK)

    return _fill(first, final, events, missed)


def _intervals(stretch: _Stretch, days: int) -> Iterator[_Run]:
    def missed(first: int, last: int) -> Iterator[_Run]:
        before = 0
        for _, end in _split(first, last, stretch.cuts):
            units = stretch.active_days(first, end) // days
            if units > before:
                yield _Run(end, units - before, asked=1, done=0, days=days)
            before = units

    first = stretch.first
    met = set(stretch.met)
    for day in sorted(met.union(stretch.skipped)):
        yield from missed(first, day - 1)
        if day in met:
            waited = stretch.active_days(first, day - 1) % days
            yield _Run(day, 1, asked=1, done=1, days=waited + 1)
        first = day + 1  # a skip is as good as a time: from then on it is counted anew
    yield from missed(first, stretch.over)


def _fill(
    first: int,
    last: int,
    events: list[_Event],
    missed: Callable[[int, int], Iterator[_Run]],
) -> Iterator[_Run]:
    """The runs among the events, and what was missed between the events."""
    for begin, end, run in sorted(events, key=lambda event: event[:2]):
        if begin > first:
            yield from missed(first, min(begin - 1, last))
        if run is not None:
            yield run
        first = max(first, end + 1)
    if first <= last:
        yield from missed(first, last)


def _is_due(stretches: list[_Stretch]) -> bool:
    """Whether today is one of the habit's days."""
    now = stretches[-1]
    today = now.today
    if not now.active_days(today, today):
        return False
    match now.schedule:
        case Daily():
            return True
        case Weekdays():
            return weekday_of(today) in now.schedule.weekdays
        case Weekly():
            span = now.week(week_of(today, now.week_start))
            asked = now.schedule.times * now.active_days(*span) // DAYS_A_WEEK
            done = _between(now.met, span[0], today - 1)
            skipped = _unpaused(_between(now.skipped, span[0], today - 1), now.pauses)
            # The rest of a week may ask for less than once; that is no reason to hide it.
            return len(done) + len(skipped) < max(1, asked)
        case Interval():
            days = (_between(d, 0, today - 1)[-1:] for s in stretches for d in (s.met, s.skipped))
            last = max((day for found in days for day in found), default=None)
            return last is None or now.active_days(last + 1, today) >= now.schedule.days


def _by_weekday(stretches: list[_Stretch], since: int) -> tuple[Tally, ...]:
    tallies = tuple(Tally() for _ in range(DAYS_A_WEEK))
    for stretch in stretches:
        met, skipped = set(stretch.met), set(stretch.skipped)
        last = stretch.today if stretch.last is None else stretch.last
        for day in range(max(since, stretch.first), last + 1):
            weekday = weekday_of(day)
            tally = tallies[weekday - 1]
            if day in met:
                tally.done += 1
                tally.due += 1
            elif (
                day <= stretch.over
                and day not in skipped
                and stretch.active_days(day, day)
                and (
                    not isinstance(stretch.schedule, Weekdays)
                    or weekday in stretch.schedule.weekdays
                )
            ):
                tally.due += 1
    return tallies


def _since(rule: Rule) -> int:
    return rule.since


def _between(days: list[int], first: int, last: int) -> list[int]:
    return days[bisect_left(days, first) : bisect_right(days, last)]


def _consecutive(days: list[int], cuts: list[int]) -> Iterator[Period]:
    """Ascending days as periods, of which none reaches across a cut."""
    if not days:
        return
    breaks = set(cuts)
    first = last = days[0]
    for day in days[1:]:
        if day != last + 1 or day in breaks:
            yield first, last
            first = day
        last = day
    yield first, last


def _split(first: int, last: int, cuts: list[int]) -> Iterator[Period]:
    """A period in pieces, of which none reaches across a cut."""
    for cut in cuts[bisect_right(cuts, first) : bisect_right(cuts, last)]:
        yield first, cut - 1
        first = cut
    if first <= last:
        yield first, last


def _merged(periods: Collection[Period]) -> list[Period]:
    """The same days, as disjoint periods in ascending order."""
    merged: list[Period] = []
    for first, last in sorted(periods):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        elif first <= last:
            merged.append((first, last))
    return merged


def _overlapping(periods: list[Period], first: int, last: int) -> list[Period]:
    """Those of some disjoint periods that have a day in this one."""
    begin = bisect_left(periods, first, key=lambda period: period[1])
    return periods[begin : bisect_right(periods, last, lo=begin, key=lambda period: period[0])]


def _unpaused(days: list[int], pauses: list[Period]) -> list[int]:
    return [day for day in days if not _overlapping(pauses, day, day)]
