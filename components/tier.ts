import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceFacts } from "./access.ts";
import type { Configuration } from "./configuration.ts";
import {
    CONFIGURATION_DIGEST,
    FORCED,
    IMAGE_ID,
    LAST_WORDS,
    NOT_AWAITED,
    RESTRICTED_CONTAINER,
    type ScratchFolder,
    labels,
    priority,
    restrictedPod,
    rolloutTimeouts,
    scratch,
    selector,
    tokenlessAccount,
} from "./pods.ts";
import type { Scaling } from "./scaling.ts";
import type { TierSettings } from "./settings.ts";

/** What every tier needs from above. */
export interface TierArgs extends Omit<
    TierSettings,
    "image" | "maxReplicas" | "autoscalingCpuPercent"
> {
    namespace: pulumi.Input<string>;
    /** `name:tag` and ID of the image. */
    image: { imageName: pulumi.Input<string>; imageId: pulumi.Input<string> };
    /** Name of the Secret by which nodes pull it; undefined where they need none. */
    imagePullSecret: pulumi.Input<string> | undefined;
    /** Whether the cluster gives a Service of type LoadBalancer its address. */
    balanced: boolean;
    /** Value of the `version` label. */
    version: string;
    /**
     * The objects that its pods read: made before the pods, and deleted after them. Pods name them by texts: where a name came
     * as an output, another one would make the Deployment's spec unknown, and have it deleted before it is made again. An
     * object that gets another name goes first even so; the pods that have read it serve on until the new ones are ready.
     */
    configuration: Configuration;
    /** Changes with the configuration that this tier reads. */
    configurationDigest: pulumi.Input<string>;
    scaling: Scaling;
}

/** What makes a tier this one: a server that listens on one port, probed over HTTP. */
export interface TierShape {
    /** Name of all its objects, and its `app` label. */
    app: string;
    /** Name of the container, and the `component` label. */
    component: string;
    userId: number;
    port: number;
    livenessPath: string;
    readinessPath: string;
    envFrom: kubernetes.types.input.core.v1.EnvFromSource[];
    /** Of its Deployment; those of its pods would roll them. */
    annotations?: Record<string, string>;
    scratch: readonly ScratchFolder[];
    /** Who may connect; undefined is everybody. */
    ingressFrom?: kubernetes.types.input.networking.v1.NetworkPolicyPeer[];
    /** Where it may connect to. */
    egress: pulumi.Input<kubernetes.types.input.networking.v1.NetworkPolicyEgressRule>[];
}

/** Seconds of a request that may still be under way when draining ends, before the pod is killed. */
const REQUEST_SECONDS = 30;

/**
 * A stateless tier (seed: "Backend Deployment" to "Frontend Service"): ServiceAccount, Deployment, Service, network
 * policy, disruption budget and, where one is set, an autoscaler. Its pods roll when their image, their configuration or
 * their template changes.
 */
export abstract class Tier extends pulumi.ComponentResource {
    /** Name of the Service, also its host name inside the namespace. */
    readonly serviceName: pulumi.Output<string>;
    /** The Service's addresses: its own in the cluster, and a load balancer's. */
    readonly addresses: pulumi.Output<Pick<ServiceFacts, "clusterIp" | "balancerAddress">>;
    /** Value of the `app` label, and the port that the pods listen on. */
    readonly app: string;
    readonly port: number;

    protected constructor(
        type: string,
        name: string,
        args: TierArgs,
        shape: TierShape,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(type, name, {}, opts);
        const { app, component, port } = shape;
        const { autoscaler, takesBack } = args.scaling;
        this.app = app;
        this.port = port;
        const match = selector(app);
        const metadata = {
            name: app,
            namespace: args.namespace,
            labels: labels(app, component, args.version),
        };
        const { volumes, volumeMounts } = scratch(shape.scratch);
        const probe = (path: string) => ({
            httpGet: { path, port: "http" },
            // under a CPU limit a busy server may take more than the default second
            timeoutSeconds: 3,
        });

        const ownAnnotations = { ...shape.annotations, ...(takesBack ? FORCED : {}) };
        const account = new kubernetes.core.v1.ServiceAccount(
            `${name}-account`,
            tokenlessAccount(metadata),
            { parent: this },
        );
        const deployment = new kubernetes.apps.v1.Deployment(
            `${name}-deployment`,
            {
                metadata: {
                    ...metadata,
                    ...(Object.keys(ownAnnotations).length > 0
                        ? { annotations: ownAnnotations }
                        : {}),
                },
                spec: {
                    // with an autoscaler only the number to start with
                    replicas: args.replicas,
                    revisionHistoryLimit: 3,
                    progressDeadlineSeconds: args.rolloutTimeoutSeconds,
                    selector: { matchLabels: match },
                    strategy: {
                        type: "RollingUpdate",
                        rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
                    },
                    template: {
                        metadata: {
                            labels: metadata.labels,
                            // names and tags are fixed, so without these a new image or Secret would roll nothing
                            annotations: {
                                ...args.podAnnotations,
                                [IMAGE_ID]: args.image.imageId,
                                [CONFIGURATION_DIGEST]: args.configurationDigest,
                            },
                        },
                        spec: {
                            serviceAccountName: account.metadata.name,
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            ...(args.imagePullSecret === undefined
                                ? {}
                                : { imagePullSecrets: [{ name: args.imagePullSecret }] }),
                            securityContext: restrictedPod(shape.userId),
                            terminationGracePeriodSeconds: args.drainSeconds + REQUEST_SECONDS,
                            ...priority(args.priorityClassName),
                            // the constraints alone weigh less than where an image and room are
                            affinity: {
                                podAntiAffinity: {
                                    preferredDuringSchedulingIgnoredDuringExecution: [
                                        {
                                            weight: 100,
                                            podAffinityTerm: {
                                                topologyKey: "kubernetes.io/hostname",
                                                labelSelector: { matchLabels: match },
                                            },
                                        },
                                    ],
                                },
                            },
                            // over nodes and zones where there are several; one node takes them all
                            topologySpreadConstraints: [
                                "kubernetes.io/hostname",
                                "topology.kubernetes.io/zone",
                            ].map((topologyKey) => ({
                                topologyKey,
                                maxSkew: 1,
                                whenUnsatisfiable: "ScheduleAnyway",
                                labelSelector: { matchLabels: match },
                            })),
                            containers: [
                                {
                                    name: component,
                                    image: args.image.imageName,
                                    imagePullPolicy: args.imagePullPolicy,
                                    ports: [{ name: "http", containerPort: port }],
                                    envFrom: shape.envFrom,
                                    env: [{ name: "DRAIN_SECONDS", value: `${args.drainSeconds}` }],
                                    resources: args.resources,
                                    securityContext: RESTRICTED_CONTAINER,
                                    ...LAST_WORDS,
                                    // Once it passes, the kubelet asks for readiness at once, and not up to a whole period
                                    // after its delay. A start that hangs is ended no sooner than liveness would end it.
                                    startupProbe: {
                                        ...probe(shape.livenessPath),
                                        initialDelaySeconds: args.readiness.initialDelaySeconds,
                                        periodSeconds: 1,
                                        failureThreshold: Math.max(
                                            60,
                                            args.liveness.initialDelaySeconds,
                                        ),
                                    },
                                    livenessProbe: {
                                        ...probe(shape.livenessPath),
                                        ...args.liveness,
                                    },
                                    readinessProbe: {
                                        ...probe(shape.readinessPath),
                                        ...args.readiness,
                                    },
                                    volumeMounts,
                                },
                            ],
                            volumes,
                        },
                    },
                },
            },
            {
                parent: this,
                dependsOn: args.configuration,
                customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds),
                // not left out of the program: a server-side apply without it would go back to one pod
                ...(autoscaler === undefined ? {} : { ignoreChanges: ["spec.replicas"] }),
            },
        );
        if (autoscaler !== undefined) {
            const { minReplicas, maxReplicas, cpuPercent } = autoscaler;
            new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
                `${name}-autoscaler`,
                {
                    metadata,
                    spec: {
                        minReplicas,
                        maxReplicas,
                        scaleTargetRef: {
                            apiVersion: "apps/v1",
                            kind: "Deployment",
                            name: deployment.metadata.name,
                        },
                        metrics: [
                            {
                                type: "Resource",
                                resource: {
                                    name: "cpu",
                                    target: { type: "Utilization", averageUtilization: cpuPercent },
                                },
                            },
                        ],
                    },
                },
                { parent: this },
            );
        }
        const annotations = {
            ...args.service.annotations,
            // nothing else gives it an address but a `minikube tunnel`, which may never run
            ...(args.service.type === "LoadBalancer" && !args.balanced ? NOT_AWAITED : {}),
        };
        const service = new kubernetes.core.v1.Service(
            `${name}-service`,
            {
                metadata: {
                    ...metadata,
                    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
                },
                spec: {
                    type: args.service.type,
                    selector: match,
                    ports: [
                        {
                            name: "http",
                            protocol: "TCP",
                            port: args.service.port,
                            targetPort: port,
                            ...(args.service.nodePort === undefined
                                ? {}
                                : { nodePort: args.service.nodePort }),
                        },
                        ...(args.service.fixedPort === undefined
                            ? []
                            : [
                                  {
                                      name: "http-fixed",
                                      protocol: "TCP",
                                      port: args.service.fixedPort,
                                      targetPort: port,
                                  },
                              ]),
                    ],
                },
            },
            // Pulumi waits for ready endpoints: after the Deployment that is no wait, before it a race with the build
            { parent: this, dependsOn: deployment },
        );
        new kubernetes.networking.v1.NetworkPolicy(
            `${name}-network`,
            {
                metadata,
                spec: {
                    podSelector: { matchLabels: match },
                    policyTypes: ["Ingress", "Egress"],
                    ingress: [
                        {
                            ports: [{ protocol: "TCP", port }],
                            ...(shape.ingressFrom === undefined ? {} : { from: shape.ingressFrom }),
                        },
                    ],
                    egress: shape.egress,
                },
            },
            { parent: this },
        );
        new kubernetes.policy.v1.PodDisruptionBudget(
            `${name}-disruption`,
            {
                metadata,
                // of several pods all but one stay; not minAvailable: with one it would block every drain of its node
                spec: { maxUnavailable: 1, selector: { matchLabels: match } },
            },
            { parent: this },
        );

        this.serviceName = service.metadata.name;
        const balancerAddress =
            args.service.type === "LoadBalancer" && args.balanced
                ? service.status.apply(({ loadBalancer }) => {
                      const { ingress = [] } = loadBalancer as Partial<typeof loadBalancer>;
                      return ingress[0]?.hostname ?? ingress[0]?.ip;
                  })
                : undefined;
        this.addresses = pulumi.output({ clusterIp: service.spec.clusterIP, balancerAddress });
        this.registerOutputs({ serviceName: this.serviceName });
    }
}
