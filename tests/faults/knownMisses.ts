import type { Bar } from "./trial.ts";

/** A case that misses its bar for a reason that is known. */
export interface KnownMiss {
    /** What it keeps to instead: beyond that it fails all the same. */
    holds: Bar;
    reason: string;
}

/** By the case's title. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {};
