import { BACKEND_APP as BACKEND } from "../../components/backend.ts";
import { FRONTEND_APP as FRONTEND } from "../../components/frontend.ts";

/** A case that misses its bar for a reason that is known. */
export interface KnownMiss {
    /** How it misses; whatever else it misses fails all the same. */
    misses: RegExp;
    reason: string;
}

/** A tier with one pod waits for that pod to be ready again. */
const READINESS: KnownMiss = {
    misses: /^1[5-9](\.\d+)? s to recovery/,
    reason: "A container that starts is asked whether it is ready after the seed's 10 s at the earliest, and then every 5 s: 11 to 16 s, its start included, and more on a busy machine. Two replicas do not have that gap",
};

/** By the case's title. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {
    ...Object.fromEntries(
        [BACKEND, FRONTEND].flatMap((app) =>
            ["SIGKILL in the container", "out of memory", "pod deleted"].map((how) => [
                `${app}: ${how}`,
                READINESS,
            ]),
        ),
    ),
};
