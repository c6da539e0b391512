/** docker:index/image:Image without the daemon: inputs, defaults, differences, states. */
import { existsSync } from "node:fs";
import { isAbsolute, join, posix, relative, resolve } from "node:path";
import type { CheckFailure, Difference } from "../plugin.ts";
import { compare, formatPath } from "../compare.ts";
import {
    arrayAt,
    hasUnknown,
    isProperties,
    mapValues,
    type Properties,
    propertiesAt,
    reveal,
    secret,
    Secret,
    stringAt,
    UNKNOWN,
    type Value,
    withoutNulls,
} from "../values.ts";
import type { Build, Push } from "./build.ts";
import { digestContext } from "./context.ts";

const BUILDERS = ["BuilderBuildKit", "BuilderV1"];

/** Inputs with the defaults filled in and the context's digest; what cannot work is refused. */
export function checkImage(
    news: Properties,
    inform: (message: string) => void = () => {},
): { inputs: Properties; failures: CheckFailure[] } {
    const inputs = withoutNulls(news);
    const plain = reveal(inputs);
    const failures: CheckFailure[] = [];
    if (!("imageName" in plain)) {
        failures.push({ property: "imageName", reason: "missing" });
    }
    const name = stringAt(plain, "imageName");
    if (
        plain["skipPush"] !== true &&
        name !== undefined &&
        !/^[^/]*[.:][^/]*\/|^localhost\//.test(name)
    ) {
        failures.push({
            property: "imageName",
            reason: `${JSON.stringify(name)} names no registry that it could be pushed to, such as docker.io/repository/image:tag`,
        });
    }
    inputs["buildOnPreview"] ??= false;

    const given = inputs["build"] instanceof Secret ? inputs["build"].value : inputs["build"];
    if (given !== undefined && !isProperties(given)) {
        if (given !== UNKNOWN) {
            failures.push({ property: "build", reason: "must be an object" });
        }
        return { inputs, failures };
    }
    const build: Properties = { ...given };
    inputs["build"] = inputs["build"] instanceof Secret ? secret(build) : build;

    const builder = reveal(build["builderVersion"] ?? null);
    if (typeof builder === "string" && !BUILDERS.includes(builder)) {
        failures.push(
            buildFailure(`builderVersion must be one of ${BUILDERS.join(", ")}, not ${builder}`),
        );
    }
    if ("cacheFrom" in build) {
        failures.push(
            buildFailure(
                "cacheFrom is not supported by the closed-network stand-in for the docker provider",
            ),
        );
    }

    build["context"] ??= ".";
    const context = reveal(build["context"]);
    if (typeof context === "string") {
        build["dockerfile"] ??= posix.join(context, "Dockerfile");
    }
    const dockerfile = reveal(build["dockerfile"] ?? UNKNOWN);
    if (typeof dockerfile === "string" && typeof context === "string") {
        const trouble = dockerfileTrouble(context, dockerfile);
        if (trouble) {
            failures.push(buildFailure(trouble));
        } else {
            build["contextDigest"] = digestContext(context, dockerfile);
        }
    }

    if (!("platform" in build)) {
        const platform = `linux/${{ x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch}`;
        build["platform"] = platform;
        inform(`no build.platform is set, so the image is built for this machine's: ${platform}`);
    }
    return { inputs, failures };
}

/** What differs from the last build. Whatever it is, the image is built again in place. */
export function diffImage(state: Properties, news: Properties): Difference {
    const before = propertiesAt(reveal(state), "__inputs");
    const after = reveal(withoutNulls(news));
    const changes: Difference["changes"] = {};
    for (const { path, change } of compare(before, after)) {
        // another login is no other image
        if (path[0] !== "registry" || path[1] === "server" || path.length === 1) {
            changes[formatPath(path)] = change;
        }
    }
    // The build is an input only, and not among the outputs that a difference is otherwise shown against.
    return { changes, inputsOnly: true };
}

/** Whether a preview is to build, and can. */
export function buildsOnPreview(inputs: Properties): boolean {
    return reveal(inputs["buildOnPreview"] ?? false) === true && !hasUnknown(inputs);
}

/** What the builder is to do. */
export function buildOf(inputs: Properties): Build {
    const plain = reveal(inputs);
    const build = propertiesAt(plain, "build");
    return {
        imageName: stringAt(plain, "imageName") ?? "",
        context: stringAt(build, "context") ?? ".",
        dockerfile: stringAt(build, "dockerfile") ?? "Dockerfile",
        args: mapValues(propertiesAt(build, "args"), String as (value: Value) => string),
        target: stringAt(build, "target"),
        platform: stringAt(build, "platform"),
        network: stringAt(build, "network"),
        addHosts: arrayAt(build, "addHosts").map(String),
        builderVersion: stringAt(build, "builderVersion") as Build["builderVersion"],
    };
}

/** Where it is to be pushed; undefined where it is to stay. */
export function pushOf(inputs: Properties): Push | undefined {
    const plain = reveal(inputs);
    const registry = propertiesAt(plain, "registry");
    return plain["skipPush"] === true
        ? undefined
        : {
              server: stringAt(registry, "server") ?? "",
              username: stringAt(registry, "username"),
              password: stringAt(registry, "password"),
          };
}

/** The state of a built image. The inputs are kept as a secret, because build arguments may be. */
export function imageState(inputs: Properties, build: Build, repoDigest: string): Properties {
    return {
        imageName: build.imageName,
        baseImageName: build.imageName,
        context: build.context,
        dockerfile: posix.normalize(
            relative(resolve(build.context), resolve(build.dockerfile)).replaceAll("\\", "/"),
        ),
        platform: build.platform ?? "",
        registryServer: stringAt(propertiesAt(reveal(inputs), "registry"), "server") ?? "",
        repoDigest,
        __inputs: secret(reveal(inputs)),
    };
}

/** With a property of its own, the engine would print the value of the whole build, arguments and all. */
function buildFailure(reason: string): CheckFailure {
    return { property: "", reason: `build.${reason}` };
}

function dockerfileTrouble(context: string, dockerfile: string): string | undefined {
    if (!existsSync(context)) {
        return `context: ${JSON.stringify(context)} does not exist in ${process.cwd()}`;
    }
    if (existsSync(dockerfile)) {
        return undefined;
    }
    const inContext = join(context, dockerfile);
    const hint =
        !isAbsolute(dockerfile) && existsSync(inContext)
            ? `; did you mean ${JSON.stringify(inContext)}?`
            : "";
    return `dockerfile: ${JSON.stringify(dockerfile)} does not exist in ${process.cwd()}, the program's directory${hint}`;
}
