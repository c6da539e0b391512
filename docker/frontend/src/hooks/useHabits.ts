import { useRef } from "react";
import useSWR from "swr";

import { api, type ApiError } from "@/lib/api";
import { nextColor, withHabitToday, withoutHabit } from "@/lib/habits";
import type { Day, Habit, User } from "@/lib/types";

import { useSessionCheck } from "./useSession";

const HABITS = "/api/v1/habits";

/** The user's habits, with changes that show at once and are taken back when the backend refuses them. */
export function useHabits(user: User, today: Day) {
    const checkSession = useSessionCheck();
    // By user, so that nobody sees a glimpse of whoever was logged in before.
    const {
        data: habits,
        error,
        isValidating,
        mutate,
    } = useSWR<Habit[], ApiError>(
        [HABITS, user.id, today],
        () => api<Habit[]>(`${HABITS}?today=${today}`),
        {
            onError: checkSession,
        },
    );
    const lastChange = useRef(new Map<Habit["id"], Promise<unknown>>());

    /** A habit's changes go out one after the other: sent together, the last tap might not be the last to arrive. */
    function inTurn<T>(id: Habit["id"], change: () => Promise<T>): Promise<T> {
        const turn = (lastChange.current.get(id) ?? Promise.resolve()).then(change);
        lastChange.current.set(
            id,
            turn.catch(() => undefined),
        );
        return turn;
    }

    async function optimistically(
        show: (habits: Habit[]) => Habit[],
        change: () => Promise<unknown>,
    ) {
        const save = async (): Promise<undefined> => {
            await change();
        };
        try {
            await mutate(save, {
                optimisticData: (shown) => show(shown ?? []),
                populateCache: false,
                rollbackOnError: true,
            });
        } catch (failure) {
            checkSession(failure);
            throw failure;
        }
    }

    return {
        habits,
        error,
        loading: isValidating,
        reload: () => mutate(),

        add: async (name: string) => {
            try {
                await api(HABITS, {
                    method: "POST",
                    body: { name, color: nextColor(habits ?? []) },
                });
            } catch (failure) {
                checkSession(failure);
                throw failure;
            }
            await mutate();
        },

        setChecked: ({ id }: Habit, checked: boolean) =>
            optimistically(
                (shown) => withHabitToday(shown, id, today, checked),
                () =>
                    inTurn(id, () =>
                        api(`${HABITS}/${id}/checkins/${today}`, {
                            method: checked ? "PUT" : "DELETE",
                        }),
                    ),
            ),

        remove: ({ id }: Habit) =>
            optimistically(
                (shown) => withoutHabit(shown, id),
                () => inTurn(id, () => api(`${HABITS}/${id}`, { method: "DELETE" })),
            ),
    };
}
