import type { Day, Habit } from "./types";

/** How the habit will look once the backend has recorded the change: shown until it has. */
export function withToday(habit: Habit, today: Day, checked: boolean): Habit {
    if (habit.checked_today === checked) return habit;
    const others = habit.checkins.filter((day) => day !== today);
    return {
        ...habit,
        checked_today: checked,
        checkins: checked ? [...others, today] : others,
        streak: Math.max(0, habit.streak + (checked ? 1 : -1)),
    };
}

export function withHabitToday(
    habits: Habit[],
    id: Habit["id"],
    today: Day,
    checked: boolean,
): Habit[] {
    return habits.map((habit) => (habit.id === id ? withToday(habit, today, checked) : habit));
}

export function withoutHabit(habits: Habit[], id: Habit["id"]): Habit[] {
    return habits.filter((habit) => habit.id !== id);
}

const COLORS = ["#2f855a", "#2b6cb0", "#b7791f", "#c05621", "#6b46c1", "#b83280"];

/** A colour that the fewest of the person's habits have. */
export function nextColor(habits: Habit[]): string {
    const uses = (color: string) => habits.filter((habit) => habit.color === color).length;
    return COLORS.reduce((best, color) => (uses(color) < uses(best) ? color : best));
}
