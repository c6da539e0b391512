// Runs when the stack is destroyed, as a process of its own in the project's folder: see teardown.ts. The program may not
// run then, so what is set now is read in the stack's file.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
    CoreV1Api,
    KubeConfig,
    type V1Namespace,
    V1ObjectMeta,
    type V1Secret,
} from "@kubernetes/client-node";
import { parse } from "yaml";
import { KEPT_ANNOTATION, STACK_LABEL } from "./contents.ts";

/** What a destroy has to know, from the stack's state. */
export interface RemovalInputs {
    /** Name of the Pulumi stack, whose file is read for what has been set since the last update. */
    stack: string;
    /** Kubeconfig file, or empty for kubectl's default, and the context in it. */
    kubeconfig: string;
    context: string;
    /** UID of kube-system in the cluster that the stack is in. */
    clusterUid: string;
    /** Value of the stack's label. */
    stackId: string;
    /** databaseRetain and databaseExistingClaim at the last update. */
    retain: boolean;
    existingClaim: string;
}

/** Seconds that a volume or a namespace may take to go. */
const GONE_SECONDS = 120;

/** The cluster's API, after a look at whether it is the stack's own cluster. */
async function connect({ kubeconfig, context, clusterUid }: RemovalInputs): Promise<CoreV1Api> {
    const config = new KubeConfig();
    let api: CoreV1Api;
    let found: V1Namespace;
    try {
        if (kubeconfig === "") {
            config.loadFromDefault();
        } else {
            config.loadFromFile(kubeconfig);
        }
        config.setCurrentContext(context);
        api = config.makeApiClient(CoreV1Api);
        found = await api.readNamespace({ name: "kube-system" });
    } catch (error) {
        throw new Error(
            `The cluster of the context "${context}" does not answer (${(error as Error).message.split("\n")[0]}).\n` +
                `   Start it (a Minikube: minikube start -p ${context}). If it is gone for good: npm run down empties the state of a stack\n` +
                "   in a Minikube, pulumi state delete --all --stack NAME that of any other.",
            { cause: error },
        );
    }
    if (found.metadata?.uid !== clusterUid) {
        throw new Error(
            `The context "${context}" leads to another cluster than the one that this stack is in.\n` +
                "   What is there is not this stack's, and is left alone. Destroy the stack where its cluster is, or, if that\n" +
                "   is gone for good: pulumi up, which takes the stack to this cluster, then pulumi destroy.",
        );
    }
    return api;
}

/**
 * Makes sure that a destroy meets the stack's own cluster, before it deletes anything by its name.
 *
 * @throws Error with what to do, where the cluster is another one or does not answer.
 */
export async function checkCluster(inputs: RemovalInputs): Promise<void> {
    await connect(inputs);
}

/** What the stack's file says now of what to keep, in the folder that Pulumi runs in. */
export async function keptNow(
    inputs: Pick<RemovalInputs, "stack" | "retain" | "existingClaim">,
    read = (file: string) => readFile(file, "utf8"),
): Promise<{ retain: boolean; existingClaim: string }> {
    await read("Pulumi.yaml").catch(() => {
        throw new Error(
            "Whether databaseRetain is set is in the stack's file, and there is no project in this folder.\n" +
                "   Run pulumi destroy in the project's folder.",
        );
    });
    // a stack without settings of its own may have no file
    const text = await read(`Pulumi.${inputs.stack}.yaml`).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return "";
        }
        throw error;
    });
    const { config = {} } = (parse(text) ?? {}) as { config?: Record<string, unknown> | null };
    const setting = (name: string) =>
        Object.entries(config ?? {}).find(([key]) => key.replace(/^.*:/, "") === name)?.[1];
    return {
        // what the last update knew holds too: a setting may come from where no file shows it
        retain: inputs.retain || String(setting("databaseRetain")).toLowerCase() === "true",
        existingClaim:
            (setting("databaseExistingClaim") as string | undefined) ?? inputs.existingClaim,
    };
}

/**
 * Removes the stack's volumes and its namespace, or keeps them where the settings say so: the last step of a destroy.
 * While anything else of the stack is there this is no destroy, and nothing is touched.
 *
 * @throws Error with what to do, where it cannot tell what to keep, or where something does not go away.
 */
export async function removeData(inputs: RemovalInputs): Promise<void> {
    const kept = await keptNow(inputs);
    const api = await connect(inputs);
    const mine = { labelSelector: `${STACK_LABEL}=${inputs.stackId}` };
    const services = await api.listServiceForAllNamespaces(mine);
    if (services.items.length > 0) {
        console.log("The stack is still running: its volumes stay.");
        return;
    }
    const claims = (await api.listPersistentVolumeClaimForAllNamespaces(mine)).items;
    for (const claim of claims) {
        const { metadata = new V1ObjectMeta() } = claim;
        const { name = "", namespace = "" } = metadata;
        if (kept.retain || name === kept.existingClaim) {
            release(metadata);
            await api.replaceNamespacedPersistentVolumeClaim({ name, namespace, body: claim });
            console.log(`Kept the volume ${namespace}/${name}, as the settings say.`);
        } else {
            await api.deleteNamespacedPersistentVolumeClaim({ name, namespace });
            await gone(`volume ${namespace}/${name}`, () =>
                api.readNamespacedPersistentVolumeClaim({ name, namespace }),
            );
            console.log(`Deleted the volume ${namespace}/${name}.`);
        }
    }
    for (const found of (await api.listNamespace(mine)).items) {
        const { metadata = new V1ObjectMeta() } = found;
        const { name = "" } = metadata;
        const left = (await api.listNamespacedPersistentVolumeClaim({ namespace: name })).items;
        const secrets = (await api.listNamespacedSecret({ namespace: name })).items.filter(
            isSomebodys,
        );
        if (left.length > 0 || secrets.length > 0) {
            if (left.some((claim) => claim.metadata?.annotations?.[KEPT_ANNOTATION])) {
                release(metadata);
            } else {
                // only what is other people's is in it: nothing to be taken up again
                delete metadata.labels?.[STACK_LABEL];
            }
            await api.replaceNamespace({ name, body: found });
            console.log(
                `Kept the namespace ${name}, for what is in it: ${[
                    ...left.map((claim) => `the volume ${claim.metadata?.name}`),
                    ...secrets.map((secret) => `the Secret ${secret.metadata?.name}`),
                ].join(", ")}.`,
            );
        } else {
            await api.deleteNamespace({ name });
            await gone(`namespace ${name}`, () => api.readNamespace({ name }));
        }
    }
}

/** Whether a Secret was made by hand, such as for existingSecret: those of this program have gone, and others have types of their own. */
const isSomebodys = ({ type, metadata }: V1Secret) =>
    type === "Opaque" && metadata?.labels?.["app.kubernetes.io/part-of"] !== "habit-tracker";

/** Makes something nobody's, for the next stack that takes it up. */
function release(metadata: V1ObjectMeta): void {
    delete metadata.labels?.[STACK_LABEL];
    metadata.annotations = { ...metadata.annotations, [KEPT_ANNOTATION]: new Date().toISOString() };
}

/** Waits until reading something says that it is not there. */
async function gone(what: string, read: () => Promise<unknown>): Promise<void> {
    const end = Date.now() + GONE_SECONDS * 1000;
    while (Date.now() < end) {
        try {
            await read();
        } catch (error) {
            if ((error as { code?: number }).code === 404) {
                return;
            }
            throw error;
        }
        await sleep(500);
    }
    throw new Error(
        `The ${what} is still there after ${GONE_SECONDS} s: something in it, or a pod, goes on using it.\n` +
            "   See kubectl describe for what, then pulumi destroy again.",
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const [, , step, inputs = ""] = process.argv;
    try {
        await { checkCluster, removeData }[step as "checkCluster"](
            JSON.parse(inputs) as RemovalInputs,
        );
    } catch (error) {
        console.error((error as Error).message);
        process.exitCode = 1;
    }
}
