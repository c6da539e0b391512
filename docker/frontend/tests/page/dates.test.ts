import { describe, expect, it } from "vitest";

import { lastDays, longDate, weekdayOf } from "@/lib/dates";
import { daysOfYear } from "@/lib/heatmap";

describe("the last days", () => {
    it("end with today, oldest first, across months and leap days", () => {
        expect(lastDays("2028-03-01", 3)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
    });

    it("are all different where the clocks change", () => {
        expect(new Set(lastDays("2026-10-28", 7)).size).toBe(7);
    });
});

it.each([
    [2026, 365],
    [2028, 366],
    [2100, 365],
    [2000, 366],
])("the year %i has %i days, from its first to its last", (year, count) => {
    const days = daysOfYear(year);
    expect(days).toHaveLength(count);
    expect([days[0], days.at(-1)]).toEqual([`${year}-01-01`, `${year}-12-31`]);
});

it("weekdays count from Monday", () => {
    expect(lastDays("2026-11-29", 7).map(weekdayOf)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it("a date reads in words", () => {
    expect(longDate("2026-11-23", "en-GB")).toBe("Monday 23 November");
});
