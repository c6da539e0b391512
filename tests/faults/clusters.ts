// What happens to a stack's cluster, or beside it. Without load: there is nothing to ask, or nobody to be disturbed.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { STACK_LABEL } from "../../components/contents.ts";
import { minikubeFlags } from "../../scripts/closed-network/index.ts";
import { freePort, inspectHost } from "../../scripts/host.ts";
import { startMinikube } from "../../scripts/minikube.ts";
import type { Installation } from "../e2e/installation.ts";
import { Load } from "./load.ts";
import { DATABASE } from "./trial.ts";

/** Something that is tried without load, and what came of it in words. */
export interface Check {
    title: string;
    bar: string;
    /** Throws where the bar is missed. */
    run: (installation: Installation) => Promise<string>;
}

const NEW_STATE = "pulumi stack select local --create";

/** Some people's habits and check-ins, which are read back one by one. */
async function withData(installation: Installation): Promise<Load> {
    const load = await Load.start(await address(installation));
    await load.recovers();
    await load.traffic.stop();
    expect(load.acknowledged).to.be.greaterThan(0);
    return load;
}
const address = async (installation: Installation) =>
    (await installation.shell("pulumi stack output url")).trim();

const newCluster: Check = {
    title: "minikube delete and start",
    bar: "one command; the loss is announced; a backup brings all back",
    run: async (installation) => {
        const load = await withData(installation);
        const file = join(installation.folder, "before.dump");
        await installation.npm("backup", "--", "--to", file);
        await installation.shell(`minikube delete -p ${installation.profile}`);
        const output = await installation.npm("up", "--", "--yes", "--memory", "2g");
        expect(output).to.contain("the database starts empty");
        await installation.npm("restore", "--", file, "--yes");
        expect(await load.lost()).to.deep.equal([]);
        return `announced; ${load.acknowledged} writes restored`;
    },
};

const lostState: Check = {
    title: "state file lost",
    bar: "one setting and one command; nothing stops, nothing is lost",
    run: async (installation) => {
        const load = await withData(installation);
        const volume = () =>
            installation.kubectl(
                `get pvc ${DATABASE} -n ${installation.namespace} -o jsonpath={.metadata.uid}`,
            );
        const label = STACK_LABEL.replaceAll(".", "\\.");
        const lost = await installation.kubectl(
            `get pvc ${DATABASE} -n ${installation.namespace} -o jsonpath={.metadata.labels.${label}}`,
        );
        const before = await volume();
        await rm(join(installation.folder, ".local/state"), { recursive: true });
        const refusal = await installation.failing(
            `mkdir -p .local/state && ${NEW_STATE} && pulumi up --yes --skip-preview 2>&1`,
        );
        expect(refusal).to.contain(`pulumi config set adoptStack ${lost}`);
        await installation.set({ adoptStack: lost });
        await installation.shell("pulumi up --yes --skip-preview");
        expect(await volume()).to.equal(before);
        expect(await load.lost()).to.deep.equal([]);
        await installation.unset(["adoptStack"]);
        await installation.shell("pulumi up --yes --skip-preview");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        return "adopted; the same volume, no write lost, then no changes";
    },
};

const twoStacks: Check = {
    title: "two stacks on one cluster",
    bar: "no collision; destroying one leaves the other",
    run: async (installation) => {
        const load = await withData(installation);
        const bases = ["backendBaseImage", "frontendBaseImage", "databaseImage"];
        const settings: Record<string, string | number> = {
            minikubeProfile: installation.profile,
            namespace: "habit-tracker-second",
        };
        for (const key of bases) {
            settings[key] = (await installation.shell(`pulumi config get ${key}`)).trim();
        }
        await installation.addStack("second", settings);
        const refusal = await installation.failing("pulumi preview --stack second 2>&1");
        expect(refusal).to.contain("is taken by the Service").and.to.contain("is in use by");
        for (const [key, value] of Object.entries({
            frontendNodePort: "30081",
            backendImageName: "second-backend",
            frontendImageName: "second-frontend",
        })) {
            await installation.shell(`pulumi config set ${key} ${value} --stack second`);
        }
        await installation.shell("pulumi up --stack second --yes --skip-preview");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        await installation.shell("pulumi destroy --stack second --yes --skip-preview");
        expect(
            await installation.kubectl("get namespace habit-tracker-second --ignore-not-found"),
        ).to.equal("");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        expect(await load.lost()).to.deep.equal([]);
        return "refused by name, then both up; the first unchanged by the second's end";
    },
};

/** A second Minikube beside the installation's own. */
async function startOther({ folder }: Installation, profile: string): Promise<void> {
    const { closedNetwork, env } = await inspectHost(folder, profile);
    await startMinikube(folder, {
        name: profile,
        memory: "2g",
        publish: `127.0.0.1:${await freePort(0)}:30080`,
        flags: closedNetwork ? await minikubeFlags(closedNetwork) : [],
        env,
        listener: () => undefined,
    });
}

const twoProfiles: Check = {
    title: "one stack, two profiles",
    bar: "no collision: the other cluster is refused, and a destroy there too",
    run: async (installation) => {
        const load = await withData(installation);
        const other = `${installation.profile}-other`;
        const putBack = await installation.rememberSettings();
        try {
            await startOther(installation, other);
            await installation.set({ minikubeProfile: other });
            for (const command of ["pulumi up --yes --skip-preview", "npm run down -- --yes"]) {
                const refusal = await installation.failing(`${command} 2>&1`);
                expect(refusal).to.contain(
                    `lives in the Minikube profile "${installation.profile}"`,
                );
            }
        } finally {
            await putBack();
            await installation.shell(`minikube delete -p ${other}`);
        }
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        expect(await load.lost()).to.deep.equal([]);
        return "both refused, with the way back and the way over";
    },
};

export const CHECKS: readonly Check[] = [twoStacks, twoProfiles, lostState, newCluster];
