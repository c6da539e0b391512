import { describe, expect, it } from "vitest";

import { nextColor, withoutHabit, withToday } from "@/lib/habits";

import { aHabit } from "../support/fake-backend";

const TODAY = "2026-11-23";

describe("checking today", () => {
    it("adds the day and lengthens the streak", () => {
        const habit = aHabit({ streak: 2, checkins: ["2026-11-21", "2026-11-22"] });
        expect(withToday(habit, TODAY, true)).toMatchObject({
            checked_today: true,
            streak: 3,
            checkins: ["2026-11-21", "2026-11-22", TODAY],
        });
    });

    it("is undone without a trace", () => {
        const habit = aHabit({ streak: 2, checkins: ["2026-11-21", "2026-11-22"] });
        expect(withToday(withToday(habit, TODAY, true), TODAY, false)).toEqual(habit);
    });

    it("twice is the same as once", () => {
        const once = withToday(aHabit(), TODAY, true);
        expect(withToday(once, TODAY, true)).toEqual(once);
    });
});

it("deleting takes away that habit only", () => {
    const [read, run] = [aHabit({ id: "a" }), aHabit({ id: "b" })];
    expect(withoutHabit([read, run], "a")).toEqual([run]);
});

it("each new habit gets a colour that no other has, as long as there are any", () => {
    const habits = [0, 1, 2, 3, 4, 5].reduce<ReturnType<typeof aHabit>[]>(
        (all) => [...all, aHabit({ color: nextColor(all) })],
        [],
    );
    expect(new Set(habits.map(({ color }) => color)).size).toBe(6);
});
