import { BACKEND_APP } from "./backend.ts";
import { BACKUPS_CLAIM } from "./backups.ts";
import type { Cluster } from "./cluster.ts";
import {
    type Claim,
    type Contents,
    type Found,
    MINIKUBE_VOLUMES,
    OTHER_NODES,
    PRIMARY_NODE,
    type Workload,
    isMadeByHand,
    objectsIn,
} from "./contents.ts";
import { DATABASE_SERVICE, PASSWORD_FILE, postgresMajor } from "./database.ts";
import {
    leadsIntoOwnDatabase,
    namesOwnDatabase,
    secretCommands,
    secretNamed,
} from "./existingSecret.ts";
import { FRONTEND_APP } from "./frontend.ts";
import { leadTo } from "./kubeconfig.ts";
import type { Problem } from "./problems.ts";
import { DEFAULT_ALGORITHM, type Settings, quantity } from "./settings.ts";

/** Where a stack lives: what stays the same when its Minikube is stopped, moved to other ports or made anew. */
export interface Home {
    /** The context in the kubeconfig: a Minikube's is called like its profile. */
    profile: string;
    /** SHA-256 fingerprint of the authority behind the API server's certificate: Minikube has one for each user. */
    authority: string;
}

/** What the program knows of its own stack before it changes anything. */
export interface Self {
    /** The stack's ID; undefined in the preview of a first run, which has none yet. */
    id: string | undefined;
    /** The cluster that the stack has been in so far. */
    home: Home;
    /** The stack was never brought up before, at least not by a version that gave it an ID. */
    fresh: boolean;
    /** Something in the cluster carries the ID: an update got that far. */
    labelled: boolean;
}

/** What the rules below look at. */
export interface Situation {
    settings: Settings;
    contents: Contents;
    self: Self;
    /** The cluster that the settings lead to, and how people call it and its kubectl. */
    here: Home;
    cluster: Pick<Cluster, "title" | "kubectl">;
}

/** Whether an object says that it is this stack's, or that of a lost one which this stack takes over. */
const isOwn = ({ stack }: Found, { self, settings }: Situation) =>
    stack !== undefined && (stack === self.id || stack === settings.adoptStack);
const isForeign = (found: Found, situation: Situation) =>
    found.stack !== undefined && !isOwn(found, situation);
const full = ({ namespace, name }: Found) => `${namespace}/${name}`;
const stackOf = ({ stack, stackName }: Found) =>
    stack === undefined ? "no stack of this version" : `the stack "${stackName}" (ID ${stack})`;
const inNamespace = (settings: Settings) => (found: Found) =>
    found.namespace === settings.namespace;

/** The claim of that name in the stack's namespace. */
function claimNamed({ settings, contents }: Situation, name: string): Claim | undefined {
    return contents.claims.filter(inNamespace(settings)).find((claim) => claim.name === name);
}

/** What runs on a claim of the stack's namespace. */
function workloadOn({ settings, contents }: Situation, { name }: Claim): Workload | undefined {
    return contents.workloads
        .filter(inNamespace(settings))
        .find(({ claims }) => claims.includes(name));
}

/** The major version of PostgreSQL that wrote what is in a claim; one from before it was written down has the server's that runs on it. */
const writerOf = (situation: Situation, claim: Claim) =>
    claim.postgresMajor ?? workloadOn(situation, claim)?.images.map(postgresMajor)[0];

/** The same of the claim that the stack makes for the database; undefined where it is not there, or nothing tells. */
export function writtenBy(situation: Situation): string | undefined {
    const claim = claimNamed(situation, situation.settings.database.claimName);
    return claim && writerOf(situation, claim);
}

/** Whether the database's claim is one that the stack makes, rather than takes up. */
const makesVolume = (settings: Settings) =>
    wantedClaim(settings) !== undefined && settings.database.existingClaim === undefined;

/** The claim that the settings want for the database; undefined with a database of one's own. */
function wantedClaim({ database, configuration }: Settings): string | undefined {
    return configuration.databaseUrl === undefined
        ? (database.existingClaim ?? database.claimName)
        : undefined;
}

/**
 * Whether the database's claim is the stack's to declare. One that it has stays declared whatever the settings say, so
 * that it never leaves the state while it is in the cluster.
 */
export function declaresVolume(situation: Situation): boolean {
    const { settings } = situation;
    return hasClaim(situation, settings.database.claimName) || makesVolume(settings);
}

/** Whether the claim that the stack makes for the database is there, and the one in the state. */
export const knowsVolume = (situation: Situation) =>
    isKnown(situation, situation.settings.database.claimName);

/** Whether a claim is there, and not one that the stack left and goes back to: of that, the state has another one. */
const isKnown = (situation: Situation, name: string) =>
    claimNamed(situation, name) !== undefined &&
    // a lost stack's is in no state at all, or in this one since it was taken over
    (situation.settings.adoptStack !== undefined || !adoptsObjects(situation));

/** Whether a claim of that name is there and the stack's own. */
function hasClaim(situation: Situation, name: string): boolean {
    const claim = claimNamed(situation, name);
    // one without an ID is from before there were any
    return (
        claim !== undefined &&
        !claim.kept &&
        (isOwn(claim, situation) || (claim.stack === undefined && claim.product))
    );
}

/** Whether the volume of a claim, which may be still to come, is one of Minikube's own. */
function isOnNode(situation: Situation, claimName: string): boolean {
    const { settings, contents } = situation;
    const claim = claimNamed(situation, claimName);
    const className = claim === undefined ? settings.database.storageClass : claim.storageClass;
    return (
        contents.storageClasses.find(({ name, isDefault }) =>
            className === undefined ? isDefault : name === className,
        )?.provisioner === MINIKUBE_VOLUMES
    );
}

/**
 * What a node has to be labelled with to have the database's volume. Minikube's own volumes are on its first node, and a pod
 * on another one would find an empty folder.
 */
export function volumeNode(situation: Situation): Record<string, string> {
    // the dumps are in its pod as well
    const mounted = [
        wantedClaim(situation.settings) ?? [],
        backupsVolume(situation).exists ? BACKUPS_CLAIM : [],
    ].flat();
    const hasPrimary = situation.contents.minikubeVolumes?.primary !== undefined;
    return hasPrimary && mounted.some((name) => isOnNode(situation, name))
        ? Object.fromEntries([PRIMARY_NODE.split("=") as [string, string]])
        : {};
}

/** Whether there is a volume with scheduled dumps, or is to be one, and whether it is the stack's to declare. */
export function backupsVolume(situation: Situation): {
    exists: boolean;
    declared: boolean;
    /** It is there, and the one in the state. */
    known: boolean;
} {
    const found = claimNamed(situation, BACKUPS_CLAIM);
    const wanted = situation.settings.backups.schedule !== undefined;
    const known = isKnown(situation, BACKUPS_CLAIM);
    // one that was kept is read and written as it is
    return found?.kept
        ? { exists: true, declared: false, known }
        : {
              exists: wanted || found !== undefined,
              declared: wanted || hasClaim(situation, BACKUPS_CLAIM),
              known,
          };
}

/** Sizes of the claims in the stack's namespace that the settings do not name, such as one that was left behind. */
export function otherClaims(situation: Situation): string[] {
    const { settings, contents } = situation;
    const named = [wantedClaim(settings), BACKUPS_CLAIM];
    return contents.claims
        .filter(inNamespace(settings))
        .filter(({ name }) => !named.includes(name))
        .map(({ storage }) => storage);
}

/**
 * Whether the stack's namespace exists, belongs to no stack and is to be taken up as it is, with what is in it: a claim that
 * was kept, or the Secret that somebody made for this stack, and the namespace before it.
 */
export function adoptsNamespace(situation: Situation): boolean {
    const { database, configuration } = situation.settings;
    const space = namespaceOf(situation);
    return (
        (database.existingClaim !== undefined && isNobodys(space)) ||
        (isMadeByHand(space) &&
            (livesIn(situation) ||
                ((configuration.existingSecret !== undefined || takesUpRelease(situation)) &&
                    isFree(situation))))
    );
}

/** Whether something of the stack is in its namespace. */
const livesIn = (situation: Situation) =>
    objectsIn(situation.contents)
        .filter(inNamespace(situation.settings))
        .some((found) => isOwn(found, situation));
/** Whether nobody else has anything in it that the namespace's quota and policy would bind. */
const isFree = ({ settings, contents }: Situation) =>
    contents.strangers.length === 0 &&
    objectsIn(contents)
        .filter(inNamespace(settings))
        .every(({ product }) => product);
/** Whether a claim that a Helm release left is in it, and is to be taken up. */
const takesUpRelease = (situation: Situation) =>
    claimNamed(situation, situation.settings.database.existingClaim ?? "")?.release !== undefined;

/** The namespace that the settings name, where it exists. */
const namespaceOf = ({ settings, contents }: Situation) =>
    contents.namespaces.find(({ name }) => name === settings.namespace);
/** Whether it was made by this program and belongs to no stack: a destroy left it, or it is from before there were IDs. */
const isNobodys = (namespace: Found | undefined) =>
    namespace !== undefined && namespace.stack === undefined && namespace.product;

/**
 * Whether objects that are there already are to be taken over, because the state may not know them: all of a lost stack's,
 * a namespace that a destroy left for what else is in it, or a namespace or a volume that the stack left once and goes back
 * to.
 */
export function adoptsObjects(situation: Situation): boolean {
    const { settings, contents } = situation;
    const wanted = wantedClaim(settings);
    const claim = wanted === undefined ? undefined : claimNamed(situation, wanted);
    const idle =
        claim !== undefined &&
        isOwn(claim, situation) &&
        workloadOn(situation, claim) === undefined;
    const space = namespaceOf(situation);
    const empty =
        space !== undefined &&
        isOwn(space, situation) &&
        !contents.workloads.filter(inNamespace(settings)).some((found) => isOwn(found, situation));
    // one from before there were IDs has more of them in it, of this stack, whose state knows them, or of another one
    const left =
        isNobodys(space) &&
        !adoptsNamespace(situation) &&
        !objectsIn(contents)
            .filter(inNamespace(settings))
            .some(({ product, stack, kept }) => product && stack === undefined && !kept);
    return settings.adoptStack !== undefined || left || empty || idle;
}

function homeProblems({ settings, contents, self, here }: Situation): Problem[] {
    const same = self.home.profile === here.profile && self.home.authority === here.authority;
    // what is there carries the stack's ID: its own cluster, whose certificates may have been made anew
    if (self.labelled) {
        return self.home.profile === here.profile
            ? []
            : [
                  {
                      what: `The cluster "${here.profile}" is the stack's own, which it knows as "${self.home.profile}"`,
                      why: "Under another name everything in it would be made anew.",
                      next: `kubectl config rename-context ${here.profile} ${self.home.profile}, then ${leadTo(self.home.profile)}`,
                  },
              ];
    }
    if (same || settings.moveToCluster === contents.clusterUid) {
        return [];
    }
    const elsewhere =
        self.home.authority === here.authority ? "" : " on another machine, or of another user";
    return [
        {
            what: `This stack lives in the cluster "${self.home.profile}"${elsewhere}, and the settings lead to another cluster ("${here.profile}")`,
            why: "Everything would be made anew here, the database empty, and what is there would be out of the stack's sight.",
            next:
                (elsewhere
                    ? `a stack of your own: pulumi stack init NAME`
                    : `to stay: ${leadTo(self.home.profile)}`) +
                `; to move, npm run backup there first, then: pulumi config set moveToCluster ${contents.clusterUid}`,
        },
    ];
}

function portProblems(situation: Situation): Problem[] {
    const { settings, contents } = situation;
    const { nodePort } = settings.frontend.service;
    const owner = contents.services.find(
        (service) =>
            nodePort !== undefined &&
            service.nodePorts.includes(nodePort) &&
            (service.stack === undefined
                ? full(service) !== `${settings.namespace}/${FRONTEND_APP}`
                : isForeign(service, situation)),
    );
    return owner === undefined
        ? []
        : [
              {
                  what: `frontendNodePort ${nodePort} is taken by the Service ${full(owner)} of ${stackOf(owner)}`,
                  why: "A port of the node belongs to one Service.",
                  next: "pulumi config set frontendNodePort PORT, free and from 30000 to 32767",
              },
          ];
}

/** One namespace holds one stack: names are fixed. */
function namespaceProblems(situation: Situation): Problem[] {
    const { settings, contents } = situation;
    const release = objectsIn(contents)
        .filter(inNamespace(settings))
        .find((found) => found.product && !found.kept && found.release !== undefined);
    if (release !== undefined) {
        return [
            {
                what: `The namespace "${settings.namespace}" holds the product already, as the Helm release "${release.release}"`,
                why: "Names are fixed, so both would fight over the same objects, its secrets among them.",
                next: `pulumi config set namespace NAME, for one of the stack's own; or, in its place: helm uninstall ${release.release} -n ${settings.namespace}, which leaves the database's volume, then pulumi config set databaseExistingClaim NAME`,
            },
        ];
    }
    const other = objectsIn(contents)
        .filter(inNamespace(settings))
        .find((found) => found.product && !found.kept && isForeign(found, situation));
    if (other !== undefined) {
        return [
            {
                what: `The namespace "${settings.namespace}" holds ${stackOf(other)} already`,
                why: "Names are fixed, so two stacks in one namespace would fight over the same objects.",
                next: `pulumi config set namespace NAME, for one of its own; or, only where that stack's state is lost: pulumi config set adoptStack ${other.stack}`,
            },
        ];
    }
    const found = namespaceOf(situation);
    const keptData = contents.claims
        .filter(inNamespace(settings))
        .filter(({ kept, component }) => kept && component === "database")
        .map(({ name }) => name);
    const ours =
        settings.namespace === "default" ||
        found === undefined ||
        isOwn(found, situation) ||
        (isNobodys(found) &&
            // from before there were IDs, or left for what else is in it
            (!found.kept ||
                // the claim in it says so itself, or is not asked for
                keptData.length === 0 ||
                keptData.includes(settings.database.claimName) ||
                wantedClaim(settings) === undefined)) ||
        adoptsNamespace(situation);
    return ours
        ? []
        : [
              found.kept
                  ? {
                        what: `The namespace "${settings.namespace}" was kept with a database's volume in it, when a stack was destroyed`,
                        why: "What it holds would stay unused beside a new, empty volume.",
                        next: `pulumi config set databaseExistingClaim ${keptData.join(" or ")}, which takes both up again`,
                    }
                  : {
                        what: `The namespace "${settings.namespace}" exists, and is not this stack's (it belongs to ${stackOf(found)})`,
                        why: "A namespace of the stack's own is made and removed with it, and all in it.",
                        next: `pulumi config set namespace NAME, of one that does not exist yet${
                            settings.configuration.existingSecret === undefined
                                ? ""
                                : ", or that holds nothing but the Secret"
                        }`,
                    },
          ];
}

/** The Secret that the stack's backend has now, and whether the program made it; undefined where there is none. */
function presentSecret(situation: Situation) {
    const { settings, contents } = situation;
    const backend = contents.workloads
        .filter(inNamespace(settings))
        .find((found) => found.name === BACKEND_APP && isOwn(found, situation));
    const [name] = backend?.secrets ?? [];
    return name === undefined
        ? undefined
        : {
              name,
              madeHere: backend?.existingSecret !== name,
              found: secretNamed(contents, name),
          };
}

/** Whose the backend's Secret is: one that the stack makes must not be there, one that exists must not be the stack's. */
function secretOwnerProblems(situation: Situation): Problem[] {
    const { settings, contents, cluster } = situation;
    const { existingSecret, secretName } = settings.configuration;
    const commands = secretCommands(cluster.kubectl, settings.namespace);
    const found = secretNamed(contents, existingSecret ?? secretName);
    const present = presentSecret(situation);
    if (found === undefined) {
        return [];
    }
    // the stack's own, whatever somebody did to its labels: the state has it
    const known = present?.name === found.name && present.madeHere;
    if (existingSecret === undefined) {
        return found.product || found.stack !== undefined || known
            ? []
            : [
                  {
                      what: `The Secret ${full(found)} is there already, and this program did not make it`,
                      why: "What is in it is somebody's.",
                      next: `to have the backend use it: pulumi config set existingSecret ${found.name}; for one of the stack's own beside it: pulumi config set secretName NAME`,
                  },
              ];
    }
    if (isForeign(found, situation)) {
        return [
            {
                what: `existingSecret is "${found.name}", and that Secret is of ${stackOf(found)}`,
                why: "It goes when that stack goes, or changes with it.",
                next: `${commands.copy(found.name, "NAME")}, then pulumi config set existingSecret NAME`,
            },
        ];
    }
    return isOwn(found, situation) || found.product || known
        ? [
              {
                  what: `existingSecret is "${found.name}", and that Secret is the stack's own`,
                  why: "The stack no longer makes one then, so the update would delete it.",
                  next: `${commands.copy(found.name, "NAME")}, then pulumi config set existingSecret NAME; or, to stay with it: pulumi config rm existingSecret`,
              },
          ]
        : [];
}

/** An existing Secret that leads into the stack's own database, and would not get in. */
function secretDatabaseProblems(situation: Situation): Problem[] {
    const { settings, contents, self, cluster } = situation;
    const { namespace, configuration } = settings;
    const found = secretNamed(contents, configuration.existingSecret ?? "");
    const url = found?.entries()["DATABASE_URL"] ?? "";
    if (found === undefined || !namesOwnDatabase(url, namespace)) {
        return [];
    }
    const commands = secretCommands(cluster.kubectl, namespace);
    const server = secretNamed(contents, DATABASE_SERVICE);
    if (server === undefined || !isOwn(server, situation) || self.fresh) {
        // in a cluster made anew the stack's state may have the password: agreedPassword looks at that
        return self.fresh || self.labelled
            ? [
                  {
                      what: `DATABASE_URL in the Secret ${full(found)} names the in-cluster database, whose password the stack has yet to generate`,
                      why: "No URL can have it before.",
                      next: `pulumi config rm existingSecret; pulumi up; ${commands.copy(configuration.secretName, "NAME")}; pulumi config set existingSecret NAME; or a DATABASE_URL of your own database in that Secret`,
                  },
              ]
            : [];
    }
    return leadsIntoOwnDatabase(url, namespace, server.entries()[PASSWORD_FILE] ?? "")
        ? []
        : [
              {
                  what: `DATABASE_URL in the Secret ${full(found)} names the in-cluster database, and would not get into it`,
                  why: "Its role, its database, its port and its generated password are the stack's; the backend would be without data.",
                  next: commands.useOwnDatabase(found.name),
              },
          ];
}

/** A change from one Secret to another that would end all sessions, or leave a database of one's own, as if by the way. */
function secretChangeProblems(situation: Situation): Problem[] {
    const { settings, cluster } = situation;
    const { namespace, configuration } = settings;
    const { existingSecret } = configuration;
    const present = presentSecret(situation);
    if (
        present?.found === undefined ||
        present.name === existingSecret ||
        (existingSecret === undefined && present.madeHere)
    ) {
        return [];
    }
    const before = present.found.entries();
    const algorithm = before["JWT_ALGORITHM"] || DEFAULT_ALGORITHM;
    const commands = secretCommands(cluster.kubectl, namespace);
    const from = `${namespace}/${present.name}`;
    if (existingSecret === undefined) {
        const { databaseUrl, jwtSecret, jwtSecretPrevious, jwtAlgorithm } = configuration;
        const leavesDatabase =
            databaseUrl === undefined && !namesOwnDatabase(before["DATABASE_URL"] ?? "", namespace);
        return [
            ...(leavesDatabase
                ? [
                      {
                          what: `The backend would leave the database that DATABASE_URL in the Secret ${from} names`,
                          why: "Without existingSecret and without databaseUrl it gets one in the cluster, which is empty.",
                          next: `${commands.toSetting(present.name, "DATABASE_URL")}; for the one in the cluster, pulumi up with that, and then pulumi config rm databaseUrl`,
                      },
                  ]
                : []),
            ...(jwtSecret === undefined && jwtSecretPrevious === undefined
                ? [
                      {
                          what: `Everybody would have to log in again: the sessions are signed with JWT_SECRET in the Secret ${from}`,
                          why: "Without existingSecret and without jwtSecret they are signed with a generated one.",
                          next: `${commands.toSetting(present.name, "JWT_SECRET")}${
                              algorithm === jwtAlgorithm
                                  ? ""
                                  : ` && pulumi config set jwtAlgorithm ${algorithm}`
                          }; or, to end them: openssl rand -hex 32 | pulumi config set --secret jwtSecret`,
                      },
                  ]
                : []),
        ];
    }
    const after = secretNamed(situation.contents, existingSecret)?.entries() ?? {};
    const goesOn =
        (after["JWT_ALGORITHM"] || DEFAULT_ALGORITHM) === algorithm &&
        [after["JWT_SECRET"], after["JWT_SECRET_PREVIOUS"]].includes(before["JWT_SECRET"]);
    // there and empty, it says that nothing is to go on
    return goesOn || after["JWT_SECRET_PREVIOUS"] === ""
        ? []
        : [
              {
                  what: `Everybody would have to log in again: the sessions are signed with JWT_SECRET in the Secret ${from}, and the Secret ${namespace}/${existingSecret} has another key or algorithm`,
                  why: "A session stays valid where its key is JWT_SECRET or JWT_SECRET_PREVIOUS, and JWT_ALGORITHM the same.",
                  next: `${commands.keepSessions(present.name, existingSecret)}, and JWT_ALGORITHM ${algorithm} in it; or, to end them, an empty JWT_SECRET_PREVIOUS in it`,
              },
          ];
}

/** The claim that the database uses now, if the settings would have it use another one, or none. */
function leftBehind(situation: Situation): Found | undefined {
    const { settings, contents } = situation;
    const wanted = wantedClaim(settings);
    const server = contents.workloads.find(
        (found) => found.name === DATABASE_SERVICE && isOwn(found, situation),
    );
    const startsEmpty = wanted !== undefined && claimNamed(situation, wanted) === undefined;
    const claim = contents.claims.find((found) =>
        server === undefined
            ? // somebody deleted the server, but not what it stood on
              startsEmpty && found.component === "database" && isOwn(found, situation)
            : found.namespace === server.namespace &&
              found.name !== BACKUPS_CLAIM &&
              server.claims.includes(found.name),
    );
    const stays = claim?.namespace === settings.namespace && claim.name === wanted;
    return claim === undefined || stays || settings.database.abandon === full(claim)
        ? undefined
        : claim;
}

/** Claims from before there were IDs: until the stack has been brought up once, nothing tells whose they are. */
function unlabelled({ settings, contents, self }: Situation): Found | undefined {
    return contents.claims.find(
        (claim) =>
            !self.labelled &&
            claim.product &&
            claim.component === "database" &&
            claim.stack === undefined &&
            !claim.kept &&
            !(
                claim.namespace === settings.namespace &&
                claim.name === settings.database.claimName &&
                settings.configuration.databaseUrl === undefined
            ),
    );
}

function volumeProblems(situation: Situation): Problem[] {
    const { settings } = situation;
    const { database } = settings;
    const left = leftBehind(situation);
    if (left !== undefined) {
        const dumps =
            left.namespace !== settings.namespace &&
            situation.contents.claims.some(
                ({ namespace, name }) => namespace === left.namespace && name === BACKUPS_CLAIM,
            );
        const restore =
            wantedClaim(settings) === undefined
                ? "pg_restore of the FILE into your own database"
                : "npm run restore -- FILE";
        return [
            {
                what: `The database would no longer use its volume ${full(left)}`,
                why: `Everybody's habits are in it${dumps ? ", and the scheduled dumps beside it" : ""}. The new database would be without them.`,
                next: `npm run backup; then, to leave the volume where it is until pulumi destroy: pulumi config set databaseAbandon ${full(left)}; after pulumi up, ${restore}`,
            },
        ];
    }
    const old = unlabelled(situation);
    if (old !== undefined) {
        return [
            {
                what: `The volume ${full(old)} was made by an earlier version of this program, and may be this stack's`,
                why: "Its stack has to be brought up once, with its settings as they were, before anything can tell.",
                next: "undo changes of namespace, databaseUrl and databaseExistingClaim and pulumi up; or bring up the stack that it belongs to first",
            },
        ];
    }
    const wanted = wantedClaim(settings);
    const claim = wanted === undefined ? undefined : claimNamed(situation, wanted);
    if (claim === undefined) {
        return database.existingClaim !== undefined && wanted !== undefined
            ? [
                  {
                      what: `databaseExistingClaim is "${wanted}", and there is no such claim in the namespace "${settings.namespace}"`,
                      why: "The database would wait for it forever.",
                      next: `${situation.cluster.kubectl} get pvc -A, then pulumi config set databaseExistingClaim NAME`,
                  },
              ]
            : [];
    }
    if (claim.kept && database.existingClaim === undefined) {
        return [
            {
                what: `The volume ${full(claim)} was kept when a ${claim.release === undefined ? "stack was destroyed" : "Helm release was uninstalled"}, and is there again for the taking`,
                why: `It holds that ${claim.release === undefined ? "stack" : "release"}'s data.`,
                next: `pulumi config set databaseExistingClaim ${claim.name}`,
            },
        ];
    }
    return formatProblems(situation, claim);
}

/** Volumes that the stack would make, and that somebody else has under the same name. */
function foreignVolumes(situation: Situation): Problem[] {
    const { settings } = situation;
    const { database, backups } = settings;
    const makes = [
        ...(makesVolume(settings)
            ? [
                  {
                      name: database.claimName,
                      next: `pulumi config set databaseClaimName NAME, of one that does not exist yet; or, to have the database on this one: pulumi config set databaseExistingClaim ${database.claimName}`,
                  },
              ]
            : []),
        ...(backups.schedule === undefined
            ? []
            : [
                  {
                      name: BACKUPS_CLAIM,
                      next: "pulumi config set namespace NAME, for one of the stack's own; or pulumi config rm backupSchedule",
                  },
              ]),
    ];
    return makes.flatMap(({ name, next }) => {
        const claim = claimNamed(situation, name);
        return claim === undefined || claim.stack !== undefined || claim.product || claim.kept
            ? []
            : [
                  {
                      what: `The volume ${full(claim)} is there already, and this program did not make it`,
                      why: "What is in it is somebody's. A volume that the stack makes is removed with the stack.",
                      next,
                  },
              ];
    });
}

/** The commands that bring the database from a volume to a new one. */
const anew = (claim: Found, name = "NAME") =>
    `npm run backup; pulumi config set databaseClaimName ${name}; pulumi config set databaseAbandon ${full(claim)}; pulumi up; npm run restore -- FILE`;

/** What is in a volume, and a server that could not read it. */
function formatProblems(situation: Situation, claim: Claim): Problem[] {
    const { database } = situation.settings;
    const major = postgresMajor(database.image);
    const writer = writerOf(situation, claim) ?? major;
    const { postgresUserId: owner = `${database.userId}` } = claim;
    return [
        ...(major === undefined || major === writer
            ? []
            : [
                  {
                      what: `databaseImage is PostgreSQL ${major}, and the volume ${full(claim)} was written by PostgreSQL ${writer}`,
                      why: "PostgreSQL does not read what another major version wrote; it would not start.",
                      next: anew(claim, `${DATABASE_SERVICE}-${major}`),
                  },
              ]),
        ...(owner === `${database.userId}`
            ? []
            : [
                  {
                      what: `databaseUserId is ${database.userId}, and what is in the volume ${full(claim)} belongs to user ${owner}`,
                      why: "PostgreSQL starts on nobody else's files.",
                      next: `pulumi config set databaseUserId ${owner}; for an image with another user, a volume of its own: ${anew(claim)}`,
                  },
              ]),
    ];
}

/** Sizes that the volumes of the stack cannot get. A claim that is taken up is taken as it is. */
function sizeProblems(situation: Situation): Problem[] {
    const { settings, contents } = situation;
    const { database, backups } = settings;
    return [
        [database.claimName, "databaseStorage", database.storage] as const,
        [BACKUPS_CLAIM, "backupStorage", backups.storage] as const,
    ].flatMap(([name, key, storage]) => {
        const claim = claimNamed(situation, name);
        if (claim === undefined || !hasClaim(situation, name)) {
            return [];
        }
        const [wanted, has] = [quantity(storage), quantity(claim.storage)];
        const growing = contents.storageClasses.some(
            ({ name: its, grows }) => its === claim.storageClass && grows,
        );
        return wanted === has || (wanted > has && growing)
            ? []
            : [
                  {
                      what: `${key} is ${storage}, and the volume ${full(claim)} has ${claim.storage}`,
                      why:
                          wanted < has
                              ? "A volume never gets smaller."
                              : `Its storage class "${claim.storageClass ?? ""}" cannot make a volume larger.`,
                      next:
                          `pulumi config set ${key} ${claim.storage}` +
                          (name === BACKUPS_CLAIM ? "" : `; or, for a new one: ${anew(claim)}`),
                  },
              ];
    });
}

/** The claims that the stack has yet to make, and those that are there and not yet what they are to be. */
function volumesToMake(
    situation: Situation,
    isMade: (claim: Claim) => boolean = () => true,
): string[] {
    const { settings } = situation;
    return [
        ...(makesVolume(settings) ? [settings.database.claimName] : []),
        ...(settings.backups.schedule === undefined ? [] : [BACKUPS_CLAIM]),
    ].filter((name) => {
        const claim = claimNamed(situation, name);
        return claim === undefined || !isMade(claim);
    });
}

/** A new volume of Minikube's that would be on another node than the server that needs it. */
function volumeNodeProblems(situation: Situation): Problem[] {
    const { contents, cluster } = situation;
    const { madeOn, primary } = contents.minikubeVolumes ?? {};
    if (
        madeOn === undefined ||
        primary === undefined ||
        madeOn === primary ||
        !volumesToMake(situation, ({ hasVolume }) => hasVolume).some((name) =>
            isOnNode(situation, name),
        )
    ) {
        return [];
    }
    const { kubectl, title } = cluster;
    return [
        {
            what: `${title} makes its volumes on the node ${madeOn}, where the pod storage-provisioner runs`,
            why: `The volume has to be on the first node, ${primary}: elsewhere PostgreSQL may not write into it (Minikube's issue 11765).`,
            next:
                `${kubectl} cordon -l ${OTHER_NODES}; ${kubectl} delete pod storage-provisioner -n kube-system; ` +
                `minikube addons enable storage-provisioner -p ${primary}; ` +
                `${kubectl} wait --for=condition=Ready pod/storage-provisioner -n kube-system --timeout=60s; ${kubectl} uncordon -l ${OTHER_NODES}`,
        },
    ];
}

/** A storage class that the database's volume does not have, or that a volume cannot be made of. */
function storageClassProblems(situation: Situation): Problem[] {
    const { settings, contents } = situation;
    const { claimName, storageClass } = settings.database;
    const claim = claimNamed(situation, claimName);
    if (storageClass === undefined) {
        return [];
    }
    if (
        claim !== undefined &&
        wantedClaim(settings) === claimName &&
        hasClaim(situation, claimName) &&
        claim.storageClass !== storageClass
    ) {
        return [
            {
                what: `storageClass is "${storageClass}", and the volume ${full(claim)} is of the class "${claim.storageClass ?? ""}"`,
                why: "A volume keeps its class. One of another class is another, empty one.",
                next: `pulumi config rm storageClass; or, for a new one: ${anew(claim)}`,
            },
        ];
    }
    const names = contents.storageClasses.map(({ name }) => name);
    return volumesToMake(situation).length > 0 && !names.includes(storageClass)
        ? [
              {
                  what: `storageClass is "${storageClass}", and the cluster has no such StorageClass`,
                  why: `A volume of it would never be made. There is: ${names.join(", ") || "none"}.`,
                  next: "pulumi config set storageClass NAME; or, for the cluster's default: pulumi config rm storageClass",
              },
          ]
        : [];
}

/** A priority class that the cluster does not have: it would refuse every pod. */
function priorityProblems({ settings, contents }: Situation): Problem[] {
    const { priorityClassName } = settings.database;
    return priorityClassName === undefined || contents.priorityClasses.includes(priorityClassName)
        ? []
        : [
              {
                  what: `priorityClassName is "${priorityClassName}", and the cluster has no such PriorityClass`,
                  why: `It would refuse every pod. There is: ${contents.priorityClasses.join(", ") || "none"}.`,
                  next: "pulumi config set priorityClassName NAME; or, for the cluster's default: pulumi config rm priorityClassName",
              },
          ];
}

/** One tag in one daemon is one image: with two stacks, the second build would move it under the first one's pods. */
function imageProblems(situation: Situation): Problem[] {
    const { settings, contents } = situation;
    return [
        [BACKEND_APP, "backendImageName", settings.backend.image] as const,
        [FRONTEND_APP, "frontendImageName", settings.frontend.image] as const,
    ].flatMap(([app, key, { name, tag, prebuilt }]) => {
        const other = contents.workloads.find(
            (workload) =>
                prebuilt === undefined &&
                isForeign(workload, situation) &&
                workload.images.includes(`${name}:${tag}`),
        );
        return other === undefined
            ? []
            : [
                  {
                      what: `The image ${name}:${tag} is in use by ${stackOf(other)} in the namespace "${other.namespace}"`,
                      why: "Both stacks build into the same daemon: this build would become the other one's.",
                      next: `pulumi config set ${key} ${app}-${settings.namespace === "default" ? "NAME" : settings.namespace}`,
                  },
              ];
    });
}

/**
 * Everything in the way that is somebody else's, everything of the stack's own that would be lost from sight, and what the
 * cluster does not have.
 */
export function ownershipProblems(situation: Situation): Problem[] {
    const home = homeProblems(situation);
    return home.length > 0
        ? home
        : [
              ...portProblems(situation),
              ...namespaceProblems(situation),
              ...secretOwnerProblems(situation),
              ...secretDatabaseProblems(situation),
              ...secretChangeProblems(situation),
              ...volumeProblems(situation),
              ...foreignVolumes(situation),
              ...sizeProblems(situation),
              ...storageClassProblems(situation),
              ...volumeNodeProblems(situation),
              ...priorityProblems(situation),
              ...imageProblems(situation),
          ];
}

/** What to announce before a stack that was up before starts with an empty database; undefined where it does not. */
export function lossNotice(situation: Situation): string | undefined {
    const { settings, contents, self, cluster } = situation;
    const mine = contents.claims.some(
        (claim) => claim.component === "database" && isOwn(claim, situation),
    );
    return self.fresh ||
        mine ||
        wantedClaim(settings) === undefined ||
        settings.database.existingClaim
        ? undefined
        : `${cluster.title} has no volume of this stack, which was up before: ` +
              "the database starts empty. A backup comes back with: npm run restore -- FILE";
}
