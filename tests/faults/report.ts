import { writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { KNOWN_MISSES } from "./knownMisses.ts";
import { type Bar, type Result, allMisses, unknownMisses } from "./trial.ts";

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

/** A line of the page's table. */
export function row(result: Result): string {
    const { title, bar, figures } = result;
    const { sent, failed, acknowledged, lost, recovery, slowest, restarts, commands } = figures;
    const missed = allMisses(result);
    const isKnown = unknownMisses(result).length === 0;
    const reason = isKnown ? [KNOWN_MISSES[title]?.reason ?? ""] : [];
    const verdict =
        missed.length === 0
            ? "holds"
            : `**${isKnown ? "known miss" : "missed"}**: ${[...missed, ...reason].join("; ")}`;
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
export async function writeResults(results: readonly Result[], plugins: string): Promise<void> {
    const { stdout: commit } = await execa("git", ["describe", "--always", "--dirty"]);
    const missed = results.filter((result) => allMisses(result).length > 0);
    const known = missed.filter((result) => unknownMisses(result).length === 0);
    const gibibytes = Math.round(totalmem() / 2 ** 30);
    await writeFile(
        FILE,
        `# What faults did

Written by \`WRITE_RESULTS=1 npm run test:faults\` on ${new Date().toISOString().slice(0, 10)} at commit ${commit}, on ${availableParallelism()} cores and ${gibibytes} GiB,
with ${plugins}.

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
