import { counted } from "./habits";

/** A habit's own screen. */
export const texts = {
    habit: "Habit",
    loading: "Loading the habit…",
    allHabits: "All habits",
    archived: "archived",
    paused: "paused",
    currentStreak: "Current streak",
    bestStreak: "Best streak",
    rate: "Done in 30 days",
    nothingDue: "Nothing due",
    score: "Score",
    scoreExplained:
        "The score is the habit’s strength: it rises a little with each day done and falls a little with each one missed, so one miss does not wipe it out. A skipped day changes nothing.",
    length: (count: number, unit: "days" | "weeks" | "times") =>
        counted(count, { days: "day", weeks: "week", times: "time" }[unit]),
    yearBefore: "Year before",
    yearAfter: "Year after",
    picture: "The year’s picture",
    year: (year: number, done: number, skipped: number) =>
        `${year}: ${done} days done, ${skipped} skipped`,
    fillIn: "Choose a day to fill it in.",
    done: "done",
    skipped: "skipped",
    neither: "neither",
    table: "As a table",
    month: "Month",
    tableDone: "Done",
    tableSkipped: "Skipped",
    cell: (date: string, state: string) => `${date}: ${state}`,
    doneTimes: (count: number) => (count === 1 ? "done" : `done ${count} times`),
    record: "Record a day",
    day: "Day",
    open: "Fill in",
    notYet: "That day has not come yet.",
    noDay: "Choose a day.",
    overTime: "Score over time",
    scoreOn: (date: string, score: string) => `${date}: ${score}`,
    weekdays: "By weekday",
    best: (weekday: string) => `${weekday} goes best.`,
    weekday: (name: string, share: string) => `${name}: ${share}`,
    noFigure: "–",
    totals: "In all",
    total: (done: number, skipped: number) => `${counted(done, "day")} done, ${skipped} skipped`,
    amount: (count: number, unit: string) => `${count} ${unit}`,
    edit: "Edit",
    archive: "Archive",
    bringBack: "Bring back",
    saved: (name: string) => `“${name}” is saved.`,
    isArchived: (name: string) => `“${name}” is archived.`,
    isBack: (name: string) => `“${name}” is back.`,
};

export function percent(share: number): string {
    return `${Math.round(share * 100)} %`;
}
