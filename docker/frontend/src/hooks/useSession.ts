import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, ApiError } from "@/lib/api";
import { ownTimeZone } from "@/lib/time-zones";
import type { User, UserFields } from "@/lib/types";

import { useCall } from "./useApi";
import { useAccountHolder, type AccountHolder } from "./UserContext";

const ME = "/api/v1/me";

/** The server renews the session when it is asked for this, so a page that stays open must ask now and then. */
const ASK_EVERY_MS = 10 * 60_000;

/** All tabs have one session: each tells the others when somebody has entered or left. */
const CHANNEL = "habit-tracker-session";
type Message = "entered" | "left";

export interface Credentials {
    email: string;
    password: string;
}

/**
 * Who is logged in: a user, `null` for nobody, `undefined` while unknown. `holder` is whose page this is: it stays when
 * their session ends by itself, so that what they have typed does, too.
 */
export function useSession() {
    const {
        data: user,
        error,
        isValidating,
        mutate,
    } = useSWR<User | null, ApiError>(ME, whoAmI, { refreshInterval: ASK_EVERY_MS });
    const { mutate: mutateAll } = useSWRConfig();
    const [owner, setOwner] = useState<User | null>(null);
    if (user && user !== owner) setOwner(user);
    const waiting = useRef<((user: User | null) => void)[]>([]);

    const settle = useCallback((present: User | null) => {
        for (const resolve of waiting.current.splice(0)) resolve(present);
    }, []);
    useEffect(() => {
        if (user) settle(user);
    }, [user, settle]);

    const leave = useCallback(() => {
        setOwner(null);
        settle(null);
    }, [settle]);

    const forget = useCallback(async () => {
        // At once: in between, it would be a session that has ended by itself.
        const gone = mutate(null, { revalidate: false });
        leave();
        await gone;
        // Nothing of theirs stays in memory for whoever comes next.
        await mutateAll((key) => key !== ME, undefined, { revalidate: false });
    }, [leave, mutate, mutateAll]);

    const channel = useRef<BroadcastChannel>(null);
    useEffect(() => {
        const tabs = new BroadcastChannel(CHANNEL);
        channel.current = tabs;
        tabs.onmessage = ({ data }: MessageEvent<Message>) =>
            void (data === "left" ? forget() : mutate());
        return () => tabs.close();
    }, [forget, mutate]);
    const tell = (message: Message) => channel.current?.postMessage(message);

    const holder = useMemo<AccountHolder | null>(
        () =>
            owner && {
                user: owner,
                away: user === null,
                leave,
                checkSession: (failure) => {
                    if (failure instanceof ApiError && failure.status === 401) void mutate();
                },
                loggedInAgain: async () => {
                    // Perhaps they are, and the refusal was late.
                    const present =
                        (await mutate().catch(() => null)) ??
                        (await new Promise<User | null>((resolve) =>
                            waiting.current.push(resolve),
                        ));
                    return present?.id === owner.id;
                },
            },
        [owner, user, leave, mutate],
    );

    async function enter(path: string, body: Credentials & { time_zone?: string }) {
        const { user: entered } = await api<{ user: User }>(path, { method: "POST", body });
        await mutate(entered, { revalidate: false });
        tell("entered");
    }

    return {
        user,
        holder,
        error,
        checking: isValidating,
        retry: () => mutate(),
        logIn: (credentials: Credentials) => enter("/api/v1/auth/login", credentials),
        register: (credentials: Credentials) =>
            enter("/api/v1/auth/register", { ...credentials, time_zone: ownTimeZone() }),
        logOut: async () => {
            await api("/api/logout", { method: "POST" });
            tell("left");
            await forget();
        },
    };
}

/** What a person can change about their own account. Each throws ApiError. */
export function useAccount() {
    const { mutate } = useSWRConfig();
    const { leave } = useAccountHolder();
    const call = useCall();

    return {
        change: (fields: UserFields) =>
            call(async () => {
                const user = await api<User>(ME, { method: "PATCH", body: fields });
                // Another zone may be on another day.
                await mutate(() => true);
                return user;
            }),
        setPassword: (current: string, next: string) =>
            call(() =>
                api(`${ME}/password`, {
                    method: "PUT",
                    body: { current_password: current, new_password: next },
                }),
            ),
        remove: (password: string) =>
            call(async () => {
                await api(ME, { method: "DELETE", body: { password } });
                const gone = mutate(ME, null, { revalidate: false });
                leave();
                await gone;
            }),
    };
}

async function whoAmI(path: string): Promise<User | null> {
    try {
        return await api<User>(path);
    } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
    }
}
