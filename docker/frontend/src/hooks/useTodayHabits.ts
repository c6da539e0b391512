import { useRef } from "react";

import { api } from "@/lib/api";
import { nextColor, withCheckIn } from "@/lib/habits";
import type { CheckInStatus, Habit, Today } from "@/lib/types";

import { useApi, useChange } from "./useApi";
import { useSessionCheck } from "./useSession";

const HABITS = "/api/v1/habits";

/** Today's habits. A check-in shows at once, and is taken back when the backend refuses it. */
export function useTodayHabits() {
    const { data: today, error, loading, mutate } = useApi<Today>("/api/v1/today");
    const checkSession = useSessionCheck();
    const change = useChange();
    const lastChange = useRef(new Map<Habit["id"], Promise<unknown>>());

    /** A habit's changes go out one after the other: sent together, the last tap might not be the last to arrive. */
    function inTurn(id: Habit["id"], save: () => Promise<unknown>): Promise<unknown> {
        const turn = (lastChange.current.get(id) ?? Promise.resolve()).then(save);
        lastChange.current.set(
            id,
            turn.catch(() => undefined),
        );
        return turn;
    }

    async function setStatus({ id }: Habit, status: CheckInStatus | null) {
        if (!today) return;
        const path = `${HABITS}/${id}/checkins/${today.date}`;
        const save = async (): Promise<undefined> => {
            await inTurn(id, () =>
                status
                    ? api(path, { method: "PUT", body: { status } })
                    : api(path, { method: "DELETE" }),
            );
        };
        try {
            await mutate(save, {
                optimisticData: (shown) => withCheckIn(shown ?? today, id, status),
                populateCache: false,
                rollbackOnError: true,
            });
        } catch (failure) {
            checkSession(failure);
            throw failure;
        }
    }

    return {
        today,
        error,
        loading,
        reload: () => mutate(),
        setStatus,
        add: (name: string) =>
            change(() =>
                api<Habit>(HABITS, {
                    method: "POST",
                    body: { name, color: nextColor(today?.habits ?? []) },
                }),
            ),
    };
}
