import { lastDays, weekdayOf } from "./dates";
import type { Day, Habit } from "./types";

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
