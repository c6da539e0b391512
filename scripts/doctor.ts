// Says what this machine and the stack are, and what comes next. `npm run doctor -- --help` says how.
import { dirname } from "node:path";
import { SECONDS, collectFacts } from "./facts.ts";
import { renderDoctor, sections, verdict } from "./findings.ts";
import { endAtOnce, endWith } from "./run.ts";
import { runCommand } from "./steps.ts";
import { documentWithoutSecrets, withoutSecrets } from "./withoutSecrets.ts";

const USAGE = `Looks at this machine, the cluster and the stack, and says what is there, what is missing and what comes next.
Changes nothing, starts nothing, shows no secret; what does not answer is not waited for.

    npm run doctor -- [--stack NAME] [--json] [--seconds N]

    --stack NAME    the stack to look at (default: local)
    --json          the same as one JSON document
    --seconds N     how long the looks may take together (default: 5)

Exit code 1 where something has to be mended; a stack that is not up is none of that.
`;

const DEFAULTS = { json: false, seconds: SECONDS };

async function main({ stack, json, seconds }: { stack: string } & typeof DEFAULTS): Promise<void> {
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const facts = await collectFacts(project, stack, seconds);
    const said = sections(facts);
    const concluded = verdict(facts, said);
    const problems = said.flatMap(({ title, lines }) =>
        lines
            .filter(({ mark }) => mark === "bad")
            .map(({ name, text, remedy }) => ({ section: title, name, what: text, next: remedy })),
    );
    const { ok, text, next } = concluded;
    await endWith(
        json
            ? documentWithoutSecrets({ ok, verdict: text, next, problems, facts })
            : withoutSecrets(renderDoctor(said, concluded)),
        ok ? 0 : 1,
    );
}

await runCommand(USAGE, DEFAULTS, main);
