/** The stand-in for @pulumi/docker, which knows Image. */
import { type Call, type Provider, refuseSettings } from "../plugin.ts";
import type { Properties } from "../values.ts";
import { buildImage, pushImage } from "./build.ts";
import { type Daemon, daemonOf, ping } from "./daemon.ts";
import { buildOf, buildsOnPreview, checkImage, diffImage, imageState, pushOf } from "./image.ts";

const UNSUPPORTED = [
    "caMaterial",
    "certMaterial",
    "keyMaterial",
    "context",
    "registryAuth",
    "sshOpts",
];

/** Makes the provider. */
export function dockerProvider(version: string): Provider {
    let daemon: Daemon = daemonOf({});

    const build = async (call: Call, inputs: Properties, preview: boolean): Promise<Properties> => {
        if (preview && !buildsOnPreview(inputs)) {
            return inputs;
        }
        const image = buildOf(inputs);
        call.status(`Building ${image.imageName}`);
        const report = (line: string): void => call.status(line);
        const id = await buildImage(daemon, image, report, call.signal);
        report(`Built ${id}`);
        const push = pushOf(inputs);
        return imageState(
            inputs,
            image,
            push === undefined || preview
                ? id
                : await pushImage(daemon, image.imageName, push, report, call.signal),
        );
    };

    return {
        name: "docker",
        version,
        types: ["docker:index/image:Image"],
        configure: async (config) => {
            refuseSettings(config, UNSUPPORTED, "docker");
            daemon = daemonOf(config);
            await ping(daemon);
        },
        check: async (call, { news }) => checkImage(news, (message) => call.log("info", message)),
        diff: async (_call, { state, news }) => diffImage(state, news),
        create: async (call, { inputs, preview }) => ({
            id: buildOf(inputs).imageName,
            properties: await build(call, inputs, preview),
        }),
        // The image itself is neither looked up nor removed, as with the real provider.
        read: async (_call, { id, state, inputs }) => ({ id, properties: state, inputs }),
        update: async (call, { news, preview }) => build(call, news, preview),
        delete: async () => {},
    };
}
