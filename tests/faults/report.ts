import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type Bar, type Result, allMisses } from "./trial.ts";

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

const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

/** A line of the page's table of cases; `seen` says when it was tried, on which commit, with what. */
export function row(result: Result, seen: string): string {
    const { title, bar, figures, notes } = result;
    const { sent, failed, acknowledged, lost, recovery, slowest, restarts, commands } = figures;
    const missed = allMisses(result);
    const verdict = missed.length === 0 ? "holds" : `**missed**: ${missed.join("; ")}`;
    return line([
        title,
        barInWords(bar),
        sent,
        failed,
        `${acknowledged} / ${lost}`,
        recovery === undefined ? "none" : recovery.toFixed(1),
        slowest.toFixed(1),
        restarts,
        commands,
        [verdict, ...notes].join("; "),
        seen,
    ]);
}

/** What came of something that is tried without load. */
export interface CheckResult {
    title: string;
    bar: string;
    verdict: string;
}

/** The lines of a page's tables, by the titles of their cases. */
function rowsOf(page: string): Map<string, string> {
    const rows = page.split("\n").filter((each) => each.startsWith("| "));
    return new Map(rows.map((each) => [each.split(" | ")[0]?.slice(2) ?? "", each]));
}

/** The lines for these titles, in their order: what was tried now, else what the page had before. */
export function merged(
    titles: readonly string[],
    before: string,
    now: readonly string[],
): string[] {
    const rows = new Map([...rowsOf(before), ...rowsOf(now.join("\n"))]);
    return titles.flatMap((title) => rows.get(title) ?? []);
}

/** Writes the results into the repo; what was not tried now stays as it was. */
export async function writeResults(
    { cases, checks }: { cases: readonly string[]; checks: readonly string[] },
    results: readonly Result[],
    checked: readonly CheckResult[],
    plugins: string,
): Promise<void> {
    const git = async (...args: string[]) => (await execa("git", args)).stdout;
    // this page itself changes with each case that is tried
    const changed = await git(
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        `:!${FILE}`,
    );
    const commit = (await git("describe", "--always")) + (changed === "" ? "" : "-dirty");
    const seen = `${new Date().toISOString().slice(0, 10)}, ${commit}, ${plugins}`;
    const before = await readFile(FILE, "utf8").catch(() => "");
    const caseRows = merged(
        cases,
        before,
        results.map((result) => row(result, seen)),
    );
    const checkRows = merged(
        checks,
        before,
        checked.map(({ title, bar, verdict }) => line([title, bar, verdict, seen])),
    );
    const rows = [...caseRows, ...checkRows];
    const missed = rows.filter((each) => each.includes("**missed**"));
    const gibibytes = Math.round(totalmem() / 2 ** 30);
    await writeFile(
        FILE,
        `# What faults did

Written by \`WRITE_RESULTS=1 npm run test:faults\` on ${availableParallelism()} cores and ${gibibytes} GiB. With \`-- -g TITLE\` it tries one case again and writes
that one's line.

${rows.length} cases: ${rows.length - missed.length} hold their bar, ${missed.length} miss it.

A request fails when its answer is no 2xx or does not come. A write counts as acknowledged when its 2xx has come, and as lost when it
cannot be read back afterwards. Recovery counts the seconds from the fault's end to the first answer after which all were good and
took at most 3 s.

| case | bar | requests | failed | writes acknowledged / lost | recovery, s | slowest answer, s | restarts | commands | verdict | seen |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${caseRows.join("\n")}

Tried without load:

| case | bar | verdict | seen |
| --- | --- | --- | --- |
${checkRows.join("\n")}
`,
    );
}
