import { daysOfYear, inWords, weekdayOf } from "./dates";
import type { CheckInStatus, Day, Heatmap, Weekday } from "./types";

export interface HeatmapCell {
    date: Day;
    /** Column, from 0: weeks begin on Monday. */
    week: number;
    weekday: Weekday;
    status: CheckInStatus | null;
    count: number;
}

/** A year as a grid: a column a week, a row a weekday. */
export function heatmapCells({ year, days }: Heatmap): HeatmapCell[] {
    const recorded = new Map(days.map((day) => [day.date, day]));
    const all = daysOfYear(year);
    const before = weekdayOf(all[0] as Day) - 1;
    return all.map((date, index) => ({
        date,
        week: Math.floor((index + before) / 7),
        weekday: weekdayOf(date),
        status: recorded.get(date)?.status ?? null,
        count: recorded.get(date)?.count ?? 0,
    }));
}

export interface MonthCounts {
    /** The month's first day. */
    month: Day;
    name: string;
    /** The column in which it begins. */
    week: number;
    done: number;
    skipped: number;
}

/** The same year in numbers, for whoever does not see the grid. */
export function monthCounts(cells: readonly HeatmapCell[], locale?: string): MonthCounts[] {
    return cells
        .filter(({ date }) => date.endsWith("-01"))
        .map(({ date, week }) => {
            const ofMonth = cells.filter((cell) => cell.date.startsWith(date.slice(0, 8)));
            const count = (status: CheckInStatus) =>
                ofMonth.filter((cell) => cell.status === status).length;
            return {
                month: date,
                name: inWords(date, { month: "long" }, locale),
                week,
                done: count("done"),
                skipped: count("skip"),
            };
        });
}
