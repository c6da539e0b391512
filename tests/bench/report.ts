// Times the program beside what people would use in its place. `npm run bench -- --help` says how.
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import prettier from "prettier";
import { Failure } from "../../scripts/failure.ts";
import { runCommand } from "../../scripts/steps.ts";
import { Installation, REPOSITORY } from "../e2e/installation.ts";
import { type Change, type Contender, chart, command, limit, program } from "./contenders.ts";

const PAGE = join(REPOSITORY, "docs", "benchmark.md");
const BEGIN = "<!-- written by npm run bench -->";
const END = "<!-- end -->";

const USAGE = `Times \`pulumi up\`, \`npm run up\`, Helm with \`docker build\`, and the least that has to happen, side by side in one Minikube
of its own, in turns. With --write the figures go into docs/benchmark.md.

    npm run bench -- [--rounds N] [--growth] [--write]

    --rounds N    how often each is timed (default: 3)
    --growth      also how each grows with entries, replicas and sources (half an hour more)
    --write       write the page
`;

/** Seconds of one piece of work, by contender. */
type Times = Map<string, number[]>;
/** The pieces of work, in the order of the page. */
type Table = Map<string, Times>;

/** Times one piece of work of one contender, and keeps the figure. */
async function time(table: Table, work: string, name: string, task: () => Promise<void>) {
    const start = performance.now();
    await task();
    const seconds = (performance.now() - start) / 1000;
    console.log(`${work}: ${name} ${seconds.toFixed(1)} s`);
    const times = table.get(work) ?? new Map<string, number[]>();
    table.set(work, times.set(name, [...(times.get(name) ?? []), seconds]));
}

/** The contenders in turns: each round another one begins, so that no one always finds the caches that another filled. */
const inTurn = (contenders: readonly Contender[], round: number) =>
    contenders.map((_, index) => contenders[(index + round) % contenders.length] as Contender);

const CHANGES: readonly Change[] = ["backend line", "frontend line", "setting", "secret"];

/** Every piece of work once, by everyone who does it. The stack of `npm run up` is that of `pulumi up`. */
async function runRound(table: Table, contenders: readonly Contender[], round: number) {
    const turn = inTurn(contenders, round);
    for (const { name, deploy } of turn) {
        await time(table, "nothing changed", name, deploy);
    }
    for (const { name, preview } of turn) {
        if (preview !== undefined) {
            await time(table, "preview, nothing changed", name, preview);
        }
    }
    for (const change of CHANGES) {
        for (const { name, deploy, change: make } of turn) {
            await make(change);
            await time(table, `${change} changed`, name, deploy);
        }
    }
    for (const { name, destroy, deploy } of turn) {
        if (destroy !== undefined) {
            await time(table, "destroy", name, destroy);
            await time(table, "first deploy, layers cached", name, deploy);
        }
    }
}

/** How the time grows with entries of the ConfigMap, with pods, and with the sources. */
async function measureGrowth(table: Table, contenders: readonly Contender[]) {
    for (const entries of [1, 5, 20]) {
        const list = Array.from({ length: entries }, (_, index) => `BENCH_${index}=${entries}`);
        for (const { name, set, deploy } of contenders) {
            await set({ extraConfig: JSON.stringify(list) });
            await time(table, `${entries} more ConfigMap entries`, name, deploy);
        }
    }
    for (const replicas of ["5", "1"]) {
        for (const { name, set, deploy } of contenders) {
            await set({ backendReplicas: replicas, frontendReplicas: replicas });
            await deploy();
            await time(table, `${replicas} replicas each, nothing changed`, name, deploy);
        }
    }
    for (const megabytes of [1, 10, 100]) {
        for (const { name, folder, deploy } of contenders) {
            const file = join(folder, "docker/backend/src", "bench.bin");
            await writeFile(file, randomBytes(megabytes * 1_000_000));
            await deploy();
            await time(table, `${megabytes} MB in a context, nothing changed`, name, deploy);
        }
    }
}

/** The middle of the figures; of an even number, the lower one of the two. */
export function median(figures: readonly number[]): number {
    const sorted = figures.toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}

/** A cell: the median and, of several, the spread. */
export function cell(figures: readonly number[] | undefined): string {
    if (figures === undefined) {
        return "";
    }
    const spread = `${Math.min(...figures).toFixed(1)}–${Math.max(...figures).toFixed(1)}`;
    return `${median(figures).toFixed(1)}${figures.length > 1 ? ` (${spread})` : ""}`;
}

/** The table in Markdown: seconds, and how many times the peer's median the first one's is. */
export function render(table: Table, names: readonly string[], ours: string, peer: string): string {
    const head = ["Seconds", ...names, `${ours} ÷ ${peer}`];
    const rows = [...table].map(([work, times]) => {
        const ratio = median(times.get(ours) ?? []) / median(times.get(peer) ?? []);
        return [
            work,
            ...names.map((name) => cell(times.get(name))),
            Number.isNaN(ratio) ? "" : ratio.toFixed(1),
        ];
    });
    return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The page with the figures in the place of those before. */
export function withFigures(page: string, figures: string): string {
    const [head, rest] = page.split(BEGIN);
    const [, tail] = rest?.split(END) ?? [];
    if (head === undefined || tail === undefined) {
        throw new Failure(
            `${PAGE} has no place for the figures`,
            `They go between the lines ${BEGIN} and ${END}.`,
            "git checkout docs/benchmark.md",
        );
    }
    return `${head}${BEGIN}\n\n${figures}\n\n${END}${tail}`;
}

async function circumstances(installation: Installation, rounds: number): Promise<string> {
    const commit = (await execa("git", ["rev-parse", "--short", "HEAD"], { cwd: REPOSITORY }))
        .stdout;
    const version = await installation.shell("pulumi version");
    const home = await installation.shell('printf %s "${PULUMI_HOME:-}"');
    const plugins = home.includes("closed-network") ? "stand-ins" : "the real plugins";
    const memory = Math.round(totalmem() / 2 ** 30);
    return `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${availableParallelism()} processors, ${memory} GiB, Pulumi ${version} with ${plugins}; the median of ${rounds}, and from the least to the most.`;
}

async function main(options: { rounds: string; growth: boolean; write: boolean }): Promise<void> {
    const rounds = Number(options.rounds);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20) {
        throw new Failure(
            `--rounds ${options.rounds} cannot be`,
            "It is a number from 1 to 20.",
            "npm run bench -- --rounds 3",
        );
    }
    const installation = await Installation.make({
        profile: "habit-tracker-bench",
        namespace: "bench-pulumi",
    });
    const contenders: Contender[] = [];
    try {
        await installation.npm("up", "--", "--yes", "--memory", "6g");
        contenders.push(
            program(installation),
            command(installation),
            await chart(installation),
            await limit(installation),
        );
        for (const { deploy } of contenders) {
            await deploy();
        }
        const work: Table = new Map();
        for (let round = 0; round < rounds; round += 1) {
            await runRound(work, contenders, round);
        }
        const growth: Table = new Map();
        const [ours, , peer] = contenders;
        if (ours === undefined || peer === undefined) {
            throw new Error("there is nobody to compare");
        }
        if (options.growth) {
            await measureGrowth(growth, [ours, peer]);
        }
        const names = contenders.map(({ name }) => name);
        const figures = [
            await circumstances(installation, rounds),
            ...contenders.map(({ name, description }) => `- ${name}: ${description}`),
            render(work, names, ours.name, peer.name),
            ...(growth.size === 0
                ? []
                : ["### Growth", render(growth, [ours.name, peer.name], ours.name, peer.name)]),
        ].join("\n\n");
        console.log(`\n${figures}\n`);
        if (options.write) {
            const page = withFigures(await readFile(PAGE, "utf8"), figures);
            const style = await prettier.resolveConfig(PAGE);
            await writeFile(PAGE, await prettier.format(page, { ...style, filepath: PAGE }));
        }
    } finally {
        for (const contender of contenders) {
            await contender.remove();
        }
        await installation.remove();
    }
}

await runCommand(USAGE, { rounds: "3", growth: false, write: false }, main);
