/** The stand-in for @pulumi/kubernetes, for the kinds of objects that the program makes. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
    type Call,
    InitializationError,
    type Provider,
    refuseSettings,
    type ResourceState,
} from "../plugin.ts";
import { hasUnknown, isProperties, omit, type Properties, reveal } from "../values.ts";
import { AwaitError, awaitReady, deleteAndWait, judgeNow } from "./await.ts";
import { checkObject } from "./check.ts";
import {
    ApiError,
    Client,
    isNamespaceMissing,
    isNotFound,
    placeOf,
    UnreachableError,
} from "./client.ts";
import { diffObject, prune } from "./diff.ts";
import { adoptFieldManagers, mustForce, settleIgnored } from "./fieldManagers.ts";
import { type Kind, kindOf, KINDS } from "./kinds.ts";
import { contextNamespace, diffProviderConfig, findKubeconfig } from "./kubeconfig.ts";
import { normalize } from "./normalize.ts";
import { idOf, makeCheckpoint, parseCheckpoint, parseId, shareSecrets } from "./state.ts";

/** Creations are no applies: the object must be new. The first update takes the fields over from this manager. */
const CREATOR = "pulumi-kubernetes";
/** An object may come a moment before its namespace or service account. Seconds before each further try. */
const RETRIES = [1, 2, 4, 8, 16];
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const REVISION = "deployment.kubernetes.io/revision";

const UNSUPPORTED = ["alwaysRender", "cluster", "renderYamlToDirectory", "skipUpdateUnreachable"];

interface Settings {
    client: Client;
    defaultNamespace: string;
    configMapsMutable: boolean;
    secretsMutable: boolean;
    patchForce: boolean;
    upsert: boolean;
    deleteUnreachable: boolean;
}

/** Makes the provider. */
export function kubernetesProvider(version: string): Provider {
    let settings: Settings | undefined;
    const configured = (): Settings => {
        if (!settings) {
            throw new Error("the provider is not configured");
        }
        return settings;
    };

    return {
        name: "kubernetes",
        version,
        types: KINDS.map((kind) => kind.token),
        diffConfig: diffProviderConfig,
        configure: async (config) => {
            refuseSettings(config, UNSUPPORTED, "kubernetes");
            settings = readSettings(config);
        },

        check: async (call, request) => ({
            inputs: checkObject(kindOf(call.type), {
                ...request,
                name: call.name,
                defaultNamespace: configured().defaultNamespace,
            }),
        }),

        diff: async (call, { state, news, ignoreChanges }) =>
            diffObject(kindOf(call.type), state, news, { ...configured(), ignoreChanges }),

        create: (call, request) => createObject(configured(), call, kindOf(call.type), request),
        read: (call, request) => readObject(configured(), call, kindOf(call.type), request),
        update: (call, request) => updateObject(configured(), call, kindOf(call.type), request),
        delete: (call, request) => deleteObject(configured(), call, kindOf(call.type), request),
    };
}

function readSettings(config: { [name: string]: string }): Settings {
    const flag = (name: string, variable?: string): boolean =>
        (config[name] ?? process.env[variable ?? ""]) === "true";
    const kubeconfig = findKubeconfig(config["kubeconfig"]);
    const context = config["context"] || undefined;
    return {
        client: new Client(kubeconfig, context),
        defaultNamespace: config["namespace"] || contextNamespace(kubeconfig, context),
        configMapsMutable: flag("enableConfigMapMutable"),
        secretsMutable: flag("enableSecretMutable"),
        patchForce: flag("enablePatchForce"),
        upsert: flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    };
}

async function createObject(
    settings: Settings,
    call: Call,
    kind: Kind,
    request: { inputs: Properties; preview: boolean; timeoutSeconds: number },
): Promise<ResourceState> {
    const { preview } = request;
    const asIs = { id: "", properties: request.inputs };
    if (preview && hasUnknown(request.inputs)) {
        return asIs;
    }
    const { client } = settings;
    const inputs = reveal(request.inputs);
    const manager = { fieldManager: newFieldManager(), initialApiVersion: kind.apiVersion };
    const checkpoint = (live: Properties): Properties =>
        makeCheckpoint(inputs, live, request.inputs, manager);
    // an object that is there already is taken over by an apply, which creates what is not
    const make = settings.upsert
        ? () =>
              client.apply(placeOf(kind, inputs), inputs, {
                  fieldManager: manager.fieldManager,
                  force: settings.patchForce,
                  dryRun: preview,
              })
        : () =>
              client.create(placeOf(kind, inputs), inputs, {
                  fieldManager: CREATOR,
                  dryRun: preview,
              });

    let created: Properties;
    try {
        created = await withRetries(call, preview, make);
    } catch (error) {
        // What a preview cannot know (a namespace to come, an object to go first) is no reason to fail it.
        if (preview && !(error instanceof ApiError && isRefusal(error))) {
            return asIs;
        }
        throw explainCreation(call, error);
    }
    if (preview) {
        return { id: "", properties: checkpoint(omit(created, "status")) };
    }

    try {
        const live = await awaitReady({
            client,
            kind,
            object: created,
            inputs,
            isNew: true,
            timeoutSeconds: request.timeoutSeconds,
            signal: call.signal,
            report: call.status,
        });
        return { id: idOf(live), properties: checkpoint(live) };
    } catch (error) {
        throw notInitialized(
            `resource ${JSON.stringify(call.urn)} was successfully created, but the Kubernetes API server reported ` +
                `that it failed to fully initialize or become live`,
            error,
            created,
            checkpoint,
        );
    }
}

async function withRetries(
    call: Call,
    preview: boolean,
    make: () => Promise<Properties>,
): Promise<Properties> {
    for (const seconds of RETRIES) {
        try {
            return await make();
        } catch (error) {
            if (preview || !isNotFound(error)) {
                throw error;
            }
            call.status(`Trying again in ${seconds} s: ${(error as Error).message}`);
            await sleep(seconds * 1000, undefined, { signal: call.signal });
        }
    }
    return make();
}

async function readObject(
    settings: Settings,
    call: Call,
    kind: Kind,
    request: { id: string; state: Properties; inputs: Properties },
): Promise<(ResourceState & { inputs: Properties }) | undefined> {
    const { client } = settings;
    const { namespace, name } = parseId(request.id);
    const old = parseCheckpoint(request.state);
    const knownInputs = normalize(reveal(request.inputs));
    const isNew = Object.keys(knownInputs).length === 0 && Object.keys(old.live).length === 0;

    let live: Properties | undefined;
    try {
        const place = placeOf(kind, { metadata: { name, ...(namespace ? { namespace } : {}) } });
        live = await client.find(place, call.signal);
    } catch (error) {
        if (error instanceof UnreachableError && settings.deleteUnreachable) {
            call.log(
                "warning",
                `${error.message}; deleteUnreachable is set, so it is taken out of the state`,
            );
            return undefined;
        }
        throw error instanceof UnreachableError ? unreachableState(error) : error;
    }
    if (!live) {
        return undefined;
    }

    const inputs = isNew ? inputsFromCluster(kind, live) : (prune(live, knownInputs) as Properties);
    const result = {
        id: request.id,
        inputs: shareSecrets(inputs, request.inputs),
        properties: makeCheckpoint(inputs, live, request.inputs, {
            fieldManager: old.fieldManager ?? newFieldManager(),
            initialApiVersion: old.initialApiVersion ?? kind.apiVersion,
        }),
    };
    if (!isNew) {
        const judgement = await judgeNow({
            client,
            kind,
            object: live,
            inputs: knownInputs,
            signal: call.signal,
        });
        if (judgement && !judgement.ready) {
            throw new InitializationError(
                `'${name}' exists but is not ready`,
                result,
                judgement.problems,
            );
        }
    }
    return result;
}

/** The inputs of an object that the program never described: all that could be one, without what the cluster wrote. */
function inputsFromCluster(kind: Kind, live: Properties): Properties {
    const inputs: Properties = { apiVersion: kind.apiVersion, kind: kind.kind };
    for (const field of ["metadata", ...kind.inputs]) {
        if (live[field] !== undefined) {
            inputs[field] = live[field];
        }
    }
    const normal = normalize(inputs);
    const metadata = normal["metadata"];
    if (isProperties(metadata) && isProperties(metadata["annotations"])) {
        metadata["annotations"] = omit(metadata["annotations"], LAST_APPLIED, REVISION);
    }
    return normal;
}

async function updateObject(
    { client, patchForce }: Settings,
    call: Call,
    kind: Kind,
    request: {
        state: Properties;
        news: Properties;
        preview: boolean;
        timeoutSeconds: number;
        ignoreChanges: string[];
    },
): Promise<Properties> {
    const { preview, ignoreChanges } = request;
    if (preview && hasUnknown(request.news)) {
        return request.news;
    }
    let inputs = normalize(reveal(request.news));
    const old = parseCheckpoint(request.state);
    const fieldManager = old.fieldManager ?? newFieldManager();
    const checkpoint = (live: Properties): Properties =>
        makeCheckpoint(inputs, live, request.news, {
            fieldManager,
            initialApiVersion: old.initialApiVersion ?? kind.apiVersion,
        });
    const place = placeOf(kind, old.live);

    let updated: Properties;
    try {
        let live = await client.get(place, call.signal);
        const adoption = adoptFieldManagers(live, fieldManager);
        if (adoption && !preview) {
            live = await client.patch(place, adoption);
        }
        inputs = settleIgnored(live, inputs, { manager: fieldManager, ignoreChanges });
        updated = await client.apply(place, inputs, {
            fieldManager,
            // A preview adopts nothing, but is about the time after.
            force: patchForce || (preview && adoption !== undefined) || mustForce(live, inputs),
            dryRun: preview,
        });
    } catch (error) {
        if (
            preview &&
            (error instanceof UnreachableError || (error instanceof ApiError && error.code === 403))
        ) {
            return request.news;
        }
        throw explainUpdate(call, error, fieldManager);
    }
    if (preview) {
        return checkpoint(updated);
    }

    try {
        return checkpoint(
            await awaitReady({
                client,
                kind,
                object: updated,
                inputs,
                isNew: false,
                timeoutSeconds: request.timeoutSeconds,
                signal: call.signal,
                report: call.status,
            }),
        );
    } catch (error) {
        throw notInitialized(
            `the Kubernetes API server reported that ${JSON.stringify(idOf(updated))} failed to fully initialize or become live`,
            error,
            updated,
            checkpoint,
        );
    }
}

async function deleteObject(
    { client, deleteUnreachable }: Settings,
    call: Call,
    kind: Kind,
    request: { id: string; state: Properties; timeoutSeconds: number },
): Promise<void> {
    const { inputs, live } = parseCheckpoint(request.state);
    const { namespace, name } = parseId(request.id);
    try {
        await deleteAndWait({
            client,
            kind,
            object: { metadata: { name, ...(namespace ? { namespace } : {}) } },
            inputs,
            timeoutSeconds: request.timeoutSeconds,
            signal: call.signal,
            report: call.status,
        });
    } catch (error) {
        if (error instanceof UnreachableError && deleteUnreachable) {
            call.log(
                "warning",
                `${error.message}; deleteUnreachable is set, so it is taken out of the state`,
            );
            return;
        }
        if (error instanceof UnreachableError) {
            throw unreachableState(error);
        }
        if (!(error instanceof AwaitError)) {
            throw error;
        }
        const { fieldManager, initialApiVersion } = parseCheckpoint(request.state);
        throw notInitialized(`deletion of ${JSON.stringify(request.id)}`, error, live, (object) =>
            makeCheckpoint(inputs, object, request.state, {
                fieldManager: fieldManager ?? newFieldManager(),
                initialApiVersion: initialApiVersion ?? kind.apiVersion,
            }),
        );
    }
}

function notInitialized(
    message: string,
    error: unknown,
    created: Properties,
    checkpoint: (live: Properties) => Properties,
): Error {
    const {
        message: reason,
        reasons = [],
        object = created,
    } = error as Partial<AwaitError> & Error;
    return new InitializationError(
        `${message}: ${reason}`,
        { id: idOf(object), properties: checkpoint(object) },
        reasons,
    );
}

/** Errors by which the server says that the object itself is wrong, which a preview should tell. */
function isRefusal(error: ApiError): boolean {
    return error.code === 400 || error.code === 422;
}

function explainCreation(call: Call, error: unknown): Error {
    if (error instanceof ApiError && error.reason === "AlreadyExists") {
        return new Error(
            `resource ${JSON.stringify(call.urn)} was not created, because it exists: ${error.message}\n` +
                "Delete it, or take it over with `pulumi import`; if the resource was renamed in the program, give it an alias",
        );
    }
    if (error instanceof UnreachableError) {
        return error;
    }
    return new Error(
        `resource ${JSON.stringify(call.urn)} was not successfully created by the Kubernetes API server: ` +
            (isNamespaceMissing(error) ? "its namespace does not exist: " : "") +
            (error as Error).message,
    );
}

function explainUpdate(call: Call, error: unknown, fieldManager: string): Error {
    if (error instanceof UnreachableError) {
        return error;
    }
    const conflict =
        error instanceof ApiError && error.code === 409
            ? `: fields of it were changed by something else since field manager ${JSON.stringify(fieldManager)} set them. ` +
              `Undo that change, or set the annotation pulumi.com/patchForce to "true"`
            : "";
    return new Error(
        `update of resource ${JSON.stringify(call.urn)} failed${conflict}: ${(error as Error).message}`,
    );
}

function unreachableState(error: UnreachableError): Error {
    return new Error(
        `${error.message}\nIf the cluster is gone for good, run the command again with PULUMI_K8S_DELETE_UNREACHABLE=true ` +
            "to take its objects out of the state",
    );
}

function newFieldManager(): string {
    return `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
}
