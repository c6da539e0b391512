/** The stand-in for @pulumi/docker, which knows Image: built from a context, and pushed unless told otherwise. */
import { posix, relative, resolve } from "node:path";
import { buildImage, type Daemon, pushImage } from "./docker/build.ts";
import { digestContext } from "./docker/context.ts";
import { changedNames, type Provider, refuseOthers, serve, UnsupportedError } from "./plugin.ts";
import * as values from "./values.ts";
import { type Properties, propertiesAt, stringAt, UNKNOWN } from "./values.ts";

const INPUTS = ["imageName", "build", "registry", "skipPush"];
const BUILD_INPUTS = ["context", "dockerfile", "contextDigest", "args", "platform"];

/** Inputs with the defaults filled in and the context's digest; what cannot work is refused. */
export function checkImage(news: Properties): Properties {
    const build = { ...propertiesAt(news, "build") };
    refuseOthers(news, INPUTS, "the input", "docker");
    refuseOthers(build, BUILD_INPUTS, "the input build.", "docker");

    const { context, platform } = build;
    if (news["build"] === UNKNOWN || context === UNKNOWN) {
        return { ...news, buildOnPreview: false };
    }
    if (typeof context !== "string" || platform === undefined) {
        throw new UnsupportedError("an image without build.context or build.platform", "docker");
    }
    const dockerfile = stringAt(build, "dockerfile") ?? posix.join(context, "Dockerfile");
    build["dockerfile"] = dockerfile;
    if (dockerfile !== UNKNOWN) {
        build["contextDigest"] = digestContext(context, dockerfile);
    }
    return { ...news, buildOnPreview: false, build };
}

/** What differs from the last build: whatever it is, the image is built again in place. Another login is no other image. */
export function changedInputs(olds: Properties, news: Properties): string[] {
    const withoutLogin = (inputs: Properties): Properties => {
        const registry = propertiesAt(inputs, "registry");
        return { ...inputs, registry: values.omit(registry, "username", "password") };
    };
    return changedNames(withoutLogin(olds), withoutLogin(news));
}

/** The state of a built image. The inputs are kept as a secret, because build arguments may be. */
export function imageState(inputs: Properties, repoDigest: string): Properties {
    const text = (...path: string[]): string => stringAt(inputs, ...path) ?? "";
    const context = text("build", "context");
    return {
        imageName: text("imageName"),
        baseImageName: text("imageName"),
        context,
        dockerfile: relative(resolve(context), resolve(text("build", "dockerfile"))),
        platform: text("build", "platform"),
        registryServer: text("registry", "server"),
        repoDigest,
        __inputs: values.secret(inputs),
    };
}

/** Makes the provider. */
export function dockerProvider(version: string): Provider {
    let daemon: Daemon = { host: undefined, certPath: undefined };
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
        async create(call, inputs) {
            const id = stringAt(inputs, "imageName") ?? "";
            return { id, properties: await this.update(call, {}, inputs) };
        },
        // the image itself is neither looked up nor removed, as with the real provider
        read: async (_call, found) => found,
        async update({ preview, say, signal }, _state, image) {
            if (preview) {
                return image;
            }
            const run = { daemon, report: (line: string) => say(line), signal };
            const id = await buildImage(run, image);
            return imageState(image, image["skipPush"] === true ? id : await pushImage(run, image));
        },
        delete: async () => undefined,
    };
}

serve(dockerProvider);
