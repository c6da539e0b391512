// The seed's statements on the chart, each proved on what Helm makes of it and seen to fail.
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CHART_FOLDER } from "../../scripts/chartFiles.ts";
import { brokenCharts, ignoredValues } from "../conformance/breaks.ts";
import { find } from "../conformance/recorded.ts";
import type { Chart, KubernetesObject } from "../conformance/stack.ts";
import { fails } from "../conformance/statement.ts";
import { STATEMENTS } from "../conformance/statements.ts";
import { installGoTools } from "../tools.ts";
import { chartObjects } from "./helm.ts";

const LOCAL = ["--values", join(CHART_FOLDER, "values-local.yaml")];

describe("the seed's chart", () => {
    let chart: Chart;
    let copies: string;
    before(async function () {
        this.timeout(0);
        const { helm } = await installGoTools();
        copies = await mkdtemp(join(tmpdir(), "habit-tracker-chart-"));
        /** A copy of the chart with other texts of these files. */
        async function copy(files: Readonly<Record<string, string>>): Promise<string> {
            const folder = await mkdtemp(join(copies, "chart-"));
            await cp(CHART_FOLDER, folder, { recursive: true });
            for (const [path, text] of Object.entries(files)) {
                await writeFile(join(folder, path), text);
            }
            return folder;
        }
        // the same rendering once
        const rendered = new Map<string, Promise<KubernetesObject[]>>();
        chart = {
            file: (path) => readFileSync(join(CHART_FOLDER, path), "utf8"),
            render: async (values = {}, how = {}) => {
                const key = JSON.stringify([values, how]);
                const { local = false, only, files } = how;
                const args = [...(local ? LOCAL : []), ...(only ? ["--show-only", only] : [])];
                const make = async (): Promise<object[]> => {
                    const folder = files === undefined ? CHART_FOLDER : await copy(files);
                    return chartObjects(helm, { folder, args }, values);
                };
                const known = rendered.get(key) ?? (make() as Promise<KubernetesObject[]>);
                rendered.set(key, known);
                const objects = await known;
                return {
                    objects: () => objects,
                    object: (kind, name) => find(objects, kind, name),
                };
            },
        };
    });
    after(() => rm(copies, { recursive: true }));

    for (const { section, says, chart: check, absent } of STATEMENTS) {
        if (check === undefined) {
            continue;
        }
        if (absent !== undefined) {
            it(`${section}: ${says}: is absent, or takes its mark away`, async () => {
                expect(await fails(check, chart)).to.be.true;
            });
            continue;
        }
        it(`${section}: ${says}`, async () => {
            await check(chart);
            for (const { place, stack } of await ignoredValues(chart, check)) {
                expect(await fails(check, stack), place).to.be.true;
            }
            for await (const { stack } of brokenCharts(chart, check)) {
                if (await fails(check, stack)) {
                    return;
                }
            }
            expect.fail("it was never seen to fail");
        });
    }
});
