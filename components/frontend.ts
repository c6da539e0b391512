import type * as pulumi from "@pulumi/pulumi";
import { DNS_EGRESS, type Peer, egressTo, egressToUrl } from "./pods.ts";
import { Tier, type TierArgs } from "./tier.ts";

/** Name of the Service and value of the `app` label (seed: "Frontend Deployment"). */
export const FRONTEND_APP = "habit-tracker-frontend";
const PORT = 3000;

export interface FrontendArgs extends TierArgs {
    /** The backend in the cluster, or the URL of one that may be anywhere. */
    backend: Peer | string;
}

/** The web server: Next.js on port 3000, open to the browser, which passes `/api/*` on to the backend. */
export class Frontend extends Tier {
    constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
        super(
            "habit-tracker:frontend:Frontend",
            name,
            args,
            {
                app: FRONTEND_APP,
                component: "frontend",
                userId: 1001,
                port: PORT,
                livenessPath: "/",
                readinessPath: "/?ready=1",
                envFrom: [{ configMapRef: { name: args.configuration.configMapName } }],
                scratch: [
                    { name: "tmp", mountPath: "/tmp", sizeLimit: "64Mi" },
                    { name: "cache", mountPath: "/app/.next/cache", sizeLimit: "64Mi" },
                ],
                egress: [
                    DNS_EGRESS,
                    typeof args.backend === "string"
                        ? egressToUrl(args.backend)
                        : egressTo(args.backend),
                ],
            },
            opts,
        );
    }
}
