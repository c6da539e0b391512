import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { installStandIns } from "../index.ts";
import { at, omit, type Properties, secret, stringAt, UNKNOWN } from "../providers/values.ts";
import { ApiServer, error } from "./apiServer.ts";
import { brokenResource, failure, Plugin, pulumiHome, SERVICE, struct, urn } from "./harness.ts";

const versionOf = (name: string): string =>
    (createRequire(import.meta.url)(`@pulumi/${name}/package.json`) as { version: string }).version;

const PASSWORD = "random:index/randomPassword:RandomPassword";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const SECRET = "kubernetes:core/v1:Secret";
const NAMESPACE = "kubernetes:core/v1:Namespace";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

describe("installing the stand-ins", () => {
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "pulumi-home-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("takes names and versions from the SDKs, and does nothing the second time", async () => {
        const home = await pulumiHome();
        const bundle = join(home, "plugins", `resource-random-v${versionOf("random")}`, "main.cjs");
        const before = statSync(bundle).mtimeMs;
        expect(await installStandIns(home)).to.deep.equal(
            ["kubernetes", "docker", "random"].map((name) => ({ name, version: versionOf(name) })),
        );
        expect(statSync(bundle).mtimeMs).to.equal(before);
    });

    it("leaves a real plugin where it is", async () => {
        for (const name of ["kubernetes", "docker", "random"]) {
            const place = join(directory, "plugins", `resource-${name}-v${versionOf(name)}`);
            mkdirSync(place, { recursive: true });
            writeFileSync(join(place, `pulumi-resource-${name}`), "real");
        }
        expect(await installStandIns(directory)).to.deep.equal([]);
    });
});

describe("a plugin", () => {
    let plugin: Plugin;
    beforeEach(async () => {
        plugin = await Plugin.start("random", versionOf("random"));
    });
    afterEach(() => plugin.stop());

    it("tells its version, takes previews, and leaves secrets to the engine", async () => {
        const info = await plugin.call(SERVICE.getPluginInfo, new emptyPb.Empty());
        expect(info.getVersion()).to.equal(versionOf("random"));
        const configured = await plugin.configure({}, "random");
        expect(configured.getAcceptsecrets()).to.equal(false);
        expect(configured.getSupportspreview()).to.equal(true);
    });

    it("says once for an engine, however many processes and providers there are, that it is a stand-in", async () => {
        const other = await Plugin.start("random", versionOf("random"));
        try {
            // This process plays the engine, and an earlier test may have heard it.
            const directory = `resource-random-v${versionOf("random")}`;
            rmSync(join(await pulumiHome(), "plugins", directory, "announced"), { force: true });
            await plugin.configure({}, "random");
            await plugin.configure({}, "random");
            await other.configure({}, "random");
            await sleep(100);
            expect([...plugin.messages, ...other.messages]).to.deep.equal([
                {
                    text: "closed network: stand-in for the random provider, not the real plugin",
                    urn: "",
                    ephemeral: false,
                },
            ]);
        } finally {
            await other.stop();
        }
    });

    it("refuses types and methods that it does not know, naming them and itself", async () => {
        const unknown = await failure(plugin.check("random:index/randomPet:RandomPet", {}));
        expect(unknown.message).to.match(
            /random:index\/randomPet:RandomPet is not supported by the closed-network stand-in for the random provider/,
        );
        const invoke = new providerPb.InvokeRequest().setTok("random:index:x");
        const refused = (await failure(plugin.call(SERVICE.invoke, invoke))) as grpc.ServiceError;
        expect(refused.code).to.equal(grpc.status.UNIMPLEMENTED);
        expect(refused.details).to.match(/does not implement the method .*invoke/i);
    });

    it("makes a password, secret with its hash, and none in a preview", async () => {
        const inputs = await plugin.check(PASSWORD, { length: 24, special: false });
        const preview = await plugin.create(PASSWORD, inputs, { preview: true });
        expect(preview.state).to.deep.include({
            result: secret(UNKNOWN),
            bcryptHash: secret(UNKNOWN),
        });
        const { id, state } = await plugin.create(PASSWORD, inputs);
        expect(id).to.equal("none");
        const [result, hash] = [at(state, "result", "value"), at(state, "bcryptHash", "value")];
        expect(state).to.deep.include({
            result: secret(result ?? ""),
            bcryptHash: secret(hash ?? ""),
        });
        expect(result).to.match(/^[a-zA-Z0-9]{24}$/);
        expect(hash).to.match(/^\$2[aby]\$10\$/);
        const same = await plugin.diff(PASSWORD, inputs, inputs);
        expect(same.getChanges()).to.equal(providerPb.DiffResponse.DiffChanges.DIFF_NONE);
        const longer = await plugin.diff(PASSWORD, inputs, { ...inputs, length: 25 });
        expect(longer.getReplacesList()).to.deep.equal(["length"]);
        expect(await plugin.read(PASSWORD, id, state, inputs)).to.deep.equal({ id, state, inputs });
        await plugin.delete(PASSWORD, id, state);
    });

    it("ends with its engine", async () => {
        expect(await plugin.stop()).to.equal(0);
    });
});

describe("the docker plugin", () => {
    it("takes another daemon up in place", async () => {
        const plugin = await Plugin.start("docker", versionOf("docker"));
        try {
            const request = new providerPb.DiffRequest()
                .setUrn(urn("pulumi:providers:docker"))
                .setOldInputs(struct({ host: "tcp://a:1" }))
                .setNews(struct({ host: "tcp://b:1", certPath: "/certs" }));
            const difference = await plugin.call(SERVICE.diffConfig, request);
            expect(difference.getChanges()).to.equal(providerPb.DiffResponse.DiffChanges.DIFF_SOME);
            expect(difference.getDiffsList()).to.have.members(["host", "certPath"]);
            expect(difference.getReplacesList()).to.deep.equal([]);
        } finally {
            await plugin.stop();
        }
    });

    it("refuses settings that it would have to ignore", async () => {
        const plugin = await Plugin.start("docker", versionOf("docker"));
        try {
            const refused = await failure(plugin.configure({ registryAuth: "[{}]" }, "docker"));
            expect(refused.message).to.match(/setting registryAuth is not supported/);
        } finally {
            await plugin.stop();
        }
    });
});

describe("the kubernetes plugin", () => {
    let plugin: Plugin;
    let server: ApiServer;
    let folder: string;
    /** The least that the program sets. */
    let cluster: { [name: string]: string } & { kubeconfig: string };
    beforeEach(async () => {
        server = await ApiServer.start();
        folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
        cluster = {
            context: "test",
            clusterIdentifier: "test",
            ...{ enableConfigMapMutable: "true", enableSecretMutable: "true" },
            kubeconfig: join(folder, "config"),
        };
        writeFileSync(cluster.kubeconfig, server.kubeconfig);
        plugin = await Plugin.start("kubernetes", versionOf("kubernetes"));
        await plugin.configure(cluster, "kubernetes");
    });
    afterEach(async () => {
        await plugin.stop();
        server.stop();
        rmSync(folder, { recursive: true });
    });
    const metadata = { name: "config", namespace: "default" };
    const configMap = (data: Properties): Promise<Properties> =>
        plugin.check(CONFIG_MAP, { metadata, data });
    const PLACE = "/api/v1/namespaces/default/configmaps";

    it("asks the API server nothing when nothing changed", async () => {
        const inputs = await configMap({ a: "1" });
        await plugin.create(CONFIG_MAP, inputs);
        const before = server.requests.length;
        const again = await configMap({ a: "1" });
        const difference = await plugin.diff(CONFIG_MAP, inputs, again);
        expect(difference.getChanges()).to.equal(providerPb.DiffResponse.DiffChanges.DIFF_NONE);
        expect(server.requests).to.have.lengthOf(before);
    });

    it("asks over one connection, since each has a TLS handshake", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        await plugin.read(CONFIG_MAP, id, state, inputs);
        await plugin.delete(CONFIG_MAP, id, state);
        expect(server.requests.length).to.be.above(3);
        expect(server.connections).to.equal(1);
    });

    it("creates by a POST in its own name, and keeps the object with its inputs", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        expect(id).to.equal("default/config");
        const [post] = server.of("POST");
        expect(post?.path).to.equal(PLACE);
        expect(post?.query.get("fieldManager")).to.equal("pulumi-kubernetes");
        expect(post?.body).to.deep.equal(inputs);
        expect(state["__inputs"]).to.deep.equal(secret(inputs));
        expect(state["__fieldManager"]).to.match(/^pulumi-kubernetes-[0-9a-f]{8}$/);
        expect(stringAt(state, "metadata", "uid")).to.equal(`uid-of-${PLACE}/config`);
    });

    it("previews by a dry run, and by the inputs where something is unknown or missing", async () => {
        const inputs = await configMap({ a: "1" });
        const preview = await plugin.create(CONFIG_MAP, inputs, { preview: true });
        expect(preview.id).to.equal("");
        expect(preview.state["__inputs"]).to.deep.equal(secret(inputs));
        expect(server.of("POST")[0]?.query.get("dryRun")).to.equal("All");
        expect(server.objects.size).to.equal(0);

        const unknown = await configMap({ a: UNKNOWN });
        expect((await plugin.create(CONFIG_MAP, unknown, { preview: true })).state).to.deep.equal(
            unknown,
        );
        expect(server.of("POST")).to.have.lengthOf(1);

        for (const answer of [
            error(404, "NotFound", "no namespace", "namespaces"),
            error(403, "Forbidden", "no"),
            error(409, "AlreadyExists", "there"),
        ]) {
            server.answer = () => answer;
            expect(
                (await plugin.create(CONFIG_MAP, inputs, { preview: true })).state,
            ).to.deep.equal(inputs);
        }
        server.answer = () => error(422, "Invalid", "metadata.name is bad");
        const refused = await failure(plugin.create(CONFIG_MAP, inputs, { preview: true }));
        expect(refused.message).to.contain("metadata.name is bad");
    });

    it("says of an object that exists that it was not created, in the API server's words", async () => {
        const inputs = await configMap({});
        await plugin.create(CONFIG_MAP, inputs);
        const exists = await failure(plugin.create(CONFIG_MAP, inputs));
        expect(exists.message).to.match(/was not successfully created by .*: already exists$/);
    });

    it("takes an object over that exists where it is told to", async () => {
        const inputs = await configMap({ a: "1" });
        await plugin.create(CONFIG_MAP, inputs);
        const upserting = await Plugin.start("kubernetes", versionOf("kubernetes"));
        try {
            const flags = { upsertExistingObjects: "true", enablePatchForce: "true" };
            await upserting.configure({ ...cluster, ...flags }, "kubernetes");
            const { id, state } = await upserting.create(CONFIG_MAP, inputs);
            expect(id).to.equal("default/config");
            expect(server.of("POST")).to.have.lengthOf(1);
            const [apply] = server.of("PATCH");
            expect(apply?.contentType).to.contain("apply-patch");
            expect(apply?.query.get("force")).to.equal("true");
            expect(apply?.query.get("fieldManager")).to.equal(state["__fieldManager"]);
        } finally {
            await upserting.stop();
        }
    });

    it("updates by server-side apply, after it took the fields over", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        const news = await configMap({ a: "2" });
        const difference = await plugin.diff(CONFIG_MAP, inputs, news);
        expect(difference.getDiffsList()).to.deep.equal(["data"]);
        expect(difference.getReplacesList()).to.deep.equal([]);

        const updated = await plugin.update(CONFIG_MAP, id, state, news);
        const [adopt, apply] = server.of("PATCH");
        expect(adopt?.contentType).to.equal("application/json-patch+json");
        expect(apply?.contentType).to.equal("application/apply-patch+yaml");
        expect(Object.fromEntries(apply?.query ?? [])).to.deep.equal({
            fieldManager: state["__fieldManager"],
            force: "false",
        });
        expect(updated["data"]).to.deep.equal({ a: "2" });
        expect(updated["__fieldManager"]).to.equal(state["__fieldManager"]);
    });

    it("leaves alone what somebody else set and the program ignores", async () => {
        const inputs = await configMap({ a: "1", b: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        const managedFields = [
            { manager: "hpa", operation: "Update", fieldsV1: { "f:data": { "f:a": {} } } },
        ];
        server.revise = (object) => ({
            ...object,
            data: { a: "theirs", b: "1" },
            metadata: { ...(object["metadata"] as Properties), managedFields },
        });
        const news = await configMap({ a: "1", b: "2" });
        const updated = await plugin.update(CONFIG_MAP, id, state, news, {
            ignoreChanges: ["data.a"],
        });
        const data = { b: "2" };
        expect(at(server.of("PATCH")[0]?.body as Properties, "data")).to.deep.equal(data);
        expect(at(updated, "__inputs", "value", "data")).to.deep.equal(data);
    });

    it("previews an update without taking anything over", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        const news = { ...inputs, data: { a: "2" } };
        await plugin.update(CONFIG_MAP, id, state, news, { preview: true });
        const [dryRun, ...rest] = server.of("PATCH");
        expect(rest).to.deep.equal([]);
        expect(dryRun?.query.get("dryRun")).to.equal("All");
        expect(server.objects.get(`${PLACE}/config`)?.["data"]).to.deep.equal({ a: "1" });
    });

    it("explains a conflict over a field", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        server.answer = ({ method }) =>
            method === "PATCH" ? error(409, "Conflict", 'conflict with "hpa"') : undefined;
        const conflict = await failure(plugin.update(CONFIG_MAP, id, state, inputs));
        expect(conflict.message).to.match(
            /^2 UNKNOWN: update of resource ".*" failed: conflict with "hpa"$/,
        );
    });

    it("lets out nothing of a Secret", async () => {
        const inputs = await plugin.check(SECRET, {
            metadata: { name: "s", namespace: "default" },
            stringData: { key: "sesame" },
        });
        // as the engine hands it on
        const plain = { ...inputs, data: { key: "c2VzYW1l" } };
        const { state } = await plugin.create(SECRET, plain);
        const read = await plugin.read(SECRET, "default/s", {}, plain);
        for (const answer of [inputs, state, read.state, read.inputs]) {
            expect(answer["data"]).to.deep.equal(secret({ key: "c2VzYW1l" }));
            expect(JSON.stringify(omit(answer, "data", "__inputs"))).not.to.match(
                /sesame|c2VzYW1l/,
            );
        }
        expect([state["__inputs"], read.state["__inputs"]]).to.deep.equal([
            secret(plain),
            secret(plain),
        ]);
    });

    it("reads an object that the program only refers to, and answers with no id where there is none", async () => {
        server.objects.set("/api/v1/namespaces/kube-system", {
            apiVersion: "v1",
            kind: "Namespace",
            metadata: { name: "kube-system", uid: "42", managedFields: [], resourceVersion: "1" },
            spec: { finalizers: ["kubernetes"] },
            status: { phase: "Active" },
        });
        const found = await plugin.read(NAMESPACE, "kube-system");
        expect(found.id).to.equal("kube-system");
        expect(stringAt(found.state, "metadata", "uid")).to.equal("42");
        expect(found.inputs).to.deep.equal({
            apiVersion: "v1",
            kind: "Namespace",
            metadata: { name: "kube-system" },
            spec: { finalizers: ["kubernetes"] },
        });
        expect(await plugin.read(NAMESPACE, "nowhere")).to.deep.equal({
            id: "",
            state: {},
            inputs: {},
        });
    });

    it("shows drift when it reads", async () => {
        const inputs = await configMap({ a: "1" });
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        server.revise = (object) => ({ ...object, data: { a: "drifted", theirs: "x" } });
        const read = await plugin.read(CONFIG_MAP, id, state, inputs);
        expect(read.inputs["data"]).to.deep.equal({ a: "drifted" });
        const difference = await plugin.diff(CONFIG_MAP, read.inputs, inputs);
        expect(difference.getDiffsList()).to.deep.equal(["data"]);
    });

    it("deletes in the foreground and waits, and takes a missing object for deleted", async () => {
        const { id, state } = await plugin.create(CONFIG_MAP, await configMap({}));
        let looks = 0;
        server.answer = ({ method, path }) => {
            const object = server.objects.get(path);
            // It stays for a while, as an object with finalizers does.
            if (method === "DELETE" || (method === "GET" && looks++ < 3)) {
                return { status: 200, body: object ?? {} };
            }
            return error(404, "NotFound", "gone");
        };
        await plugin.delete(CONFIG_MAP, id, state);
        const [deletion] = server.of("DELETE");
        expect(deletion?.query.get("propagationPolicy")).to.equal("Foreground");
        expect(looks).to.be.above(3);
        await plugin.delete(CONFIG_MAP, id, state);
        expect(server.of("DELETE")).to.have.lengthOf(1);
    });

    it("names the finalizers when a deletion does not end", async () => {
        const { id, state } = await plugin.create(CONFIG_MAP, await configMap({}));
        server.revise = (object) => ({
            ...object,
            metadata: { ...(object["metadata"] as Properties), finalizers: ["a/b"] },
        });
        server.answer = ({ method }) =>
            method === "DELETE" ? { status: 200, body: {} } : undefined;
        const stuck = await failure(plugin.delete(CONFIG_MAP, id, state, 1));
        expect(stuck.message).to.contain("'config' timed out waiting to be deleted");
        expect(brokenResource(stuck).reasons).to.include("it waits for its finalizers: a/b");
    });

    describe("with a Deployment that does not start", () => {
        const WEB = { name: "web", namespace: "default" };
        const spec = {
            selector: { matchLabels: { app: "x" } },
            template: { spec: { containers: [] } },
        };
        const conditions = [
            {
                type: "Available",
                status: "False",
                reason: "MinimumReplicasUnavailable",
                message: "no pods",
            },
        ];
        let inputs: Properties;
        beforeEach(async () => {
            inputs = await plugin.check(DEPLOYMENT, { metadata: WEB, spec });
            server.revise = (object) =>
                object["kind"] === "Deployment"
                    ? { ...object, status: { observedGeneration: 0, conditions } }
                    : object;
        });

        it("keeps it, with the reasons, when the time is up", async () => {
            const failed = await failure(plugin.create(DEPLOYMENT, inputs, { timeout: 1 }));
            expect(failed.message).to.match(
                /was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: 'web' timed out waiting to be Ready$/,
            );
            const broken = brokenResource(failed);
            expect(broken.id).to.equal("default/web");
            expect(broken.reasons).to.include("[MinimumReplicasUnavailable] no pods");
            expect(broken.properties["__inputs"]).to.deep.equal(secret(inputs));
            expect(plugin.messages.map(({ text }) => text)).to.include(
                "Waiting for rollout: 0 of 1 pods ready",
            );
        });

        it("says so in a refresh as well, and keeps its state", async () => {
            const created = brokenResource(
                await failure(plugin.create(DEPLOYMENT, inputs, { timeout: 1 })),
            );
            const refreshed = await failure(
                plugin.read(DEPLOYMENT, created.id, created.properties, inputs),
            );
            expect(brokenResource(refreshed).id).to.equal("default/web");
            expect(brokenResource(refreshed).reasons).to.include(
                "[MinimumReplicasUnavailable] no pods",
            );
        });

        it("does not wait where it is told not to", async () => {
            const annotations = { "pulumi.com/skipAwait": "true" };
            const skipping = await plugin.check(DEPLOYMENT, {
                metadata: { ...WEB, annotations },
                spec,
            });
            expect((await plugin.create(DEPLOYMENT, skipping)).id).to.equal("default/web");
        });

        it("stops waiting when the user cancels", async () => {
            const creation = failure(plugin.create(DEPLOYMENT, inputs));
            while (!plugin.messages.some(({ text }) => text.startsWith("Waiting"))) {
                await sleep(20);
            }
            await plugin.call(SERVICE.cancel, new emptyPb.Empty());
            expect((await creation).message).to.contain(
                "waiting for 'web' to be Ready was cancelled",
            );
            expect(brokenResource(await creation).id).to.equal("default/web");
        });

        it("lives through an API server that is away for a moment", async () => {
            let fails = 2;
            server.answer = ({ method, path }) =>
                method === "GET" && path.endsWith("/web") && fails-- > 0
                    ? error(503, "", "busy")
                    : undefined;
            const failed = await failure(plugin.create(DEPLOYMENT, inputs, { timeout: 2 }));
            expect(failed.message).to.contain("timed out");
            expect(plugin.messages.map(({ text }) => text)).to.include("busy");
        });
    });

    it("says which cluster cannot be reached", async () => {
        const inputs = await configMap({});
        const { id, state } = await plugin.create(CONFIG_MAP, inputs);
        server.stop();
        // until the plugin has seen that its connection is closed
        await sleep(100);
        const created = await failure(plugin.create(CONFIG_MAP, inputs));
        expect(created.message).to.match(
            /configured Kubernetes cluster is unreachable: http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/,
        );
        const read = await failure(plugin.read(CONFIG_MAP, id, state, inputs));
        expect(read.message).to.match(/unreachable[^]*PULUMI_K8S_DELETE_UNREACHABLE/);
        // A preview needs no cluster.
        await plugin.create(CONFIG_MAP, inputs, { preview: true });
    });

    it("forgets what was in a cluster that is gone, where it is told to", async () => {
        const gone = { ...cluster, kubeconfig: "/nowhere", deleteUnreachable: "true" };
        await plugin.configure(gone, "kubernetes");
        expect(
            (await plugin.read(CONFIG_MAP, "default/x", {}, { metadata: { name: "x" } })).id,
        ).to.equal("");
        await plugin.delete(CONFIG_MAP, "default/x");
    });

    it("refuses settings that it would have to ignore", async () => {
        const refused = await failure(
            plugin.configure(
                { ...cluster, renderYamlToDirectory: "out", cluster: "" },
                "kubernetes",
            ),
        );
        expect(refused.message).to.match(/setting renderYamlToDirectory is not supported/);
        const anonymous = { ...cluster, clusterIdentifier: "" };
        const unidentified = await failure(plugin.configure(anonymous, "kubernetes"));
        expect(unidentified.message).to.match(/without clusterIdentifier is not supported/);
        const replacing = { ...cluster, enableSecretMutable: "false" };
        const refusal = await failure(plugin.configure(replacing, "kubernetes"));
        expect(refusal.message).to.match(/without enableSecretMutable is not supported/);
    });

    it("says which kubeconfig or context is missing", async () => {
        await plugin.configure({ ...cluster, kubeconfig: "/nowhere/config" }, "kubernetes");
        expect((await failure(plugin.read(NAMESPACE, "x"))).message).to.match(
            /unreachable: the kubeconfig cannot be used: .*\/nowhere\/config/,
        );
        await plugin.configure({ ...cluster, context: "other" }, "kubernetes");
        expect((await failure(plugin.read(NAMESPACE, "x"))).message).to.contain(
            'the kubeconfig has no context "other"',
        );
    });

    it("compares provider configurations by their cluster", async () => {
        const request = new providerPb.DiffRequest()
            .setUrn(urn("pulumi:providers:kubernetes"))
            .setOldInputs(struct(cluster));
        const differs = (news: Properties) =>
            plugin.call(SERVICE.diffConfig, request.setNews(struct({ ...cluster, ...news })));
        const moved = await differs({ clusterIdentifier: "b" });
        expect(moved.getReplacesList()).to.deep.equal(["clusterIdentifier"]);
        const renamed = await differs({ context: "b", kubeconfig: "c" });
        expect(renamed.getReplacesList()).to.deep.equal([]);
        expect(renamed.getDiffsList()).to.have.members(["context", "kubeconfig"]);
    });
});
