import { CHART_STATEMENTS } from "./chart.ts";
import { CONFIG_MAP_STATEMENTS, SECRET_STATEMENTS } from "./configuration.ts";
import { IMAGES } from "./images.ts";
import { type Statement, TIERS } from "./statement.ts";
import { deploymentStatements, serviceStatements } from "./tiers.ts";
import { CHECKLIST, RELATIONS, SIZING } from "./whole.ts";

/**
 * The seed (phase-iv-infrastructure-resource-model.txt), statement by statement and in its order, each with the checks
 * that prove it: of what the program asks for, and of what is there.
 */
export const STATEMENTS: readonly Statement[] = [
    ...IMAGES,
    ...TIERS.flatMap((tier) => [...deploymentStatements(tier), ...serviceStatements(tier)]),
    ...CONFIG_MAP_STATEMENTS,
    ...SECRET_STATEMENTS,
    ...CHART_STATEMENTS,
    ...RELATIONS,
    ...SIZING,
    ...CHECKLIST,
];
