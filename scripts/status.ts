// Says in a few lines whether the product is up. `npm run status -- --help` says how.
import { dirname } from "node:path";
import { type RunningFact, isUnknown, lookAtProduct } from "./facts.ts";
import {
    type Line,
    documentWithoutSecrets,
    foreignStack,
    ofStack,
    pageLine,
    renderLines,
    tierLines,
    withoutSecrets,
} from "./findings.ts";
import { endAtOnce, endWith } from "./run.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Says whether the product is up: the stack, its cluster, its pods, its URL. Changes nothing.

    npm run status -- [--stack NAME] [--json]

    --stack NAME    the stack to look at (default: local)
    --json          the same as one JSON document

Exit code 0 only where the page answers and both tiers are ready.
`;

const bothReady = ({ tiers }: RunningFact) =>
    ["backend", "frontend"].every((tier) =>
        tiers.some(({ name, complete }) => name === tier && complete),
    );

async function main({ stack, json }: { stack: string; json: boolean }): Promise<void> {
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const product = await lookAtProduct(project, stack);
    const { place, state, cluster, running, page } = product;
    const foreign = foreignStack(product);
    const lines: Line[] = [
        isUnknown(state)
            ? { mark: "bad", name: "stack", text: `${stack} cannot be read: ${state.unknown}` }
            : state.outputs["url"] === undefined
              ? { mark: "bad", name: "stack", text: `${stack} is not up` }
              : { mark: "good", name: "stack", text: stack },
        isUnknown(cluster)
            ? { mark: "bad", name: "cluster", text: cluster.unknown }
            : {
                  mark: cluster.state === "running" ? "good" : "bad",
                  name: "cluster",
                  text: `${place.context} ${cluster.state === "running" ? "runs" : `is ${cluster.state}`}`,
              },
        ...(isUnknown(running)
            ? []
            : foreign === undefined
              ? tierLines(running, stack)
              : [{ mark: "bad", name: "pods", text: `of another stack, ${foreign}` } as const]),
        ...(isUnknown(page) ? [] : [pageLine(page, stack)]),
    ];
    const up =
        !isUnknown(page) &&
        pageLine(page, stack).mark === "good" &&
        !isUnknown(running) &&
        foreign === undefined &&
        bothReady(running);
    const text = `${renderLines(lines)}${up ? "" : `\n\nWhy, and what to do: npm run doctor${ofStack(stack)}`}`;
    await endWith(
        json ? documentWithoutSecrets({ up, ...product }) : withoutSecrets(text),
        up ? 0 : 1,
    );
}

await runCommand(USAGE, { json: false }, main);
