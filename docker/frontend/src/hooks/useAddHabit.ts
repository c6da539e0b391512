import { nextColor } from "@/lib/habits";
import type { Habit, NewHabit } from "@/lib/types";

import { useHabitChanges } from "./useHabits";

/** Adds a habit, in a colour unlike those of the others unless it has one. Throws ApiError. */
export function useAddHabit(others: Habit[]) {
    const { add } = useHabitChanges();
    return (fields: NewHabit) => add({ color: nextColor(others), ...fields });
}
