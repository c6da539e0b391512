// Says what this machine and the stack are, and what comes next. `npm run doctor -- --help` says how.
import { dirname } from "node:path";
import { collectFacts } from "./facts.ts";
import {
    documentWithoutSecrets,
    renderDoctor,
    sections,
    verdict,
    withoutSecrets,
} from "./findings.ts";
import { endAtOnce, endWith } from "./run.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Looks at this machine, the cluster and the stack, and says what is there, what is missing and what comes next.
Changes nothing, starts nothing, shows no secret, and takes at most ten seconds.

    npm run doctor -- [--stack NAME] [--json]

    --stack NAME    the stack to look at (default: local)
    --json          the same as one JSON document

Exit code 1 where something has to be mended; a stack that is not up is none of that.
`;

async function main({ stack, json }: { stack: string; json: boolean }): Promise<void> {
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const facts = await collectFacts(project, stack);
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

await runCommand(USAGE, { json: false }, main);
