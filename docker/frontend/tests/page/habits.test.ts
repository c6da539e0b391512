import { describe, expect, it } from "vitest";

import { heatmapCells, monthCounts } from "@/lib/heatmap";
import { moved, nextColor, streakText, withCheckIn, withToday } from "@/lib/habits";
import { scheduleText } from "@/lib/schedules";

import { aHabit, TODAY } from "../support/fake-backend";

describe("checking today", () => {
    it("adds the day and lengthens the streak", () => {
        const habit = aHabit({
            streak: 2,
            best_streak: 2,
            checkins: ["2026-11-21", "2026-11-22"],
        });
        expect(withToday(habit, TODAY, "done")).toMatchObject({
            checked_today: true,
            today: { status: "done", date: TODAY },
            streak: 3,
            best_streak: 3,
            checkins: ["2026-11-21", "2026-11-22", TODAY],
        });
    });

    it("is undone without a trace", () => {
        const habit = aHabit({
            streak: 2,
            best_streak: 5,
            checkins: ["2026-11-21", "2026-11-22"],
        });
        expect(withToday(withToday(habit, TODAY, "done"), TODAY, null)).toEqual(habit);
        expect(withToday(withToday(habit, TODAY, "skip"), TODAY, null)).toEqual(habit);
    });

    it("twice is the same as once", () => {
        const once = withToday(aHabit(), TODAY, "done");
        expect(withToday(once, TODAY, "done")).toEqual(once);
    });

    it("as skipped neither lengthens nor breaks the streak", () => {
        const habit = aHabit({ streak: 4 });
        expect(withToday(habit, TODAY, "skip")).toMatchObject({
            checked_today: false,
            today: { status: "skip" },
            streak: 4,
        });
        const done = withToday(habit, TODAY, "done");
        expect(withToday(done, TODAY, "skip").streak).toBe(4);
    });

    it("of a weekly habit leaves its weeks to the backend, which knows the other days", () => {
        const habit = aHabit({ streak: 4, streak_unit: "weeks" });
        expect(withToday(habit, TODAY, "done").streak).toBe(4);
    });

    it("changes that habit only", () => {
        const [read, run] = [aHabit({ id: "a" }), aHabit({ id: "b" })];
        const today = { date: TODAY, time_zone: "UTC", habits: [read, run] };
        const { habits } = withCheckIn(today, "b", "done");
        expect(habits[0]).toBe(read);
        expect(habits[1]?.checked_today).toBe(true);
    });
});

describe("moving in a list", () => {
    it.each([
        [1, -1, "bac"],
        [1, 1, "acb"],
        [0, -1, "abc"],
        [2, 1, "abc"],
    ] as const)("item %i by %i gives %s", (index, by, result) => {
        expect(moved(["a", "b", "c"], index, by).join("")).toBe(result);
    });
});

it("each new habit gets a colour that no other has, as long as there are any", () => {
    const habits = [0, 1, 2, 3, 4, 5].reduce<ReturnType<typeof aHabit>[]>(
        (all) => [...all, aHabit({ color: nextColor(all) })],
        [],
    );
    expect(new Set(habits.map(({ color }) => color)).size).toBe(6);
});

it.each([
    [{ kind: "daily" }, "Every day"],
    [{ kind: "weekdays", weekdays: [5, 1] }, "Mon, Fri"],
    [{ kind: "weekly", times: 1 }, "Once a week"],
    [{ kind: "weekly", times: 3 }, "3 times a week"],
] as const)("the schedule %j reads “%s”", (schedule, text) => {
    expect(scheduleText(schedule as Parameters<typeof scheduleText>[0], "en-GB")).toBe(text);
});

it.each([
    [0, "days", "No streak yet"],
    [3, "days", "3-day streak"],
    [3, "weeks", "3-week streak"],
] as const)("a streak of %i %s reads “%s”", (streak, streak_unit, text) => {
    expect(streakText(aHabit({ streak, streak_unit }))).toBe(text);
});

describe("the heatmap of a year", () => {
    const cells = heatmapCells({
        year: 2026,
        days: [
            { date: "2026-01-01", status: "done", count: 3 },
            { date: "2026-02-28", status: "skip", count: 1 },
        ],
    });

    it("has a cell a day, Monday at the top, a new column each week", () => {
        expect(cells).toHaveLength(365);
        // 1 January 2026 was a Thursday.
        expect(cells[0]).toMatchObject({ week: 0, weekday: 4, status: "done", count: 3 });
        expect(cells[3]).toMatchObject({ date: "2026-01-04", week: 0, weekday: 7, status: null });
        expect(cells[4]).toMatchObject({ date: "2026-01-05", week: 1, weekday: 1 });
        expect(cells.at(-1)?.week).toBe(52);
    });

    it("is counted by month", () => {
        const months = monthCounts(cells, "en-GB");
        expect(months).toHaveLength(12);
        expect(months[0]).toMatchObject({ name: "January", done: 1, skipped: 0, week: 0 });
        expect(months[1]).toMatchObject({ name: "February", done: 0, skipped: 1 });
    });
});
