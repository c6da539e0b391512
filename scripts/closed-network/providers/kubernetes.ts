/** The stand-in for @pulumi/kubernetes, for the kinds of objects that the program makes. */
import { randomBytes } from "node:crypto";
import { awaitReady, deleteAndWait, judgeNow } from "./kubernetes/await.ts";
import * as api from "./kubernetes/client.ts";
import { adoptFieldManagers, keepIgnored } from "./kubernetes/fieldManagers.ts";
import * as objects from "./kubernetes/objects.ts";
import * as plugin from "./plugin.ts";
import { hasUnknown, omit, type Properties, propertiesAt, stringAt } from "./values.ts";

/** Creations are no applies: the object must be new. The first update takes the fields over from this manager. */
const CREATOR = "pulumi-kubernetes";
/** Settings without which the stand-in would have to do what it does not know: guess a cluster, replace what changed. */
const REQUIRED = ["context", "clusterIdentifier", "enableConfigMapMutable", "enableSecretMutable"];
/** Settings that are true or not, by the configuration or the environment. */
const FLAGS = ["enablePatchForce", "upsertExistingObjects", "deleteUnreachable"] as const;
const SETTINGS = ["kubeconfig", "version", ...REQUIRED, ...FLAGS];

/** One call about an object, under the provider's configuration. */
interface Request {
    client: api.Client;
    isSet: (flag: (typeof FLAGS)[number]) => boolean;
    call: plugin.Call;
    kind: objects.Kind;
}

/** Makes the provider. */
export function kubernetesProvider(version: string): plugin.Provider {
    let settings: Pick<Request, "client" | "isSet"> | undefined;
    const request = (call: plugin.Call): Request => {
        const kind = objects.KINDS.get(call.type);
        if (settings === undefined || kind === undefined) {
            throw new Error("the provider is not configured");
        }
        return { ...settings, call, kind };
    };
    return {
        name: "kubernetes",
        version,
        types: [...objects.KINDS.keys()],
        identity: "clusterIdentifier",
        configure: (config) => {
            plugin.refuseOthers(config, SETTINGS, "the provider setting", "kubernetes");
            const missing = REQUIRED.filter((name) => !config[name] || config[name] === "false");
            if (missing.length > 0) {
                const what = `a provider without ${missing.join(", ")}`;
                throw new plugin.UnsupportedError(what, "kubernetes");
            }
            const variable = (flag: string) =>
                `PULUMI_K8S_${flag.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
            settings = {
                client: new api.Client(config["kubeconfig"] || undefined, config["context"] ?? ""),
                isSet: (flag) => (config[flag] ?? process.env[variable(flag)]) === "true",
            };
        },
        check: (call, news) => objects.checkObject(request(call).kind, news),
        diff: (call, olds, news) => objects.diffObject(request(call).kind, olds, news),
        create: (call, inputs) => createObject(request(call), inputs),
        read: (call, found) => readObject(request(call), found),
        update: (call, state, news) => updateObject(request(call), state, news),
        delete: (call, resource) => deleteObject(request(call), resource),
    };
}

/** The manager that owns an object's fields, by its state; a new one where that has none. */
const managerOf = (state: Properties = {}): string =>
    stringAt(state, "__fieldManager") ?? `${CREATOR}-${randomBytes(4).toString("hex")}`;

/** Server-side apply; in a preview a dry run. */
function apply(
    { client, call, kind }: Request,
    object: Properties,
    fieldManager: string,
    force: boolean,
): Promise<Properties> {
    const query = { fieldManager, force: String(force), ...(call.preview && { dryRun: "All" }) };
    return client.send("PATCH", api.placeOf(kind, object), { query, body: object });
}

/** Makes an object, which must be new; in a preview a dry run. */
function post({ client, call, kind }: Request, object: Properties): Promise<Properties> {
    const query = { fieldManager: CREATOR, ...(call.preview && { dryRun: "All" }) };
    const all = { metadata: omit(propertiesAt(object, "metadata"), "name") };
    return client.send("POST", api.placeOf(kind, all), { query, body: object });
}

async function createObject(request: Request, inputs: Properties): Promise<plugin.Resource> {
    const { call, isSet } = request;
    if (call.preview && hasUnknown(inputs)) {
        return { id: "", properties: inputs };
    }
    const manager = managerOf();
    let created: Properties;
    try {
        // an object that is there already is taken over by an apply, which creates what is not
        created = isSet("upsertExistingObjects")
            ? await apply(request, inputs, manager, isSet("enablePatchForce"))
            : await post(request, inputs);
    } catch (error) {
        // what a preview cannot know (a namespace to come, an object to go first) is no reason to fail it
        const isRefusal = error instanceof api.ApiError && [400, 422].includes(error.code);
        if (call.preview && !isRefusal) {
            return { id: "", properties: inputs };
        }
        const what = `resource ${JSON.stringify(call.urn)} was not successfully created by the Kubernetes API server`;
        throw explain(what, error);
    }
    const stateOf = (object: Properties) => objects.makeState(object, inputs, manager);
    if (call.preview) {
        return { id: "", properties: stateOf(omit(created, "status")) };
    }
    const what =
        `resource ${JSON.stringify(call.urn)} was successfully created, but the Kubernetes API server reported ` +
        `that it failed to fully initialize or become live`;
    const properties = await awaitReady({ ...request, object: created, what, stateOf });
    return { id: objects.idOf(created), properties };
}

async function readObject(
    request: Request,
    { id, properties, inputs: olds }: plugin.Found,
): Promise<plugin.Found | undefined> {
    const { call, client, kind } = request;
    const place = api.placeOf(kind, objects.fromId(id));
    const live = await orGone(request, () => client.find(place, call.signal));
    if (!live) {
        return undefined;
    }
    const known = objects.normalize(olds);
    // of one that the program never described all could be an input, but what the cluster wrote
    const isNew = Object.keys(known).length === 0;
    const inputs = isNew
        ? objects.normalize(omit(live, "status"))
        : (objects.prune(live, known) as Properties);
    const resource = {
        id,
        inputs: objects.hideData(inputs),
        properties: objects.makeState(live, inputs, managerOf(properties)),
    };
    const judgement = isNew ? undefined : await judgeNow({ ...request, object: live });
    if (judgement?.ready === false) {
        const what = `'${id}' exists but is not ready`;
        throw new plugin.InitializationError(what, resource, judgement.problems);
    }
    return resource;
}

async function updateObject(
    request: Request,
    state: Properties,
    news: Properties,
): Promise<Properties> {
    const { call, client, kind, isSet } = request;
    if (call.preview && hasUnknown(news)) {
        return news;
    }
    const manager = managerOf(state);
    let inputs = objects.normalize(news);
    const place = api.placeOf(kind, inputs);
    let updated: Properties;
    try {
        let live = await client.send("GET", place, { signal: call.signal });
        const adoption = adoptFieldManagers(live, manager);
        if (adoption && !call.preview) {
            live = await client.send("PATCH", place, { body: adoption });
        }
        inputs = keepIgnored(live, inputs, manager, call.ignoreChanges);
        // a preview adopts nothing, but is about the time after
        const isAdopted = call.preview && adoption !== undefined;
        const annotation = ["metadata", "annotations", "pulumi.com/patchForce"];
        const isForced = stringAt(inputs, ...annotation) === "true" || isSet("enablePatchForce");
        updated = await apply(request, inputs, manager, isForced || isAdopted);
    } catch (error) {
        const isForbidden = error instanceof api.ApiError && error.code === 403;
        if (call.preview && (error instanceof api.UnreachableError || isForbidden)) {
            return news;
        }
        throw explain(`update of resource ${JSON.stringify(call.urn)} failed`, error);
    }
    const stateOf = (object: Properties) => objects.makeState(object, inputs, manager);
    if (call.preview) {
        return stateOf(updated);
    }
    const what = `the Kubernetes API server reported that ${JSON.stringify(objects.idOf(updated))} failed to fully initialize or become live`;
    return awaitReady({ ...request, object: updated, what, stateOf });
}

async function deleteObject(request: Request, { id, properties }: plugin.Resource): Promise<void> {
    const what = `deletion of ${JSON.stringify(id)}`;
    const operation = { ...request, object: objects.fromId(id), what, stateOf: () => properties };
    await orGone(request, () => deleteAndWait(operation));
}

/** What a cluster answers; undefined where it is gone and was to be forgotten then. */
async function orGone<Answer>(
    { call, isSet }: Request,
    ask: () => Promise<Answer>,
): Promise<Answer | undefined> {
    try {
        return await ask();
    } catch (error) {
        if (!(error instanceof api.UnreachableError)) {
            throw error;
        }
        if (isSet("deleteUnreachable")) {
            const forgotten = "deleteUnreachable is set, so it is taken out of the state";
            call.say(`${error.message}; ${forgotten}`, "WARNING", true);
            return undefined;
        }
        const hint =
            "If the cluster is gone for good, run the command again with PULUMI_K8S_DELETE_UNREACHABLE=true " +
            "to take its objects out of the state";
        throw new Error(`${error.message}\n${hint}`, { cause: error });
    }
}

/** An error of the API server in the words of the operation that it ended. */
const explain = (what: string, error: unknown): Error =>
    error instanceof api.ApiError
        ? new Error(`${what}: ${error.message}`, { cause: error })
        : (error as Error);

plugin.serve(kubernetesProvider);
