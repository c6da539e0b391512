import { CRASHES, databaseKilled } from "./crashes.ts";
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

/** Two of them, for a stack that is being tested anyway: those whose bars hold on a busy machine too. */
export const SHORT_FORM: readonly Fault[] = [databaseKilled, unready];
