// What a `before` hook runs is what each test of its suite stands on. Stryker takes it for what the test before that suite
// covers, and would try a change with that one alone: this tells it better, as the hooks run.
import { readdir } from "node:fs/promises";
import fc from "fast-check";

/** What Stryker's runner, and the components as Stryker changed them, say to each other. */
interface Stryker {
    currentTestId?: string;
    /** How often a test came by each change. */
    mutantCoverage?: { perTest: Partial<Record<string, Record<string, number>>> };
}

function suitesIn(suite: Mocha.Suite): Mocha.Suite[] {
    return [suite, ...suite.suites.flatMap(suitesIn)];
}

function record(suite: Mocha.Suite): void {
    const { __stryker__: stryker = {} } = globalThis as { __stryker__?: Stryker };
    const id = `before ${suite.fullTitle()}`;
    const { _beforeAll: hooks } = suite as unknown as { _beforeAll: { fn: () => unknown }[] };
    for (const hook of hooks) {
        const { fn } = hook;
        hook.fn = async function (this: unknown) {
            stryker.currentTestId = id;
            await fn.call(this);
            const perTest = stryker.mutantCoverage?.perTest ?? {};
            const covered = perTest[id] ?? {};
            suite.eachTest((test) => {
                const own = (perTest[test.fullTitle()] ??= {});
                for (const [mutant, times] of Object.entries(covered)) {
                    own[mutant] = (own[mutant] ?? 0) + times;
                }
            });
            Reflect.deleteProperty(perTest, id);
        };
    }
}

// the same values in each run: what kills a change today does so tomorrow
fc.configureGlobal({ seed: 1 });

let recording = false;
export const mochaHooks = {
    async beforeAll(this: Mocha.Context) {
        const root = this.test?.parent;
        if (!recording && root) {
            recording = true;
            root.suites.flatMap(suitesIn).forEach(record);
            // index.ts has modules of its own, apart from those that mocha loaded for the tests: what they do as they are loaded
            // is no test's, of which the first one to run the program would else be told
            for (const file of await readdir("components")) {
                await import(`../../components/${file}`);
            }
        }
    },
};
