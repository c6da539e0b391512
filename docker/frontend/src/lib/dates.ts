import type { Day, Weekday } from "./types";

/** The days up to and including `today`, oldest first. */
export function lastDays(today: Day, count: number): Day[] {
    return Array.from({ length: count }, (_, index) => addDays(today, index - count + 1));
}

export function addDays(day: Day, days: number): Day {
    const date = utcDate(day);
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10);
}

/** Every day of a calendar year, in order. */
export function daysOfYear(year: number): Day[] {
    const first = `${String(year).padStart(4, "0")}-01-01`;
    const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    return Array.from({ length: isLeap ? 366 : 365 }, (_, index) => addDays(first, index));
}

/** ISO weekday: 1 is Monday. */
export function weekdayOf(day: Day): Weekday {
    return (utcDate(day).getUTCDay() || 7) as Weekday;
}

export function longDate(day: Day, locale?: string): string {
    return inWords(day, { weekday: "long", day: "numeric", month: "long" }, locale);
}

/** A part of a date in the person's language, such as its month. */
export function inWords(day: Day, parts: Intl.DateTimeFormatOptions, locale?: string): string {
    return utcDate(day).toLocaleDateString(locale, { ...parts, timeZone: "UTC" });
}

/** Days are counted in UTC, where each has 24 hours, even those on which local clocks change. */
function utcDate(day: Day): Date {
    return new Date(`${day}T00:00:00Z`);
}
