import * as pulumi from "@pulumi/pulumi";
import { Backups } from "./components/backups.ts";
import { BACKEND_APP, Backend } from "./components/backend.ts";
import { ClusterProviders } from "./components/cluster.ts";
import { Configuration } from "./components/configuration.ts";
import { DATABASE_PORT, DATABASE_SERVICE, Database } from "./components/database.ts";
import { deliveryOf } from "./components/deliveryChoice.ts";
import { agreedPassword } from "./components/existingSecret.ts";
import { FRONTEND_APP, Frontend } from "./components/frontend.ts";
import { identify } from "./components/identity.ts";
import { Image } from "./components/image.ts";
import { Ingress } from "./components/ingress.ts";
import { Namespace, computeQuota, planQuota } from "./components/namespace.ts";
import {
    adoptsNamespace,
    adoptsObjects,
    backupsVolume,
    declaresVolume,
    knowsVolume,
    otherClaims,
    volumeNode,
    writtenBy,
} from "./components/ownership.ts";
import { selector } from "./components/pods.ts";
import { preflight } from "./components/preflight.ts";
import { PullSecret } from "./components/pullSecret.ts";
import { planScaling } from "./components/scaling.ts";
import { BACKEND_PORT } from "./components/settings.ts";
import { Teardown } from "./components/teardown.ts";

const { settings, cluster } = await preflight();

const { stackId, situation } = await identify("identity", settings, cluster);

const teardown = new Teardown("teardown", {
    stackId,
    kubeconfig: cluster.kubeconfig ?? "",
    context: cluster.context,
    clusterUid: cluster.contents.clusterUid,
    retain: settings.database.retain,
    existingClaim: settings.database.existingClaim ?? "",
});

const { options } = new ClusterProviders("minikube", {
    cluster,
    stackId,
    adopt: adoptsObjects(situation),
    last: teardown.last,
    scripts: teardown.scripts,
});

const ownDatabase = settings.configuration.databaseUrl === undefined;
const dumps = backupsVolume(situation);
const space = new Namespace(
    "namespace",
    {
        namespace: settings.namespace,
        version: settings.backend.image.tag,
        quota: planQuota(
            computeQuota(
                [settings.backend, settings.frontend],
                ownDatabase ? settings.database : undefined,
                dumps.exists ? settings.backups : undefined,
                otherClaims(situation),
            ),
            cluster.contents.quota,
        ),
        adopted: adoptsNamespace(situation),
    },
    options,
);
export const { namespace } = space;

const { platform } = cluster;
const deliveries = {
    backend: deliveryOf(settings.backend.image, cluster.delivery),
    frontend: deliveryOf(settings.frontend.image, cluster.delivery),
};
const images = {
    backend: new Image(
        "backend-image",
        { ...settings.backend.image, platform, delivery: deliveries.backend },
        options,
    ),
    frontend: new Image(
        "frontend-image",
        { ...settings.frontend.image, platform, delivery: deliveries.frontend },
        options,
    ),
};

const { address = "", login } = settings.registry ?? {};
const pullSecret =
    login === undefined
        ? undefined
        : new PullSecret(
              "pull-secret",
              { namespace, version: settings.backend.image.tag, address, login },
              options,
          );

const configuration = new Configuration(
    "configuration",
    {
        ...settings.configuration,
        namespace,
        version: settings.backend.image.tag,
        backendUrl: `http://${BACKEND_APP}:${BACKEND_PORT}`,
        databaseAddress: `${DATABASE_SERVICE}:${DATABASE_PORT}`,
    },
    options,
);

const backups = dumps.exists
    ? new Backups(
          "backups",
          {
              ...settings.backups,
              database: settings.database,
              declaresVolume: dumps.declared,
              knowsVolume: dumps.known,
              namespace,
          },
          options,
      )
    : undefined;

const database = new Database(
    "database",
    {
        ...settings.database,
        namespace,
        declaresVolume: declaresVolume(situation),
        knowsVolume: knowsVolume(situation),
        writtenBy: writtenBy(situation),
        nodeSelector: volumeNode(situation),
        password: agreedPassword(configuration.databasePassword, settings),
        clients: selector(BACKEND_APP),
        backups,
    },
    options,
);

const backend = new Backend(
    "backend",
    {
        ...settings.backend,
        namespace,
        image: images.backend,
        imagePullSecret: pullSecret?.secretName,
        version: settings.backend.image.tag,
        configuration,
        existingSecret: settings.configuration.existingSecret,
        configurationDigest: configuration.backendDigest,
        scaling: planScaling(BACKEND_APP, settings.backend, settings, cluster.contents),
        database: ownDatabase ? database : configuration.databasePorts,
        balanced: cluster.balancesLoad,
        chatbot: settings.configuration.geminiApiKey !== undefined,
        geminiBaseUrl: settings.configuration.geminiBaseUrl,
        clients: [FRONTEND_APP],
    },
    options,
);

const frontend = new Frontend(
    "frontend",
    {
        ...settings.frontend,
        namespace,
        image: images.frontend,
        imagePullSecret: pullSecret?.secretName,
        balanced: cluster.balancesLoad,
        version: settings.frontend.image.tag,
        configuration,
        configurationDigest: configuration.frontendDigest,
        scaling: planScaling(FRONTEND_APP, settings.frontend, settings, cluster.contents),
        backend: settings.configuration.apiUrl ?? backend,
    },
    options,
);

const ingress = settings.ingress
    ? new Ingress(
          "ingress",
          {
              ...settings.ingress,
              namespace,
              version: settings.frontend.image.tag,
              serviceName: frontend.serviceName,
          },
          options,
      )
    : undefined;

space.limitAfter([database, backend, frontend]);
teardown.guard([space, configuration, database, backend, frontend, ingress ?? []].flat());

const access = pulumi.output(frontend.addresses).apply((addresses) =>
    cluster.access({
        namespace: settings.namespace,
        serviceName: FRONTEND_APP,
        serviceType: settings.frontend.service.type,
        servicePort: settings.frontend.service.port,
        nodePort: settings.frontend.service.nodePort,
        ...addresses,
        ingress: settings.ingress && {
            host: settings.ingress.host,
            tls: settings.ingress.tlsSecretName !== undefined,
        },
    }),
);
// known once the frontend stands
export const { url, nodePortUrl, accessCommand } = access;
export const urlNeedsAccessCommand = access.needsCommand;
export const backendImageDelivery = deliveries.backend.description;
export const frontendImageDelivery = deliveries.frontend.description;
export const backendImage = images.backend.imageName;
export const frontendImage = images.frontend.imageName;
