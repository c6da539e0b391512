import * as pulumi from "@pulumi/pulumi";
import { EXISTING_SECRET_ANNOTATION } from "./contents.ts";
import {
    DNS_EGRESS,
    INTERNET_EGRESS,
    type Peer,
    egressTo,
    egressToPorts,
    egressToUrl,
    selector,
} from "./pods.ts";
import { BACKEND_PORT } from "./settings.ts";
import { Tier, type TierArgs } from "./tier.ts";

/** Name of the Service and value of the `app` label (seed: "Backend Deployment"). */
export const BACKEND_APP = "habit-tracker-backend";

export interface BackendArgs extends TierArgs {
    /** Its name where the program did not make it; undefined otherwise. */
    existingSecret: string | undefined;
    /** The database in the cluster, or the ports of one that may be anywhere. */
    database: Peer | pulumi.Output<number[]>;
    /** Whether the chatbot has a key, and so a model to ask. */
    chatbot: boolean;
    /** Where that answers; undefined means on the Internet. */
    geminiBaseUrl: string | undefined;
    /** `app` labels of the pods that may connect. */
    clients: readonly string[];
}

/** The API: FastAPI on port 8000, inside the cluster only. */
export class Backend extends Tier {
    constructor(name: string, args: BackendArgs, opts?: pulumi.ComponentResourceOptions) {
        super(
            "habit-tracker:backend:Backend",
            name,
            args,
            {
                app: BACKEND_APP,
                component: "backend",
                userId: 1000,
                port: BACKEND_PORT,
                livenessPath: "/health",
                // a database that is away must take the pod out of the Service, not restart it
                readinessPath: "/health?ready=1",
                envFrom: [
                    { configMapRef: { name: args.configuration.configMapName } },
                    { secretRef: { name: args.configuration.secretName } },
                ],
                ...(args.existingSecret === undefined
                    ? {}
                    : { annotations: { [EXISTING_SECRET_ANNOTATION]: args.existingSecret } }),
                scratch: [{ name: "tmp", mountPath: "/tmp", sizeLimit: "64Mi" }],
                ingressFrom: args.clients.map((app) => ({
                    podSelector: { matchLabels: selector(app) },
                })),
                egress: [
                    DNS_EGRESS,
                    pulumi.Output.isInstance(args.database)
                        ? args.database.apply(egressToPorts)
                        : egressTo(args.database),
                    ...(args.chatbot ? [modelEgress(args.geminiBaseUrl)] : []),
                ],
            },
            opts,
        );
    }
}

const modelEgress = (baseUrl: string | undefined) =>
    baseUrl === undefined ? INTERNET_EGRESS : egressToUrl(baseUrl);
