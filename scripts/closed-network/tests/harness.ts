/** A plugin as the engine runs one, with a stand-in for the engine itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { installStandIns } from "../providers/install.ts";
import type { Properties } from "../providers/values.ts";

/** A message in the engine's log. */
export interface Message {
    text: string;
    urn: string;
    ephemeral: boolean;
}

/** A resource whose creation or update left it broken. */
export interface Broken {
    id: string;
    properties: Properties;
    reasons: string[];
}

/** The methods of the provider protocol. */
export const SERVICE = providerRpc.ResourceProviderService;

let home: Promise<string> | undefined;

/** A PULUMI_HOME with all stand-ins, installed once for all tests. */
export function pulumiHome(): Promise<string> {
    home ??= (async () => {
        const directory = mkdtempSync(join(tmpdir(), "pulumi-home-"));
        process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
        await installStandIns(directory);
        return directory;
    })();
    return home;
}

/** The protobuf of properties. */
export function struct(properties: Properties): structPb.Struct {
    return structPb.Struct.fromJavaScript(properties);
}

/** The properties of a protobuf. */
export function properties(message: structPb.Struct | undefined): Properties {
    return message?.toJavaScript() ?? {};
}

/** The URN of a resource of a type. */
export function urn(type: string): string {
    return `urn:pulumi:test::test::test:index:Component$${type}::thing`;
}

/** A running plugin, and the log that it writes to. */
export class Plugin {
    readonly messages: Message[];
    readonly #client: grpc.Client;
    readonly #process: ChildProcess;
    readonly #engine: grpc.Server;

    private constructor(
        child: ChildProcess,
        engine: grpc.Server,
        port: string,
        messages: Message[],
    ) {
        this.#process = child;
        this.#engine = engine;
        this.messages = messages;
        this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    }

    static async start(name: string, version: string): Promise<Plugin> {
        const messages: Message[] = [];
        const engine = new grpc.Server();
        engine.addService(engineRpc.EngineService, {
            log: (
                call: grpc.ServerUnaryCall<LogRequest, emptyPb.Empty>,
                callback: grpc.sendUnaryData<emptyPb.Empty>,
            ) => {
                messages.push({
                    text: call.request.getMessage(),
                    urn: call.request.getUrn(),
                    ephemeral: call.request.getEphemeral(),
                });
                callback(null, new emptyPb.Empty());
            },
        });
        const enginePort = await new Promise<number>((resolve, reject) =>
            engine.bindAsync(
                "127.0.0.1:0",
                grpc.ServerCredentials.createInsecure(),
                (error, port) => (error ? reject(error) : resolve(port)),
            ),
        );
        const directory = join(await pulumiHome(), "plugins", `resource-${name}-v${version}`);
        const child = spawn(
            join(directory, `pulumi-resource-${name}`),
            [`127.0.0.1:${enginePort}`],
            {
                stdio: ["pipe", "pipe", "inherit"],
            },
        );
        for await (const line of createInterface({ input: child.stdout })) {
            return new Plugin(child, engine, line, messages);
        }
        throw new Error(`${name} did not print its port`);
    }

    /** Ends the plugin as the end of the engine does: by closing its standard input. */
    async stop(): Promise<number | null> {
        this.#client.close();
        this.#process.stdin?.end();
        const code = this.#process.exitCode ?? ((await once(this.#process, "exit")) as [number])[0];
        this.#engine.forceShutdown();
        return code;
    }

    /** Calls one method of the provider. */
    call<Request, Response>(
        { path, requestSerialize, responseDeserialize }: grpc.MethodDefinition<Request, Response>,
        request: Request,
    ): Promise<Response> {
        return new Promise((resolve, reject) => {
            const done = (error: grpc.ServiceError | null, response?: Response): void =>
                error ? reject(error) : resolve(response as Response);
            this.#client.makeUnaryRequest(
                path,
                requestSerialize,
                responseDeserialize,
                request,
                done,
            );
        });
    }

    configure(
        config: { [name: string]: string },
        name: string,
    ): Promise<providerPb.ConfigureResponse> {
        const request = new providerPb.ConfigureRequest();
        for (const [key, value] of Object.entries(config)) {
            request.getVariablesMap().set(`${name}:config:${key}`, value);
        }
        return this.call(SERVICE.configure, request);
    }

    async check(type: string, news: Properties): Promise<Properties> {
        const request = new providerPb.CheckRequest().setUrn(urn(type)).setNews(struct(news));
        const response = await this.call(SERVICE.check, request);
        const failures = response.getFailuresList().map((failure) => failure.getReason());
        if (failures.length > 0) {
            throw new Error(failures.join("\n"));
        }
        return properties(response.getInputs());
    }

    async create(
        type: string,
        inputs: Properties,
        { preview = false, timeout = 0 } = {},
    ): Promise<{ id: string; state: Properties }> {
        const request = new providerPb.CreateRequest()
            .setUrn(urn(type))
            .setProperties(struct(inputs))
            .setPreview(preview)
            .setTimeout(timeout);
        const response = await this.call(SERVICE.create, request);
        return { id: response.getId(), state: properties(response.getProperties()) };
    }

    diff(type: string, olds: Properties, news: Properties): Promise<providerPb.DiffResponse> {
        const request = new providerPb.DiffRequest()
            .setUrn(urn(type))
            .setOldInputs(struct(olds))
            .setNews(struct(news));
        return this.call(SERVICE.diff, request);
    }

    async read(
        type: string,
        id: string,
        state: Properties = {},
        inputs: Properties = {},
    ): Promise<{ id: string; state: Properties; inputs: Properties }> {
        const request = new providerPb.ReadRequest()
            .setUrn(urn(type))
            .setId(id)
            .setProperties(struct(state))
            .setInputs(struct(inputs));
        const response = await this.call(SERVICE.read, request);
        return {
            id: response.getId(),
            state: properties(response.getProperties()),
            inputs: properties(response.getInputs()),
        };
    }

    async update(
        type: string,
        id: string,
        state: Properties,
        news: Properties,
        {
            preview = false,
            timeout = 0,
            ignoreChanges = [],
        }: { preview?: boolean; timeout?: number; ignoreChanges?: string[] } = {},
    ): Promise<Properties> {
        const request = new providerPb.UpdateRequest()
            .setUrn(urn(type))
            .setId(id)
            .setOlds(struct(state))
            .setNews(struct(news))
            .setPreview(preview)
            .setTimeout(timeout)
            .setIgnorechangesList(ignoreChanges);
        const response = await this.call(SERVICE.update, request);
        return properties(response.getProperties());
    }

    async delete(type: string, id: string, state: Properties = {}, timeout = 0): Promise<void> {
        const request = new providerPb.DeleteRequest()
            .setUrn(urn(type))
            .setId(id)
            .setProperties(struct(state))
            .setTimeout(timeout);
        await this.call(SERVICE.delete, request);
    }
}

/** The resource that an error is about, as the engine reads it out of the error's details. */
export function brokenResource(error: unknown): Broken {
    const [packed] = (error as grpc.ServiceError).metadata.get("grpc-status-details-bin");
    const status = statusPb.Status.deserializeBinary(Buffer.from(packed ?? ""));
    const detail = status
        .getDetailsList()[0]
        ?.unpack(
            (bytes) => providerPb.ErrorResourceInitFailed.deserializeBinary(bytes),
            "pulumirpc.ErrorResourceInitFailed",
        );
    if (!detail) {
        throw new Error("the error is about no resource");
    }
    return {
        id: detail.getId(),
        properties: properties(detail.getProperties()),
        reasons: detail.getReasonsList(),
    };
}

/** What a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
    try {
        await promise;
    } catch (error) {
        return error as Error;
    }
    throw new Error("it did not fail");
}
