import * as pulumi from "@pulumi/pulumi";
import { DynamicProvider } from "./dynamic.ts";
import type { RemovalInputs } from "./removal.ts";

type Step = "checkCluster" | "removeData";

/** The code of a dynamic provider, for the reasons that dynamic.ts gives: removal.ts in the folder that Pulumi runs in does the work. */
const provider = (step: Step) => `
exports.handler = () => ({
    create: async (inputs) => ({ id: "${step}", outs: inputs }),
    update: async (id, olds, news) => ({ outs: news }),
    delete: (id, { __provider, ...inputs }) => new Promise((resolve, reject) => {
        const there = require("node:fs").existsSync("components/removal.ts");
        if (!there && "${step}" === "removeData") {
            console.log("No volume is removed: this folder has no version of the program that does it.");
            return resolve();
        }
        const command = ["--import=tsx", "components/removal.ts", "${step}", JSON.stringify(inputs)];
        require("node:child_process").execFile(process.execPath, command, (error, output, problem) => {
            process.stdout.write(output);
            error ? reject(new Error(problem || error.message)) : resolve();
        });
    }),
});`;

/** What removal.ts has to know; the name of the stack it gets from Pulumi. */
export type TeardownArgs = {
    [Key in Exclude<keyof RemovalInputs, "stack">]: pulumi.Input<RemovalInputs[Key]>;
};

/** A resource that does nothing until it is deleted, which happens when the stack is destroyed. */
class OnDestroy extends pulumi.CustomResource {
    constructor(name: string, step: Step, args: TeardownArgs, opts: pulumi.CustomResourceOptions) {
        const inputs = { ...args, stack: pulumi.getStack(), __provider: provider(step) };
        super(`pulumi-nodejs:dynamic/teardown:${step}`, name, inputs, opts);
    }
}

/**
 * The end of the stack. Volumes and the stack's namespace are retained by every Pulumi resource, so no `pulumi up` can
 * remove them, whatever changed; they are removed here, by what is deleted last in a destroy.
 */
export class Teardown extends pulumi.ComponentResource {
    /** What everything in the cluster depends on, so that it is gone before the volumes go. */
    readonly last: pulumi.Resource;
    /** What runs dynamic resources, for others too. */
    readonly scripts: pulumi.ProviderResource;
    private readonly name: string;
    private readonly args: TeardownArgs;
    private readonly opts: pulumi.CustomResourceOptions;

    constructor(name: string, args: TeardownArgs) {
        super("habit-tracker:teardown:Teardown", name);
        this.name = name;
        this.args = args;
        this.scripts = new DynamicProvider(`${name}-plugin`, { parent: this });
        this.opts = { parent: this, provider: this.scripts };
        this.last = new OnDestroy(`${name}-data`, "removeData", args, this.opts);
        this.registerOutputs({});
    }

    /** Makes a destroy look at the cluster before it deletes any of these, by names that another cluster may have too. */
    guard(resources: readonly pulumi.Resource[]): void {
        new OnDestroy(`${this.name}-guard`, "checkCluster", this.args, {
            ...this.opts,
            dependsOn: [...resources],
        });
    }
}
