import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Placed, Pushed, Watch } from "../../components/imagePlacing.ts";
import { type NodeStore, type Run, contentName, removeNames } from "../../components/imageStore.ts";

const IMAGE = "habit-tracker-backend:v1.0.0";
const id = (letter: string) => `sha256:${letter.repeat(64)}`;
const content = (letter: string) => contentName(IMAGE, id(letter));
const HOST = { place: "host", daemon: "unix:///docker.sock" } as const;
const NODES = ["minikube", "minikube-m02"];

/** A host and nodes with images, whose engines answer as Docker, containerd and CRI-O do. */
class FakeEngines {
    /** CRI-O lists IDs without what they were made by. */
    private readonly bareIds: boolean;
    constructor(bareIds = false) {
        this.bareIds = bareIds;
    }

    /** IDs by name; a Docker keeps an image whose name another one got. */
    readonly names: Record<string, Map<string, string>> = {
        host: new Map(),
        minikube: new Map(),
        "minikube-m02": new Map(),
    };
    readonly kept: Record<string, Set<string>> = { host: new Set(), minikube: new Set() };
    /** IDs that containerd keeps an image under beside its names. */
    readonly records: Record<string, Set<string>> = {
        minikube: new Set(),
        "minikube-m02": new Set(),
    };
    /** The ID of what a node has by a registry's digest, and under no tag. */
    readonly pulled: Record<string, string> = {};
    readonly commands: string[] = [];
    /** Nodes that do not answer, and such as answer and take no image in. */
    stopped = new Set<string>();
    full = new Set<string>();
    private archive = new Map<string, string>();

    /** What a build leaves in a place. */
    build(place: string, letter: string, name = IMAGE): void {
        this.names[place]?.set(name, id(letter));
        this.kept[place]?.add(id(letter));
    }

    namesIn(place: string): string[] {
        return [...(this.names[place]?.keys() ?? [])].sort();
    }

    readonly run: Run = async (program, args) => {
        this.commands.push([program, ...args].join(" "));
        if (program === "docker") {
            expect(args.slice(0, 2)).to.deep.equal(["--host", HOST.daemon]);
            return this.docker("host", args.slice(2), false);
        }
        expect([program, ...args.slice(0, 2)]).to.deep.equal(["minikube", "-p", "minikube"]);
        if (args[2] === "image") {
            expect(args[3]).to.equal("load");
            for (const node of NODES.filter((each) => !this.full.has(each))) {
                this.archive.forEach((each, name) => {
                    this.names[node]?.set(name, each);
                    this.records[node]?.add(each);
                });
            }
            return "";
        }
        const [node = "", , sudo, tool = "", ...rest] = args.slice(4);
        expect(sudo).to.equal("sudo");
        if (this.stopped.has(node)) {
            throw new Error(`Command failed: ${node} is not running`);
        }
        switch (tool) {
            case "rm":
                return "";
            case "docker":
                // through a shell, which takes the quotes away
                return this.docker(node, rest, true);
            case "crictl":
                expect(rest).to.deep.equal(["images", "--output", "json"]);
                return `a warning of ssh\r\n${JSON.stringify({ images: this.listed(node) })}\n`;
            case "ctr":
                expect(rest.slice(0, 4)).to.deep.equal(["--namespace", "k8s.io", "images", "rm"]);
                return this.records[node]?.delete(rest[4] ?? "")
                    ? ""
                    : this.forget(node, rest[4] ?? "");
            default:
                // `podman untag` would take all names away that the image has, whoever gave them
                expect([tool, rest[0]]).to.deep.equal(["podman", "rmi"]);
                return this.forget(node, rest[1] ?? "");
        }
    };

    private forget(place: string, listed: string): string {
        const name = listed.replace("docker.io/library/", "");
        if (this.names[place]?.delete(name) !== true) {
            throw new Error(`no such image: ${listed}`);
        }
        return "";
    }

    /** One entry an ID, with all its names; containerd's also for one that has none any more. */
    private listed(place: string) {
        const names = [...(this.names[place] ?? [])];
        const records = this.bareIds ? [] : [...(this.records[place] ?? [])];
        const ids = [...names.map(([, each]) => each), ...records, this.pulled[place] ?? []].flat();
        return [...new Set(ids)].map((each) => {
            const repoTags = names
                .filter(([, other]) => other === each)
                .map(([name]) => `docker.io/library/${name}`);
            return {
                id: this.bareIds ? each.replace("sha256:", "") : each,
                ...(repoTags.length > 0 ? { repoTags } : {}),
                ...(each === this.pulled[place]
                    ? { repoDigests: [`registry.example/app@${each}`] }
                    : {}),
            };
        });
    }

    private docker(place: string, args: readonly string[], quoted: boolean): string {
        const names = this.names[place] ?? new Map<string, string>();
        const [command, first = "", second = ""] = args;
        switch (command) {
            case "image":
                expect(args.at(-1)?.startsWith("'")).to.equal(quoted);
                return (
                    ["other:1 sha256:no", ...[...names].map(([name, each]) => `${name} ${each}`)]
                        // ssh ends lines as a terminal does
                        .map((line) => `${line}${quoted ? "\r" : ""}\n`)
                        .join("")
                );
            case "tag": {
                const known = [...names.values(), ...(this.kept[place] ?? [])];
                if (!known.includes(first)) {
                    throw new Error(`No such image: ${first}`);
                }
                names.set(second, first);
                return "";
            }
            case "save":
                expect(first).to.equal("--output");
                this.archive = new Map(
                    args.slice(3).map((name) => {
                        const each = names.get(name);
                        if (each === undefined) {
                            throw new Error(`No such image: ${name}`);
                        }
                        return [name, each];
                    }),
                );
                return "";
            case "rmi":
                // on a node also under the stopped containers of pods that are gone, on a host under nobody's
                expect(args.includes("--force")).to.equal(quoted);
                return this.forget(place, args.at(-1) ?? "");
            default:
                throw new Error(`unexpected: ${args.join(" ")}`);
        }
    }
}

type WatchState = Awaited<ReturnType<typeof Watch.create>>["outs"];
type State = Awaited<ReturnType<typeof Placed.create>>["outs"];

/** The error that an operation ends with. */
const problem = (operation: Promise<unknown>): Promise<string> =>
    operation.then(
        () => expect.fail("it was to fail"),
        (error: unknown) => (error as Error).message,
    );

for (const runtime of ["docker", "containerd", "cri-o"]) {
    describe(`an image that is copied onto nodes with ${runtime}`, () => {
        const nodes: NodeStore = {
            place: "nodes",
            profile: "minikube",
            clusterUid: "uid",
            nodes: NODES,
            runtime,
        };
        let engines: FakeEngines;
        beforeEach(() => {
            engines = new FakeEngines(runtime === "cri-o");
        });
        const inputs = (letter: string, more: Partial<State> = {}): State => ({
            store: nodes,
            from: HOST,
            imageName: IMAGE,
            imageId: id(letter),
            ...more,
        });
        const create = async (letter: string) => {
            engines.build("host", letter);
            return (await Placed.create({ inputs: inputs(letter) }, engines.run)).outs;
        };
        const update = async (olds: State, letter: string) => {
            engines.build("host", letter);
            return (await Placed.update({ olds, news: inputs(letter) }, engines.run)).outs;
        };

        it("is on each, and Minikube's file of the copy is removed there", async () => {
            expect(await create("a")).to.deep.equal({ ...inputs("a"), former: [] });
            for (const node of NODES) {
                expect(engines.namesIn(node)).to.deep.equal([IMAGE, content("a")]);
                expect(engines.commands).to.include(
                    `minikube -p minikube ssh -n ${node} -- sudo rm -f /var/lib/minikube/images/habit-tracker-backend-v1.0.0.tar`,
                );
            }
        });

        it("is not taken for there where one node has the one before, or does not answer", async () => {
            const state = await create("a");
            engines.full.add("minikube-m02");
            const full = await problem(update(state, "b"));
            expect(full).to.contain(`${IMAGE} did not get to the node minikube-m02\n`);
            expect(full).to.contain("df -h /var");
            engines.full.clear();
            engines.stopped.add("minikube-m02");
            expect(await problem(update(state, "b"))).to.contain(
                "did not get to the node minikube-m02: Command failed: minikube-m02 is not running",
            );
        });

        it("is copied with the content that was built, whatever has its name since", async () => {
            engines.build("host", "a");
            engines.build("host", "f");
            await Placed.create({ inputs: inputs("a") }, engines.run);
            expect(engines.names["minikube"]?.get(IMAGE)).to.equal(id("a"));
        });

        it("says how to go on where what was built is gone", async () => {
            const message = await problem(Placed.create({ inputs: inputs("a") }, engines.run));
            expect(message).to.contain("no longer in this host's Docker");
            expect(message).to.contain("pulumi up --refresh");
        });

        it("is built again after a refresh where what was built is gone and another has its name", async () => {
            engines.build("host", "f");
            const store: WatchState["store"] = HOST;
            const { outs } = await Watch.create(
                { inputs: { store, imageName: IMAGE } },
                engines.run,
            );
            await problem(Placed.create({ inputs: inputs("a") }, engines.run));
            await sleep(2);
            const seen = await Watch.read({ id: IMAGE, props: outs }, engines.run);
            expect(seen.props.since).not.to.equal(outs.since);
        });

        it("keeps its last two contents, also under a name that they share, and none in the end", async () => {
            let state = await create("a");
            for (const letter of ["b", "c", "d"]) {
                state = await update(state, letter);
            }
            expect(state.former).to.deep.equal([id("c"), id("b")]);
            for (const place of ["host", ...NODES]) {
                expect(engines.namesIn(place)).to.deep.equal(
                    [IMAGE, content("b"), content("c"), content("d")].sort(),
                );
            }
            // back to a content that is still there
            state = await update(state, "b");
            expect(state.former).to.deep.equal([id("d"), id("c")]);
            // another stack's, of the same content
            engines.build("minikube", "b", "neighbour:v1");
            // and one of the same name, in somebody's registry
            const theirs = `registry.example/${IMAGE}`;
            engines.build("minikube-m02", "e", theirs);
            // and a tag of somebody's that ends as a content's
            const release = `${IMAGE}-0123456789ab`;
            engines.build("host", "e", release);
            state = await update(state, "b");
            engines.pulled["minikube-m02"] = id("c");
            await Placed.delete({ props: state }, engines.run);
            expect(engines.namesIn("minikube")).to.deep.equal(["neighbour:v1"]);
            expect(engines.namesIn("minikube-m02")).to.deep.equal([theirs]);
            expect(engines.namesIn("host")).to.deep.equal([release]);
            if (runtime === "containerd") {
                expect([...(engines.records["minikube"] ?? [])]).to.deep.equal([id("b")]);
                // of this one a registry's digest is still there
                expect([...(engines.records["minikube-m02"] ?? [])]).to.deep.equal([id("c")]);
            }
        });

        it("is removed from the places that answer", async () => {
            const state = await create("a");
            engines.stopped.add("minikube-m02");
            engines.commands.length = 0;
            await Placed.delete({ props: state }, engines.run);
            expect(engines.namesIn("host")).to.deep.equal([]);
            expect(engines.namesIn("minikube")).to.deep.equal([]);
            const asked = engines.commands.filter((command) => command.includes("-n minikube-m02"));
            expect(asked).to.have.length(1);
        });

        it("is removed by its names where a node answers no second time", async () => {
            const state = await create("a");
            const listed = new Set<string>();
            await Placed.delete({ props: state }, (program, args) => {
                const command = [program, ...args].join(" ");
                if (/ images? (--|ls)/.test(command)) {
                    if (listed.has(command)) {
                        return Promise.reject(new Error("it is not running"));
                    }
                    listed.add(command);
                }
                return engines.run(program, args);
            });
            for (const place of ["host", ...NODES]) {
                expect(engines.namesIn(place)).to.deep.equal([]);
            }
        });

        it("leaves nothing in a host's Docker from where it is no longer copied", async () => {
            const state = await create("a");
            const { from, ...news } = inputs("a");
            expect(from).to.deep.equal(HOST);
            engines.commands.length = 0;
            // as where the node's own daemon has built it now
            const built = runtime === "docker" ? news : { ...news, from: { ...HOST, daemon: "x" } };
            const names = [IMAGE, content("a")].map((name) => `${name} ${id("a")}`).join("\n");
            await Placed.update({ olds: state, news: built }, async (program, args) => {
                const [, daemon, command] = args;
                // the other Docker
                if (daemon === "x") {
                    return command === "image" ? names : "";
                }
                return engines.run(program, args);
            });
            expect(engines.namesIn("host")).to.deep.equal([]);
        });

        it("leaves nothing of an update that failed, nor of another tag", async () => {
            const state = await create("a");
            engines.full.add("minikube-m02");
            await problem(update(state, "b"));
            engines.full.clear();
            const tagged = "habit-tracker-backend:v2";
            engines.build("host", "c", tagged);
            const news = inputs("c", { imageName: tagged });
            await Placed.update({ olds: state, news }, engines.run);
            for (const place of ["host", ...NODES]) {
                expect(engines.namesIn(place)).to.deep.equal([
                    tagged,
                    contentName(tagged, id("c")),
                ]);
            }
        });

        it("leaves alone what was in another cluster", async () => {
            const state = await create("a");
            engines.build("host", "b");
            const news = inputs("b", { store: { ...nodes, clusterUid: "other" } });
            const { outs } = await Placed.update({ olds: state, news }, engines.run);
            expect(outs.former).to.deep.equal([]);
        });

        it("is seen missing, or changed, by a refresh, and brought back by the next update beside the one before", async () => {
            const state = await update(await create("a"), "b");
            expect(state.former).to.deep.equal([id("a")]);
            expect(await Placed.read({ id: IMAGE, props: state }, engines.run)).to.deep.equal({
                id: IMAGE,
                props: state,
            });
            for (const spoil of [
                () => engines.names["minikube-m02"]?.delete(IMAGE),
                () => engines.names["minikube-m02"]?.set(IMAGE, id("f")),
                () => engines.names["minikube-m02"]?.delete(content("b")),
            ]) {
                spoil();
                const seen = await Placed.read({ id: IMAGE, props: state }, engines.run);
                expect(seen.inputs?.imageId).to.equal("missing in the node minikube-m02");
                const mended = await update(seen.props, "b");
                expect(mended).to.deep.equal(state);
                expect(engines.names["minikube-m02"]?.get(IMAGE)).to.equal(id("b"));
                expect(engines.namesIn("minikube-m02")).to.include(content("a"));
            }
        });

        it("is not taken for missing where a node cannot be asked", async () => {
            const state = await create("a");
            engines.stopped.add("minikube-m02");
            expect((await Placed.read({ id: IMAGE, props: state }, engines.run)).props).to.equal(
                state,
            );
        });
    });
}

describe("an image that was pushed", () => {
    const name = "registry.example/team/backend";
    const reference = (letter: string) => `${name}@${id(letter)}`;
    const state = (letter: string, tag = "v1") => ({
        from: HOST,
        imageName: `${name}:${tag}`,
        imageId: reference(letter),
    });

    it("leaves its present content on this host until the stack is destroyed", async () => {
        const commands: string[] = [];
        const run: Run = async (program, args) => {
            commands.push([program, ...args.slice(2)].join(" "));
            return "";
        };
        const { outs } = await Pushed.create({ inputs: state("a") }, run);
        expect(commands).to.deep.equal([]);
        expect(await Pushed.update({ olds: outs, news: state("b") }, run)).to.deep.equal({
            outs: state("b"),
        });
        expect(commands.splice(0)).to.deep.equal([`docker rmi ${reference("a")}`]);
        await Pushed.update({ olds: state("b"), news: state("b", "v2") }, run);
        expect(commands.splice(0)).to.deep.equal([`docker rmi ${name}:v1`]);
        await Pushed.delete({ props: outs }, run);
        expect(commands).to.deep.equal([`docker rmi ${name}:v1`, `docker rmi ${reference("a")}`]);
    });

    it("goes on where this host's Docker has it no more", async () => {
        const run: Run = () => Promise.reject(new Error("No such image"));
        expect(await Pushed.delete({ props: state("a") }, run)).to.deep.equal({});
    });
});

describe("an image that is built on the node", () => {
    const nodes: NodeStore = {
        place: "nodes",
        profile: "minikube",
        clusterUid: "uid",
        nodes: ["minikube"],
        runtime: "docker",
    };
    let engines: FakeEngines;
    beforeEach(() => {
        engines = new FakeEngines();
        engines.build("minikube", "a");
    });

    it("gets its name back from what somebody else built under it", async () => {
        const inputs = { store: nodes, imageName: IMAGE, imageId: id("a") };
        const { outs } = await Placed.create({ inputs }, engines.run);
        engines.build("minikube", "f");
        const seen = await Placed.read({ id: IMAGE, props: outs }, engines.run);
        expect(seen.inputs?.imageId).to.contain("missing");
        await Placed.update({ olds: seen.props, news: inputs }, engines.run);
        expect(engines.names["minikube"]?.get(IMAGE)).to.equal(id("a"));
        expect(engines.names["minikube"]?.get(content("a"))).to.equal(id("a"));
    });

    it("keeps its name, which running pods start again from, where what was built is gone", async () => {
        const inputs = { store: nodes, imageName: IMAGE, imageId: id("b") };
        expect(await problem(Placed.create({ inputs }, engines.run))).to.contain(
            "is no longer in the node minikube",
        );
        expect(engines.namesIn("minikube")).to.deep.equal([IMAGE]);
    });

    describe("and watched", () => {
        const inputs: WatchState = { store: nodes, imageName: IMAGE };
        const watch = async () => (await Watch.create({ inputs }, engines.run)).outs;
        const read = async (props: WatchState) =>
            (await Watch.read({ id: IMAGE, props }, engines.run)).props;

        it("is built again once a refresh does not find it", async () => {
            const state = await watch();
            await sleep(2);
            expect(await read(state)).to.deep.equal(state);
            engines.names["minikube"]?.clear();
            await sleep(2);
            expect((await read(state)).since)
                .to.be.a("string")
                .that.is.not.equal(state.since);
            engines.stopped.add("minikube");
            expect(await read(state)).to.deep.equal(state);
        });

        it("is built again where one of two nodes lost it", async () => {
            engines.build("minikube-m02", "a");
            const both = { ...(await watch()), store: { ...nodes, nodes: NODES } };
            await sleep(2);
            expect(await read(both)).to.deep.equal(both);
            engines.names["minikube-m02"]?.clear();
            expect((await read(both)).since).not.to.equal(both.since);
        });

        it("is built again in another daemon, and nowhere for another node", async () => {
            const olds = await watch();
            await sleep(2);
            const updated = async (store: typeof nodes | typeof HOST) =>
                (await Watch.update({ olds, news: { store, imageName: IMAGE } }, engines.run)).outs
                    .since;
            expect(await updated({ ...nodes, nodes: NODES })).to.equal(olds.since);
            expect(await updated(HOST)).not.to.equal(olds.since);
            expect(await updated({ ...nodes, clusterUid: "other" })).not.to.equal(olds.since);
        });

        it("is built again in another daemon of a host, and not in the same one", async () => {
            const olds: WatchState = { ...(await watch()), store: HOST };
            await sleep(2);
            const updated = async (store: WatchState["store"]) =>
                (await Watch.update({ olds, news: { store, imageName: IMAGE } }, engines.run)).outs
                    .since;
            expect(await updated({ ...HOST })).to.equal(olds.since);
            expect(await updated({ ...HOST, daemon: "tcp://elsewhere" })).not.to.equal(olds.since);
            expect(await updated(nodes)).not.to.equal(olds.since);
        });
    });
});

describe("the names of an image", () => {
    it("are, for a content, short and of a form that a tag may have", () => {
        expect(contentName("backend:v1", `sha256:0123456789ab${"f".repeat(52)}`)).to.equal(
            "backend:v1-0123456789ab",
        );
    });

    it("are said to be still there where they are, and not where one went along with another", async () => {
        const answers: Record<string, string> = {
            [IMAGE]: "Error response from daemon: conflict: a running container uses it",
            "registry/backend@sha256:0":
                "Error response from daemon: No such image: registry/backend",
        };
        const said: string[] = [];
        const { log } = console;
        console.log = (line: string) => said.push(line);
        try {
            await removeNames(HOST, Object.keys(answers), (_, args) =>
                Promise.reject(new Error(answers[args.at(-1) ?? ""])),
            );
        } finally {
            console.log = log;
        }
        expect(said).to.have.length(1);
        expect(said[0]).to.contain(`Not removed: ${IMAGE}`).and.to.contain("uses it");
    });
});
