import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RULES_NAME } from "./contents.ts";
import { PRODUCT_LABEL, labels } from "./pods.ts";
import {
    type BackupSettings,
    type DatabaseSettings,
    type Resources,
    type TierSettings,
    quantity,
} from "./settings.ts";

export interface NamespaceArgs {
    /** One other than `default` is created and belongs to the stack. */
    namespace: string;
    /** Value of the `version` label. */
    version: string;
    /** For a namespace of the stack's own. */
    quota: QuotaPlan;
    /** The namespace is there, nobody's, and taken up as it is. */
    adopted: boolean;
}

/** Pods of a tier at one time: all of them twice while the old ones drain, and the one that a rollout adds. */
const podsAtOnce = ({ replicas, maxReplicas = replicas }: TierSettings) => 2 * maxReplicas + 1;

/** Rounded up to a whole number, but for what binary fractions add: three times 0.2 is more than 0.6 in them. */
const roundUp = (amount: number) => Math.ceil(Number(amount.toFixed(3)));

/** What several claims ask for together; one alone stays as it is written. */
const sumOfDisk = (claims: readonly string[]) =>
    claims.length > 1
        ? `${roundUp(claims.reduce((sum, size) => sum + quantity(size), 0) / 2 ** 20)}Mi`
        : (claims[0] ?? "0");

/**
 * The most that the stack ever needs of a namespace, rollouts included, as a ResourceQuota's `hard`: CPU in millicores,
 * memory and disk in Mi. All else that is started there by mistake is refused.
 *
 * @param database the in-cluster PostgreSQL; undefined with a database of one's own
 * @param backups its dumps; undefined where there is no volume for them
 * @param others sizes of claims that are there beside those
 */
export function computeQuota(
    tiers: readonly TierSettings[],
    database: DatabaseSettings | undefined,
    backups: BackupSettings | undefined,
    others: readonly string[],
): Record<string, string> {
    const claims = [...[database, backups].flatMap((owner) => owner?.storage ?? []), ...others];
    // the database is stopped before it is started anew, so there is one of it, and one that dumps it
    const groups = [
        ...tiers.map((tier) => ({ pods: podsAtOnce(tier), resources: tier.resources })),
        ...(database === undefined
            ? []
            : [
                  {
                      pods: backups?.schedule === undefined ? 1 : 2,
                      resources: database.resources,
                  },
              ]),
    ];
    const total = (kind: keyof Resources, name: string) =>
        groups.reduce(
            (sum, { pods, resources }) => sum + pods * quantity(resources[kind][name] ?? ""),
            0,
        );
    const cpu = (kind: keyof Resources) => `${roundUp(total(kind, "cpu") * 1000)}m`;
    const bytes = (kind: keyof Resources, name: string) =>
        `${roundUp(total(kind, name) / 2 ** 20)}Mi`;
    const exposed = (...types: string[]) =>
        tiers.map(({ service }) => service).filter(({ type }) => types.includes(type));
    return {
        pods: `${groups.reduce((sum, { pods }) => sum + pods, 0)}`,
        "requests.cpu": cpu("requests"),
        "limits.cpu": cpu("limits"),
        "requests.memory": bytes("requests", "memory"),
        "limits.memory": bytes("limits", "memory"),
        "requests.ephemeral-storage": bytes("requests", "ephemeral-storage"),
        "limits.ephemeral-storage": bytes("limits", "ephemeral-storage"),
        persistentvolumeclaims: `${claims.length}`,
        "requests.storage": sumOfDisk(claims),
        // a Service has one for each of its ports
        "services.nodeports": `${exposed("NodePort", "LoadBalancer").reduce(
            (sum, { fixedPort }) => sum + (fixedPort === undefined ? 1 : 2),
            0,
        )}`,
        "services.loadbalancers": `${exposed("LoadBalancer").length}`,
    };
}

/** A quota as an update has to go about it. */
export interface QuotaPlan {
    /** What holds from now on; where one amount grows and another shrinks, the larger of old and new. */
    hard: Record<string, string>;
    /** Nothing grows and something shrinks: the larger pods have to be gone first. */
    afterRollout: boolean;
}

/**
 * How to get from the quota in the cluster to the wanted one, so that pods before and after a rollout fit. Where some
 * amounts grow and others shrink, those that shrink do so in the next update.
 */
export function planQuota(
    wanted: Readonly<Record<string, string>>,
    present: Readonly<Record<string, string>> | undefined,
): QuotaPlan {
    const compare = (name: string) =>
        quantity(wanted[name] ?? "0") - quantity(present?.[name] ?? wanted[name] ?? "0");
    const names = Object.keys(wanted);
    const grows = names.some((name) => compare(name) > 0);
    const shrinks = names.filter((name) => compare(name) < 0);
    return {
        hard: {
            ...wanted,
            ...(grows
                ? Object.fromEntries(shrinks.map((name) => [name, present?.[name] ?? ""]))
                : {}),
        },
        afterRollout: !grows && shrinks.length > 0,
    };
}

/**
 * Where the stack's objects live. A namespace of the stack's own enforces the restricted Pod Security profile and has a
 * quota; in `default`, which belongs to everybody, only the product's own pods are bound by anything.
 */
export class Namespace extends pulumi.ComponentResource {
    /** Known once its rules hold, so that nothing comes in before them. */
    readonly namespace: pulumi.Output<string>;
    private readonly limit: (after: readonly pulumi.Resource[]) => kubernetes.core.v1.ResourceQuota;
    private readonly limitAfterRollout: boolean;

    constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:namespace:Namespace", name, {}, opts);
        const owned = args.namespace !== "default";
        const ownLabels = labels("habit-tracker", "namespace", args.version);
        const namespace = owned
            ? new kubernetes.core.v1.Namespace(
                  `${name}-own`,
                  {
                      metadata: {
                          name: args.namespace,
                          labels: {
                              ...ownLabels,
                              "pod-security.kubernetes.io/enforce": "restricted",
                          },
                      },
                  },
                  {
                      parent: this,
                      // a namespace takes the volumes in it along, so no update may remove it: see teardown.ts
                      retainOnDelete: true,
                      // an import has to be told what is there, whatever labels that has, and whoever made it
                      ...(args.adopted
                          ? { import: args.namespace, ignoreChanges: ["metadata", "spec"] }
                          : {}),
                  },
              ).metadata.name
            : args.namespace;
        const metadata = { name: RULES_NAME, namespace, labels: ownLabels };
        // every pod has a policy of its own with what it needs; this one holds for those that somebody forgot
        const policy = new kubernetes.networking.v1.NetworkPolicy(
            `${name}-default-deny`,
            {
                metadata,
                spec: {
                    podSelector: owned ? {} : { matchLabels: PRODUCT_LABEL },
                    policyTypes: ["Ingress", "Egress"],
                },
            },
            { parent: this },
        );
        this.limit = (after) =>
            new kubernetes.core.v1.ResourceQuota(
                `${name}-quota`,
                { metadata, spec: { hard: args.quota.hard } },
                { parent: this, dependsOn: [...after] },
            );
        this.limitAfterRollout = owned && args.quota.afterRollout;
        const quota = owned && !args.quota.afterRollout ? this.limit([]) : undefined;
        this.namespace = pulumi
            .all([policy.metadata.namespace, quota?.metadata.namespace])
            .apply(([confirmed]) => confirmed);
        this.registerOutputs({ namespace: this.namespace });
    }

    /** Lowers the quota, where that has to wait for the rollouts of these. */
    limitAfter(rollouts: readonly pulumi.Resource[]): void {
        if (this.limitAfterRollout) {
            this.limit(rollouts);
        }
    }
}
