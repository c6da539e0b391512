import { writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { KNOWN_MISSES } from "./knownMisses.ts";
import { type Bar, type Figures, type Result, misses } from "./trial.ts";

const FILE = fileURLToPath(new URL("RESULTS.md", import.meta.url));

/** What has to hold in a case, in words. */
export function barInWords({ failed, recovery, backendRestarts, commands }: Bar): string {
    return [
        ...(failed === undefined ? [] : [`${failed} failed`]),
        ...(recovery === undefined ? [] : [`recovery within ${recovery} s`]),
        ...(backendRestarts === undefined ? [] : [`${backendRestarts} restarts of the backend`]),
        ...(commands === undefined ? [] : [`${commands} commands`]),
        "0 lost",
    ].join(", ");
}

/** A case's figures in one line. */
export function figuresInWords(figures: Figures): string {
    const { sent, failed, acknowledged, lost, recovery, slowest, restarts, commands } = figures;
    return [
        `${sent} requests, ${failed} failed`,
        `${acknowledged} writes acknowledged, ${lost} lost`,
        recovery === undefined ? "not recovered" : `recovered after ${recovery.toFixed(1)} s`,
        `slowest answer ${slowest.toFixed(1)} s`,
        `${restarts} restarts, ${commands} commands by hand`,
    ].join("; ");
}

/** What a result misses, its error among it. */
export function allMisses({ bar, figures, error }: Result): string[] {
    return [
        ...misses(bar, figures),
        ...(error === undefined ? [] : [error.message.split("\n")[0] ?? ""]),
    ];
}

/** What it misses and is not known to miss. */
export function unknownMisses(result: Result): string[] {
    const known = KNOWN_MISSES[result.title];
    return allMisses(result).filter((miss) => !known?.misses.test(miss));
}

/** A line of the page's table. */
export function row(result: Result): string {
    const { title, bar, figures } = result;
    const { sent, failed, acknowledged, lost, recovery, slowest, restarts, commands } = figures;
    const missed = allMisses(result);
    const isKnown = unknownMisses(result).length === 0;
    const reason = KNOWN_MISSES[title]?.reason ?? "";
    const verdict =
        missed.length === 0
            ? "holds"
            : `**${isKnown ? "known miss" : "missed"}**: ${missed.join("; ")}. ${reason}`;
    const cells = [
        title,
        barInWords(bar),
        sent,
        failed,
        `${acknowledged} / ${lost}`,
        recovery === undefined ? "none" : recovery.toFixed(1),
        slowest.toFixed(1),
        restarts,
        commands,
        [verdict, ...result.notes].join("; "),
    ];
    return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}

/** Writes the results into the repo. */
export async function writeResults(
    results: readonly Result[],
    about: { plugins: string; settings: string },
): Promise<void> {
    const { stdout: commit } = await execa("git", ["describe", "--always", "--dirty"]);
    const missed = results.filter((result) => allMisses(result).length > 0);
    const known = missed.filter((result) => unknownMisses(result).length === 0);
    const gibibytes = Math.round(totalmem() / 2 ** 30);
    await writeFile(
        FILE,
        `# What faults did

Written by \`WRITE_RESULTS=1 npm run test:faults\` on ${new Date().toISOString().slice(0, 10)} at commit ${commit}, on ${availableParallelism()} cores and ${gibibytes} GiB,
with ${about.plugins}; settings other than the defaults: ${about.settings}.

${results.length} cases: ${results.length - missed.length} hold their bar, ${missed.length - known.length} miss it, ${known.length} miss it as known.

A request fails when its answer is no 2xx or does not come. A write counts as acknowledged when its 2xx has come, and as lost when it
cannot be read back afterwards. Recovery counts the seconds from the fault's end to the first answer after which all were good and
took at most 3 s.

| case | bar | requests | failed | writes acknowledged / lost | recovery, s | slowest answer, s | restarts | commands | verdict |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${results.map(row).join("\n")}
`,
    );
}
