import { useCallback } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, ApiError } from "@/lib/api";
import { ownTimeZone } from "@/lib/time-zones";
import type { User } from "@/lib/types";

const ME = "/api/v1/me";

/** The server renews the session when it is asked for this, so a page that stays open must ask now and then. */
const ASK_EVERY_MS = 10 * 60_000;

export interface Credentials {
    email: string;
    password: string;
}

/** Who is logged in: a user, `null` for nobody, `undefined` while unknown. */
export function useSession() {
    const {
        data: user,
        error,
        isValidating,
        mutate,
    } = useSWR<User | null, ApiError>(ME, whoAmI, { refreshInterval: ASK_EVERY_MS });
    const { mutate: mutateAll } = useSWRConfig();

    async function enter(path: string, body: Credentials & { time_zone?: string }) {
        const { user: entered } = await api<{ user: User }>(path, { method: "POST", body });
        await mutate(entered, { revalidate: false });
    }

    return {
        user,
        error,
        checking: isValidating,
        retry: () => mutate(),
        logIn: (credentials: Credentials) => enter("/api/v1/auth/login", credentials),
        register: (credentials: Credentials) =>
            enter("/api/v1/auth/register", { ...credentials, time_zone: ownTimeZone() }),
        logOut: async () => {
            await api("/api/logout", { method: "POST" });
            await mutate(null, { revalidate: false });
            // Nothing of theirs stays in memory for whoever comes next.
            await mutateAll((key) => key !== ME, undefined, { revalidate: false });
        },
    };
}

/** What a person can change about their own account. Each throws ApiError. */
export function useAccount() {
    const { mutate } = useSWRConfig();
    const checkSession = useSessionCheck();

    async function change<Result>(call: () => Promise<Result>): Promise<Result> {
        try {
            return await call();
        } catch (failure) {
            checkSession(failure);
            throw failure;
        }
    }

    return {
        setTimeZone: (timeZone: string) =>
            change(async () => {
                const user = await api<User>(ME, {
                    method: "PATCH",
                    body: { time_zone: timeZone },
                });
                // Another zone may be on another day.
                await mutate(() => true);
                return user;
            }),
        setPassword: (current: string, next: string) =>
            change(() =>
                api(`${ME}/password`, {
                    method: "PUT",
                    body: { current_password: current, new_password: next },
                }),
            ),
        remove: (password: string) =>
            change(async () => {
                await api(ME, { method: "DELETE", body: { password } });
                await mutate(ME, null, { revalidate: false });
            }),
    };
}

/** To call with any failure: asks again who is logged in when the failure says that nobody is. */
export function useSessionCheck() {
    const { mutate } = useSWRConfig();
    return useCallback(
        (error: unknown) => {
            if (error instanceof ApiError && error.status === 401) void mutate(ME);
        },
        [mutate],
    );
}

async function whoAmI(path: string): Promise<User | null> {
    try {
        return await api<User>(path);
    } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
    }
}
