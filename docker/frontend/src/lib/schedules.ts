import { addDays, inWords } from "./dates";
import type { Schedule, Weekday } from "./types";

export const WEEKDAYS: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];

const A_MONDAY = "2026-01-05";

/** The weekday's name in the person's language. */
export function weekdayName(
    weekday: Weekday,
    style: "long" | "short" = "long",
    locale?: string,
): string {
    return inWords(addDays(A_MONDAY, weekday - 1), { weekday: style }, locale);
}

/** “Every day”, “Mon, Wed, Fri”, “3 times a week”. */
export function scheduleText(schedule: Schedule, locale?: string): string {
    switch (schedule.kind) {
        case "daily":
            return "Every day";
        case "weekdays":
            return [...schedule.weekdays]
                .sort((one, other) => one - other)
                .map((weekday) => weekdayName(weekday, "short", locale))
                .join(", ");
        case "weekly":
            return schedule.times === 1 ? "Once a week" : `${schedule.times} times a week`;
    }
}
