/**
 * What the three stand-ins share: the gRPC service that Pulumi's engine talks to, and the way back to the engine's log.
 *
 * `@pulumi/pulumi/provider` is not enough for a provider like these: it hands on neither the provider's configuration nor
 * previews. So the `pulumirpc.ResourceProvider` service is served here directly, from the definitions that the SDK ships.
 */
import { closeSync, fstatSync, openSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { compareNames } from "./compare.ts";
import { decodeProperties, encodeProperties, type Properties } from "./values.ts";

/** How serious a log message is. */
export type Severity = "debug" | "info" | "warning" | "error";

/** One call's view of its surroundings. */
export interface Call {
    /** The resource's URN, empty for calls about the provider itself. */
    readonly urn: string;
    /** The resource's type token. */
    readonly type: string;
    /** The resource's name in the program. */
    readonly name: string;
    /** Aborted when the user cancels the operation. */
    readonly signal: AbortSignal;
    /** Adds a message to the resource's diagnostics. */
    log: (severity: Severity, message: string) => void;
    /** Shows a message beside the resource while it is worked on; it leaves no trace. */
    status: (message: string, severity?: Severity) => void;
}

/** What is wrong with one input property. */
export interface CheckFailure {
    property: string;
    reason: string;
}

/** The answer to Check and CheckConfig. */
export interface Checked {
    inputs: Properties;
    failures?: CheckFailure[];
}

/** How one property changes. */
export type PropertyChange =
    "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

/** The answer to Diff and DiffConfig: the changed paths, empty for none. */
export interface Difference {
    changes: { [path: string]: PropertyChange };
    /** Paths that force a replacement. */
    replaces?: string[];
    /** Whether the old resource has to go before the new one can come. */
    deleteBeforeReplace?: boolean;
    /** Whether the paths are those of the inputs, and not of the state. */
    inputsOnly?: boolean;
}

/** What the engine asks when it wants a name for a resource that the program left unnamed. */
export interface Autonaming {
    mode: "propose" | "enforce" | "disable";
    name: string;
}

/** The state of a resource that exists. */
export interface ResourceState {
    id: string;
    properties: Properties;
}

/** A provider, in the terms of Pulumi's provider protocol; inputs and states carry secrets and unknowns. */
export interface Provider {
    readonly name: string;
    readonly version: string;
    /** The type tokens that it knows; every other one is refused. */
    readonly types: readonly string[];
    /** Without it, a changed configuration is taken up in place. */
    diffConfig?: (olds: Properties, news: Properties) => Difference;
    /** What is not a string in the program's configuration comes as JSON. */
    configure(config: { [name: string]: string }): Promise<void>;
    check(
        call: Call,
        request: {
            olds: Properties;
            news: Properties;
            randomSeed: Uint8Array;
            autonaming: Autonaming | undefined;
        },
    ): Promise<Checked>;
    diff(
        call: Call,
        request: { id: string; state: Properties; news: Properties; ignoreChanges: string[] },
    ): Promise<Difference>;
    /** A preview answers with what is known; its id does not matter. */
    create(
        call: Call,
        request: { inputs: Properties; preview: boolean; timeoutSeconds: number },
    ): Promise<ResourceState>;
    /** Undefined where the resource does not exist (any more). */
    read(
        call: Call,
        request: { id: string; state: Properties; inputs: Properties },
    ): Promise<(ResourceState & { inputs: Properties }) | undefined>;
    update(
        call: Call,
        request: {
            id: string;
            state: Properties;
            news: Properties;
            preview: boolean;
            timeoutSeconds: number;
            ignoreChanges: string[];
        },
    ): Promise<Properties>;
    delete(
        call: Call,
        request: { id: string; state: Properties; timeoutSeconds: number },
    ): Promise<void>;
}

/** A resource that came to be but does not work; the engine keeps it in the state together with the reasons. */
export class InitializationError extends Error {
    readonly id: string;
    readonly properties: Properties;
    readonly inputs: Properties | undefined;
    readonly reasons: readonly string[];

    constructor(
        message: string,
        resource: ResourceState & { inputs?: Properties },
        details: readonly string[],
    ) {
        super(message);
        this.id = resource.id;
        this.properties = resource.properties;
        this.inputs = resource.inputs;
        this.reasons = [message, ...details];
    }
}

/** Something that the real provider can do and the stand-in cannot. */
export class UnsupportedError extends Error {
    constructor(what: string, provider: string) {
        super(
            `${what} is not supported by the closed-network stand-in for the ${provider} provider`,
        );
    }
}

/** Refuses settings that the stand-in would have to ignore; what is empty or false asks for nothing. */
export function refuseSettings(
    config: { [name: string]: string },
    unsupported: readonly string[],
    provider: string,
): void {
    const set = unsupported.filter((name) => !["", "false", undefined].includes(config[name]));
    if (set.length > 0) {
        throw new UnsupportedError(`the provider setting ${set.join(", ")}`, provider);
    }
}

/** The sentence by which a stand-in makes itself known. */
export function announcement(name: string): string {
    return `closed network: stand-in for the ${name} provider, not the real plugin`;
}

/**
 * Serves a provider to the engine that started this process: prints the port on stdout, as a plugin does, and runs until the
 * engine goes away. The engine's address is the last argument of the command line.
 */
export function serve(provider: Provider): void {
    listen(provider).catch((error: unknown) => {
        console.error(error);
        process.exit(1);
    });
}

async function listen(provider: Provider): Promise<void> {
    const engine = new Engine(process.argv.slice(2).findLast((word) => !word.startsWith("-")));
    const service = new Service(provider, engine);
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
    });
    server.addService(providerRpc.ResourceProviderService, service.methods());
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
            error ? reject(error) : resolve(bound),
        );
    });
    process.stdout.write(`${port}\n`);

    // The engine cancels by a call, and ends its plugins by SIGINT when it needs them no more.
    process.on("SIGINT", () => process.exit(0));
    process.on("SIGTERM", () => process.exit(0));
    exitWithParent();
}

/** The engine keeps our stdin open for as long as it lives, and says nothing on it. */
function exitWithParent(): void {
    const stdin = fstatSync(0);
    if (stdin.isFIFO() || stdin.isSocket()) {
        process.stdin.on("end", () => process.exit(0));
        process.stdin.on("error", () => process.exit(0));
        process.stdin.resume();
    }
}

/** The engine's log. */
class Engine {
    #address: string | undefined;
    #client: InstanceType<typeof engineRpc.EngineClient> | undefined;

    constructor(address: string | undefined) {
        this.attach(address);
    }

    attach(address: string | undefined): void {
        if (address && address !== this.#address) {
            this.#address = address;
            this.#client?.close();
            this.#client = new engineRpc.EngineClient(address, grpc.credentials.createInsecure());
        }
    }

    /** Done when the message has arrived, or has failed to: that is no reason to fail an operation. */
    log(severity: Severity, message: string, urn: string, ephemeral: boolean): Promise<void> {
        const request = new enginePb.LogRequest()
            .setSeverity(enginePb.LogSeverity[severityNames[severity]])
            .setMessage(message)
            .setUrn(urn)
            .setEphemeral(ephemeral);
        return new Promise((resolve) => {
            if (this.#client) {
                this.#client.log(request, () => resolve());
            } else {
                resolve();
            }
        });
    }
}

const severityNames = {
    debug: "DEBUG",
    info: "INFO",
    warning: "WARNING",
    error: "ERROR",
} as const;

type Handler<Request, Response> = (request: Request) => Promise<Response> | Response;

class Service {
    readonly #provider: Provider;
    readonly #engine: Engine;
    readonly #cancellation = new AbortController();

    constructor(provider: Provider, engine: Engine) {
        this.#provider = provider;
        this.#engine = engine;
    }

    cancel(): void {
        this.#cancellation.abort();
    }

    methods(): grpc.UntypedServiceImplementation {
        const provider = this.#provider;
        const refuse = (what: string): never => {
            throw new UnsupportedError(what, provider.name);
        };

        return {
            handshake: unary((request: providerPb.ProviderHandshakeRequest) => {
                this.#engine.attach(request.getEngineAddress());
                return new providerPb.ProviderHandshakeResponse()
                    .setAcceptSecrets(true)
                    .setSupportsAutonamingConfiguration(true);
            }),
            attach: unary((request: pluginPb.PluginAttach) => {
                this.#engine.attach(request.getAddress());
                return new emptyPb.Empty();
            }),
            getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(provider.version)),
            getSchema: unary(() =>
                new providerPb.GetSchemaResponse().setSchema(
                    JSON.stringify({
                        name: provider.name,
                        version: provider.version,
                        description: announcement(provider.name),
                        resources: Object.fromEntries(provider.types.map((type) => [type, {}])),
                    }),
                ),
            ),
            getMapping: unary(() => new providerPb.GetMappingResponse()),
            getMappings: unary(() => new providerPb.GetMappingsResponse()),
            cancel: unary(() => {
                this.cancel();
                return new emptyPb.Empty();
            }),
            invoke: unary((request: providerPb.InvokeRequest) =>
                refuse(`function ${request.getTok()}`),
            ),
            call: unary((request: providerPb.CallRequest) => refuse(`method ${request.getTok()}`)),
            construct: unary((request: providerPb.ConstructRequest) =>
                refuse(`component ${request.getType()}`),
            ),
            parameterize: unary(() => refuse("parameterization")),
            list: (stream: grpc.ServerWritableStream<unknown, unknown>) => {
                stream.emit("error", serviceError(new UnsupportedError("listing", provider.name)));
            },

            checkConfig: unary((request: providerPb.CheckRequest) => {
                const news = properties(request.getNews());
                return checkResponse({ inputs: news });
            }),
            diffConfig: unary((request: providerPb.DiffRequest) => {
                const olds = properties(request.getOldInputs() ?? request.getOlds());
                const news = properties(request.getNews());
                return diffResponse(
                    provider.diffConfig?.(olds, news) ?? { changes: compareNames(olds, news) },
                );
            }),
            configure: unary(async (request: providerPb.ConfigureRequest) => {
                const prefix = `${provider.name}:config:`;
                const config: { [name: string]: string } = {};
                for (const [key, value] of request.getVariablesMap().entries()) {
                    config[key.startsWith(prefix) ? key.slice(prefix.length) : key] = value;
                }
                await provider.configure(config);
                await this.#announce();
                return new providerPb.ConfigureResponse()
                    .setAcceptsecrets(true)
                    .setSupportspreview(true)
                    .setSupportsAutonamingConfiguration(true);
            }),

            check: unary(async (request: providerPb.CheckRequest) => {
                const options = request.getAutonaming();
                const modes = providerPb.CheckRequest.AutonamingOptions.Mode;
                return checkResponse(
                    await provider.check(this.#call(request), {
                        olds: properties(request.getOlds()),
                        news: properties(request.getNews()),
                        randomSeed: request.getRandomseed_asU8(),
                        autonaming: options && {
                            mode:
                                options.getMode() === modes.DISABLE
                                    ? "disable"
                                    : options.getMode() === modes.ENFORCE
                                      ? "enforce"
                                      : "propose",
                            name: options.getProposedName(),
                        },
                    }),
                );
            }),
            diff: unary(async (request: providerPb.DiffRequest) =>
                diffResponse(
                    await provider.diff(this.#call(request), {
                        id: request.getId(),
                        state: properties(request.getOlds()),
                        news: properties(request.getNews()),
                        ignoreChanges: request.getIgnorechangesList(),
                    }),
                ),
            ),
            create: unary(async (request: providerPb.CreateRequest) => {
                const created = await provider.create(this.#call(request), {
                    inputs: properties(request.getProperties()),
                    preview: request.getPreview(),
                    timeoutSeconds: request.getTimeout(),
                });
                return new providerPb.CreateResponse()
                    .setId(request.getPreview() ? "" : created.id)
                    .setProperties(struct(created.properties));
            }),
            read: unary(async (request: providerPb.ReadRequest) => {
                const found = await provider.read(this.#call(request), {
                    id: request.getId(),
                    state: properties(request.getProperties()),
                    inputs: properties(request.getInputs()),
                });
                const response = new providerPb.ReadResponse();
                return found
                    ? response
                          .setId(found.id)
                          .setProperties(struct(found.properties))
                          .setInputs(struct(found.inputs))
                    : response;
            }),
            update: unary(async (request: providerPb.UpdateRequest) =>
                new providerPb.UpdateResponse().setProperties(
                    struct(
                        await provider.update(this.#call(request), {
                            id: request.getId(),
                            state: properties(request.getOlds()),
                            news: properties(request.getNews()),
                            preview: request.getPreview(),
                            timeoutSeconds: request.getTimeout(),
                            ignoreChanges: request.getIgnorechangesList(),
                        }),
                    ),
                ),
            ),
            delete: unary(async (request: providerPb.DeleteRequest) => {
                await provider.delete(this.#call(request), {
                    id: request.getId(),
                    state: properties(request.getProperties()),
                    timeoutSeconds: request.getTimeout(),
                });
                return new emptyPb.Empty();
            }),
        };
    }

    #call(request: { getUrn(): string }): Call {
        const urn = request.getUrn();
        const { type, name } = parseUrn(urn);
        if (!this.#provider.types.includes(type)) {
            throw new Error(
                `${type} is not among the resource types of the closed-network stand-in for the ${this.#provider.name} ` +
                    `provider (${this.#provider.types.join(", ")}): install the real plugin, or extend the stand-in`,
            );
        }
        return {
            urn,
            type,
            name,
            signal: this.#cancellation.signal,
            log: (severity, message) => void this.#engine.log(severity, message, urn, false),
            status: (message, severity = "info") =>
                void this.#engine.log(severity, message, urn, true),
        };
    }

    async #announce(): Promise<void> {
        if (firstInRun(dirname(process.argv[1] ?? ""))) {
            await this.#engine.log("info", announcement(this.#provider.name), "", false);
        }
    }
}

/**
 * Whether no other process of this plugin announced itself to the same engine. One `pulumi up` starts a plugin several times
 * (for the preview, for the update, for each provider resource), all of them children of one process.
 */
function firstInRun(directory: string): boolean {
    const prefix = "announced-";
    const mine = `${prefix}${process.ppid}`;
    try {
        closeSync(openSync(join(directory, mine), "wx"));
        readdirSync(directory)
            .filter(
                (file) => file.startsWith(prefix) && !isAlive(Number(file.slice(prefix.length))),
            )
            .forEach((file) => rmSync(join(directory, file), { force: true }));
        return true;
    } catch (error) {
        // Where the directory cannot be written, saying it more than once beats not saying it.
        return (error as NodeJS.ErrnoException).code !== "EEXIST";
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}

/** The type token and the name in a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
export function parseUrn(urn: string): { type: string; name: string } {
    const [, , qualifiedType = "", ...name] = urn.split("::");
    return { type: qualifiedType.split("$").at(-1) ?? "", name: name.join("::") };
}

function unary<Request, Response>(
    handler: Handler<Request, Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        void (async () => {
            try {
                callback(null, await handler(call.request));
            } catch (error) {
                callback(serviceError(error));
            }
        })();
    };
}

function serviceError(error: unknown): Partial<grpc.StatusObject> & { code: grpc.status } {
    const details = error instanceof Error && error.message ? error.message : String(error);
    const status =
        error instanceof UnsupportedError ? grpc.status.UNIMPLEMENTED : grpc.status.UNKNOWN;
    if (!(error instanceof InitializationError)) {
        return { code: status, details };
    }

    const failed = new providerPb.ErrorResourceInitFailed()
        .setId(error.id)
        .setProperties(struct(error.properties))
        .setReasonsList([...error.reasons]);
    if (error.inputs) {
        failed.setInputs(struct(error.inputs));
    }
    const detail = new anyPb.Any();
    detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const rich = new statusPb.Status().setCode(status).setMessage(details);
    rich.addDetails(detail);
    // Node's gRPC has no call for rich errors yet: this trailer is how they travel.
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
    return { code: status, details, metadata };
}

function properties(message: structPb.Struct | undefined): Properties {
    return message ? decodeProperties(message.toJavaScript()) : {};
}

function struct(values: Properties): structPb.Struct {
    return structPb.Struct.fromJavaScript(encodeProperties(values));
}

function checkResponse({ inputs, failures = [] }: Checked): providerPb.CheckResponse {
    return new providerPb.CheckResponse()
        .setInputs(struct(inputs))
        .setFailuresList(
            failures.map(({ property, reason }) =>
                new providerPb.CheckFailure().setProperty(property).setReason(reason),
            ),
        );
}

function diffResponse(difference: Difference): providerPb.DiffResponse {
    const { Kind } = providerPb.PropertyDiff;
    const kinds: Record<PropertyChange, providerPb.PropertyDiff.Kind> = {
        add: Kind.ADD,
        "add-replace": Kind.ADD_REPLACE,
        delete: Kind.DELETE,
        "delete-replace": Kind.DELETE_REPLACE,
        update: Kind.UPDATE,
        "update-replace": Kind.UPDATE_REPLACE,
    };
    const response = new providerPb.DiffResponse();
    const { DiffChanges } = providerPb.DiffResponse;
    const changed = Object.keys(difference.changes).length > 0;
    response.setChanges(changed ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
    response.setReplacesList(difference.replaces ?? []);
    response.setDeletebeforereplace(difference.deleteBeforeReplace ?? false);
    response.setHasdetaileddiff(true);
    for (const [path, change] of Object.entries(difference.changes)) {
        response
            .getDetaileddiffMap()
            .set(
                path,
                new providerPb.PropertyDiff()
                    .setKind(kinds[change])
                    .setInputdiff(difference.inputsOnly === true || change.startsWith("delete")),
            );
    }
    return response;
}
