import type { CheckIn, CheckInStatus, Day, Habit, Today } from "./types";

/** How the habit will look once the backend has recorded the day as done, as skipped, or as neither: shown until it has. */
export function withToday(habit: Habit, date: Day, status: CheckInStatus | null): Habit {
    const wasDone = habit.checked_today;
    const isDone = status === "done";
    const others = habit.checkins.filter((day) => day !== date);
    // A week's streak depends on the week's other days; only the backend knows.
    const more = habit.streak_unit === "days" ? Number(isDone) - Number(wasDone) : 0;
    const streak = Math.max(0, habit.streak + more);
    return {
        ...habit,
        checked_today: isDone,
        today: status && checkIn(habit, date, status),
        checkins: isDone ? [...others, date] : others,
        streak,
        best_streak: Math.max(habit.best_streak, streak),
    };
}

/** The same for one habit of a day's list. */
export function withCheckIn(today: Today, id: Habit["id"], status: CheckInStatus | null): Today {
    return {
        ...today,
        habits: today.habits.map((habit) =>
            habit.id === id ? withToday(habit, today.date, status) : habit,
        ),
    };
}

function checkIn(habit: Habit, date: Day, status: CheckInStatus): CheckIn {
    const { count = 1, note = "" } = habit.today ?? {};
    return { habit_id: habit.id, date, status, count, note };
}

/** The list with one item a place further up (-1) or down (1); unchanged at the ends. */
export function moved<Item>(items: readonly Item[], index: number, by: -1 | 1): Item[] {
    const copy = [...items];
    const [item, neighbour] = [copy[index], copy[index + by]];
    if (item === undefined || neighbour === undefined) return copy;
    copy[index] = neighbour;
    copy[index + by] = item;
    return copy;
}

export const COLORS = [
    { name: "Green", value: "#2f855a" },
    { name: "Blue", value: "#2b6cb0" },
    { name: "Yellow", value: "#b7791f" },
    { name: "Orange", value: "#c05621" },
    { name: "Violet", value: "#6b46c1" },
    { name: "Pink", value: "#b83280" },
] as const;

/** A colour that the fewest of the person's habits have. */
export function nextColor(habits: Pick<Habit, "color">[]): string {
    const uses = (color: string) => habits.filter((habit) => habit.color === color).length;
    return COLORS.map(({ value }) => value as string).reduce((best, color) =>
        uses(color) < uses(best) ? color : best,
    );
}

/** “5-day streak”, or in weeks for a weekly habit. */
export function streakText({ streak, streak_unit: unit }: Habit): string {
    return streak === 0 ? "No streak yet" : `${streak}-${unit === "weeks" ? "week" : "day"} streak`;
}
