import type { Habit } from "./types";

/** The list with one item a place further up (-1) or down (1); unchanged at the ends. */
export function moved<Item>(items: readonly Item[], index: number, by: -1 | 1): Item[] {
    const copy = [...items];
    const [item, neighbour] = [copy[index], copy[index + by]];
    if (item === undefined || neighbour === undefined) return copy;
    copy[index] = neighbour;
    copy[index + by] = item;
    return copy;
}

export const COLORS = ["#2f855a", "#2b6cb0", "#b7791f", "#c05621", "#6b46c1", "#b83280"];

/** A colour that the fewest of the person's habits have. */
export function nextColor(habits: Pick<Habit, "color">[]): string {
    const uses = (color: string) => habits.filter((habit) => habit.color === color).length;
    return COLORS.reduce((best, color) => (uses(color) < uses(best) ? color : best));
}
