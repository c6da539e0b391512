import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { lastDays, localDay, longDate } from "@/lib/dates";

describe("the local day", () => {
    const zone = process.env.TZ;
    beforeEach(() => void (process.env.TZ = zone));
    afterEach(() => void (zone === undefined ? delete process.env.TZ : (process.env.TZ = zone)));

    it.each([
        ["Pacific/Auckland", "2026-03-02"],
        ["America/Los_Angeles", "2026-03-01"],
    ])("is the one in %s, not Greenwich’s", (timeZone, day) => {
        process.env.TZ = timeZone;
        expect(localDay(new Date("2026-03-01T23:30:00Z"))).toBe(day);
    });
});

describe("the last days", () => {
    it("end with today, oldest first, across months and leap days", () => {
        expect(lastDays("2028-03-01", 3)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
    });

    it("are all different where the clocks change", () => {
        expect(new Set(lastDays("2026-10-28", 7)).size).toBe(7);
    });
});

it("a date reads in words", () => {
    expect(longDate("2026-11-23", "en-GB")).toBe("Monday 23 November");
});
