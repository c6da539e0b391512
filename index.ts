import { resolveAccess } from "./components/access.ts";
import { Backups } from "./components/backups.ts";
import { BACKEND_APP, Backend } from "./components/backend.ts";
import { Configuration } from "./components/configuration.ts";
import { DATABASE_PORT, DATABASE_SERVICE, Database } from "./components/database.ts";
import { FRONTEND_APP, Frontend } from "./components/frontend.ts";
import { Image, nodePlatform } from "./components/image.ts";
import { Minikube } from "./components/minikube.ts";
import { Namespace } from "./components/namespace.ts";
import { selector } from "./components/pods.ts";
import { preflight } from "./components/preflight.ts";

const { settings, cluster } = await preflight();

const { options } = new Minikube("minikube", { cluster });

export const { namespace } = new Namespace(
    "namespace",
    {
        namespace: settings.namespace,
        version: settings.backend.image.tag,
        tiers: [settings.backend, settings.frontend],
        database: settings.configuration.databaseUrl === undefined ? settings.database : undefined,
        backups: settings.backups,
    },
    options,
);

const platform = nodePlatform();
const images = {
    backend: new Image("backend-image", { ...settings.backend.image, platform }, options),
    frontend: new Image("frontend-image", { ...settings.frontend.image, platform }, options),
};

const configuration = new Configuration(
    "configuration",
    {
        ...settings.configuration,
        namespace,
        version: settings.backend.image.tag,
        backendUrl: `http://${BACKEND_APP}:${settings.backend.service.port}`,
        databaseAddress: `${DATABASE_SERVICE}:${DATABASE_PORT}`,
    },
    options,
);

const backups =
    settings.backups &&
    new Backups(
        "backups",
        { ...settings.backups, database: settings.database, namespace },
        options,
    );

const database =
    configuration.database &&
    new Database(
        "database",
        {
            ...settings.database,
            ...configuration.database,
            namespace,
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
        version: settings.backend.image.tag,
        configMapName: configuration.configMapName,
        secretName: configuration.secretName,
        configurationDigest: configuration.backendDigest,
        database: database ?? configuration.databasePorts,
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
        version: settings.frontend.image.tag,
        configMapName: configuration.configMapName,
        configurationDigest: configuration.frontendDigest,
        backend: settings.configuration.apiUrl ?? backend,
    },
    options,
);

const access = resolveAccess({
    ...cluster,
    namespace: settings.namespace,
    serviceName: FRONTEND_APP,
    servicePort: settings.frontend.service.port,
    nodePort: settings.frontend.service.nodePort,
});
// the address leads somewhere once the frontend stands
export const url = frontend.serviceName.apply(() => access.url);
export const { nodePortUrl, accessCommand } = access;
export const backendImage = images.backend.imageName;
export const frontendImage = images.frontend.imageName;
