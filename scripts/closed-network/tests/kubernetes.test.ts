import { expect } from "chai";
import fc from "fast-check";
import { timeoutOf } from "../providers/kubernetes/await.ts";
import { autoname, checkObject } from "../providers/kubernetes/check.ts";
import { diffObject } from "../providers/kubernetes/diff.ts";
import {
    adoptFieldManagers,
    mustForce,
    settleIgnored,
} from "../providers/kubernetes/fieldManagers.ts";
import { kindOf } from "../providers/kubernetes/kinds.ts";
import { contextNamespace, diffProviderConfig } from "../providers/kubernetes/kubeconfig.ts";
import { normalize } from "../providers/kubernetes/normalize.ts";
import { canonicalQuantity } from "../providers/kubernetes/quantity.ts";
import { idOf, makeCheckpoint, parseCheckpoint, parseId } from "../providers/kubernetes/state.ts";
import type { Difference } from "../providers/plugin.ts";
import {
    at,
    encodeProperties,
    equal,
    omit,
    type Properties,
    reveal,
    secret,
    Secret,
    stringAt,
    UNKNOWN,
} from "../providers/values.ts";

const CONFIG_MAP = kindOf("kubernetes:core/v1:ConfigMap");
const SECRET = kindOf("kubernetes:core/v1:Secret");
const SERVICE = kindOf("kubernetes:core/v1:Service");
const NAMESPACE = kindOf("kubernetes:core/v1:Namespace");
const CLAIM = kindOf("kubernetes:core/v1:PersistentVolumeClaim");
const DEPLOYMENT = kindOf("kubernetes:apps/v1:Deployment");
const STATEFUL_SET = kindOf("kubernetes:apps/v1:StatefulSet");

const MANAGER = { fieldManager: "pulumi-kubernetes-1234", initialApiVersion: "v1" };
const MUTABLE = { configMapsMutable: true, secretsMutable: true };

/** What a program's inputs become. */
function check(
    kind: typeof CONFIG_MAP,
    news: Properties,
    more: Partial<Parameters<typeof checkObject>[1]> = {},
): Properties {
    return checkObject(kind, {
        name: "thing",
        olds: {},
        news,
        randomSeed: new Uint8Array([1]),
        autonaming: undefined,
        defaultNamespace: "default",
        ...more,
    });
}

describe("quantities", () => {
    // What k8s.io/apimachinery/pkg/api/resource makes of them.
    const canonical: { [text: string]: string } = {
        "0": "0",
        "0.5": "500m",
        "1000m": "1",
        "1500m": "1500m",
        "0.05": "50m",
        ".5": "500m",
        "5.": "5",
        "2048Mi": "2Gi",
        "1.5Gi": "1536Mi",
        "0.125Gi": "128Mi",
        "1024": "1024",
        "1000": "1k",
        "1000Mi": "1000Mi",
        "512Ki": "512Ki",
        "0.5Ki": "512",
        "1e3": "",
        "0.1Ki": "102400m",
        "-1.5": "-1500m",
        "+2": "2",
        "100M": "100M",
        "0.0000000001": "1n",
    };
    for (const [text, expected] of Object.entries(canonical)) {
        it(`writes ${text} as ${expected || "it is"}`, () => {
            expect(canonicalQuantity(text)).to.equal(expected || null);
        });
    }

    it("leaves alone what is none", () => {
        for (const text of ["", "Mi", "1 Gi", "1KB", "abc", "."]) {
            expect(canonicalQuantity(text)).to.equal(null);
        }
    });

    it("writes the same amount the same way, and what is canonical as it is", () => {
        const amount = fc.tuple(
            fc.integer({ min: 0, max: 1_000_000 }),
            fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi"),
        );
        fc.assert(
            fc.property(amount, ([count, suffix]) => {
                const once = canonicalQuantity(`${count}${suffix}`);
                expect(once).not.to.equal(null);
                expect(canonicalQuantity(once ?? "")).to.equal(once);
                expect(canonicalQuantity(`${count}.000${suffix}`)).to.equal(once);
            }),
        );
    });
});

describe("the normal form of objects", () => {
    it("writes quantities as the server does, and only quantities", () => {
        const container = {
            image: "1000m",
            resources: { limits: { cpu: "0.5", memory: "1024Mi" }, requests: { cpu: 1 } },
        };
        const volumes = [{ name: "tmp", emptyDir: { sizeLimit: "1.5Gi" } }];
        expect(normalize({ spec: { containers: [container], volumes } })["spec"]).to.deep.equal({
            containers: [
                {
                    image: "1000m",
                    resources: { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: "1" } },
                },
            ],
            volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1536Mi" } }],
        });
        expect(
            normalize({ kind: "ConfigMap", data: { limits: "1000m", empty: "" } })["data"],
        ).to.deep.equal({ limits: "1000m", empty: "" });
    });

    it("drops what the server cannot tell from nothing, and nothing else", () => {
        const spec = {
            hostNetwork: false,
            automountServiceAccountToken: false,
            containers: [],
            replicas: 0,
            minReadySeconds: 0,
            podSelector: {},
            storageClassName: "",
            schedulerName: "",
            selector: { matchLabels: {} },
            nothing: null,
        };
        expect(normalize({ spec })["spec"]).to.deep.equal({
            automountServiceAccountToken: false,
            replicas: 0,
            podSelector: {},
            storageClassName: "",
            selector: {},
        });
    });

    it("folds stringData into data, where it wins", () => {
        const object: Properties = {
            kind: "Secret",
            data: { a: "YQ==", b: "Yg ==\n" },
            stringData: { a: "z", c: UNKNOWN, d: "ü" },
        };
        expect(normalize(object)).to.deep.equal({
            kind: "Secret",
            data: { a: "eg==", b: "Yg==", c: UNKNOWN, d: "w7w=" },
        });
        expect(normalize({ kind: "Secret", stringData: UNKNOWN })["stringData"]).to.equal(UNKNOWN);
    });

    it("drops what only the server writes into metadata", () => {
        const metadata = {
            name: "a",
            uid: "1",
            resourceVersion: "2",
            generation: 3,
            managedFields: [1],
        };
        expect(normalize({ metadata })["metadata"]).to.deep.equal({ name: "a" });
    });
});

describe("checking an object", () => {
    it("keeps a given name, and makes one up from the seed otherwise", () => {
        expect(
            stringAt(check(CONFIG_MAP, { metadata: { name: "x" } }), "metadata", "name"),
        ).to.equal("x");
        const made = check(CONFIG_MAP, {});
        expect(stringAt(made, "metadata", "name")).to.match(/^thing-[0-9a-f]{8}$/);
        expect(stringAt(made, "metadata", "annotations", "pulumi.com/autonamed")).to.equal("true");
        expect(check(CONFIG_MAP, {})).to.deep.equal(made);
        expect(autoname("a", new Uint8Array([1]))).not.to.equal(autoname("a", new Uint8Array([2])));
        expect(autoname("a", new Uint8Array())).to.match(/^a-[0-9a-f]{8}$/);
    });

    it("takes a made-up name over from before, and never a given one", () => {
        const before = check(CONFIG_MAP, {});
        const after = check(
            CONFIG_MAP,
            { data: { a: "b" } },
            { olds: before, randomSeed: new Uint8Array([9]) },
        );
        expect(stringAt(after, "metadata", "name")).to.equal(stringAt(before, "metadata", "name"));
        const given = check(CONFIG_MAP, { metadata: { name: "x" } });
        expect(at(check(CONFIG_MAP, {}, { olds: given }), "metadata", "name")).to.equal(undefined);
    });

    it("does as the engine's naming says", () => {
        const named = check(CONFIG_MAP, {}, { autonaming: { mode: "enforce", name: "exact" } });
        expect(stringAt(named, "metadata", "name")).to.equal("exact");
        expect(() => check(CONFIG_MAP, {}, { autonaming: { mode: "disable", name: "" } })).to.throw(
            /metadata\.name is missing/,
        );
    });

    it("fills in the provider's namespace, where there is one to fill in", () => {
        const namespaced = check(
            CONFIG_MAP,
            { metadata: { name: "x" } },
            { defaultNamespace: "team" },
        );
        expect(stringAt(namespaced, "metadata", "namespace")).to.equal("team");
        const own = check(CONFIG_MAP, { metadata: { name: "x", namespace: "own" } });
        expect(stringAt(own, "metadata", "namespace")).to.equal("own");
        expect(at(check(NAMESPACE, { metadata: { name: "x" } }), "metadata", "namespace")).to.equal(
            undefined,
        );
    });

    it("keeps what is not known yet", () => {
        const inputs = check(CONFIG_MAP, {
            metadata: { name: UNKNOWN, namespace: UNKNOWN },
            data: UNKNOWN,
        });
        expect(inputs["metadata"]).to.deep.equal({ name: UNKNOWN, namespace: UNKNOWN });
        expect(inputs["data"]).to.equal(UNKNOWN);
        expect(check(CONFIG_MAP, { metadata: UNKNOWN })["metadata"]).to.equal(UNKNOWN);
    });

    it("refuses generateName, which server-side apply cannot do", () => {
        expect(() => check(CONFIG_MAP, { metadata: { generateName: "x-" } })).to.throw(
            /generateName/,
        );
    });

    it("keeps secrets secret, all of a Secret and single values of others", () => {
        const given = check(SECRET, { metadata: { name: "x" }, stringData: { key: "sesame" } });
        expect(given["data"]).to.be.instanceOf(Secret);
        expect(given).not.to.have.property("stringData");
        const spec = {
            template: { metadata: { annotations: { a: secret("x"), b: "y" } } },
            list: [secret(1), 2],
        };
        const deployment = check(DEPLOYMENT, { metadata: { name: "x" }, spec });
        expect(at(deployment, "spec", "template", "metadata", "annotations")).to.deep.equal({
            a: new Secret("x"),
            b: "y",
        });
        expect(at(deployment, "spec", "list")).to.deep.equal(new Secret([1, 2]));
    });
});

describe("states", () => {
    const live = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "x", namespace: "n", annotations: { token: "sesame" } },
        data: { key: "c2VzYW1l" },
    };
    const source = { metadata: { annotations: { token: secret("sesame") } } };

    it("show nothing of a secret, in the object, its inputs and wherever the program marked one", () => {
        const state = makeCheckpoint(live, live, source, MANAGER);
        const wire = encodeProperties(state);
        const plain = JSON.stringify(wire, (_name, value: unknown) =>
            typeof value === "object" &&
            value !== null &&
            "4dabf18193072939515e22adb298388d" in value
                ? "[secret]"
                : value,
        );
        expect(plain).not.to.match(/sesame|c2VzYW1l/);
        expect(plain.match(/\[secret\]/g)).to.have.lengthOf(4);
    });

    it("come apart again as they were", () => {
        const parts = parseCheckpoint(makeCheckpoint({ kind: "Secret" }, live, source, MANAGER));
        expect(parts).to.deep.equal({
            inputs: { kind: "Secret" },
            live,
            ...MANAGER,
            initialApiVersion: "v1",
        });
        expect(parseCheckpoint({}).fieldManager).to.equal(undefined);
    });

    it("have ids of namespace and name", () => {
        expect(idOf(live)).to.equal("n/x");
        expect(idOf({ metadata: { name: "x" } })).to.equal("x");
        expect(parseId("n/x")).to.deep.equal({ namespace: "n", name: "x" });
        expect(parseId("x")).to.deep.equal({ namespace: undefined, name: "x" });
    });
});

describe("the difference of an object", () => {
    /** Between what was there, with what the server added, and what is wanted now. */
    function diff(
        kind: typeof CONFIG_MAP,
        before: Properties,
        after: Properties,
        {
            added = {},
            options = MUTABLE,
        }: { added?: Properties; options?: Parameters<typeof diffObject>[3] } = {},
    ): Difference {
        const olds = check(kind, { metadata: { name: "x" }, ...before });
        const live = { ...reveal(olds), ...added };
        const news = check(kind, { metadata: { name: "x" }, ...after }, { olds });
        return diffObject(kind, makeCheckpoint(reveal(olds), live, olds, MANAGER), news, options);
    }

    it("is none where nothing changed, whatever the server filled in", () => {
        const before = { spec: { ports: [{ port: 80 }], selector: { app: "x" } } };
        const added = {
            metadata: { name: "x", namespace: "default", uid: "1" },
            spec: {
                ports: [{ port: 80, protocol: "TCP" }],
                selector: { app: "x" },
                clusterIP: "10.0.0.1",
            },
            status: { loadBalancer: {} },
        };
        const same = diff(SERVICE, before, before, { added });
        expect(same.changes).to.deep.equal({});
        expect(same.deleteBeforeReplace).to.equal(false);
    });

    it("is none where the same is written in another way", () => {
        const spec = (limit: string): Properties => ({ spec: { limits: { memory: limit } } });
        expect(diff(DEPLOYMENT, spec("1Gi"), spec("1024Mi")).changes).to.deep.equal({});
        const data = { data: { a: "c2VzYW1l" } };
        expect(diff(SECRET, data, { stringData: { a: "sesame" } }).changes).to.deep.equal({});
    });

    it("names each changed property", () => {
        const before = {
            metadata: { name: "x", annotations: { "a.b/c": "1", gone: "1" } },
            spec: { list: [1, { k: 1 }] },
        };
        const after = {
            metadata: { name: "x", annotations: { "a.b/c": "2" } },
            spec: { list: [1, { k: 2 }, 3], new: {} },
        };
        expect(diff(DEPLOYMENT, before, after).changes).to.deep.equal({
            'metadata.annotations["a.b/c"]': "update",
            "metadata.annotations.gone": "delete",
            "spec.list[1].k": "update",
            "spec.list[2]": "add",
            "spec.new": "add",
        });
    });

    it("sees what was changed behind Pulumi's back, after a refresh", () => {
        const before = { data: { a: "1" } };
        expect(
            diff(CONFIG_MAP, before, before, { added: { data: { a: "2" } } }).changes,
        ).to.deep.equal({
            "data.a": "update",
        });
    });

    it("replaces for what the server never changes, deleting first where the name stays", () => {
        const replaces = (
            kind: typeof CONFIG_MAP,
            before: Properties,
            after: Properties,
        ): Difference => diff(kind, { spec: before }, { spec: after });
        const selector = replaces(
            DEPLOYMENT,
            { selector: { matchLabels: { a: "1" } } },
            { selector: { matchLabels: { a: "2" } } },
        );
        expect(selector.replaces).to.deep.equal(["spec.selector.matchLabels.a"]);
        expect(selector.deleteBeforeReplace).to.equal(true);
        // as what the engine asks before it deletes something that the spec depends on
        const unknown = diff(DEPLOYMENT, { spec: { replicas: 1 } }, { spec: UNKNOWN });
        expect(unknown.replaces).to.deep.equal(["spec"]);
        expect(
            replaces(STATEFUL_SET, { serviceName: "a" }, { serviceName: "b" }).replaces,
        ).to.deep.equal(["spec.serviceName"]);
        expect(replaces(STATEFUL_SET, { replicas: 1 }, { replicas: 2 }).replaces).to.deep.equal([]);
        expect(replaces(CLAIM, { storageClassName: "a" }, {}).changes).to.deep.equal({
            "spec.storageClassName": "delete-replace",
        });
        expect(
            replaces(CLAIM, { accessModes: ["a"] }, { accessModes: ["b"] }).replaces,
        ).to.deep.equal(["spec.accessModes[0]"]);
        expect(
            replaces(
                CLAIM,
                { resources: { requests: { storage: "1Gi" } } },
                { resources: { requests: { storage: "2Gi" } } },
            ).replaces,
        ).to.deep.equal([]);
        expect(
            replaces(SERVICE, { type: "ClusterIP" }, { type: "ClusterIP", clusterIP: "None" })
                .replaces,
        ).to.deep.equal(["spec.clusterIP"]);
        expect(replaces(SERVICE, {}, { clusterIP: UNKNOWN }).replaces).to.deep.equal([
            "spec.clusterIP",
        ]);
        expect(diff(SECRET, { type: "Opaque" }, { type: "other" }).replaces).to.deep.equal([
            "type",
        ]);
        // The whole of spec comes, and the immutable field in it.
        expect(diff(SERVICE, {}, { spec: { clusterIP: "None" } }).replaces).to.deep.equal(["spec"]);
    });

    it("replaces an object that gets another name or namespace, beside the old one", () => {
        const renamed = diff(CONFIG_MAP, {}, { metadata: { name: "y" } });
        expect(renamed.replaces).to.deep.equal(["metadata.name"]);
        expect(renamed.deleteBeforeReplace).to.equal(false);
        const moved = diff(CONFIG_MAP, {}, { metadata: { name: "x", namespace: "other" } });
        expect(moved.replaces).to.deep.equal(["metadata.namespace"]);
        expect(moved.deleteBeforeReplace).to.equal(false);
    });

    it("updates ConfigMaps and Secrets in place only where the provider says so and they are not frozen", () => {
        const change = (
            kind: typeof CONFIG_MAP,
            mutable: boolean,
            more: Properties = {},
        ): string[] | undefined =>
            diff(
                kind,
                { data: { a: "YQ==" }, ...more },
                { data: { a: "Yg==" }, ...more },
                { options: { configMapsMutable: mutable, secretsMutable: mutable } },
            ).replaces;
        for (const kind of [CONFIG_MAP, SECRET]) {
            expect(change(kind, true)).to.deep.equal([]);
            expect(change(kind, false)).to.deep.equal(["data.a"]);
            expect(change(kind, true, { immutable: true })).to.deep.equal(["data.a"]);
        }
    });

    it("replaces an object of a made-up name by one of another name, which comes first", () => {
        const olds = check(CONFIG_MAP, { data: { a: "1" } });
        const news = check(CONFIG_MAP, { data: { a: "2" } }, { olds });
        const frozen = { configMapsMutable: false, secretsMutable: false };
        const state = makeCheckpoint(reveal(olds), reveal(olds), olds, MANAGER);
        const difference = diffObject(CONFIG_MAP, state, news, frozen);
        expect(difference.replaces).to.deep.equal(["data.a"]);
        expect(difference.deleteBeforeReplace).to.equal(false);
    });

    it("leaves out what is to be ignored", () => {
        const options = { ...MUTABLE, ignoreChanges: ["data.a"] };
        const before = { data: { a: "1", ab: "1" } };
        expect(
            diff(CONFIG_MAP, before, { data: { a: "2", ab: "2" } }, { options }).changes,
        ).to.deep.equal({
            "data.ab": "update",
        });
    });

    it("takes the namespace default for none", () => {
        const olds = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };
        const news = check(CONFIG_MAP, { metadata: { name: "x" } });
        expect(
            diffObject(CONFIG_MAP, makeCheckpoint(olds, olds, olds, MANAGER), news, MUTABLE)
                .changes,
        ).to.deep.equal({});
    });
});

describe("field managers", () => {
    const entry = (
        manager: string,
        operation: string,
        fields: Properties,
        more: Properties = {},
    ): Properties => ({
        manager,
        operation,
        fieldsV1: fields,
        ...more,
    });
    const live = (...entries: Properties[]): Properties => ({
        metadata: { resourceVersion: "7", managedFields: entries },
    });

    it("take over what Pulumi created and what kubectl changed, leaving the rest to its owners", () => {
        const others = [
            entry("kube-controller-manager", "Update", { "f:x": {} }),
            entry("kubectl", "Update", { "f:s": {} }, { subresource: "scale" }),
        ];
        const patch = adoptFieldManagers(
            live(
                entry("pulumi-kubernetes", "Update", { "f:data": { ".": {}, "f:a": {} } }),
                entry("kubectl-patch", "Update", { "f:data": { "f:b": {} } }),
                ...others,
            ),
            "pulumi-kubernetes-1",
        );
        expect(patch).to.deep.equal([
            {
                op: "replace",
                path: "/metadata/managedFields",
                value: [
                    entry("pulumi-kubernetes-1", "Apply", {
                        "f:data": { ".": {}, "f:a": {}, "f:b": {} },
                    }),
                    ...others,
                ],
            },
            { op: "replace", path: "/metadata/resourceVersion", value: "7" },
        ]);
    });

    it("leave an object alone of which they already own all they could", () => {
        const own = entry("pulumi-kubernetes-1", "Apply", { "f:a": {} });
        expect(adoptFieldManagers(live(own), "pulumi-kubernetes-1")).to.equal(undefined);
        expect(adoptFieldManagers({}, "pulumi-kubernetes-1")).to.equal(undefined);
    });

    it("leave a field that is to be ignored to whoever owns it alone, and keep it as it is otherwise", () => {
        const replicas = { "f:spec": { "f:replicas": {} } };
        const settle = (...entries: Properties[]) =>
            settleIgnored({ ...live(...entries), spec: { replicas: 4 } }, { spec: INPUTS }, MINE);
        const INPUTS = { replicas: 2, paused: true };
        const MINE = { manager: "pulumi-kubernetes-1", ignoreChanges: ["spec.replicas"] };
        const scaled = entry("kube-controller-manager", "Update", replicas, {
            subresource: "scale",
        });
        const own = entry("pulumi-kubernetes-1", "Apply", replicas);
        const other = entry("kube-controller-manager", "Update", { "f:status": {} });
        expect(settle(scaled)).to.deep.equal({ spec: { paused: true } });
        expect(settle(scaled, own)).to.deep.equal({ spec: { ...INPUTS, replicas: 4 } });
        expect(settle(own, other)).to.deep.equal({ spec: { ...INPUTS, replicas: 4 } });
        expect(settle()).to.deep.equal({ spec: { ...INPUTS, replicas: 4 } });
        expect(settleIgnored(live(other), { spec: INPUTS }, MINE)).to.deep.equal({ spec: INPUTS });
        const nothing = { manager: "pulumi-kubernetes-1", ignoreChanges: [] };
        expect(settleIgnored(live(scaled), { spec: INPUTS }, nothing)).to.deep.equal({
            spec: INPUTS,
        });
    });

    it("force only where the program says so, or where no owner is known", () => {
        const owned = live(entry("other", "Update", {}));
        expect(mustForce(owned, {})).to.equal(false);
        expect(mustForce({}, {})).to.equal(true);
        expect(
            mustForce(owned, { metadata: { annotations: { "pulumi.com/patchForce": "true" } } }),
        ).to.equal(true);
    });
});

describe("the provider's configuration", () => {
    const kubeconfig = (port: number): string =>
        JSON.stringify({
            clusters: [
                { name: "one", cluster: { server: `https://127.0.0.1:${port}` } },
                { name: "two", cluster: { server: "https://127.0.0.2:1" } },
            ],
            contexts: [
                { name: "one", context: { cluster: "one", namespace: "team" } },
                { name: "two", context: { cluster: "two" } },
            ],
            "current-context": "one",
        });

    it("replaces everything when it points to another cluster", () => {
        const base = { kubeconfig: kubeconfig(1), context: "one" };
        expect(diffProviderConfig(base, base).changes).to.deep.equal({});
        expect(
            diffProviderConfig(base, { ...base, kubeconfig: kubeconfig(2) }).replaces,
        ).to.deep.equal(["kubeconfig"]);
        expect(diffProviderConfig(base, { ...base, context: "two" }).replaces).to.deep.equal([
            "context",
        ]);
        expect(diffProviderConfig(base, { ...base, context: UNKNOWN }).replaces).to.deep.equal([
            "context",
        ]);
        expect(diffProviderConfig(base, { ...base, namespace: "x" })).to.deep.equal({
            changes: { namespace: "add" },
            replaces: [],
        });
    });

    it("replaces nothing while clusterIdentifier stays, and everything when it changes", () => {
        const base = { kubeconfig: kubeconfig(1), context: "one", clusterIdentifier: "minikube" };
        expect(diffProviderConfig(base, { ...base, kubeconfig: kubeconfig(2) })).to.deep.equal({
            changes: { kubeconfig: "update" },
            replaces: [],
        });
        expect(
            diffProviderConfig(base, { ...base, clusterIdentifier: "other" }).replaces,
        ).to.deep.equal(["clusterIdentifier"]);
        const without = omit(base, "clusterIdentifier");
        expect(diffProviderConfig(without, base).replaces).to.deep.equal([]);
        expect(diffProviderConfig(base, without).replaces).to.deep.equal([]);
    });

    it("finds the namespace of the context", () => {
        const found = { text: kubeconfig(1), file: undefined };
        expect(contextNamespace(found, undefined)).to.equal("team");
        expect(contextNamespace(found, "two")).to.equal("default");
        expect(contextNamespace({ text: "{not yaml", file: undefined }, "two")).to.equal("default");
    });
});

describe("timeouts", () => {
    const annotated = { metadata: { annotations: { "pulumi.com/timeoutSeconds": "42" } } };

    it("are the custom one, else the annotation's, else the kind's", () => {
        expect(timeoutOf(annotated, 7, DEPLOYMENT)).to.equal(7);
        expect(timeoutOf(annotated, 0, DEPLOYMENT)).to.equal(42);
        expect(timeoutOf({}, 0, DEPLOYMENT)).to.equal(600);
        expect(timeoutOf({}, 0, CLAIM)).to.equal(300);
    });
});

describe("equality of normal forms", () => {
    it("holds for a normal form and its own normal form", () => {
        const json = fc.object({
            key: fc.constantFrom(
                "data",
                "limits",
                "requests",
                "cpu",
                "readOnly",
                "replicas",
                "spec",
                "x",
            ),
            values: [fc.constantFrom("", "1000m", 0, false, null, "text")],
            maxDepth: 4,
        });
        fc.assert(
            fc.property(json, (value) => {
                const once = normalize(value as Properties);
                expect(equal(normalize(once), once)).to.equal(true);
            }),
        );
    });
});
