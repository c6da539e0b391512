// The main job on a Minikube of two nodes, where no daemon of Minikube's own serves both: images are built by this host's
// Docker and copied. The tests depend on each other in this order; the first failure ends the run.
import { appendFile } from "node:fs/promises";
import type { Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { BACKEND_APP } from "../../components/backend.ts";
import { FRONTEND_APP } from "../../components/frontend.ts";
import { Installation } from "./installation.ts";
import { withoutFailedRequests } from "./traffic.ts";
import { openLocally, startTwoNodes } from "./minikubes.ts";

const PLACE = { profile: "habit-tracker-nodes", namespace: "habit-tracker-nodes" };
/** Names of the test's own: they are built in this host's Docker, where a developer's may be. */
const [BACKEND_IMAGE, FRONTEND_IMAGE] = ["two-nodes-backend", "two-nodes-frontend"];
const NODES = [PLACE.profile, `${PLACE.profile}-m02`];
const [FIRST, SECOND] = NODES as [string, string];

describe("the product on two nodes", function () {
    this.bail(true);
    let installation: Installation;
    let url: string;
    let server: Server | undefined;
    before(async () => {
        installation = await Installation.make(PLACE);
        await startTwoNodes(installation, "docker");
    });
    after(async () => {
        server?.close();
        await installation.remove();
    });

    const pulumiUp = () => installation.shell("pulumi up --yes --skip-preview 2>&1");
    const rolledOut = (app: string) =>
        installation.kubectl(
            `rollout status deployment/${app} -n ${PLACE.namespace} --timeout=180s`,
        );
    /** The names of the product's images on a node. */
    const images = async (node: string) =>
        (
            await installation.shell(
                `minikube -p ${PLACE.profile} ssh -n ${node} -- "docker image ls --format '{{.Repository}}:{{.Tag}}' | grep ^two-nodes- || true"`,
            )
        )
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean)
            .sort();
    /** The nodes that a tier's pods are on. */
    const nodesOf = async (app: string) =>
        new Set(
            (await installation.get<{ spec: { nodeName: string } }>(`pods -l app=${app}`)).map(
                ({ spec }) => spec.nodeName,
            ),
        );

    it("is refused where Minikube would make the database's volume on the other node", async () => {
        await installation.set({
            backendReplicas: "2",
            frontendReplicas: "2",
            backendCpuRequest: "100m",
            frontendCpuRequest: "100m",
            backendImageName: BACKEND_IMAGE,
            frontendImageName: FRONTEND_IMAGE,
        });
        const refused = installation.npm("up", "--", "--yes");
        const text = await refused.then(() => "", String);
        expect(text).to.contain(`makes its volumes on the node ${SECOND}`);
        const [, next] = /Mend it: (.* cordon .*)/.exec(text) ?? [];
        await installation.shell(next ?? "false");
    });

    it("comes up with npm run up, its images on both", async () => {
        await installation.npm("up", "--", "--yes");
        const opened = (await installation.shell("pulumi stack output url")).trim();
        expect((await fetch(opened)).status).to.equal(200);
        ({ url, server } = await openLocally(opened));
        expect(await installation.shell("pulumi stack output backendImageDelivery")).to.contain(
            "it has 2 nodes",
        );
        for (const node of NODES) {
            const [backend, backendContent, frontend, frontendContent] = await images(node);
            expect([backend, frontend]).to.deep.equal([
                `${BACKEND_IMAGE}:v1.0.0`,
                `${FRONTEND_IMAGE}:v1.0.0`,
            ]);
            expect(backendContent).to.match(/^two-nodes-backend:v1\.0\.0-[0-9a-f]{12}$/);
            expect(frontendContent).to.match(/^two-nodes-frontend:v1\.0\.0-[0-9a-f]{12}$/);
        }
    });

    it("has each tier on both nodes, and the database where its volume is", async () => {
        for (const app of [BACKEND_APP, FRONTEND_APP]) {
            expect(await nodesOf(app)).to.deep.equal(new Set(NODES));
        }
        expect(await nodesOf("habit-tracker-database")).to.deep.equal(new Set([FIRST]));
    });

    it("changes nothing when nothing changed", async () => {
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
    });

    it("serves on while a node is drained", async () => {
        await withoutFailedRequests(url, async () => {
            await installation.kubectl(
                `drain ${SECOND} --ignore-daemonsets --delete-emptydir-data --timeout=180s`,
            );
            for (const app of [BACKEND_APP, FRONTEND_APP]) {
                await rolledOut(app);
            }
        });
        await installation.kubectl(`uncordon ${SECOND}`);
    });

    it("brings an image back that somebody removed, on a node and where it was built", async () => {
        const there = await images(SECOND);
        await installation.shell(
            `minikube -p ${PLACE.profile} ssh -n ${SECOND} -- docker rmi --force ${there.join(" ")}`,
        );
        expect(await images(SECOND)).to.deep.equal([]);
        await installation.shell(`docker rmi --force ${there.join(" ")}`);
        const output = await installation.shell("pulumi up --refresh --yes --skip-preview 2>&1");
        expect(output).to.match(/backend-image-build replaced/);
        // built anew without the layers of the first time, so its content has another ID
        const named = (names: readonly string[]) =>
            names.map((name) => name.replace(/-[0-9a-f]{12}$/, "-…"));
        expect(named(await images(SECOND))).to.deep.equal(named(there));
        await installation.shell("pulumi preview --refresh --expect-no-changes --non-interactive");
        // a pod starts from it
        await installation.kubectl(`cordon ${FIRST}`);
        await installation.kubectl(
            `rollout restart deployment/${BACKEND_APP} -n ${PLACE.namespace}`,
        );
        await rolledOut(BACKEND_APP);
        await installation.kubectl(`uncordon ${FIRST}`);
        expect(await nodesOf(BACKEND_APP)).to.include(SECOND);
    });

    it("rolls a changed source onto both nodes without a failed request, and keeps the former image", async () => {
        const before = await Promise.all(NODES.map(images));
        await appendFile(
            join(installation.folder, "docker/backend/src/habit_tracker/main.py"),
            "\n# changed by the end-to-end test\n",
        );
        await withoutFailedRequests(url, pulumiUp);
        for (const [index, node] of NODES.entries()) {
            const [now, then = []] = [await images(node), before[index]];
            expect(now).to.include.members(then);
            expect(now).to.have.length(then.length + 1);
        }
    });

    it("leaves no image behind once it is down", async () => {
        await installation.npm("down", "--", "--yes");
        for (const node of NODES) {
            expect(await images(node)).to.deep.equal([]);
            const unnamed = `minikube -p ${PLACE.profile} ssh -n ${node} -- docker image ls --quiet --filter dangling=true`;
            expect((await installation.shell(unnamed)).trim()).to.equal("");
        }
        const onHost = await installation.shell(
            "docker image ls --format '{{.Repository}}' | grep ^two-nodes- || true",
        );
        expect(onHost).to.equal("");
    });
});
