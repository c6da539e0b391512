// Who decides how many pods a tier has: Pulumi or an autoscaler, and how the one follows the other.
import { expect } from "chai";
import { readContents } from "../../components/contents.ts";
import { metricsNotice, planScaling } from "../../components/scaling.ts";
import { checkSettings } from "../../components/settings.ts";
import {
    type ClusterContents,
    type FakeMinikube,
    type ListedObject,
    type Registered,
    installFakeMinikube,
    listed,
    plain,
    rawConfig,
    runProgram,
} from "./harness.ts";

const APP = "habit-tracker-backend";
const PRODUCT = { "app.kubernetes.io/part-of": "habit-tracker" };

/** An autoscaler of the backend, this program's or somebody's. */
const autoscaler = (
    minReplicas: number | undefined,
    maxReplicas: number,
    {
        labels = PRODUCT,
        namespace = "default",
        name = APP,
    }: { labels?: object; namespace?: string; name?: string } = {},
): ListedObject => ({
    metadata: { name, namespace, labels: { ...labels } },
    spec: { minReplicas, maxReplicas, scaleTargetRef: { name } },
});
/** The backend's Deployment; an autoscaler set its number of pods, or somebody else did. */
const deployment = (manager = "kube-controller-manager", subresource = "scale"): ListedObject => ({
    metadata: {
        name: APP,
        namespace: "default",
        labels: PRODUCT,
        managedFields: [{ manager: "pulumi-kubernetes-1" }, { manager, subresource }],
    },
    spec: { template: { spec: { containers: [] } } },
});
const cluster = (deployments: ListedObject[], autoscalers: ListedObject[]): ClusterContents => ({
    deployments,
    horizontalpodautoscalers: autoscalers,
});

async function read(contents: ClusterContents, config: Record<string, string>) {
    const { settings } = checkSettings(rawConfig(config));
    if (settings === undefined) {
        throw new Error("the settings are wrong");
    }
    return {
        settings,
        found: await readContents(
            (path) => Promise.resolve(listed(contents, path)),
            settings.namespace,
            [],
        ),
    };
}

async function plan(contents: ClusterContents, config: Record<string, string> = {}) {
    const { settings, found } = await read(contents, config);
    return planScaling(APP, settings.backend, settings, found);
}

const between = (minReplicas: number, maxReplicas: number, cpuPercent = 80) => ({
    autoscaler: { minReplicas, maxReplicas, cpuPercent },
    takesBack: false,
});
const PULUMI = { autoscaler: undefined, takesBack: false };
const TWO = { backendReplicas: "2" };

describe("the number of a tier's pods", () => {
    it("is Pulumi's without an autoscaler, whoever set it last", async () => {
        expect(await plan({})).to.deep.equal(PULUMI);
        expect(await plan(cluster([deployment("kubectl")], []))).to.deep.equal(PULUMI);
        const status = deployment("kube-controller-manager", "status");
        expect(await plan(cluster([status], []))).to.deep.equal(PULUMI);
    });

    it("is an autoscaler's from the tier's replicas up, where one is set", async () => {
        const config = { ...TWO, backendMaxReplicas: "5", autoscalingCpuPercent: "60" };
        for (const contents of [{}, cluster([deployment()], [autoscaler(2, 4)])]) {
            expect(await plan(contents, config)).to.deep.equal(between(2, 5, 60));
        }
    });

    it("is Pulumi's again in two steps: the autoscaler is narrowed, then removed and its number taken back", async () => {
        const on = cluster([deployment()], [autoscaler(2, 5)]);
        expect(await plan(on, TWO)).to.deep.equal(between(2, 2));
        const narrow = cluster([deployment()], [autoscaler(2, 2)]);
        const back = { autoscaler: undefined, takesBack: true };
        expect(await plan(narrow, TWO)).to.deep.equal(back);
        expect(await plan(cluster([deployment()], []), TWO)).to.deep.equal(back);
        expect(await plan(cluster([deployment("pulumi-kubernetes-1")], []), TWO)).to.deep.equal(
            PULUMI,
        );
        // one that would not reach the number, and one that leaves out its minimum, which is 1
        expect(await plan(on, { backendReplicas: "9" })).to.deep.equal(between(9, 9));
        const lower = cluster([deployment()], [autoscaler(1, 2)]);
        expect(await plan(lower, TWO)).to.deep.equal(between(2, 2));
        const bare = cluster([deployment()], [autoscaler(undefined, 1)]);
        expect(await plan(bare)).to.deep.equal(back);
    });

    it("gets to none by way of one, the fewest that an autoscaler makes", async () => {
        const none = { backendReplicas: "0" };
        const on = cluster([deployment()], [autoscaler(2, 5)]);
        expect(await plan(on, none)).to.deep.equal(between(1, 1));
        const narrow = cluster([deployment()], [autoscaler(1, 1)]);
        expect(await plan(narrow, none)).to.deep.equal({ autoscaler: undefined, takesBack: true });
    });

    it("is left to an autoscaler of somebody's own", async () => {
        const theirs = cluster([deployment()], [autoscaler(2, 5, { labels: {} })]);
        expect(await plan(theirs, TWO)).to.deep.equal(PULUMI);
    });

    it("has nothing to do with the other tier", async () => {
        const other = { name: "habit-tracker-frontend" };
        const scaled = { ...deployment(), metadata: { ...deployment().metadata, ...other } };
        const contents = cluster([scaled], [autoscaler(2, 5, other)]);
        expect(await plan(contents, TWO)).to.deep.equal(PULUMI);
    });

    it("has nothing to do with a tier of that name in another namespace", async () => {
        const elsewhere = cluster([deployment()], [autoscaler(2, 5)]);
        expect(await plan(elsewhere, { namespace: "habits" })).to.deep.equal(PULUMI);
    });

    it("stays where it is while nothing measures the pods, which is said with the command", async () => {
        const notice = async (contents: ClusterContents, config: Record<string, string>) => {
            const { settings, found } = await read(contents, config);
            return metricsNotice(settings, { contents: found, metricsCommand: "measure" });
        };
        const unmeasured = { apis: [{ metadata: { name: "apps" } }] };
        const config = { backendMaxReplicas: "2" };
        expect(await notice(unmeasured, config))
            .to.contain("backendMaxReplicas: the cluster measures no pods")
            .and.contain("until it does: measure");
        expect(await notice({}, config)).to.equal(undefined);
        expect(await notice(unmeasured, {})).to.equal(undefined);
    });

    it("has a notice of a tier that is to scale only where it is", async () => {
        const { settings, found } = await read({ apis: [] }, { frontendMaxReplicas: "3" });
        expect(metricsNotice(settings, { contents: found, metricsCommand: "measure" })).to.match(
            /^frontendMaxReplicas: /,
        );
        const both = await read(
            { apis: [] },
            { backendMaxReplicas: "2", frontendMaxReplicas: "3" },
        );
        expect(
            metricsNotice(both.settings, { contents: both.found, metricsCommand: "measure" }),
        ).to.match(/^backendMaxReplicas and frontendMaxReplicas: /);
    });

    describe("in the program", () => {
        let minikube: FakeMinikube;
        before(async () => {
            minikube = await installFakeMinikube();
        });
        after(() => minikube.uninstall());

        const run = async (contents: ClusterContents, config: Record<string, string>) => {
            minikube.setContents(contents);
            const { resources } = await runProgram(config);
            return (name: string): Registered | undefined =>
                resources.find((resource) => resource.name === name);
        };

        it("is declared once and then left alone, with an autoscaler", async () => {
            const find = await run({}, { ...TWO, backendMaxReplicas: "5" });
            expect(plain(find("backend-autoscaler")?.inputs["spec"])).to.deep.equal({
                minReplicas: 2,
                maxReplicas: 5,
                scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: APP },
                metrics: [
                    {
                        type: "Resource",
                        resource: {
                            name: "cpu",
                            target: { type: "Utilization", averageUtilization: 80 },
                        },
                    },
                ],
            });
            const backend = find("backend-deployment");
            // left out, it would go back to one
            expect(backend?.inputs["spec"]).to.include({ replicas: 2 });
            expect(backend?.options.ignoreChanges).to.deep.equal(["spec.replicas"]);
            expect(find("frontend-deployment")?.options.ignoreChanges).to.deep.equal([]);
            expect(find("frontend-autoscaler")).to.equal(undefined);
        });

        it("is taken back by force, for as long as that takes", async () => {
            const annotations = async (contents: ClusterContents) => {
                const backend = (await run(contents, TWO))("backend-deployment");
                expect(backend?.options.ignoreChanges).to.deep.equal([]);
                return (backend?.inputs["metadata"] as { annotations?: object }).annotations;
            };
            expect(await annotations(cluster([deployment()], []))).to.deep.equal({
                "pulumi.com/patchForce": "true",
            });
            expect(await annotations({})).to.equal(undefined);
        });
    });
});
