import type { LiveStack, RecordedStack } from "./stack.ts";
import { type State, type Statement, departures, stateOf } from "./statement.ts";
import { STATEMENTS } from "./statements.ts";

/** What a check said: "" where it passed, else why not; undefined where there is none. */
export type Said = string | undefined;

/** A statement with what came of its checks. */
export interface Row {
    section: string;
    says: string;
    state: State;
    program: Said;
    cluster: Said;
    /** Why it is in this state. */
    remarks: string[];
    /** Whether no check of it was made here. */
    unseen: boolean;
    /** What is wrong with it. */
    failures: string[];
}

/** What makes the checks of the chart: they take Helm, which a stack does without. */
const CHART_TESTS = "npm run test:chart renders the chart";

async function said<S>(
    check: ((stack: S) => void | Promise<void>) | undefined,
    stack: S,
): Promise<Said> {
    try {
        await check?.(stack);
        return check === undefined ? undefined : "";
    } catch (error) {
        return (error as Error).message || String(error);
    }
}

/** A check's word in the table. */
export const outcome = (check: Said) =>
    check === undefined ? "-" : check === "" ? "pass" : "FAIL";

/** What is wrong with a row: a check that failed, or one of something absent that did not. */
function failuresOf(state: State, checks: readonly Said[]): string[] {
    if (state !== "absent") {
        return checks.filter((check): check is string => Boolean(check));
    }
    return checks.includes("")
        ? ["a check of it passes: take away what marks it as absent, if it holds"]
        : [];
}

async function rowOf(statement: Statement, recorded: RecordedStack, live: LiveStack): Promise<Row> {
    const { section, says, other, absent, elsewhere } = statement;
    const state = stateOf(statement, live);
    const program = await said(statement.recorded, recorded);
    // what is absent from the program is not looked for
    const cluster = state === "absent" ? undefined : await said(statement.live, live);
    return {
        section,
        says,
        state,
        program: state === "absent" ? undefined : program,
        cluster,
        remarks: [
            ...(absent === undefined ? [] : [`absent: ${absent}`]),
            ...(other === undefined ? [] : [`in another form: ${other}`]),
            ...[statement.chart && CHART_TESTS, elsewhere]
                .filter((by) => by !== undefined)
                .map((by) => `not tried here: ${by}`),
            ...(state === "leaves the seed"
                ? departures(statement, live).map((departure) => `leaves the seed: ${departure}`)
                : []),
        ],
        unseen: state !== "absent" && program === undefined && cluster === undefined,
        failures: failuresOf(state, [program, cluster]),
    };
}

/** Every statement, in the seed's order, on the program with its defaults and on a stack with its settings. */
export async function tableOf(
    recorded: RecordedStack,
    live: LiveStack,
    statements = STATEMENTS,
): Promise<Row[]> {
    const rows: Row[] = [];
    for (const statement of statements) {
        rows.push(await rowOf(statement, recorded, live));
    }
    return rows;
}

/** The counts below the table: each statement is in one of them, and those that other tests prove are counted again. */
export function summary(rows: readonly Row[]): string {
    const good = rows.filter(({ failures }) => failures.length === 0);
    const count = (state: State) => good.filter((row) => row.state === state).length;
    return (
        `${rows.length} statements: ${count("holds")} hold, ${count("in another form")} hold in another form, ` +
        `${count("absent")} are absent, ${count("leaves the seed")} leave the seed by this stack's settings; ` +
        `${rows.length - good.length} rows failed; ` +
        `${good.filter(({ unseen }) => unseen).length} were not tried here: the row says what proves it`
    );
}
