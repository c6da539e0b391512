import { api, apiPages } from "@/lib/api";
import type { Habit, HabitFields } from "@/lib/types";

import { useApi, useChange } from "./useApi";

const HABITS = "/api/v1/habits";

/** All of the person's habits, archived ones too, in their order. */
export function useHabits() {
    const {
        data: habits,
        error,
        loading,
        mutate,
    } = useApi<Habit[]>(`${HABITS}?archived=all&limit=200`, apiPages);
    return { habits, error, loading, mutate };
}

/** What can be done with habits. Each throws ApiError. */
export function useHabitChanges() {
    const change = useChange();
    return {
        add: (fields: HabitFields) =>
            change(() => api<Habit>(HABITS, { method: "POST", body: fields })),

        /** Fails with 412 when the habit was changed elsewhere since it was shown here. */
        edit: ({ id, version }: Habit, fields: Partial<HabitFields>) =>
            change(() =>
                api<Habit>(`${HABITS}/${id}`, {
                    method: "PATCH",
                    body: fields,
                    headers: { "if-match": `"${version}"` },
                }),
            ),

        setArchived: ({ id }: Habit, archived: boolean) =>
            change(() => api<Habit>(`${HABITS}/${id}`, { method: "PATCH", body: { archived } })),

        remove: ({ id }: Habit) =>
            change(() => api<undefined>(`${HABITS}/${id}`, { method: "DELETE" })),

        reorder: (habits: Habit[]) =>
            change(() =>
                api<undefined>(`${HABITS}/order`, {
                    method: "PUT",
                    body: { ids: habits.map(({ id }) => id) },
                }),
            ),
    };
}
