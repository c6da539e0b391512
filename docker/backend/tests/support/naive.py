"""The figures once more, day by day and by the letter of the README: slow, and easy to check.

Nothing of core.insight is used but the shapes of what goes in and comes out.
"""

from dataclasses import dataclass

from habit_tracker.core.insight import Plan, Progress, Record, Rule
from habit_tracker.core.schedule import AnySchedule, Daily, Interval, Weekdays, Weekly

HALF_LIFE = 13


@dataclass
class Unit:
    """A unit that counts."""

    end: int
    asked: int
    done: int
    days: float


@dataclass
class History:
    """A habit's days, each with what was in force and what happened."""

    plan: Plan
    record: Record
    today: int

    @property
    def start(self) -> int:
        known = [day for day in (*self.record.done, *self.record.skipped) if day <= self.today]
        return min([self.plan.start, self.today, *known])

    def rule(self, day: int) -> Rule:
        found = self.plan.rules[0]
        for rule in self.plan.rules:
            if rule.since <= day:
                found = rule
        return found

    def schedule(self, day: int) -> AnySchedule:
        # Tomorrow is as today: no change is known yet.
        return self.rule(min(day, self.today)).schedule

    def paused(self, day: int) -> bool:
        return any(first <= day <= last for first, last in self.plan.pauses)

    def skipped(self, day: int) -> bool:
        return day in self.record.skipped

    def met(self, day: int) -> bool:
        if day > self.today or day not in self.record.done:
            return False
        goal, count = self.rule(day).goal, self.record.done[day]
        if goal is None:
            return True
        return count >= goal.target if goal.kind == "at_least" else count <= goal.target

    def stretch_begins(self, day: int) -> bool:
        return day == self.start or self.schedule(day) != self.schedule(day - 1)

    def week_of(self, day: int) -> list[int]:
        """The days of the same week, under the same schedule, of the habit's life."""
        first = day
        while (first - self.plan.week_start) % 7 and not self.stretch_begins(first):
            first -= 1
        last = day
        while (last + 1 - self.plan.week_start) % 7 and (
            last >= self.today or not self.stretch_begins(last + 1)
        ):
            last += 1
        return list(range(first, last + 1))

    def asked_of_week(self, week: list[int], until: int) -> tuple[int, int]:
        """The week's share, and what was skipped of it up to a day."""
        schedule = self.schedule(week[0])
        assert isinstance(schedule, Weekly)
        share = schedule.times * sum(not self.paused(day) for day in week) // 7
        skips = sum(self.skipped(d) and not self.paused(d) for d in week if d <= until)
        return share, skips

    def week(self, day: int) -> list[Unit]:
        """The week that ends on a day, if one does and counts."""
        week = self.week_of(day)
        if day != min(week[-1], self.today):
            return []
        share, skips = self.asked_of_week(week, self.today)
        asked, done = max(0, share - skips), sum(map(self.met, week))
        days = max(1, sum(not self.paused(one) for one in week))
        if done and done >= asked:
            return [Unit(day, max(1, asked), max(1, asked), days)]
        if asked and week[-1] < self.today:
            return [Unit(day, asked, done, days)]
        return []

    def units(self) -> list[Unit]:
        units: list[Unit] = []
        waited = 0
        for day in range(self.start, self.today + 1):
            schedule = self.schedule(day)
            if self.stretch_begins(day):
                waited = 0
            over = day < self.today
            if isinstance(schedule, Daily | Weekdays):
                weekdays = range(1, 8) if isinstance(schedule, Daily) else schedule.weekdays
                days = 7 / len(weekdays)
                is_on = (day - 1) % 7 + 1 in weekdays
                if self.met(day):
                    units.append(Unit(day, 1, 1, days))
                elif over and is_on and not self.skipped(day) and not self.paused(day):
                    units.append(Unit(day, 1, 0, days))
            elif isinstance(schedule, Weekly):
                units += self.week(day)
            elif self.met(day):
                units.append(Unit(day, 1, 1, waited + 1))
                waited = 0
            elif self.skipped(day):
                waited = 0
            elif over and not self.paused(day):
                waited += 1
                if waited == schedule.days:
                    units.append(Unit(day, 1, 0, schedule.days))
                    waited = 0
        return units

    def kind(self, day: int) -> str:
        match self.schedule(day):
            case Weekly():
                return "weeks"
            case Interval():
                return "times"
            case _:
                return "days"

    def is_due(self) -> bool:
        today, schedule = self.today, self.schedule(self.today)
        if self.paused(today):
            return False
        if isinstance(schedule, Weekdays):
            return (today - 1) % 7 + 1 in schedule.weekdays
        if isinstance(schedule, Weekly):
            week = self.week_of(today)
            share, skips = self.asked_of_week(week, today - 1)
            return sum(self.met(day) for day in week if day < today) + skips < max(1, share)
        if isinstance(schedule, Interval):
            waited = 0
            for day in range(today - 1, self.start - 1, -1):
                waited += not self.paused(day + 1)
                if self.met(day) or self.skipped(day):
                    return waited >= schedule.days
        return True


def progress(plan: Plan, record: Record, today: int) -> Progress:
    """As core.insight.progress."""
    history = History(plan, record, today)
    units = history.units()
    streak = best = 0
    score = 0.0
    kind = history.kind(history.start)
    for day in range(history.start, today + 1):
        if history.kind(day) != kind:
            kind, streak, best = history.kind(day), 0, 0
        for unit in (unit for unit in units if unit.end == day):
            streak = streak + 1 if unit.done == unit.asked else 0
            best = max(best, streak)
            kept = 0.5 ** (unit.days / HALF_LIFE)
            score = score * kept + unit.done / unit.asked * (1 - kept)
    recent = [unit for unit in units if unit.end > today - 30]
    due = sum(unit.asked for unit in recent)
    return Progress(
        streak=streak,
        best_streak=best,
        rate=sum(unit.done for unit in recent) / due if due else None,
        score=score,
        recent=tuple(day for day in range(today - 29, today + 1) if history.met(day)),
        recent_skips=tuple(day for day in range(today - 29, today + 1) if history.skipped(day)),
        due=history.is_due(),
    )


def share(history: History, first: int, last: int) -> tuple[int, int]:
    """What was done, and what was due, in the units that ended in a span."""
    units = [unit for unit in history.units() if first <= unit.end <= last]
    return sum(unit.done for unit in units), sum(unit.asked for unit in units)
