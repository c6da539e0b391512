import { setTimeout as sleep } from "node:timers/promises";
import { installGoTools } from "../tools.ts";
import type { Installation } from "./installation.ts";

/** The seed's commands, which take the namespace that kubectl has: `default`. */
const RELEASE = "habit-tracker";
const CHART = "./helm/habit-tracker";
const COMMANDS = {
    install: `install ${RELEASE} ${CHART} -f ${CHART}/values-local.yaml`,
    upgrade: `upgrade ${RELEASE} ${CHART} -f ${CHART}/values-local.yaml`,
    uninstall: `uninstall ${RELEASE}`,
};
const NAMESPACE = "default";
const TIERS = ["backend", "frontend"];
/** The label of everything that is the product's. */
const PRODUCT = "app.kubernetes.io/part-of=habit-tracker";

/** The chart, installed by the seed's commands in the Minikube of an installation. */
export class Chart {
    private readonly installation: Installation;
    private readonly helm: string;
    /** A closed network has another one, as the stack's settings say. */
    private readonly databaseImage: string;

    private constructor(installation: Installation, helm: string, databaseImage: string) {
        this.installation = installation;
        this.helm = helm;
        this.databaseImage = databaseImage;
    }

    /** While the stack is up: keeps its images under other names, since they go with it. */
    static async prepare(installation: Installation): Promise<Chart> {
        const { helm } = await installGoTools();
        for (const tier of TIERS) {
            await installation.node(
                `docker tag habit-tracker-${tier}:v1.0.0 e2e/chart-${tier}:v1.0.0`,
            );
        }
        const image = await installation.shell("pulumi config get databaseImage");
        return new Chart(installation, helm, image.trim());
    }

    /** Gives the images the names that the chart has for them, as somebody who built them into Minikube. */
    async placeImages(): Promise<void> {
        for (const tier of TIERS) {
            await this.installation.node(
                `docker tag e2e/chart-${tier}:v1.0.0 habit-tracker-${tier}:v1.0.0`,
            );
        }
    }

    /** Installs the chart; more values as Helm's `--set` takes them. */
    async install(...values: string[]): Promise<string> {
        const output = await this.run(COMMANDS.install, values);
        await this.ready();
        return output;
    }

    /** Tries to install it; what Helm says where it refuses. */
    async refusedInstall(): Promise<string> {
        return this.installation.failing(this.command(COMMANDS.install, []));
    }

    /** Upgrades it, and waits for what that rolls. */
    async upgrade(...values: string[]): Promise<void> {
        await this.run(COMMANDS.upgrade, values);
        await this.ready();
    }

    /** Uninstalls it, and waits until its pods are gone; what it leaves, as `kind/name`. */
    async uninstall(): Promise<string[]> {
        await this.installation.shell(`${this.environment()} ${this.helm} ${COMMANDS.uninstall}`);
        await this.kubectl(`wait pod -l ${PRODUCT} --for=delete --timeout=120s`);
        // endpoints and replica sets follow their owners
        for (let tries = 0; ; tries += 1) {
            const kinds =
                "all,configmaps,secrets,pvc,networkpolicies,pdb,serviceaccounts,ingresses";
            const left = await this.kubectl(`get ${kinds} -l ${PRODUCT} -o name`);
            const names = left.split("\n").filter(Boolean);
            if (names.every((name) => name.startsWith("persistentvolumeclaim/")) || tries === 60) {
                return names;
            }
            await sleep(1000);
        }
    }

    /** Deletes the volume that an uninstall leaves. */
    async deleteVolume(): Promise<void> {
        await this.kubectl("delete pvc habit-tracker-database");
    }

    /** The UIDs of an app's pods, which a rollout changes. */
    async pods(app: "backend" | "frontend" | "database"): Promise<string[]> {
        const json = await this.kubectl(`get pods -l app=habit-tracker-${app} -o json`);
        const { items } = JSON.parse(json) as {
            items: { metadata: { uid: string; deletionTimestamp?: string } }[];
        };
        return items
            .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
            .map(({ metadata }) => metadata.uid);
    }

    /** The data of both Secrets with what was generated. */
    async secrets(): Promise<unknown[]> {
        const json = await this.kubectl(
            "get secret habit-tracker-secrets habit-tracker-database -o json",
        );
        const { items } = JSON.parse(json) as { items: { data: unknown }[] };
        return items.map(({ data }) => data);
    }

    private environment(): string {
        // not whatever the current context is
        return `HELM_KUBECONTEXT=${this.installation.profile}`;
    }

    private command(command: string, values: readonly string[]): string {
        const sets = [`databaseImage=${this.databaseImage}`, ...values];
        return `${this.environment()} ${this.helm} ${command} ${sets
            .map((value) => `--set '${value}'`)
            .join(" ")} 2>&1`;
    }

    private async run(command: string, values: readonly string[]): Promise<string> {
        return this.installation.shell(this.command(command, values));
    }

    private kubectl(args: string): Promise<string> {
        return this.installation.kubectl(`-n ${NAMESPACE} ${args}`);
    }

    private async ready(): Promise<void> {
        for (const workload of [
            "statefulset/habit-tracker-database",
            ...TIERS.map((tier) => `deployment/habit-tracker-${tier}`),
        ]) {
            await this.kubectl(`rollout status ${workload} --timeout=300s`);
        }
    }
}
