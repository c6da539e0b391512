import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { FRONTEND_APP } from "./frontend.ts";
import { NOT_AWAITED, labels } from "./pods.ts";
import type { IngressSettings } from "./settings.ts";

export interface IngressArgs extends IngressSettings {
    namespace: pulumi.Input<string>;
    /** Value of the `version` label. */
    version: string;
    /** Name of the Service that it leads to. */
    serviceName: pulumi.Input<string>;
}

/** The frontend by host name. That takes an ingress controller, which the cluster has or gets from elsewhere. */
export class Ingress extends pulumi.ComponentResource {
    constructor(name: string, args: IngressArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:ingress:Ingress", name, {}, opts);
        const { host, tlsSecretName } = args;
        new kubernetes.networking.v1.Ingress(
            `${name}-host`,
            {
                metadata: {
                    name: FRONTEND_APP,
                    namespace: args.namespace,
                    labels: labels(FRONTEND_APP, "frontend", args.version),
                    // without a controller it has no address, ever; some controllers write none down
                    annotations: { ...args.annotations, ...NOT_AWAITED },
                },
                spec: {
                    ...(args.className === undefined ? {} : { ingressClassName: args.className }),
                    ...(tlsSecretName === undefined
                        ? {}
                        : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
                    rules: [
                        {
                            host,
                            http: {
                                paths: [
                                    {
                                        path: "/",
                                        pathType: "Prefix",
                                        backend: {
                                            service: {
                                                name: args.serviceName,
                                                // not its number, which is a setting: a controller would meet the one without the other
                                                port: { name: "http" },
                                            },
                                        },
                                    },
                                ],
                            },
                        },
                    ],
                },
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}
