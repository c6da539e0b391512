// What Helm, kubeconform and kube-score say of the chart.
import { mkdtemp, rm, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CHART_FOLDER } from "../../scripts/chartFiles.ts";
import { kubeScore, kubeconform } from "../checkers/findings.ts";
import { applying, imageKinds, readWaivers } from "../checkers/waivers.ts";
import { type GoTools, installGoTools } from "../tools.ts";
import { type Rendering, chartObjects, readObjects, runHelm, template } from "./helm.ts";
import { COMBINATIONS } from "./settings.ts";

const LOCAL = ["--values", join(CHART_FOLDER, "values-local.yaml")];
/** All parts of the chart. */
const EVERYTHING = {
    frontendReplicas: "2",
    ...COMBINATIONS["an Ingress with a certificate"],
    ...COMBINATIONS["autoscalers of both tiers"],
    ...COMBINATIONS["scheduled dumps, on other disks"],
    ...COMBINATIONS["images that were built elsewhere, by a login"],
    geminiApiKey: "a-key",
};
/** The images that come from the sources. */
const BUILT = ["habit-tracker-backend:v1.0.0", "habit-tracker-frontend:v1.0.0"];
/** Only with an autoscaler: the Deployment has the number that it starts with, the program's too. */
const STARTS_WITH = "deployment-targeted-by-hpa-does-not-have-replicas-configured";

describe("the chart", () => {
    let tools: GoTools;
    let folder: string;
    before(async function () {
        this.timeout(0);
        tools = await installGoTools();
        folder = await mkdtemp(join(tmpdir(), "habit-tracker-chart-"));
    });
    after(() => rm(folder, { recursive: true }));

    for (const [words, rendering] of Object.entries<Rendering>({
        "as the seed installs it": { args: LOCAL },
        "with all its parts": { settings: EVERYTHING, namespace: "habits" },
    })) {
        it(`passes helm lint --strict, ${words}`, async () => {
            const lint = ["lint", "--strict"];
            const { exitCode, stdout } = await runHelm(tools.helm, lint, rendering);
            expect(exitCode, stdout).to.equal(0);
        });

        it(`passes kubeconform and kube-score, ${words}`, async () => {
            const { stdout } = await template(tools.helm, rendering);
            const manifests = join(folder, "rendered.yaml");
            await writeFile(manifests, stdout);
            const objects = readObjects(stdout).map(
                ({ kind, metadata }) => `${kind}/${metadata.name}`,
            );
            const openApi = await readFile(tools.openApi, "utf8");
            const found = [
                ...(await kubeconform(tools.kubeconform, { manifests, objects, openApi, folder })),
                ...(await kubeScore(tools.kubeScore, { manifests })),
            ].map(({ checker, check, object }) => `${checker} ${check} ${object}`);
            const { namespace = "default" } = rendering;
            const { waivers, decisions } = await readWaivers();
            const images = imageKinds(stdout, BUILT);
            const waived = [...waivers, ...decisions].flatMap((waiver) =>
                applying([waiver], { namespace, objects, images }).map(
                    ({ checker, check, object }) => `${checker} ${check} ${object}`,
                ),
            );
            const unlisted = found.filter((finding) => !waived.includes(finding));
            expect(unlisted.filter((finding) => !finding.includes(STARTS_WITH))).to.deep.equal([]);
        });
    }

    it("has all its parts where they are asked for", async () => {
        const all = await chartObjects(tools.helm, { settings: EVERYTHING, namespace: "habits" });
        const names = all.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
        expect(names).to.include.members([
            "HorizontalPodAutoscaler/habit-tracker-backend",
            "HorizontalPodAutoscaler/habit-tracker-frontend",
            "CronJob/habit-tracker-backup",
            "Ingress/habit-tracker-frontend",
        ]);
        const pulling = all.filter(({ type }) => type === "kubernetes.io/dockerconfigjson");
        expect(pulling.map(({ kind }) => kind)).to.deep.equal(["Secret"]);
    });

    it("has the seed's local values as its own defaults", async () => {
        const secret = {
            jwtSecret: "a-secret-of-32-characters-0123456789",
            databaseUrl: "postgresql://u:p@elsewhere/d",
        };
        expect(await chartObjects(tools.helm, { settings: secret, args: LOCAL })).to.deep.equal(
            await chartObjects(tools.helm, { settings: secret }),
        );
    });
});
