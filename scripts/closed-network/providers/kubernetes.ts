/** The stand-in for @pulumi/kubernetes, for the kinds of objects that the program makes. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { awaitReady, deleteAndWait, judgeNow, type Waited } from "./kubernetes/await.ts";
import {
    ApiError,
    APPLY,
    Client,
    isNotFound,
    JSON_PATCH,
    placeOf,
    UnreachableError,
} from "./kubernetes/client.ts";
import { adoptFieldManagers, mustForce, settleIgnored } from "./kubernetes/fieldManagers.ts";
import {
    checkObject,
    diffObject,
    fromId,
    idOf,
    type Kept,
    type Kind,
    KINDS,
    makeState,
    normalize,
    parseState,
    prune,
    shareSecrets,
} from "./kubernetes/objects.ts";
import {
    type Call,
    type Found,
    InitializationError,
    type Provider,
    refuseOthers,
    type Resource,
    serve,
    UnsupportedError,
} from "./plugin.ts";
import { hasUnknown, omit, type Properties, propertiesAt, reveal, stringAt } from "./values.ts";

declare const STAND_IN_VERSION: string | undefined;

/** Creations are no applies: the object must be new. The first update takes the fields over from this manager. */
const CREATOR = "pulumi-kubernetes";
/** An object may come a moment before its namespace or service account. Seconds before each further try. */
const RETRIES = [1, 2, 4, 8, 16];
/** Settings that are true or not, some by a variable of the environment as well. */
const FLAGS = {
    enableConfigMapMutable: "",
    enableSecretMutable: "",
    enablePatchForce: "",
    upsertExistingObjects: "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    deleteUnreachable: "PULUMI_K8S_DELETE_UNREACHABLE",
};
const SETTINGS = ["context", "clusterIdentifier", "kubeconfig", "version", ...Object.keys(FLAGS)];

/** One call about an object, under the provider's configuration. */
interface Request {
    client: Client;
    isSet: (flag: keyof typeof FLAGS) => boolean;
    call: Call;
    kind: Kind;
    /** What the state of an object has that is new to Pulumi. */
    fresh: Omit<Kept, "inputs">;
}

/** Makes the provider. */
export function kubernetesProvider(version: string): Provider {
    let settings: Pick<Request, "client" | "isSet"> | undefined;
    const request = (call: Call): Request => {
        const kind = KINDS.get(call.type);
        if (settings === undefined || kind === undefined) {
            throw new Error("the provider is not configured");
        }
        const fieldManager = `${CREATOR}-${randomBytes(4).toString("hex")}`;
        const fresh = { fieldManager, initialApiVersion: kind.apiVersion };
        return { ...settings, call, kind, fresh };
    };
    return {
        name: "kubernetes",
        version,
        types: [...KINDS.keys()],
        identity: "clusterIdentifier",
        configure: (config) => {
            refuseOthers(config, SETTINGS, "the provider setting", "kubernetes");
            const { context, clusterIdentifier, kubeconfig } = config;
            if (!context || !clusterIdentifier) {
                const what = "a provider without context or clusterIdentifier";
                throw new UnsupportedError(what, "kubernetes");
            }
            settings = {
                client: new Client(kubeconfig || undefined, context),
                isSet: (flag) => (config[flag] ?? process.env[FLAGS[flag]]) === "true",
            };
        },
        check: (call, news) => checkObject(request(call).kind, news),
        diff: (call, olds, news) => {
            const { kind, isSet } = request(call);
            const flag = kind.kind === "Secret" ? "enableSecretMutable" : "enableConfigMapMutable";
            return diffObject(kind, olds, news, isSet(flag));
        },
        create: (call, inputs) => createObject(request(call), inputs),
        read: (call, found) => readObject(request(call), found),
        update: (call, state, news) => updateObject(request(call), state, news),
        delete: (call, resource) => deleteObject(request(call), resource),
    };
}

/** Server-side apply; in a preview a dry run. */
function apply(
    { client, call, kind }: Request,
    object: Properties,
    fieldManager: string,
    force: boolean,
): Promise<Properties> {
    const query = { fieldManager, force: String(force), ...(call.preview && { dryRun: "All" }) };
    const request = { query, body: object, contentType: APPLY };
    return client.send("PATCH", placeOf(kind, object), request);
}

/** Makes an object, which must be new; in a preview a dry run. */
function post({ client, call, kind }: Request, object: Properties): Promise<Properties> {
    const query = { fieldManager: CREATOR, ...(call.preview && { dryRun: "All" }) };
    const all = { metadata: omit(propertiesAt(object, "metadata"), "name") };
    return client.send("POST", placeOf(kind, all), { query, body: object });
}

async function createObject(request: Request, news: Properties): Promise<Resource> {
    const { call, isSet, fresh } = request;
    const { preview } = call;
    const asIs = { id: "", properties: news };
    const name = JSON.stringify(call.urn);
    if (preview && hasUnknown(news)) {
        return asIs;
    }
    const inputs = reveal(news);
    const kept = { inputs, ...fresh };
    let created: Properties;
    try {
        created = await withRetries(call, () =>
            // an object that is there already is taken over by an apply, which creates what is not
            isSet("upsertExistingObjects")
                ? apply(request, inputs, kept.fieldManager, isSet("enablePatchForce"))
                : post(request, inputs),
        );
    } catch (error) {
        // what a preview cannot know (a namespace to come, an object to go first) is no reason to fail it
        const isRefusal = error instanceof ApiError && [400, 422].includes(error.code);
        if (preview && !isRefusal) {
            return asIs;
        }
        const what = `resource ${name} was not successfully created by the Kubernetes API server`;
        throw explain(what, error, {
            AlreadyExists: `it exists. Delete it, or take it over with \`pulumi import\`; if it was renamed in the program, give it an alias`,
            "NotFound namespaces": "its namespace does not exist",
        });
    }
    if (preview) {
        return { id: "", properties: makeState(omit(created, "status"), news, kept) };
    }
    const what =
        `resource ${name} was successfully created, but the Kubernetes API server reported ` +
        `that it failed to fully initialize or become live`;
    const waited = await awaitReady({ ...request, object: created });
    return { id: idOf(created), properties: stateOf(what, waited, news, kept) };
}

async function withRetries(call: Call, make: () => Promise<Properties>): Promise<Properties> {
    for (const seconds of RETRIES) {
        try {
            return await make();
        } catch (error) {
            if (call.preview || !isNotFound(error)) {
                throw error;
            }
            call.status(`Trying again in ${seconds} s: ${(error as Error).message}`);
            await sleep(seconds * 1000, undefined, { signal: call.signal });
        }
    }
    return make();
}

async function readObject(
    request: Request,
    { id, properties, inputs: olds }: Found,
): Promise<Found | undefined> {
    const { call, client, kind, fresh } = request;
    const known = normalize(reveal(olds));
    const place = placeOf(kind, fromId(id));
    const live = await orGone(request, () => client.find(place, call.signal));
    if (!live) {
        return undefined;
    }
    // of one that the program never described all could be an input, but what the cluster wrote
    const isNew = Object.keys(known).length === 0;
    const inputs = isNew ? normalize(omit(live, "status")) : (prune(live, known) as Properties);
    const kept = { ...parseState(properties, fresh), inputs };
    const resource = {
        id,
        inputs: shareSecrets(inputs, olds),
        properties: makeState(live, olds, kept),
    };
    const judgement = isNew ? undefined : await judgeNow({ ...request, object: live });
    if (judgement?.ready === false) {
        const what = `'${id}' exists but is not ready`;
        throw new InitializationError(what, resource, judgement.problems);
    }
    return resource;
}

async function updateObject(
    request: Request,
    state: Properties,
    news: Properties,
): Promise<Properties> {
    const { call, client, kind, isSet } = request;
    const { preview, ignoreChanges } = call;
    if (preview && hasUnknown(news)) {
        return news;
    }
    const old = parseState(state, request.fresh);
    const manager = old.fieldManager;
    const place = placeOf(kind, old.live);
    let inputs = normalize(reveal(news));
    let updated: Properties;
    try {
        let live = await client.send("GET", place, { signal: call.signal });
        const adoption = adoptFieldManagers(live, manager);
        if (adoption && !preview) {
            const patch = { body: adoption, contentType: JSON_PATCH };
            live = await client.send("PATCH", place, patch);
        }
        inputs = settleIgnored(live, inputs, { manager, ignoreChanges });
        // a preview adopts nothing, but is about the time after
        const isAdopted = preview && adoption !== undefined;
        const force = isSet("enablePatchForce") || isAdopted || mustForce(live, inputs);
        updated = await apply(request, inputs, manager, force);
    } catch (error) {
        const isForbidden = error instanceof ApiError && error.code === 403;
        if (preview && (error instanceof UnreachableError || isForbidden)) {
            return news;
        }
        throw explain(`update of resource ${JSON.stringify(call.urn)} failed`, error, {
            Conflict:
                `fields of it were changed by something else since field manager ${JSON.stringify(manager)} set them. ` +
                `Undo that change, or set the annotation pulumi.com/patchForce to "true"`,
        });
    }
    const kept = { ...old, inputs };
    if (preview) {
        return makeState(updated, news, kept);
    }
    const what = `the Kubernetes API server reported that ${JSON.stringify(idOf(updated))} failed to fully initialize or become live`;
    return stateOf(what, await awaitReady({ ...request, object: updated }), news, kept);
}

async function deleteObject(request: Request, { id, properties }: Resource): Promise<void> {
    const ask = () => deleteAndWait({ ...request, object: fromId(id) });
    const waited = await orGone(request, ask);
    if (waited) {
        const kept = parseState(properties, request.fresh);
        stateOf(`deletion of ${JSON.stringify(id)}`, waited, properties, kept);
    }
}

/** The state of an object that was waited for; where that ended badly, it is kept with the reasons. */
function stateOf(
    what: string,
    { object, failure }: Waited,
    source: Properties,
    kept: Kept,
): Properties {
    const properties = makeState(object, source, kept);
    if (failure) {
        const { message, reasons } = failure;
        throw new InitializationError(
            `${what}: ${message}`,
            { id: idOf(object), properties },
            reasons,
        );
    }
    return properties;
}

/** What a cluster answers; undefined where it is gone and was to be forgotten then. */
async function orGone<Answer>(
    { call, isSet }: Request,
    ask: () => Promise<Answer>,
): Promise<Answer | undefined> {
    try {
        return await ask();
    } catch (error) {
        if (!(error instanceof UnreachableError)) {
            throw error;
        }
        if (isSet("deleteUnreachable")) {
            const forgotten = "deleteUnreachable is set, so it is taken out of the state";
            call.log("WARNING", `${error.message}; ${forgotten}`);
            return undefined;
        }
        throw new Error(
            `${error.message}\nIf the cluster is gone for good, run the command again with PULUMI_K8S_DELETE_UNREACHABLE=true ` +
                "to take its objects out of the state",
            { cause: error },
        );
    }
}

/** An error of the API server in the words of the operation that it ended. */
function explain(what: string, error: unknown, hints: { [reason: string]: string }): Error {
    if (!(error instanceof ApiError)) {
        return error as Error;
    }
    const reason = stringAt(error.body, "reason") ?? "";
    const subject = stringAt(error.body, "details", "kind") ?? "";
    const hint = hints[`${reason} ${subject}`] ?? hints[reason];
    return new Error([what, hint, error.message].filter(Boolean).join(": "), { cause: error });
}

// only where install.ts made a plugin of this
if (typeof STAND_IN_VERSION === "string") {
    serve(kubernetesProvider(STAND_IN_VERSION));
}
