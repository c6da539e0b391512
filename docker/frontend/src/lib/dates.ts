import type { Day } from "./types";

/** The day on the person's own clock. `toISOString` would give Greenwich's. */
export function localDay(now: Date): Day {
    const month = String(now.getMonth() + 1).padStart(2, "0");
    const date = String(now.getDate()).padStart(2, "0");
    return `${now.getFullYear()}-${month}-${date}`;
}

/** The days up to and including `today`, oldest first. */
export function lastDays(today: Day, count: number): Day[] {
    return Array.from({ length: count }, (_, index) => addDays(today, index - count + 1));
}

export function longDate(day: Day, locale?: string): string {
    return utcDate(day).toLocaleDateString(locale, {
        weekday: "long",
        day: "numeric",
        month: "long",
        timeZone: "UTC",
    });
}

function addDays(day: Day, days: number): Day {
    const date = utcDate(day);
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10);
}

/** Days are counted in UTC, where each has 24 hours, even those on which local clocks change. */
function utcDate(day: Day): Date {
    return new Date(`${day}T00:00:00Z`);
}
