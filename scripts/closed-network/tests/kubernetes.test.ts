import { expect } from "chai";
import { adoptFieldManagers, keepIgnored } from "../providers/kubernetes/fieldManagers.ts";
import {
    checkObject,
    diffObject,
    fromId,
    idOf,
    type Kind,
    KINDS,
    makeState,
    normalize,
    prune,
} from "../providers/kubernetes/objects.ts";
import { type Properties, secret, UNKNOWN } from "../providers/values.ts";

const kindOf = (token: string): Kind => KINDS.get(`kubernetes:${token}`) as Kind;
const CONFIG_MAP = kindOf("core/v1:ConfigMap");
const SECRET = kindOf("core/v1:Secret");
const SERVICE = kindOf("core/v1:Service");
const NAMESPACE = kindOf("core/v1:Namespace");
const CLAIM = kindOf("core/v1:PersistentVolumeClaim");
const DEPLOYMENT = kindOf("apps/v1:Deployment");
const STATEFUL_SET = kindOf("apps/v1:StatefulSet");

const MANAGER = "pulumi-kubernetes-1234";
const METADATA = { name: "x", namespace: "n" };

describe("kinds of objects", () => {
    it("have the API server's names in URLs", () => {
        const plurals = Object.fromEntries(
            [...KINDS.values()].map((kind) => [kind.kind, kind.plural]),
        );
        expect(plurals).to.include({
            ConfigMap: "configmaps",
            Ingress: "ingresses",
            NetworkPolicy: "networkpolicies",
            PodDisruptionBudget: "poddisruptionbudgets",
        });
    });
});

describe("the normal form of objects", () => {
    it("drops what the server cannot tell from nothing, and nothing else", () => {
        const spec = {
            automountServiceAccountToken: false,
            egress: [],
            replicas: 0,
            podSelector: {},
            storageClassName: "",
            probe: { initialDelaySeconds: 0, periodSeconds: 5 },
            nothing: null,
            list: [{ nothing: null, a: 1 }],
        };
        expect(normalize({ spec })["spec"]).to.deep.equal({
            automountServiceAccountToken: false,
            replicas: 0,
            podSelector: {},
            storageClassName: "",
            probe: { periodSeconds: 5 },
            list: [{ a: 1 }],
        });
        const data = { limits: "1000m", empty: "" };
        expect(normalize({ kind: "ConfigMap", data })["data"]).to.deep.equal(data);
    });

    it("folds stringData into data, where it wins", () => {
        const object: Properties = {
            kind: "Secret",
            data: { a: "YQ==", b: "Yg==" },
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
            ...{ name: "a", uid: "1", resourceVersion: "2", generation: 3 },
            managedFields: [1],
        };
        expect(normalize({ metadata })["metadata"]).to.deep.equal({ name: "a" });
    });
});

describe("checking an object", () => {
    it("refuses one without a name or a namespace: it makes none up", () => {
        const checking = (kind: Kind, metadata: Properties) => () =>
            checkObject(kind, { metadata });
        expect(checking(CONFIG_MAP, { generateName: "x-", namespace: "n" })).to.throw(
            "a ConfigMap without metadata.name is not supported by the closed-network stand-in",
        );
        expect(checking(CONFIG_MAP, { name: "x" })).to.throw("without metadata.namespace");
        expect(checking(CONFIG_MAP, METADATA)).not.to.throw();
        expect(checking(NAMESPACE, { name: "x" })).not.to.throw();
        expect(checking(CONFIG_MAP, { name: UNKNOWN, namespace: UNKNOWN })).not.to.throw();
    });

    it("keeps what is not known yet", () => {
        const inputs = checkObject(CONFIG_MAP, { metadata: METADATA, data: UNKNOWN });
        expect(inputs["data"]).to.equal(UNKNOWN);
        expect(checkObject(CONFIG_MAP, { metadata: UNKNOWN })["metadata"]).to.equal(UNKNOWN);
    });

    it("marks all data of a Secret as secret, under whatever name the program gave it", () => {
        const stringData = { key: "sesame" };
        const given = checkObject(SECRET, { metadata: METADATA, stringData });
        expect(given["data"]).to.deep.equal(secret({ key: "c2VzYW1l" }));
        expect(given).not.to.have.property("stringData");
    });
});

describe("states", () => {
    const live = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: METADATA,
        data: { key: "c2VzYW1l" },
    };

    it("mark a Secret's data as secret, and of every object all that the program asked for", () => {
        const state = makeState(live, live, MANAGER);
        expect(state["data"]).to.deep.equal(secret(live.data));
        expect(state["__inputs"]).to.deep.equal(secret(live));
        expect(state["metadata"]).to.deep.equal(METADATA);
        const other = makeState({ ...live, kind: "ConfigMap" }, {}, MANAGER);
        expect(other["data"]).to.deep.equal(live.data);
    });

    it("say whose the fields are, and of which version the object was", () => {
        expect(makeState(live, {}, MANAGER)).to.include({
            __fieldManager: MANAGER,
            __initialApiVersion: "v1",
        });
    });

    it("have ids of namespace and name", () => {
        expect(idOf(live)).to.equal("n/x");
        expect(idOf({ metadata: { name: "x" } })).to.equal("x");
        expect(fromId("n/x")).to.deep.equal({ metadata: METADATA });
        expect(fromId("x")).to.deep.equal({ metadata: { name: "x" } });
    });

    it("take of a live object only what the inputs name, lists by position", () => {
        const inputs = { data: { a: "1", gone: "1" }, list: [{ k: 1 }] };
        const found = {
            data: { a: "2", theirs: "x" },
            list: [{ k: 2, l: 1 }, { k: 3 }],
            status: {},
        };
        expect(prune(found, inputs)).to.deep.equal({ data: { a: "2" }, list: [{ k: 2 }] });
    });
});

describe("the difference of an object", () => {
    // without the mark of a Secret's data, which the engine takes off
    const diff = (kind: Kind, before: Properties, after: Properties) => {
        const inputs = (more: Properties) => normalize({ metadata: METADATA, ...more });
        return diffObject(kind, inputs(before), inputs(after));
    };

    it("is none where the same is written in another way", () => {
        const [data, stringData] = [{ a: "c2VzYW1l" }, { a: "sesame" }];
        const kind = "Secret";
        expect(diff(SECRET, { kind, data }, { kind, stringData })).to.deep.equal({
            changed: [],
            replaces: [],
            deleteBeforeReplace: false,
        });
        expect(diff(DEPLOYMENT, { spec: { a: null } }, { spec: {} }).changed).to.deep.equal([]);
    });

    it("names what changed, and updates in place", () => {
        const before = { data: { a: "1" } };
        expect(diff(CONFIG_MAP, before, { data: { a: "2" } })).to.deep.equal({
            changed: ["data"],
            replaces: [],
            deleteBeforeReplace: false,
        });
    });

    it("replaces for what the server never changes, deleting first where the name stays", () => {
        const replaces = (kind: Kind, before: Properties, after: Properties) =>
            diff(kind, { spec: before }, { spec: after }).replaces;
        const labels = (a: string) => ({ spec: { selector: { matchLabels: { a } } } });
        const selector = diff(DEPLOYMENT, labels("1"), labels("2"));
        expect(selector.replaces).to.deep.equal(["spec.selector"]);
        expect(selector.deleteBeforeReplace).to.equal(true);
        // as what the engine asks before it deletes something that the spec depends on
        const unknown = diff(DEPLOYMENT, { spec: { replicas: 1 } }, { spec: UNKNOWN });
        expect(unknown.replaces).to.deep.equal(["spec.selector"]);
        const name = ["spec.serviceName"];
        expect(replaces(STATEFUL_SET, { serviceName: "a" }, { serviceName: "b" })).to.deep.equal(
            name,
        );
        expect(replaces(STATEFUL_SET, { replicas: 1 }, { replicas: 2 })).to.deep.equal([]);
        const storage = (size: string) => ({ resources: { requests: { storage: size } } });
        expect(replaces(CLAIM, storage("1Gi"), storage("2Gi"))).to.deep.equal([]);
        expect(replaces(CLAIM, { storageClassName: "a" }, {})).to.deep.equal([
            "spec.storageClassName",
        ]);
        expect(replaces(CLAIM, { accessModes: ["a"] }, { accessModes: ["b"] })).to.deep.equal([
            "spec.accessModes",
        ]);
        expect(replaces(SERVICE, {}, { clusterIP: "None" })).to.deep.equal(["spec.clusterIP"]);
        expect(replaces(SERVICE, {}, { clusterIP: UNKNOWN })).to.deep.equal(["spec.clusterIP"]);
        expect(diff(SERVICE, {}, { spec: { clusterIP: "None" } }).replaces).to.deep.equal([
            "spec.clusterIP",
        ]);
        expect(diff(SECRET, { type: "Opaque" }, { type: "other" }).replaces).to.deep.equal([
            "type",
        ]);
    });

    it("replaces an object that gets another name or namespace, beside the old one", () => {
        for (const [field, value] of Object.entries({ name: "y", namespace: "other" })) {
            const moved = diff(CONFIG_MAP, {}, { metadata: { ...METADATA, [field]: value } });
            expect(moved.replaces).to.deep.equal([`metadata.${field}`]);
            expect(moved.deleteBeforeReplace).to.equal(false);
        }
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
        const scale = { subresource: "scale" };
        const scaled = entry("kube-controller-manager", "Update", replicas, scale);
        const own = entry("pulumi-kubernetes-1", "Apply", replicas);
        const inputs = { spec: { replicas: 2, paused: true } };
        const kept = (path: string[], ...entries: Properties[]) => {
            const present = { ...live(...entries), spec: { replicas: 4, template: { a: 1 } } };
            return keepIgnored(present, inputs, "pulumi-kubernetes-1", path);
        };
        expect(kept(["spec.replicas"], scaled)).to.deep.equal({ spec: { paused: true } });
        for (const entries of [[own], [own, scaled]]) {
            expect(kept(["spec.replicas"], ...entries)).to.deep.equal({
                spec: { replicas: 4, paused: true },
            });
        }
        expect(kept(["spec.paused", "spec.strategy.type"], scaled)).to.deep.equal(inputs);
        expect(kept(["spec"], scaled)).to.deep.equal(inputs);
        expect(kept([], scaled)).to.deep.equal(inputs);
    });
});
