// Says in a few lines whether the product is up. `npm run status -- --help` says how.
import { dirname } from "node:path";
import { type RunningFact, SECONDS, isUnknown, lookAtProduct, startLooking } from "./facts.ts";
import { type Line, foreignStack, ofStack, pageLine, renderLines, tierLines } from "./findings.ts";
import { endAtOnce, endWith } from "./run.ts";
import { runCommand } from "./steps.ts";
import { documentWithoutSecrets, withoutSecrets } from "./withoutSecrets.ts";

const USAGE = `Says whether the product is up: the stack, its cluster, its pods, its URL. Changes nothing.

    npm run status -- [--stack NAME] [--json] [--seconds N]

    --stack NAME    the stack to look at (default: local)
    --json          the same as one JSON document
    --seconds N     how long the looks may take together (default: 5)

Exit code 0 only where the page answers and both tiers are ready.
`;

const bothReady = ({ tiers }: RunningFact) =>
    ["backend", "frontend"].every((tier) =>
        tiers.some(({ name, complete }) => name === tier && complete),
    );

const DEFAULTS = { json: false, seconds: SECONDS };

async function main({ stack, json, seconds }: { stack: string } & typeof DEFAULTS): Promise<void> {
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const product = await lookAtProduct(project, stack, await startLooking(project, seconds));
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

await runCommand(USAGE, DEFAULTS, main);
