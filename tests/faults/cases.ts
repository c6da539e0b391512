import { CRASHES, backendDeleted, databaseKilled, frontendDeleted } from "./crashes.ts";
import { OPERATIONS } from "./operations.ts";
import { ROLLOUTS, unready } from "./rollouts.ts";
import { SHORTAGES } from "./shortages.ts";
import type { Fault } from "./trial.ts";

/** All cases, by group. */
export const CASES: Readonly<Record<string, readonly Fault[]>> = {
    rollouts: ROLLOUTS,
    crashes: CRASHES,
    operations: OPERATIONS,
    shortages: SHORTAGES,
};

/** A few that together take some four minutes, for a stack that is being tested anyway. */
export const SHORT_FORM: readonly Fault[] = [
    databaseKilled,
    backendDeleted,
    frontendDeleted,
    unready,
];
