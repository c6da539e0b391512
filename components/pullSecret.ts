import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RegistryLogin } from "./delivery.ts";
import { labels } from "./pods.ts";

/** The host, with its port, of a registry's address. */
export const registryHost = (address: string): string => address.split("/")[0] ?? "";

/** What the kubelet logs in to a registry with, as `docker login` writes it. */
export function dockerConfig(address: string, user: string, password: string): string {
    const auth = Buffer.from(`${user}:${password}`).toString("base64");
    return JSON.stringify({
        auths: { [registryHost(address)]: { username: user, password, auth } },
    });
}

export interface PullSecretArgs {
    namespace: pulumi.Input<string>;
    /** Value of the `version` label. */
    version: string;
    /** Of the registry: host and path. */
    address: string;
    login: RegistryLogin;
}

/** The Secret by which nodes pull images from a registry. */
export class PullSecret extends pulumi.ComponentResource {
    readonly secretName: pulumi.Output<string>;

    constructor(name: string, args: PullSecretArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:pullSecret:PullSecret", name, {}, opts);
        const { login, address } = args;
        const secret = new kubernetes.core.v1.Secret(
            `${name}-secret`,
            {
                metadata: {
                    name: "habit-tracker-registry",
                    namespace: args.namespace,
                    labels: labels("habit-tracker", "images", args.version),
                },
                type: "kubernetes.io/dockerconfigjson",
                stringData: {
                    ".dockerconfigjson": login.password.apply((password) =>
                        dockerConfig(address, login.user, password),
                    ),
                },
            },
            { parent: this },
        );
        this.secretName = secret.metadata.name;
        this.registerOutputs({ secretName: this.secretName });
    }
}
