import type { Day, DayRecord, Goal, Habit } from "./types";

/** A change to a day of a habit. */
export type DayChange =
    /** What is left out stays as it is; `add` counts on from what is there. */
    | { set: Partial<DayRecord> & { add?: number } }
    /** All of it, as Undo wants it. */
    | { replace: DayRecord }
    /** As though nothing had been recorded. */
    | "clear";

/** What is known of the day after the change. */
export function changed(before: DayRecord | null, change: DayChange): DayRecord | null {
    if (change === "clear") return null;
    if ("replace" in change) return change.replace;
    const { add, ...fields } = change.set;
    const count = before ? Math.max(0, before.count + (add ?? 0)) : (add ?? 1);
    return { status: "done", note: "", ...before, count, ...fields };
}

/** The change that takes another one back, to the last count and note. */
export function undoing(before: DayRecord | null): DayChange {
    if (!before) return "clear";
    const { status, count, note } = before;
    return { replace: { status, count, note } };
}

/** Whether there is more to a day than what a tap or a skip alone makes of it. */
export function holdsMore(day: DayRecord): boolean {
    return day.count !== 1 || day.note !== "";
}

/** The change that takes a skip back; a quantity from before it counts again. */
export function unskipping({ goal, today }: Pick<Habit, "goal" | "today">): DayChange {
    return goal && today && holdsMore(today) ? { set: { status: "done" } } : "clear";
}

/** Whether a day counts as done: a quantity has to reach its target, or stay below its limit. */
export function isMet(goal: Goal | null, day: DayRecord | null): boolean {
    if (day?.status !== "done") return false;
    if (!goal) return true;
    return goal.kind === "at_least" ? day.count >= goal.target : day.count <= goal.target;
}

/** The habit as it will look once the backend knows of the day; a guess, shown until it has answered. */
export function withDay(habit: Habit, date: Day, day: DayRecord | null, today: Day): Habit {
    const wasMet = habit.checkins.includes(date) || (date === today && habit.checked_today);
    const met = isMet(habit.goal, day);
    const marked = (days: Day[], mark: boolean) => {
        const others = days.filter((one) => one !== date);
        return mark ? [...others, date].sort() : others;
    };
    const more = date === today && habit.streak_unit === "days" ? Number(met) - Number(wasMet) : 0;
    // Any other streak depends on more days than are known here; only the backend can tell.
    const streak = Math.max(0, habit.streak + more);
    return {
        ...habit,
        checkins: marked(habit.checkins, met),
        skips: marked(habit.skips, day?.status === "skip"),
        streak,
        best_streak: Math.max(habit.best_streak, streak),
        ...(date === today && {
            checked_today: met,
            today: day && { habit_id: habit.id, date, ...day },
        }),
    };
}
