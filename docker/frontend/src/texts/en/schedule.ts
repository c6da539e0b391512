import { addDays, inWords } from "@/lib/dates";
import type { Goal, Schedule, Weekday } from "@/lib/types";

const A_MONDAY = "2026-01-05";

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
