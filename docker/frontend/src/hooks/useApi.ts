import { useCallback } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, type ApiError } from "@/lib/api";

import { useUser } from "./UserContext";
import { useSessionCheck } from "./useSession";

type Load<Data> = (path: string) => Promise<Data>;

/** What a GET of the API answers, kept up to date. By user, so that nobody glimpses whoever was logged in before. */
export function useApi<Data>(path: string | null, load: Load<Data> = api) {
    const user = useUser();
    const checkSession = useSessionCheck();
    const { data, error, isValidating, mutate } = useSWR<Data, ApiError>(
        path && [path, user.id],
        ([wanted]: [string]) => load(wanted),
        { onError: checkSession },
    );
    return { data, error, loading: isValidating, mutate };
}

/** A function that asks again for everything about habits that is on the page: to call after a change. */
export function useHabitsRefresh() {
    const { mutate } = useSWRConfig();
    return useCallback(
        () =>
            mutate(
                (key) =>
                    Array.isArray(key) && /^\/api\/v1\/(?:today|habits)\b/.test(String(key[0])),
            ),
        [mutate],
    );
}

/** Wraps a change, so that an expired session leads to the log-in and everything else follows the change. */
export function useChange() {
    const refresh = useHabitsRefresh();
    const checkSession = useSessionCheck();
    return useCallback(
        async <Result>(change: () => Promise<Result>): Promise<Result> => {
            try {
                const result = await change();
                await refresh();
                return result;
            } catch (failure) {
                checkSession(failure);
                throw failure;
            }
        },
        [refresh, checkSession],
    );
}
