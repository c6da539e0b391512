import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import useSWR, { useSWRConfig } from "swr";

import { api, ApiError } from "@/lib/api";
import type { User } from "@/lib/types";

import { SESSION_CHANNEL, type SessionMessage } from "./session-channel";
import { ME, type AccountHolder } from "./UserContext";

/** The server renews the session when it is asked for this, so a page that stays open must ask now and then. */
const ASK_EVERY_MS = 10 * 60_000;

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
        const tabs = new BroadcastChannel(SESSION_CHANNEL);
        channel.current = tabs;
        tabs.onmessage = ({ data }: MessageEvent<SessionMessage>) =>
            void (data === "left" ? forget() : mutate());
        return () => tabs.close();
    }, [forget, mutate]);

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

    return {
        user,
        holder,
        error,
        checking: isValidating,
        retry: () => mutate(),
        logOut: async () => {
            await api("/api/logout", { method: "POST" });
            channel.current?.postMessage("left" satisfies SessionMessage);
            await forget();
        },
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
