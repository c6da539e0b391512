import { inWords, addDays } from "@/lib/dates";
import type { CheckInStatus, Goal, Habit, Schedule, Weekday } from "@/lib/types";

const A_MONDAY = "2026-01-05";

export function counted(count: number, one: string, many = `${one}s`): string {
    return `${count} ${count === 1 ? one : many}`;
}

/** The weekday's name in the page's language. */
export function weekdayName(
    weekday: Weekday,
    style: "long" | "short" | "narrow" = "long",
    language?: string,
): string {
    return inWords(addDays(A_MONDAY, weekday - 1), { weekday: style }, language);
}

/** “Every day”, “Mon, Wed, Fri”, “3 times a week”, “Every 3 days”. */
export function scheduleText(schedule: Schedule, language?: string): string {
    switch (schedule.kind) {
        case "daily":
            return "Every day";
        case "weekdays":
            return [...schedule.weekdays]
                .sort((one, other) => one - other)
                .map((weekday) => weekdayName(weekday, "short", language))
                .join(", ");
        case "weekly":
            return schedule.times === 1 ? "Once a week" : `${schedule.times} times a week`;
        case "interval":
            return `Every ${schedule.days} days`;
    }
}

/** “At least 8 glasses”. */
export function goalText({ kind, target, unit }: Goal): string {
    return `${kind === "at_least" ? "At least" : "At most"} ${target} ${unit}`;
}

/** “5-day streak”, or in weeks for a weekly habit. */
export function streakText({ streak, streak_unit: unit }: Pick<Habit, "streak" | "streak_unit">) {
    if (streak === 0) return "No streak yet";
    if (unit === "times") return `${counted(streak, "time")} in a row`;
    return `${streak}-${unit === "weeks" ? "week" : "day"} streak`;
}

/** What is said after a day of a habit was changed. `day` is undefined for today. */
export function newsOf(
    name: string,
    status: CheckInStatus | null,
    { day, amount }: { day?: string; amount?: string } = {},
): string {
    const when = day ?? "today";
    if (status === "done" && amount) return `“${name}”: ${amount} ${day ? `on ${day}` : "today"}.`;
    if (status === "done")
        return day ? `“${name}” is done on ${day}.` : `“${name}” is done for today.`;
    if (status === "skip")
        return `“${name}” is skipped ${day ? `on ${when}` : when}; its streak stays.`;
    return day ? `“${name}” is open again on ${day}.` : `“${name}” is open again.`;
}

export const texts = {
    undo: "Undo",
    tryAgain: "Try again",
    notSaved: (name: string, why: string) => `“${name}” could not be saved. ${why}`,
    amount: (count: number, goal: Goal | null) =>
        goal ? `${count} of ${goal.target} ${goal.unit}` : `${count} times`,
};
