import { addDays, lastDays, weekdayOf } from "@/lib/dates";
import type { Schedule } from "@/lib/types";

interface Example {
    name: string;
    color: string;
    schedule: Schedule;
    /** Whether it was done on the day with this number, counted back from yesterday. */
    done: (ago: number, weekday: number) => boolean;
}

const EXAMPLES: Example[] = [
    {
        name: "Read ten pages",
        color: "#2b6cb0",
        schedule: { kind: "daily" },
        done: (ago) => ago < 23 || (ago * 7) % 11 > 2,
    },
    {
        name: "Run in the park",
        color: "#2f855a",
        schedule: { kind: "weekly", times: 3 },
        done: (_ago, weekday) => [2, 4, 7].includes(weekday),
    },
    {
        name: "Practise the piano",
        color: "#6b46c1",
        schedule: { kind: "weekdays", weekdays: [1, 2, 3, 4, 5] },
        done: (ago, weekday) => weekday < 6 && ago % 13 !== 4,
    },
    {
        name: "Water the plants",
        color: "#c05621",
        schedule: { kind: "daily" },
        done: (ago) => ago % 5 !== 3,
    },
];

/** A year of somebody's habits, as an export that can be imported. */
export function exampleExport(today: string) {
    return {
        format: "habit-tracker",
        version: 1,
        habits: EXAMPLES.map(({ name, color, schedule, done }) => ({
            name,
            color,
            schedule,
            archived: false,
            created_at: `${addDays(today, -330)}T08:00:00Z`,
            checkins: lastDays(addDays(today, -1), 320)
                .map((date, index, days) => ({ date, ago: days.length - 1 - index }))
                .filter(({ date, ago }) => done(ago, weekdayOf(date)))
                .map(({ date, ago }) => ({
                    date,
                    status: ago % 29 === 17 ? "skip" : "done",
                    count: 1,
                    note: "",
                })),
        })),
    };
}
