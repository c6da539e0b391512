import { lastDays, weekdayOf } from "./dates";
import type { Day, Habit, Weekday } from "./types";

/** `open` was due and is not done; `rest` need not be done. */
export type DayState = "done" | "skip" | "open" | "rest";

/** The last seven days of a habit, today last. */
export function lastWeek(habit: Habit, today: Day): { day: Day; state: DayState }[] {
    return lastDays(today, 7).map((day) => ({ day, state: stateOf(habit, day) }));
}

function stateOf(habit: Habit, day: Day): DayState {
    const { checkins, skips, schedule, created_at: created } = habit;
    if (checkins.includes(day)) return "done";
    if (skips.includes(day)) return "skip";
    if (day < created.slice(0, 10)) return "rest";
    const isDue =
        schedule.kind === "daily" ||
        (schedule.kind === "weekdays" && schedule.weekdays.includes(weekdayOf(day)));
    return isDue ? "open" : "rest";
}

/** The seven weekdays, in the order of weeks that begin on `start`. */
export function weekFrom(start: Weekday): Weekday[] {
    return Array.from({ length: 7 }, (_, index) => ((start - 1 + index) % 7) + 1);
}

/** A weekday's place in such a week, from 0. */
export function placeInWeek(weekday: Weekday, start: Weekday): number {
    return (weekday - start + 7) % 7;
}
