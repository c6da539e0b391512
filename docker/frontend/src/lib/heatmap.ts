import { addDays, inWords, weekdayOf } from "./dates";
import type { CheckInStatus, Day, Heatmap, Weekday } from "./types";
import { placeInWeek } from "./week";

export interface HeatmapCell {
    date: Day;
    /** Column, from 0. */
    week: number;
    /** Row, from 0. */
    place: number;
    status: CheckInStatus | null;
    count: number;
}

/** Every day of a calendar year, in order. */
export function daysOfYear(year: number): Day[] {
    const first = `${String(year).padStart(4, "0")}-01-01`;
    const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    return Array.from({ length: isLeap ? 366 : 365 }, (_, index) => addDays(first, index));
}

/** A year as a grid: a column a week, which begins on the weekday `start`; a row a weekday. */
export function heatmapCells({ year, days }: Heatmap, start: Weekday): HeatmapCell[] {
    const recorded = new Map(days.map((day) => [day.date, day]));
    const all = daysOfYear(year);
    const before = placeInWeek(weekdayOf(all[0] as Day), start);
    return all.map((date, index) => ({
        date,
        week: Math.floor((index + before) / 7),
        place: (index + before) % 7,
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
export function monthCounts(cells: readonly HeatmapCell[], language?: string): MonthCounts[] {
    return cells
        .filter(({ date }) => date.endsWith("-01"))
        .map(({ date, week }) => {
            const ofMonth = cells.filter((cell) => cell.date.startsWith(date.slice(0, 8)));
            const count = (status: CheckInStatus) =>
                ofMonth.filter((cell) => cell.status === status).length;
            return {
                month: date,
                name: inWords(date, { month: "long" }, language),
                week,
                done: count("done"),
                skipped: count("skip"),
            };
        });
}
