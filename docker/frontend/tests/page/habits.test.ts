import { describe, expect, it } from "vitest";

import { changed, isMet, undoing, withDay } from "@/lib/days";
import { heatmapCells, monthCounts } from "@/lib/heatmap";
import { moved, nextColor } from "@/lib/habits";
import type { DayRecord } from "@/lib/types";
import { lastWeek } from "@/lib/week";
import { streakText } from "@/texts/en/habits";
import { scheduleText } from "@/texts/en/schedule";

import { aHabit, TODAY } from "../support/fake-backend";

const day = (status: DayRecord["status"], count = 1, note = ""): DayRecord => ({
    status,
    count,
    note,
});

const withToday = (habit: ReturnType<typeof aHabit>, status: DayRecord["status"] | null) =>
    withDay(habit, TODAY, status && day(status), TODAY);

describe("checking today", () => {
    it("adds the day and lengthens the streak", () => {
        const habit = aHabit({
            streak: 2,
            best_streak: 2,
            checkins: ["2026-11-21", "2026-11-22"],
        });
        expect(withToday(habit, "done")).toMatchObject({
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
        expect(withToday(withToday(habit, "done"), null)).toEqual(habit);
        expect(withToday(withToday(habit, "skip"), null)).toEqual(habit);
    });

    it("twice is the same as once", () => {
        const once = withToday(aHabit(), "done");
        expect(withToday(once, "done")).toEqual(once);
    });

    it("as skipped neither lengthens nor breaks the streak", () => {
        const habit = aHabit({ streak: 4 });
        expect(withToday(habit, "skip")).toMatchObject({
            checked_today: false,
            today: { status: "skip" },
            streak: 4,
        });
        const done = withToday(habit, "done");
        expect(withToday(done, "skip").streak).toBe(4);
    });

    it("of a weekly habit leaves its weeks to the backend, which knows the other days", () => {
        const habit = aHabit({ streak: 4, streak_unit: "weeks" });
        expect(withToday(habit, "done").streak).toBe(4);
    });
});

it("another day than today changes its mark, and neither today nor the streak", () => {
    const habit = aHabit({ streak: 4, best_streak: 4, skips: ["2026-11-20"] });
    const done = withDay(habit, "2026-11-20", day("done"), TODAY);
    expect(done).toEqual({ ...habit, checkins: ["2026-11-20"], skips: [] });
    expect(withDay(done, "2026-11-20", day("skip"), TODAY)).toEqual(habit);
});

describe("a change to a day", () => {
    it.each([
        ["of nothing is done once", null, { set: {} }, day("done")],
        [
            "keeps count and note",
            day("done", 3, "sea"),
            { set: { status: "skip" } },
            day("skip", 3, "sea"),
        ],
        ["counts on", day("done", 3, "sea"), { set: { add: 1 } }, day("done", 4, "sea")],
        ["counts from nothing", null, { set: { add: 2 } }, day("done", 2)],
        ["takes it away", day("done", 3), "clear", null],
    ] as const)("%s", (_what, before, change, after) => {
        expect(changed(before, change)).toEqual(after);
    });

    it.each([[null], [day("done", 3, "sea")]])("is undone to what was there, %j", (before) => {
        const after = changed(before, { set: { status: "skip", note: "" } });
        expect(changed(after, undoing(before))).toEqual(before);
    });

    it("meets a goal by its count", () => {
        const least = { kind: "at_least", target: 8, unit: "glasses" } as const;
        const most = { kind: "at_most", target: 2, unit: "coffees" } as const;
        expect([7, 8].map((count) => isMet(least, day("done", count)))).toEqual([false, true]);
        expect([0, 2, 3].map((count) => isMet(most, day("done", count)))).toEqual([
            true,
            true,
            false,
        ]);
        expect([isMet(null, day("skip")), isMet(null, null), isMet(most, null)]).toEqual([
            false,
            false,
            false,
        ]);
    });
});

it("a week tells what was missed from what was skipped, not due, or before its time", () => {
    const habit = aHabit({
        schedule: { kind: "weekdays", weekdays: [1, 3, 5] },
        created_at: "2026-11-18T08:00:00Z",
        checkins: [TODAY],
        skips: ["2026-11-20"],
    });
    // Tuesday to Monday.
    expect(lastWeek(habit, TODAY).map(({ state }) => state)).toEqual([
        "rest",
        "open",
        "rest",
        "skip",
        "rest",
        "rest",
        "done",
    ]);
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
    [{ kind: "interval", days: 3 }, "Every 3 days"],
] as const)("the schedule %j reads “%s”", (schedule, text) => {
    expect(scheduleText(schedule as Parameters<typeof scheduleText>[0], "en-GB")).toBe(text);
});

it.each([
    [0, "days", "No streak yet"],
    [3, "days", "3-day streak"],
    [3, "weeks", "3-week streak"],
    [1, "times", "1 time in a row"],
] as const)("a streak of %i %s reads “%s”", (streak, streak_unit, text) => {
    expect(streakText(aHabit({ streak, streak_unit }))).toBe(text);
});

describe("the heatmap of a year", () => {
    const year = {
        year: 2026,
        days: [
            { date: "2026-01-01", status: "done" as const, count: 3 },
            { date: "2026-02-28", status: "skip" as const, count: 1 },
        ],
    };
    const cells = heatmapCells(year, 1);

    it("begins its weeks when the person’s begin", () => {
        const [, , , sunday] = heatmapCells(year, 7);
        expect(sunday).toMatchObject({ date: "2026-01-04", week: 1, place: 0 });
    });

    it("has a cell a day, Monday at the top, a new column each week", () => {
        expect(cells).toHaveLength(365);
        // 1 January 2026 was a Thursday.
        expect(cells[0]).toMatchObject({ week: 0, place: 3, status: "done", count: 3 });
        expect(cells[3]).toMatchObject({ date: "2026-01-04", week: 0, place: 6, status: null });
        expect(cells[4]).toMatchObject({ date: "2026-01-05", week: 1, place: 0 });
        expect(cells.at(-1)?.week).toBe(52);
    });

    it("is counted by month", () => {
        const months = monthCounts(cells, "en-GB");
        expect(months).toHaveLength(12);
        expect(months[0]).toMatchObject({ name: "January", done: 1, skipped: 0, week: 0 });
        expect(months[1]).toMatchObject({ name: "February", done: 0, skipped: 1 });
    });
});
