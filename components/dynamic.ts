import * as pulumi from "@pulumi/pulumi";

/** The plugin that runs dynamic resources, without the stack's settings: those hold secrets. */
export class DynamicProvider extends pulumi.ProviderResource {
    constructor(name: string, opts: pulumi.ResourceOptions) {
        super("pulumi-nodejs", name, {}, opts);
    }
}

/**
 * The code of a dynamic provider, as Pulumi keeps it in the state. Of its own it only says where the work is done: a script
 * of the project, in the folder that Pulumi runs in. The SDK would serialize the functions themselves: that loads a compiler
 * on every run, and a destroy would run what they were at the last update.
 *
 * The script is run as `SCRIPT RESOURCE OPERATION`, with what it has to know as JSON on its standard input and its answer as JSON
 * in the last line of its output. Where this folder has no such script, as with another version of the program, what it
 * would do when the resource goes is left out and said.
 */
export const scriptedProvider = (script: string, resource: string) => `
const run = (operation, message) => new Promise((resolve, reject) => {
    const command = ["--import=tsx", "${script}", "${resource}", operation];
    const child = require("node:child_process").execFile(process.execPath, command, (error, output, problem) => {
        if (error) { return reject(new Error(problem.trim() || error.message)); }
        const lines = output.trim().split("\\n");
        const answer = JSON.parse(lines.pop());
        lines.forEach((line) => console.log(line));
        resolve(answer);
    });
    child.stdin.end(JSON.stringify(message));
});
exports.handler = () => ({
    create: (inputs) => run("create", { inputs }),
    read: (id, props) => run("read", { id, props }),
    update: (id, olds, news) => run("update", { id, olds, news }),
    delete: (id, props) => require("node:fs").existsSync("${script}")
        ? run("delete", { id, props })
        : console.log("This folder has no ${script}: what it removes is left where it is."),
});`;

/** A resource whose work a script of the project does. */
export abstract class ScriptedResource extends pulumi.CustomResource {
    protected constructor(
        resource: string,
        name: string,
        script: string,
        inputs: pulumi.Inputs,
        opts: pulumi.CustomResourceOptions,
    ) {
        super(
            `pulumi-nodejs:dynamic/image:${resource}`,
            name,
            { ...inputs, __provider: scriptedProvider(script, resource) },
            opts,
        );
    }
}
