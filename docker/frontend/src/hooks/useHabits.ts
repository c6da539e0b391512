import { api } from "@/lib/api";
import { apiPages } from "@/lib/pages";
import type { Habit, HabitFields, NewHabit, TrashedHabit } from "@/lib/types";

import { useApi, useChange } from "./useApi";

const HABITS = "/api/v1/habits";
const TRASH = "/api/v1/trash";

/** All of the person's habits, archived ones too, in their order. */
export function useHabits() {
    const { data, ...rest } = useApi<Habit[]>(`${HABITS}?archived=all&limit=200`, apiPages);
    return { habits: data, ...rest };
}

export function useTrash() {
    return useApi<TrashedHabit[]>(TRASH);
}

/** What can be done with habits. Each throws ApiError. */
export function useHabitChanges() {
    const change = useChange();
    const patch = (id: Habit["id"], body: object, headers?: Record<string, string>) =>
        change(() => api<Habit>(`${HABITS}/${id}`, { method: "PATCH", body, headers }));
    return {
        add: (fields: NewHabit) =>
            change(() => api<Habit>(HABITS, { method: "POST", body: fields })),

        /** Fails with 412 when the habit was changed elsewhere since it was this one. */
        edit: ({ id, version }: Habit, fields: Partial<HabitFields>) =>
            patch(id, fields, { "if-match": `"${version}"` }),

        setArchived: ({ id }: Habit, archived: boolean) => patch(id, { archived }),
        setPaused: ({ id }: Habit, paused: boolean) => patch(id, { paused }),

        /** Into the trash. */
        remove: ({ id }: Habit) =>
            change(() => api<undefined>(`${HABITS}/${id}`, { method: "DELETE" })),
        restore: ({ id }: Pick<Habit, "id">) =>
            change(() => api<Habit>(`${TRASH}/${id}/restore`, { method: "POST" })),
        /** For ever. */
        purge: ({ id }: Pick<Habit, "id">) =>
            change(() => api<undefined>(`${TRASH}/${id}`, { method: "DELETE" })),

        reorder: (habits: Habit[]) =>
            change(() =>
                api<undefined>(`${HABITS}/order`, {
                    method: "PUT",
                    body: { ids: habits.map(({ id }) => id) },
                }),
            ),
    };
}
