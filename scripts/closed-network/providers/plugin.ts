/**
 * What the three stand-ins share: the gRPC service that Pulumi's engine talks to, and the way back to the engine's log.
 *
 * `@pulumi/pulumi/provider` hands on neither the provider's configuration nor previews. So the `pulumirpc.ResourceProvider`
 * service is served here directly, from the definitions that the SDK ships.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { equal, type Properties } from "./values.ts";

/** Of the SDK; there is one only where install.ts made a plugin of this. */
declare const STAND_IN_VERSION: string | undefined;

type Severity = "INFO" | "WARNING";

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
    /** Shows a message beside the resource while it is worked on; one that stays is in its diagnostics, too. */
    say: (message: string, severity?: Severity, stays?: boolean) => void;
}

/** The names of what changed, the paths that force a replacement, and whether the old has to go before the new can come. */
export interface Difference {
    changed: string[];
    replaces?: string[];
    deleteBeforeReplace?: boolean;
}

/** A resource that exists. */
export interface Resource {
    id: string;
    properties: Properties;
}

/** A resource that was read, with the inputs that would make it. */
export interface Found extends Resource {
    inputs: Properties;
}

/** A provider, in the terms of Pulumi's provider protocol; inputs carry unknowns, answers secrets besides. */
export interface Provider {
    readonly name: string;
    readonly version: string;
    /** The type tokens that it knows; every other one is refused. */
    readonly types: readonly string[];
    /** The setting whose change has everything made anew; others are taken up in place. */
    readonly identity?: string;
    configure(config: { [name: string]: string }): void;
    /** The completed inputs. */
    check(call: Call, news: Properties): Properties;
    /** Compares with the inputs of the last time. */
    diff(call: Call, olds: Properties, news: Properties): Difference;
    create(call: Call, inputs: Properties): Promise<Resource>;
    /** Undefined where the resource does not exist (any more). */
    read(call: Call, found: Found): Promise<Found | undefined>;
    update(call: Call, state: Properties, news: Properties): Promise<Properties>;
    delete(call: Call, resource: Resource): Promise<void>;
}

/** A resource that came to be but does not work; the engine keeps it in the state together with the reasons. */
export class InitializationError extends Error {
    readonly resource: Resource & Partial<Found>;
    readonly reasons: string[];

    constructor(message: string, resource: Resource & Partial<Found>, reasons: string[]) {
        super(message);
        this.resource = resource;
        this.reasons = [message, ...reasons];
    }
}

/** Something that the real provider can do and the stand-in cannot. */
export class UnsupportedError extends Error {
    constructor(what: string, provider: string) {
        const who = `the closed-network stand-in for the ${provider} provider`;
        super(
            `${what} is not supported by ${who}: install the real plugin, or extend the stand-in`,
        );
    }
}

/** Refuses what the stand-in would have to ignore; what is empty or false asks for nothing. */
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

/** The names whose values differ, at whatever depth. */
export function changedNames(olds: Properties, news: Properties): string[] {
    const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
    return [...names].filter((name) => !equal(olds[name], news[name]));
}

/**
 * Serves a provider to the engine that started this process: prints the port on stdout, as a plugin does, and runs until the
 * engine goes away. The engine's address is the last argument of the command line.
 */
export function serve(make: (version: string) => Provider): void {
    if (typeof STAND_IN_VERSION !== "string") {
        return;
    }
    const provider = make(STAND_IN_VERSION);
    const server = new grpc.Server();
    server.addService(providerRpc.ResourceProviderService, methodsOf(provider));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            throw error;
        }
        process.stdout.write(`${port}\n`);
    });
    // the engine cancels by a call, and ends its plugins by SIGINT when it needs them no more
    const end = (): never => process.exit(0);
    process.on("SIGINT", end).on("SIGTERM", end);
    // it keeps our stdin open for as long as it lives, and says nothing on it
    process.stdin.on("end", end).on("error", end).resume();
}

/** The engine's log. Its promise is done when the message has arrived, or has failed to: that is no reason to fail an operation. */
function engineLog(): (level: Severity, text: string, urn: string, gone: boolean) => Promise<void> {
    const address = process.argv.findLast((word) => !word.startsWith("-")) ?? "";
    const engine = new engineRpc.EngineClient(address, grpc.credentials.createInsecure());
    return (level, text, urn, gone) => {
        const request = new enginePb.LogRequest().setSeverity(enginePb.LogSeverity[level]);
        request.setMessage(text).setUrn(urn).setEphemeral(gone);
        return new Promise((resolve) => engine.log(request, () => resolve()));
    };
}

/** What requests about a resource say; not every one says all of it. */
type Asked = Pick<pb.UpdateRequest, "getUrn"> &
    Partial<Pick<pb.UpdateRequest, "getPreview" | "getTimeout" | "getIgnorechangesList">>;

function methodsOf(provider: Provider): grpc.UntypedServiceImplementation {
    const log = engineLog();
    const cancellation = new AbortController();
    const callOf = (request: Asked): Call => {
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
            say: (message, level = "INFO", stays = false) => void log(level, message, urn, !stays),
        };
    };

    return {
        getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(provider.version)),
        cancel: unary(() => {
            cancellation.abort();
            return new emptyPb.Empty();
        }),
        diffConfig: unary((request: pb.DiffRequest) => {
            const changed = changedNames(...inputsOf(request));
            const replaces = changed.filter((name) => name === provider.identity);
            return diffResponse({ changed, replaces });
        }),
        configure: unary(async (request: pb.ConfigureRequest) => {
            const config = request.getVariablesMap().toArray();
            const nameOf = (key: string) => key.replace(`${provider.name}:config:`, "");
            provider.configure(Object.fromEntries(config.map(([key, at]) => [nameOf(key), at])));
            if (isFirstInRun()) {
                const what = `stand-in for the ${provider.name} provider, not the real plugin`;
                await log("INFO", `closed network: ${what}`, "", false);
            }
            // secrets come in plain, and the engine marks in the answers what it marked in the question
            return new pb.ConfigureResponse().setAcceptsecrets(false).setSupportspreview(true);
        }),

        check: unary((request: pb.CheckRequest) => {
            const inputs = provider.check(callOf(request), properties(request.getNews()));
            return new pb.CheckResponse().setInputs(struct(inputs));
        }),
        diff: unary((request: pb.DiffRequest) =>
            diffResponse(provider.diff(callOf(request), ...inputsOf(request))),
        ),
        create: unary(async (request: pb.CreateRequest) => {
            const inputs = properties(request.getProperties());
            const { id, properties: state } = await provider.create(callOf(request), inputs);
            const response = new pb.CreateResponse().setProperties(struct(state));
            return request.getPreview() ? response : response.setId(id);
        }),
        read: unary(async (request: pb.ReadRequest) => {
            const inputs = properties(request.getInputs());
            const found = await provider.read(callOf(request), { ...resourceOf(request), inputs });
            const response = new pb.ReadResponse();
            if (found) {
                response.setId(found.id).setInputs(struct(found.inputs));
                response.setProperties(struct(found.properties));
            }
            return response;
        }),
        update: unary(async (request: pb.UpdateRequest) => {
            const [olds, news] = [properties(request.getOlds()), properties(request.getNews())];
            const state = await provider.update(callOf(request), olds, news);
            return new pb.UpdateResponse().setProperties(struct(state));
        }),
        delete: unary(async (request: pb.DeleteRequest) => {
            await provider.delete(callOf(request), resourceOf(request));
            return new emptyPb.Empty();
        }),
    };
}

/** Whether this is the first process of the plugin that its parent, the engine, starts: one `pulumi up` starts several. */
function isFirstInRun(): boolean {
    const file = join(process.argv[1] ?? "", "..", "announced");
    try {
        const before = readFileSync(file, { encoding: "utf8", flag: "a+" });
        writeFileSync(file, `${process.ppid}`);
        return before !== `${process.ppid}`;
    } catch {
        // where it cannot be written, saying it more than once beats not saying it
        return true;
    }
}

function unary<Request, Response>(
    handler: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) =>
        void Promise.resolve(call.request)
            .then(handler)
            .then((response) => callback(null, response))
            .catch((error: unknown) => callback(serviceError(error as Error)));
}

function serviceError(error: Error): Partial<grpc.StatusObject> & { code: grpc.status } {
    const { UNIMPLEMENTED, UNKNOWN } = grpc.status;
    const code = error instanceof UnsupportedError ? UNIMPLEMENTED : UNKNOWN;
    const details = error.message;
    if (!(error instanceof InitializationError)) {
        return { code, details };
    }
    const { id, properties: state, inputs } = error.resource;
    const failed = new pb.ErrorResourceInitFailed().setId(id).setReasonsList(error.reasons);
    failed.setProperties(struct(state)).setInputs(inputs && struct(inputs));
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

const resourceOf = (request: pb.ReadRequest | pb.DeleteRequest): Resource => ({
    id: request.getId(),
    properties: properties(request.getProperties()),
});

const inputsOf = (request: pb.DiffRequest): [Properties, Properties] => [
    properties(request.getOldInputs()),
    properties(request.getNews()),
];

function diffResponse(difference: Difference): pb.DiffResponse {
    const { changed, replaces = [], deleteBeforeReplace = false } = difference;
    const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
    const response = new pb.DiffResponse().setDiffsList(changed).setReplacesList(replaces);
    response.setDeletebeforereplace(deleteBeforeReplace);
    return response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
}
