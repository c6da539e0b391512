import { useSWRConfig } from "swr";

import { api } from "@/lib/api";
import { ownTimeZone } from "@/lib/time-zones";
import type { User } from "@/lib/types";

import { SESSION_CHANNEL, type SessionMessage } from "./session-channel";
import { ME } from "./UserContext";

export interface Credentials {
    email: string;
    password: string;
}

/** The two ways in. Each throws ApiError. */
export function useEntry() {
    const { mutate } = useSWRConfig();

    async function enter(path: string, body: Credentials & { time_zone?: string }) {
        const { user } = await api<{ user: User }>(path, { method: "POST", body });
        await mutate(ME, user, { revalidate: false });
        const tabs = new BroadcastChannel(SESSION_CHANNEL);
        tabs.postMessage("entered" satisfies SessionMessage);
        tabs.close();
    }

    return {
        logIn: (credentials: Credentials) => enter("/api/v1/auth/login", credentials),
        register: (credentials: Credentials) =>
            enter("/api/v1/auth/register", { ...credentials, time_zone: ownTimeZone() }),
    };
}
