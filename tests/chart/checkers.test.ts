// What Helm, kubeconform and kube-score say of the chart.
import { mkdtemp, rm, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CHART_FOLDER } from "../../scripts/chartFiles.ts";
import { kubeScore, kubeconform } from "../checkers/findings.ts";
import { applying, readWaivers } from "../checkers/waivers.ts";
import { type GoTools, installGoTools } from "../tools.ts";
import {
    KUBERNETES,
    type Rendering,
    chartObjects,
    readObjects,
    runHelm,
    template,
} from "./helm.ts";
import { COMBINATIONS } from "./settings.ts";

const LOCAL = ["--values", join(CHART_FOLDER, "values-local.yaml")];
/** All parts of the chart. */
const EVERYTHING = {
    ...COMBINATIONS["an Ingress with a certificate"],
    ...COMBINATIONS["autoscalers of both tiers"],
    ...COMBINATIONS["scheduled dumps, on other disks"],
    ...COMBINATIONS["images that were built elsewhere, by a login"],
    geminiApiKey: "a-key",
};

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
            const waived = applying((await readWaivers()).waivers, { namespace, objects }).map(
                ({ checker, check, object }) => `${checker} ${check} ${object}`,
            );
            expect(found.filter((finding) => !waived.includes(finding))).to.deep.equal([]);
        });
    }

    it("has the seed's local values as its own defaults", async () => {
        const secret = {
            jwtSecret: "a-secret-of-32-characters-0123456789",
            databaseUrl: "postgresql://u:p@elsewhere/d",
        };
        expect(await chartObjects(tools.helm, { settings: secret, args: LOCAL })).to.deep.equal(
            await chartObjects(tools.helm, { settings: secret }),
        );
    });

    /** What Helm prints after an installation. */
    async function notes(settings: Record<string, string>): Promise<string> {
        const dryRun = ["install", "test", "--dry-run=client"];
        const { stdout, stderr } = await runHelm(tools.helm, dryRun, { settings });
        const [, text] = stdout.split("NOTES:\n");
        return text ?? stderr;
    }

    it("says how to open it, and what an uninstall leaves", async () => {
        const text = await notes({});
        expect(text).to.contain(":30080").and.to.contain("http://localhost:3000");
        expect(text).to.contain("leaves the database's volume");
        expect(text).to.contain("--set databaseExistingClaim=habit-tracker-database");
        const tunnel = await notes({ frontendServiceType: "LoadBalancer" });
        expect(tunnel).to.contain("http://localhost:3000").and.to.contain("minikube tunnel");
        expect(await notes({ ...COMBINATIONS["an Ingress with a certificate"] })).to.contain(
            "https://habits.example.org",
        );
        expect(await notes({ databaseUrl: "postgresql://u:p@elsewhere/d" })).not.to.contain(
            "volume",
        );
    });
});
