/**
 * What the three stand-ins share: the gRPC service that Pulumi's engine talks to, and the way back to the engine's log.
 *
 * `@pulumi/pulumi/provider` is not enough for a provider like these: it hands on neither the provider's configuration nor
 * previews. So the `pulumirpc.ResourceProvider` service is served here directly, from the definitions that the SDK ships.
 */
import { fstatSync, readFileSync, writeFileSync } from "node:fs";
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
import { equal, type Properties } from "./values.ts";

/** One call's view of its surroundings. */
export interface Call {
    readonly urn: string;
    /** The resource's type token. */
    readonly type: string;
    /** Whether nothing may be changed: the answer is what is known of what would be. */
    readonly preview: boolean;
    /** The custom timeout, 0 for none. */
    readonly timeoutSeconds: number;
    readonly ignoreChanges: readonly string[];
    /** Aborted when the user cancels the operation. */
    readonly signal: AbortSignal;
    /** Adds a message to the resource's diagnostics. */
    log: (severity: "INFO" | "WARNING", message: string) => void;
    /** Shows a message beside the resource while it is worked on; it leaves no trace. */
    status: (message: string, severity?: "INFO" | "WARNING") => void;
}

/** The completed inputs, and what is wrong with them, by property. */
export interface Checked {
    inputs: Properties;
    failures?: { property: string; reason: string }[];
}

/** What differs, by name; nothing where there is no change. */
export interface Difference {
    changed: string[];
    /** Paths that force a replacement. */
    replaces?: string[];
    /** Whether the old resource has to go before the new one can come. */
    deleteBeforeReplace?: boolean;
}

/** A resource that exists. */
export interface Resource {
    id: string;
    properties: Properties;
}

/** A provider, in the terms of Pulumi's provider protocol; inputs and states carry secrets and unknowns. */
export interface Provider {
    readonly name: string;
    readonly version: string;
    /** The type tokens that it knows; every other one is refused. */
    readonly types: readonly string[];
    /** The settings whose change has everything made anew; others are taken up in place. */
    readonly identity?: readonly string[];
    /** What is not a string in the program's configuration comes as JSON. */
    configure(config: { [name: string]: string }): void;
    check(call: Call, news: Properties): Checked;
    /** Compares with the inputs of the last time. */
    diff(call: Call, olds: Properties, news: Properties, state: Properties): Difference;
    /** The id of a preview does not matter. */
    create(call: Call, inputs: Properties): Promise<Resource>;
    /** Undefined where the resource does not exist (any more). */
    read(
        call: Call,
        found: Resource & { inputs: Properties },
    ): Promise<(Resource & { inputs: Properties }) | undefined>;
    update(call: Call, state: Properties, news: Properties): Promise<Properties>;
    delete(call: Call, resource: Resource): Promise<void>;
}

/** A resource that came to be but does not work; the engine keeps it in the state together with the reasons. */
export class InitializationError extends Error {
    readonly resource: Resource & { inputs?: Properties };
    readonly reasons: readonly string[];

    constructor(
        message: string,
        resource: Resource & { inputs?: Properties },
        reasons: readonly string[],
    ) {
        super(message);
        this.resource = resource;
        this.reasons = [message, ...reasons];
    }
}

/** Something that the real provider can do and the stand-in cannot. */
export class UnsupportedError extends Error {
    constructor(what: string, provider: string) {
        super(
            `${what} is not supported by the closed-network stand-in for the ${provider} provider: install the real plugin, or extend the stand-in`,
        );
    }
}

/** Refuses settings that the stand-in would have to ignore; what is empty or false asks for nothing. */
export function refuseOthers(
    given: { [name: string]: unknown },
    known: readonly string[],
    what: string,
    provider: string,
): void {
    const others = Object.keys(given).filter(
        (name) => !known.includes(name) && !["", "false", false, null].includes(given[name] as ""),
    );
    if (others.length > 0) {
        throw new UnsupportedError(`${what} ${others.join(", ")}`, provider);
    }
}

/** The names whose values differ, neither secrecy nor depth mattering. */
export function changedNames(olds: Properties, news: Properties): string[] {
    return [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
        (name) => !equal(olds[name], news[name]),
    );
}

/**
 * Serves a provider to the engine that started this process: prints the port on stdout, as a plugin does, and runs until the
 * engine goes away. The engine's address is the last argument of the command line.
 */
export function serve(provider: Provider): void {
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
    });
    server.addService(providerRpc.ResourceProviderService, methodsOf(provider));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            throw error;
        }
        process.stdout.write(`${port}\n`);
    });

    // the engine cancels by a call, and ends its plugins by SIGINT when it needs them no more
    process.on("SIGINT", () => process.exit(0));
    process.on("SIGTERM", () => process.exit(0));
    // it keeps our stdin open for as long as it lives, and says nothing on it
    const stdin = fstatSync(0);
    if (stdin.isFIFO() || stdin.isSocket()) {
        process.stdin.on("end", () => process.exit(0));
        process.stdin.on("error", () => process.exit(0));
        process.stdin.resume();
    }
}

/** Writes to the engine's log. Done when the message has arrived, or has failed to: that is no reason to fail an operation. */
function engineLog(): (
    severity: "INFO" | "WARNING",
    text: string,
    urn: string,
    ephemeral: boolean,
) => Promise<void> {
    const address = process.argv.slice(2).findLast((word) => !word.startsWith("-"));
    const engine =
        address === undefined
            ? undefined
            : new engineRpc.EngineClient(address, grpc.credentials.createInsecure());
    return (severity, text, urn, ephemeral) =>
        new Promise((resolve) => {
            const request = new enginePb.LogRequest()
                .setSeverity(enginePb.LogSeverity[severity])
                .setMessage(text)
                .setUrn(urn)
                .setEphemeral(ephemeral);
            if (engine === undefined) {
                resolve();
            } else {
                engine.log(request, () => resolve());
            }
        });
}

function methodsOf(provider: Provider): grpc.UntypedServiceImplementation {
    const log = engineLog();
    const cancellation = new AbortController();
    const refuse = (what: string) =>
        unary((request: { getTok?(): string; getType?(): string }) => {
            const name = request.getTok?.() ?? request.getType?.() ?? "";
            throw new UnsupportedError(`${what} ${name}`, provider.name);
        });
    const callOf = (request: {
        getUrn(): string;
        getPreview?(): boolean;
        getTimeout?(): number;
        getIgnorechangesList?(): string[];
    }): Call => {
        const urn = request.getUrn();
        // urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME
        const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
        if (!provider.types.includes(type)) {
            throw new UnsupportedError(type, provider.name);
        }
        return {
            urn,
            type,
            preview: request.getPreview?.() ?? false,
            timeoutSeconds: request.getTimeout?.() ?? 0,
            ignoreChanges: request.getIgnorechangesList?.() ?? [],
            signal: cancellation.signal,
            log: (severity, message) => void log(severity, message, urn, false),
            status: (message, severity = "INFO") => void log(severity, message, urn, true),
        };
    };

    return {
        getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(provider.version)),
        cancel: unary(() => {
            cancellation.abort();
            return new emptyPb.Empty();
        }),
        invoke: refuse("function"),
        call: refuse("method"),
        construct: refuse("component"),

        checkConfig: unary((request: providerPb.CheckRequest) =>
            new providerPb.CheckResponse().setInputs(request.getNews()),
        ),
        diffConfig: unary((request: providerPb.DiffRequest) => {
            const changed = changedNames(
                properties(request.getOldInputs()),
                properties(request.getNews()),
            );
            const { identity = [] } = provider;
            return diffResponse({
                changed,
                replaces: changed.filter((name) => identity.includes(name)),
            });
        }),
        configure: unary(async (request: providerPb.ConfigureRequest) => {
            const prefix = `${provider.name}:config:`;
            const variables = [...request.getVariablesMap().entries()];
            provider.configure(
                Object.fromEntries(
                    variables.map(([key, value]) => [key.replace(prefix, ""), value]),
                ),
            );
            if (isFirstInRun()) {
                await log("INFO", announcement(provider.name), "", false);
            }
            return new providerPb.ConfigureResponse()
                .setAcceptsecrets(true)
                .setSupportspreview(true);
        }),

        check: unary((request: providerPb.CheckRequest) => {
            const { inputs, failures = [] } = provider.check(
                callOf(request),
                properties(request.getNews()),
            );
            const list = failures.map(({ property, reason }) =>
                new providerPb.CheckFailure().setProperty(property).setReason(reason),
            );
            return new providerPb.CheckResponse().setInputs(struct(inputs)).setFailuresList(list);
        }),
        diff: unary((request: providerPb.DiffRequest) =>
            diffResponse(
                provider.diff(
                    callOf(request),
                    properties(request.getOldInputs()),
                    properties(request.getNews()),
                    properties(request.getOlds()),
                ),
            ),
        ),
        create: unary(async (request: providerPb.CreateRequest) => {
            const inputs = properties(request.getProperties());
            const { id, properties: state } = await provider.create(callOf(request), inputs);
            return new providerPb.CreateResponse()
                .setId(request.getPreview() ? "" : id)
                .setProperties(struct(state));
        }),
        read: unary(async (request: providerPb.ReadRequest) => {
            const found = await provider.read(callOf(request), {
                id: request.getId(),
                properties: properties(request.getProperties()),
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
        update: unary(async (request: providerPb.UpdateRequest) => {
            const state = await provider.update(
                callOf(request),
                properties(request.getOlds()),
                properties(request.getNews()),
            );
            return new providerPb.UpdateResponse().setProperties(struct(state));
        }),
        delete: unary(async (request: providerPb.DeleteRequest) => {
            await provider.delete(callOf(request), {
                id: request.getId(),
                properties: properties(request.getProperties()),
            });
            return new emptyPb.Empty();
        }),
    };
}

/** The sentence by which a stand-in makes itself known. */
const announcement = (name: string): string =>
    `closed network: stand-in for the ${name} provider, not the real plugin`;

/**
 * Whether no process of this plugin announced itself to the same engine. One `pulumi up` starts a plugin several times (for the
 * preview, for the update), all of them children of one process.
 */
function isFirstInRun(): boolean {
    const file = join(dirname(process.argv[1] ?? ""), "announced");
    try {
        if (readFileSync(file, "utf8") === String(process.ppid)) {
            return false;
        }
    } catch {
        // none announced itself yet
    }
    try {
        writeFileSync(file, String(process.ppid));
    } catch {
        // where it cannot be written, saying it more than once beats not saying it
    }
    return true;
}

function unary<Request, Response>(
    handler: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve(call.request)
            .then(handler)
            .then(
                (response) => callback(null, response),
                (error: unknown) => callback(serviceError(error as Error)),
            );
    };
}

function serviceError(error: Error): Partial<grpc.StatusObject> & { code: grpc.status } {
    const details = error.message;
    const code =
        error instanceof UnsupportedError ? grpc.status.UNIMPLEMENTED : grpc.status.UNKNOWN;
    if (!(error instanceof InitializationError)) {
        return { code, details };
    }
    const { id, properties: state, inputs } = error.resource;
    const failed = new providerPb.ErrorResourceInitFailed()
        .setId(id)
        .setProperties(struct(state))
        .setReasonsList([...error.reasons])
        .setInputs(inputs && struct(inputs));
    const detail = new anyPb.Any();
    detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const rich = new statusPb.Status().setCode(code).setMessage(details).setDetailsList([detail]);
    // Node's gRPC has no call for rich errors yet: this trailer is how they travel
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
    return { code, details, metadata };
}

const properties = (message: structPb.Struct | undefined): Properties =>
    message?.toJavaScript() ?? {};

const struct = (values: Properties): structPb.Struct => structPb.Struct.fromJavaScript(values);

function diffResponse(difference: Difference): providerPb.DiffResponse {
    const { changed, replaces = [], deleteBeforeReplace = false } = difference;
    const { DIFF_SOME, DIFF_NONE } = providerPb.DiffResponse.DiffChanges;
    return new providerPb.DiffResponse()
        .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
        .setDiffsList(changed)
        .setReplacesList(replaces)
        .setDeletebeforereplace(deleteBeforeReplace);
}
