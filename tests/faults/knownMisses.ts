/** A case that misses its bar for a reason that is known. */
export interface KnownMiss {
    /** How it misses; whatever else it misses fails all the same. */
    misses: RegExp;
    reason: string;
}

/** By the case's title. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {};
