import { locale } from "@/texts/language";

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

/** ISO weekday: 1 is Monday. */
export function weekdayOf(day: Day): Weekday {
    return utcDate(day).getUTCDay() || 7;
}

export function longDate(day: Day, language?: string): string {
    return inWords(day, { weekday: "long", day: "numeric", month: "long" }, language);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A part of a date in the page's language, such as its month. */
export function inWords(
    day: Day,
    parts: Intl.DateTimeFormatOptions,
    language: string = locale(),
): string {
    const key = JSON.stringify([language, parts]);
    // A list of a hundred habits has seven hundred dates, and making a format takes longer than using it.
    const format =
        formats.get(key) ?? new Intl.DateTimeFormat(language, { ...parts, timeZone: "UTC" });
    formats.set(key, format);
    return format.format(utcDate(day));
}

export interface DayRule {
    /** IANA name. */
    time_zone: string;
    /** Hours after midnight until which it is still the day before. */
    day_ends_at: number;
}

/** The day that it is for a person at an instant (milliseconds since 1970), going by this device's clock. */
export function dayAt({ time_zone: timeZone, day_ends_at: hours }: DayRule, instant: number): Day {
    return dayFormat(timeZone).format(instant - hours * 3_600_000);
}

function dayFormat(timeZone: string): Intl.DateTimeFormat {
    try {
        return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
    } catch {
        // A name that this browser does not know: most people are where their device is.
        return new Intl.DateTimeFormat("en-CA", { dateStyle: "short" });
    }
}

/** Days are counted in UTC, where each has 24 hours, even those on which local clocks change. */
function utcDate(day: Day): Date {
    return new Date(`${day}T00:00:00Z`);
}
