import { useCallback } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, ApiError } from "@/lib/api";

import { useAccountHolder } from "./UserContext";

type Load<Data> = (path: string) => Promise<Data>;

interface Answer<Data> {
    value: Data;
    /** When it was asked for, by `moment`. */
    asked: number;
    /** And by this device's clock, in milliseconds since 1970. */
    at: number;
}

let moments = 0;

/** A number that is higher than all before it: tells what was first, where clocks are too coarse. */
export function moment(): number {
    moments += 1;
    return moments;
}

/** What a GET of the API answers, kept up to date. By user, so that nobody glimpses whoever was logged in before. */
export function useApi<Data>(path: string | null, load: Load<Data> = api) {
    const { user, checkSession } = useAccountHolder();
    const {
        data: answer,
        error,
        isValidating,
        mutate,
    } = useSWR<Answer<Data>, ApiError>(
        path && [path, user.id],
        async ([wanted]: [string]) => {
            const [asked, at] = [moment(), Date.now()];
            return { value: await load(wanted), asked, at };
        },
        // Asking again does not end a session that is over; logging in does.
        { onError: checkSession, shouldRetryOnError: (failure) => failure.status !== 401 },
    );
    /** Shows this until the next answer. */
    const set = useCallback(
        (next: (shown: Data | undefined) => Data) =>
            mutate((shown) => ({ asked: moment(), at: Date.now(), value: next(shown?.value) }), {
                revalidate: false,
            }),
        [mutate],
    );
    const reload = useCallback(() => mutate(), [mutate]);
    return {
        data: answer?.value,
        asked: answer?.asked ?? 0,
        at: answer?.at ?? 0,
        error,
        loading: isValidating,
        reload,
        set,
    };
}

/** A function that asks again for everything about habits that is on the page: to call after a change. */
export function useHabitsRefresh() {
    const { mutate } = useSWRConfig();
    return useCallback(
        () =>
            mutate(
                (key) =>
                    Array.isArray(key) &&
                    /^\/api\/v1\/(?:today|habits|trash)\b/.test(String(key[0])),
            ),
        [mutate],
    );
}

/**
 * Wraps a call so that it outlives the session: when that has ended, it waits for the same person to log in again, and is
 * then made once more. Throws ApiError.
 */
export function useCall() {
    const { loggedInAgain } = useAccountHolder();
    return useCallback(
        async <Result>(call: () => Promise<Result>): Promise<Result> => {
            try {
                return await call();
            } catch (failure) {
                if (!(failure instanceof ApiError && failure.status === 401)) throw failure;
                if (await loggedInAgain()) return call();
                throw failure;
            }
        },
        [loggedInAgain],
    );
}

/** The same for a change, which everything else on the page then follows. */
export function useChange() {
    const refresh = useHabitsRefresh();
    const call = useCall();
    return useCallback(
        async <Result>(change: () => Promise<Result>): Promise<Result> => {
            try {
                const result = await call(change);
                await refresh();
                return result;
            } catch (failure) {
                // Whether it was done all the same, only the backend knows.
                void refresh();
                throw failure;
            }
        },
        [refresh, call],
    );
}
