import { useCallback } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, ApiError } from "@/lib/api";
import type { User } from "@/lib/types";

const ME = "/api/v1/me";

export interface Credentials {
    email: string;
    password: string;
}

/** Who is logged in: a user, `null` for nobody, `undefined` while unknown. */
export function useSession() {
    const { data: user, error, isValidating, mutate } = useSWR<User | null, ApiError>(ME, whoAmI);

    async function enter(path: string, credentials: Credentials) {
        const { user: entered } = await api<{ user: User }>(path, {
            method: "POST",
            body: credentials,
        });
        await mutate(entered, { revalidate: false });
    }

    return {
        user,
        error,
        checking: isValidating,
        retry: () => mutate(),
        logIn: (credentials: Credentials) => enter("/api/v1/auth/login", credentials),
        register: (credentials: Credentials) => enter("/api/v1/auth/register", credentials),
        logOut: async () => {
            await api("/api/logout", { method: "POST" });
            await mutate(null, { revalidate: false });
        },
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
