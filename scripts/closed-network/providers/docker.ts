/** The stand-in for @pulumi/docker, which knows Image: built from a context, and pushed unless told otherwise. */
import { existsSync } from "node:fs";
import { posix, relative, resolve } from "node:path";
import { type Build, buildImage, type Daemon, type Push, pushImage } from "./docker/build.ts";
import { digestContext } from "./docker/context.ts";
import {
    type Call,
    type Checked,
    changedNames,
    type Provider,
    refuseOthers,
    serve,
} from "./plugin.ts";
import {
    isProperties,
    mapValues,
    omit,
    type Properties,
    propertiesAt,
    reveal,
    secret,
    stringAt,
    UNKNOWN,
    type Value,
} from "./values.ts";

declare const STAND_IN_VERSION: string | undefined;

const INPUTS = ["imageName", "build", "registry", "skipPush"];
const BUILD_INPUTS = ["context", "dockerfile", "contextDigest", "args", "platform"];

/** Inputs with the defaults filled in and the context's digest; what cannot work is refused. */
export function checkImage(news: Properties): Required<Checked> {
    const given = propertiesAt(news, "build");
    refuseOthers(news, INPUTS, "the input", "docker");
    refuseOthers(given, BUILD_INPUTS, "the input build.", "docker");
    const failures: Required<Checked>["failures"] = [];
    const name = stringAt(reveal(news), "imageName") ?? "";
    const namesRegistry = name === UNKNOWN || /^[^/]*[.:][^/]*\/|^localhost\//.test(name);
    if (name === "") {
        failures.push({ property: "imageName", reason: "missing" });
    } else if (news["skipPush"] !== true && !namesRegistry) {
        failures.push({
            property: "imageName",
            reason: `${JSON.stringify(name)} names no registry that it could be pushed to, such as docker.io/repository/image:tag`,
        });
    }
    const inputs = { ...news, buildOnPreview: false };
    if (!isProperties(news["build"])) {
        // with a property of its own, the engine would print the value of the whole build, arguments and all
        const reason = "build must be an object with a context";
        return {
            inputs,
            failures: news["build"] === UNKNOWN ? failures : [{ property: "", reason }],
        };
    }

    const build: Properties = { ...given };
    const context = reveal(build["context"] ?? "");
    const platform = reveal(build["platform"] ?? "");
    if (context === "" || platform === "") {
        failures.push({ property: "", reason: "build.context and build.platform must be set" });
    }
    if (typeof context === "string" && context !== UNKNOWN) {
        build["dockerfile"] ??= posix.join(context, "Dockerfile");
        const dockerfile = reveal(build["dockerfile"]);
        const missing = [context, dockerfile].find(
            (path) => typeof path === "string" && path !== UNKNOWN && !existsSync(path),
        );
        if (missing !== undefined) {
            failures.push({
                property: "",
                reason: `build: there is no ${JSON.stringify(missing)} in ${process.cwd()}, the program's directory`,
            });
        } else if (typeof dockerfile === "string" && dockerfile !== UNKNOWN) {
            build["contextDigest"] = digestContext(context, dockerfile);
        }
    }
    return { inputs: { ...inputs, build }, failures };
}

/** What differs from the last build: whatever it is, the image is built again in place. Another login is no other image. */
export function changedInputs(olds: Properties, news: Properties): string[] {
    const withoutLogin = (inputs: Properties): Properties => {
        const { registry, ...rest } = reveal(inputs);
        return isProperties(registry)
            ? { ...rest, registry: omit(registry, "username", "password") }
            : rest;
    };
    return changedNames(withoutLogin(olds), withoutLogin(news));
}

/** What the builder is to do. */
export function buildOf(inputs: Properties): Build {
    const plain = reveal(inputs);
    const build = propertiesAt(plain, "build");
    return {
        imageName: stringAt(plain, "imageName") ?? "",
        context: stringAt(build, "context") ?? "",
        dockerfile: stringAt(build, "dockerfile") ?? "",
        args: mapValues(propertiesAt(build, "args"), String as (value: Value) => string),
        platform: stringAt(build, "platform") ?? "",
    };
}

/** Where it is to be pushed; undefined where it is to stay. */
export function pushOf(inputs: Properties): Push | undefined {
    const registry = propertiesAt(reveal(inputs), "registry");
    return inputs["skipPush"] === true
        ? undefined
        : {
              server: stringAt(registry, "server") ?? "",
              username: stringAt(registry, "username"),
              password: stringAt(registry, "password"),
          };
}

/** The state of a built image. The inputs are kept as a secret, because build arguments may be. */
export function imageState(inputs: Properties, repoDigest: string): Properties {
    const { imageName, context, dockerfile, platform } = buildOf(inputs);
    return {
        imageName,
        baseImageName: imageName,
        context,
        dockerfile: posix.normalize(relative(resolve(context), resolve(dockerfile))),
        platform,
        registryServer: stringAt(reveal(inputs), "registry", "server") ?? "",
        repoDigest,
        __inputs: secret(reveal(inputs)),
    };
}

/** Makes the provider. */
export function dockerProvider(version: string): Provider {
    let daemon: Daemon = { host: undefined, certPath: undefined };

    const make = async (call: Call, inputs: Properties): Promise<Properties> => {
        if (call.preview) {
            return inputs;
        }
        const run = { daemon, report: (line: string) => call.status(line), signal: call.signal };
        const build = buildOf(inputs);
        run.report(`Building ${build.imageName}`);
        const id = await buildImage(run, build);
        run.report(`Built ${id}`);
        const push = pushOf(inputs);
        return imageState(inputs, push ? await pushImage(run, build.imageName, push) : id);
    };

    return {
        name: "docker",
        version,
        types: ["docker:index/image:Image"],
        configure: (config) => {
            refuseOthers(config, ["host", "certPath", "version"], "the provider setting", "docker");
            daemon = { host: config["host"], certPath: config["certPath"] };
        },
        check: (_call, news) => checkImage(news),
        diff: (_call, olds, news) => ({ changed: changedInputs(olds, news) }),
        create: async (call, inputs) => ({
            id: buildOf(inputs).imageName,
            properties: await make(call, inputs),
        }),
        // the image itself is neither looked up nor removed, as with the real provider
        read: async (_call, found) => found,
        update: (call, _state, news) => make(call, news),
        delete: async () => undefined,
    };
}

// only where install.ts made a plugin of this
if (typeof STAND_IN_VERSION === "string") {
    serve(dockerProvider(STAND_IN_VERSION));
}
